"""A provider that people sign in to, and the OAuth service behind it: a real HTTP server in tests."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from providers.kit.contract import (
    Account,
    Environment,
    Field,
    FieldKind,
    OAuthSettings,
    Permission,
    Provider,
    Step,
    StepOutcome,
    passed,
)
from providers.kit.errors import AuthenticationFailed
from providers.kit.oauth import OAuthClient
from providers.kit.registry import Registered
from providers.kit.tokens import KeptToken, Token, TokenDoor
from tests.webapp.fakes import acme

CLIENT_ID, CLIENT_SECRET = "notely-client-0001", "notely-secret-000000000001"
OWN_ID, OWN_SECRET = "own-client-0001", "own-secret-00000000000001"
SCOPES = ("read", "write", "offline_access")
OAUTH = OAuthSettings(
    authorize_url="https://notely.example.com/oauth/authorize",
    token_url="https://notely.example.com/oauth/token",
    revoke_url="https://notely.example.com/oauth/revoke",
    scopes=SCOPES,
    client_id_env="NOTELY_CLIENT_ID",
    client_secret_env="NOTELY_CLIENT_SECRET",
)
MANIFEST = replace(
    acme.other("notely", "Notely"),
    fields=(
        Field(name="access_token", label="Access token", env="NOTELY_ACCESS_TOKEN", kind=FieldKind.SECRET),
        Field(
            name="refresh_token", label="Refresh token", env="", kind=FieldKind.SECRET, required=False, hidden=True
        ),
        Field(name="token_expires_at", label="Ends", env="", required=False, hidden=True),
        Field(name="client_id", label="Client ID", env="NOTELY_CLIENT_ID"),
        Field(name="client_secret", label="Client secret", env="NOTELY_CLIENT_SECRET", kind=FieldKind.SECRET),
        Field(name="home_url", label="Address", env="NOTELY_HOME", kind=FieldKind.URL, required=False),
    ),
    permissions=(
        Permission(scope="read", label="Read notes", reason="Shows them here."),
        Permission(scope="write", label="Write notes", reason="Publishes what you approved."),
    ),
    oauth=OAUTH,
    webhook=None,
    templates=(),
    environments=(Environment.LIVE, Environment.SANDBOX),
    api_base="https://notely.example.com",
)


class Notely(Provider):
    manifest = MANIFEST

    def identify(self) -> Account:
        kept = KeptToken(self.connection.tokens, self._renew, self.connection.now)
        answer = TokenDoor(self.connection.http, kept).request("GET", "/me", operation="read account")
        if answer.status == 401:
            raise AuthenticationFailed("Notely does not know this token.", fix="Sign in again.", status=401)
        return Account(id=answer.json()["id"], name=answer.json()["name"])

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        return (Step(name="key", label="Access works", run=self._key),)

    def _key(self) -> StepOutcome:
        account = self.identify()
        return passed(f"This is {account.name}.", account=account)

    def _renew(self, token: Token) -> Token:
        client = OAuthClient(
            replace(OAUTH, token_url=self.connection.address(OAUTH.token_url)),
            client_id=self.configuration.get("client_id", ""),
            client_secret=self.configuration.get("client_secret", ""),
            session=self.connection.http.session(),
            now=self.connection.now,
        )
        return client.refresh(token)


def registered(folder: Path) -> Registered:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "logo.svg").write_text(acme.LOGO)
    (folder / "guide.md").write_text("# Notely")
    return Registered(id="notely", provider=Notely, sandbox=acme.AcmeSandbox, folder=folder)


@dataclass
class Vendor:
    """Notely's service: codes and refresh tokens are good once, PKCE and the redirect address are checked.

    `scopes` are granted whatever is asked; `account` is who signs in; `answers` stand in for the next answers of the
    token address: (status, body)."""

    server: HTTPServer
    scopes: tuple[str, ...] | None = SCOPES
    account: str = "acct_1"
    expires_in: int | None = 3600
    gives_refresh: bool = True
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self) -> Vendor:
        self.server.expect_request("/oauth/token", method="POST").respond_with_handler(self._token)
        self.server.expect_request("/oauth/revoke", method="POST").respond_with_handler(self._revoke)
        self.server.expect_request("/me").respond_with_handler(self._me)
        return self

    def consent(self, query: Mapping[str, str]) -> str:
        """What its consent page does when somebody allows: a code for exactly this question."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = f"code-{secrets.token_hex(8)}"
        self.codes[code] = dict(query)
        return code

    def _token(self, request: Request) -> Response:
        form = {name: values[-1] for name, values in parse_qs(request.get_data(as_text=True)).items()}
        with self.lock:
            self.asked.append(form)
            if self.answers:
                status, body = self.answers.pop(0)
                return _json(status, body)
            if (form.get("client_id"), form.get("client_secret")) not in (
                (CLIENT_ID, CLIENT_SECRET),
                (OWN_ID, OWN_SECRET),
            ):
                return _json(401, {"error": "invalid_client"})
            if form["grant_type"] == "refresh_token":
                account = self.refresh.pop(form["refresh_token"], "")
                return self._issue(account) if account else _json(400, {"error": "invalid_grant"})
            kept = self.codes.pop(form.get("code", ""), None)
            if kept is None or kept["redirect_uri"] != form.get("redirect_uri"):
                return _json(400, {"error": "invalid_grant"})
            hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() != kept["code_challenge"]:
                return _json(400, {"error": "invalid_grant"})
            return self._issue(self.account)

    def _issue(self, account: str) -> Response:
        access, refresh = f"access-{secrets.token_hex(16)}", f"refresh-{secrets.token_hex(16)}"
        self.access[access] = account
        body: dict[str, Any] = {"access_token": access, "token_type": "Bearer", "home_url": "https://eu.example.com"}
        if self.scopes is not None:
            body["scope"] = " ".join(self.scopes)
        if self.expires_in:
            body["expires_in"] = self.expires_in
        if self.gives_refresh:
            self.refresh[refresh] = account
            body["refresh_token"] = refresh
        return _json(200, body)

    def _revoke(self, request: Request) -> Response:
        form = parse_qs(request.get_data(as_text=True))
        with self.lock:
            if self.answers:
                status, body = self.answers.pop(0)
                return _json(status, body)
            self.revoked.append(form["token"][-1])
        return Response(status=200)

    def _me(self, request: Request) -> Response:
        account = self.access.get(request.headers.get("Authorization", "").removeprefix("Bearer "), "")
        return _json(200, {"id": account, "name": account.upper()}) if account else _json(401, {})


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), status=status, content_type="application/json")
