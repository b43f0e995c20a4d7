"""Who we are, put on each request: only ever given to the host of the base address, which the door sees to."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import requests

from providers.kit.answers import error_for_status
from providers.kit.contract import Connection, OAuthSettings
from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import (
    ApiKeyAuth,
    BasicAuth,
    BearerAuth,
    ClientCredentials,
    OAuthCode,
    SignedRequests,
)
from providers.kit.declarative.expressions import fill
from providers.kit.errors import AuthenticationFailed, InvalidConfiguration
from providers.kit.oauth import OAuthClient
from providers.kit.retries import Retry
from providers.kit.tokens import KeptToken, Token, TokenDoor

Scope = Mapping[str, Any]
Prepared = requests.PreparedRequest
Seen = Callable[[Prepared], None]


def settings_names(document: Document) -> tuple[str, str]:
    """The settings that hold the OAuth application's id and secret."""
    prefix = document.id.upper().replace("-", "_")
    return f"{prefix}_CLIENT_ID", f"{prefix}_CLIENT_SECRET"


def oauth_settings(document: Document) -> OAuthSettings | None:
    """What people sign in with; None where they don't."""
    auth = document.auth
    if not isinstance(auth, OAuthCode):
        return None
    client_id, client_secret = settings_names(document)
    return OAuthSettings(
        authorize_url=auth.authorize_url,
        token_url=auth.token_url,
        revoke_url=auth.revoke_url,
        scopes=auth.scopes,
        client_id_env=client_id,
        client_secret_env=client_secret,
        pkce=auth.pkce,
        extra_authorize=dict(auth.extra_authorize),
        client_authentication=auth.client_authentication,
        scope_separator=auth.scope_separator,
    )


def door_for(document: Document, connection: Connection, base_url: str, scope: Scope, seen: Seen) -> Any:
    """The connection's door with the document's credentials. `seen` gets every request as it leaves."""
    secrets = [
        str(value) for name, value in scope["configuration"].items() if name in document.secret_names and value
    ]

    def authenticate(prepared: Prepared) -> Prepared:
        prepared = _with_credentials(document, prepared, scope)
        seen(prepared)
        return prepared

    door = connection.http.bound(base_url=base_url, auth=authenticate, secrets=secrets)
    kept = _kept_token(document, connection, scope)
    return door if kept is None else TokenDoor(door, kept)


def credentials_of(document: Document, scope: Scope) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and query that carry the credentials, where they are the same for each request."""
    auth = document.auth
    if isinstance(auth, ApiKeyAuth):
        value = {auth.name: fill(auth.value, scope)}
        return (value, {}) if auth.place == "header" else ({}, value)
    if isinstance(auth, BasicAuth):
        pair = f"{fill(auth.username, scope)}:{fill(auth.password, scope)}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}, {}
    if isinstance(auth, BearerAuth):
        return {"Authorization": f"{auth.scheme} {fill(auth.token, scope)}".strip()}, {}
    return {}, {}


def signature_of(auth: SignedRequests, prepared: Prepared, scope: Scope) -> str:
    """The header that proves a request."""
    signed = fill(auth.signed, {**scope, "request": request_parts(prepared)})
    return auth.prefix + mac_of(signed, fill(auth.secret, scope), auth.digest, auth.encoding)


def request_parts(prepared: Prepared) -> dict[str, Any]:
    """What a signature may be made of: method, path, query, url and body, as texts."""
    parts = urlsplit(prepared.url or "")
    body = prepared.body or b""
    return {
        "method": prepared.method,
        "path": parts.path,
        "query": parts.query,
        "url": prepared.url,
        "body": body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body),
    }


def mac_of(signed: str, secret: str, digest: str, encoding: str) -> str:
    """An HMAC in "hex" or "base64"."""
    mac = hmac.digest(secret.encode(), signed.encode(), digest)
    return mac.hex() if encoding == "hex" else base64.b64encode(mac).decode()


def _with_credentials(document: Document, prepared: Prepared, scope: Scope) -> Prepared:
    auth = document.auth
    headers, query = credentials_of(document, scope)
    if isinstance(auth, SignedRequests):
        headers = {name: fill(value, scope) for name, value in auth.headers.items()}
        headers[auth.header] = signature_of(auth, prepared, scope)
    return carrying(prepared, headers, query)


def carrying(prepared: Prepared, headers: Mapping[str, str], query: Mapping[str, str]) -> Prepared:
    """The request with credentials in headers and query. Raises InvalidConfiguration."""
    if any("\n" in value or "\r" in value or "\x00" in value for value in headers.values()):
        raise InvalidConfiguration(
            "A key has a line break in it.", fix="Copy the key again, without spaces or line breaks around it."
        )
    prepared.headers.update(headers)
    if query:
        parts = urlsplit(prepared.url or "")
        both = "&".join(one for one in (parts.query, urlencode(query)) if one)
        prepared.url = urlunsplit((parts.scheme, parts.netloc, parts.path, both, ""))
    return prepared


def _kept_token(document: Document, connection: Connection, scope: Scope) -> KeptToken | None:
    auth = document.auth
    settings = oauth_settings(document)
    if settings is not None:
        return signed_in_token(connection, settings)
    if isinstance(auth, ClientCredentials):
        return client_token(
            connection,
            auth.token_url,
            client_id=fill(auth.client_id, scope),
            client_secret=fill(auth.client_secret, scope),
            scopes=auth.scopes,
            in_form=auth.client_authentication == "client_secret_post",
        )
    return None


def signed_in_token(connection: Connection, settings: OAuthSettings) -> KeptToken:
    """The token of a person's sign-in, renewed where the application's id and secret are set."""
    return KeptToken(connection.tokens, _renewal(settings, connection), connection.now)


def client_token(
    connection: Connection,
    token_url: str,
    *,
    client_id: str,
    client_secret: str,
    scopes: Sequence[str] = (),
    in_form: bool = False,
) -> KeptToken:
    """OAuth 2 client credentials (RFC 6749, 4.4): in the form, or as user name and password."""

    def renew(_: Token) -> Token:
        return _client_token(connection, token_url, client_id, client_secret, scopes, in_form)

    return KeptToken(_Renewable(connection.tokens), renew, connection.now)


class _Renewable:
    """Tokens that can always be asked for anew: there is nothing to refresh, and nobody to send to a sign-in."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.save = store.save
        self.exclusive = store.exclusive

    def load(self) -> Token:
        token: Token = self._store.load()
        return Token(
            access_token=token.access_token, expires_at=token.expires_at, extra={**token.extra, "renewable": True}
        )


def _renewal(settings: OAuthSettings, connection: Connection) -> Callable[[Token], Token] | None:
    names = (settings.client_id_env, settings.client_secret_env)
    client_id, client_secret = (str(connection.settings.get(name) or "") for name in names)
    if not client_id:
        return None
    moved = replace(settings, token_url=connection.address(settings.token_url))

    def renew(token: Token) -> Token:
        secrets = [one for one in (client_secret, token.refresh_token) if one]
        client = OAuthClient(
            moved,
            client_id=client_id,
            client_secret=client_secret,
            session=connection.http.bound(secrets=secrets).session(lambda request: "renew token"),
            now=connection.now,
        )
        return client.refresh(token)

    return renew


def _client_token(
    connection: Connection, token_url: str, client_id: str, secret: str, scopes: Sequence[str], in_form: bool
) -> Token:
    """A fresh token. Raises ProviderError."""
    form = {"grant_type": "client_credentials"} | ({"scope": " ".join(scopes)} if scopes else {})
    headers = {}
    if in_form:
        form |= {"client_id": client_id, "client_secret": secret}
    else:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    answer = connection.http.bound(secrets=[secret]).request(
        "POST",
        connection.address(token_url),
        operation="get token",
        form=form,
        headers=headers,
        retry=Retry.SAFE,
    )
    if not answer.ok and answer.status != 400:
        raise error_for_status(answer, "The service")
    found = answer.json()
    access = found.get("access_token") if isinstance(found, dict) else None
    if not isinstance(access, str) or not access or not access.isascii() or not access.isprintable():
        raise AuthenticationFailed(
            "The service does not accept the client id and secret.",
            fix="Copy both again from the service's page.",
            status=answer.status,
        )
    seconds = found.get("expires_in")
    lasts = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < 1e9
    return Token(
        access_token=access, expires_at=connection.now() + timedelta(seconds=float(seconds)) if lasts else None
    )
