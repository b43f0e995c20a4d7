"""Signing in: where, with which token, and how it is renewed.

Salesforce's tokens carry no end: they are renewed when a call is refused (401 INVALID_SESSION_ID). With a refresh
token that is OAuth's refresh; with client credentials (own My Domain only) the token is asked for again. Each token
answer names the `instance_url` that all calls go to; it may change with every renewal.
https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flows.htm
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from providers.kit.contract import Connection, OAuthSettings
from providers.kit.errors import AuthenticationFailed, InvalidConfiguration, RateLimited
from providers.kit.http import Answer
from providers.kit.oauth import OAuthClient
from providers.kit.retries import Retry
from providers.kit.tokens import KeptToken, Token, TokenDoor, TokenStore

from .errors import body_of, oauth_error_from, said_in, unreadable
from .fields import LOGIN_HOSTS, MY_DOMAIN, PRODUCTION
from .manifest import AUTHORIZE_PATH, MANIFEST, REVOKE_PATH, TOKEN_PATH

_REFUSED_CODES = frozenset({"", "INVALID_SESSION_ID", "INVALID_AUTH_HEADER"})


def login_host(configuration: Mapping[str, str]) -> str:
    """`https://…` where this account signs in: production, a Salesforce sandbox, or its own My Domain.

    Raises InvalidConfiguration when My Domain is chosen and its address is missing.
    """
    choice = configuration.get("login_host") or PRODUCTION
    if choice != MY_DOMAIN:
        return LOGIN_HOSTS.get(choice, LOGIN_HOSTS[PRODUCTION])
    host = configuration.get("my_domain", "").strip().removeprefix("https://").rstrip("/").lower()
    if not host:
        raise InvalidConfiguration(
            "The address of your My Domain is missing.",
            field="my_domain",
            fix="Enter it; it ends with .my.salesforce.com. Or choose where people sign in otherwise.",
        )
    return f"https://{host}"


def oauth_settings(configuration: Mapping[str, str]) -> OAuthSettings:
    """The manifest's settings at this account's own host. Raises InvalidConfiguration."""
    assert MANIFEST.oauth is not None
    host = login_host(configuration)
    return replace(
        MANIFEST.oauth,
        authorize_url=host + AUTHORIZE_PATH,
        token_url=host + TOKEN_PATH,
        revoke_url=host + REVOKE_PATH,
    )


def signature_fits(answer: Mapping[str, Any], client_secret: str) -> bool:
    """Whether a token answer's `signature` proves its `id` and `issued_at` (HMAC-SHA256 with the Consumer Secret)."""
    words = [answer.get(name) for name in ("id", "issued_at", "signature")]
    if not all(isinstance(one, str) and one for one in words):
        return False
    identity, issued_at, signature = (str(one) for one in words)
    expected = hmac.new(client_secret.encode(), (identity + issued_at).encode(), hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(expected).decode(), signature)


def checked(token: Token, client_secret: str) -> Token:
    """A token fresh from a sign-in, whose identity is proven where that is possible.

    Raises AuthenticationFailed when the signature does not fit.
    """
    if client_secret and token.extra.get("signature") and not signature_fits(token.extra, client_secret):
        raise AuthenticationFailed(
            "The answer to the sign-in does not carry Salesforce's signature.",
            fix="Compare the Consumer Secret with your External Client App's and sign in again.",
            code="signature",
        )
    return token


class RenewableTokens:
    """A token store whose token may be asked for again: what client credentials need no refresh token for."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store

    def load(self) -> Token:
        token = self._store.load()
        return replace(token, extra={**token.extra, "renewable": True})

    def save(self, token: Token) -> None:
        self._store.save(token)

    def exclusive(self) -> AbstractContextManager[None]:
        return self._store.exclusive()


class Session:
    """One account's sign-in: `door` carries its token, goes to its instance and renews when refused."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._configuration = connection.configuration
        by_itself = self._configuration.get("login_host") == MY_DOMAIN and bool(self._secret)
        self._store: TokenStore = RenewableTokens(connection.tokens) if by_itself else connection.tokens
        self.kept = KeptToken(self._store, self._renew, connection.now)
        self.door = TokenDoor(self, self.kept, is_refused)

    @property
    def renews(self) -> bool:
        """Whether an ended token can be replaced without a person."""
        token = self._store.load()
        return bool(token.refresh_token or token.extra.get("renewable"))

    @property
    def _secret(self) -> str:
        return self._configuration.get("client_secret", "")

    def bound(self, *, headers: Mapping[str, str], secrets: tuple[str, ...]) -> Any:
        """The door to the instance that the token in use belongs to; TokenDoor asks for it before each call."""
        return self._connection.http.bound(base_url=self.instance(), headers=headers, secrets=secrets)

    def instance(self) -> str:
        """Where the calls go: the organisation's address, as this connection reaches it."""
        return self._connection.address(self.home()).rstrip("/")

    def home(self) -> str:
        """The organisation's own address, for links that people open. Raises InvalidConfiguration."""
        told = self._store.load().extra.get("instance_url")
        url = told if isinstance(told, str) and told else self._configuration.get("instance_url", "")
        if not url and self._configuration.get("login_host") == MY_DOMAIN:
            url = login_host(self._configuration)
        if urlsplit(url).scheme != "https":
            raise InvalidConfiguration(
                "The address of this Salesforce organisation is not known.",
                field="instance_url",
                fix="Sign in to Salesforce again, or enter the instance address, such as "
                "https://example.my.salesforce.com.",
            )
        return url.rstrip("/")

    def identity(self) -> str:
        """The token's identity address (`…/id/<organisation>/<user>`), "" for a pasted token."""
        told = self._store.load().extra.get("id")
        return told if isinstance(told, str) else ""

    def _renew(self, token: Token) -> Token:
        """A fresh token. What the vendor told before is kept where it says nothing new."""
        fresh = self._refreshed(token) if token.refresh_token else self._asked_again()
        return replace(fresh, extra={**token.extra, **fresh.extra})

    def _refreshed(self, token: Token) -> Token:
        settings = oauth_settings(self._configuration)
        client = OAuthClient(
            replace(settings, token_url=self._connection.address(settings.token_url)),
            client_id=self._configuration.get("client_id", ""),
            client_secret=self._secret,
            session=self._connection.http.session(lambda request: "renew token"),
            now=self._connection.now,
        )
        return client.refresh(token)

    def _asked_again(self) -> Token:
        url = self._connection.address(login_host(self._configuration) + TOKEN_PATH)
        form = {
            "grant_type": "client_credentials",
            "client_id": self._configuration.get("client_id", ""),
            "client_secret": self._secret,
        }
        door = self._connection.http.bound(secrets=(self._secret,))
        try:  # asking twice gives two tokens, which harms nobody
            answer = door.request("POST", url, operation="ask for token", form=form, retry=Retry.SAFE)
        except RateLimited as error:
            raise (error if error.answer is None else oauth_error_from(error.answer)) from error
        if not answer.ok:
            raise oauth_error_from(answer)
        return token_in(answer.json())


def token_in(body: object) -> Token:
    """The token of a token answer. Raises UnexpectedResponse."""
    given = body if isinstance(body, Mapping) else {}
    access, instance = given.get("access_token"), given.get("instance_url")
    if not isinstance(access, str) or not access:
        raise unreadable("an access token")
    if not isinstance(instance, str) or not instance:
        raise unreadable("the address of the organisation")
    scope = given.get("scope")
    known = ("access_token", "refresh_token", "scope", "token_type")
    return Token(
        access_token=access,
        scopes=tuple(scope.split()) if isinstance(scope, str) else (),
        extra={name: value for name, value in given.items() if name not in known},
    )


def is_refused(answer: Answer) -> bool:
    """Whether the token, and not a right, was refused: only then a fresh one helps."""
    if answer.status == 403:
        return answer.content.strip() == b"Bad_OAuth_Token"
    return answer.status == 401 and said_in(body_of(answer)).code in _REFUSED_CODES
