"""How we are let in to Google's APIs: as a service account, or as the person who connected with Google."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from providers.kit.contract import Connection
from providers.kit.errors import InvalidConfiguration, ProviderError, RateLimited, UnexpectedResponse
from providers.kit.http import Retry
from providers.kit.oauth import OAuthClient
from providers.kit.tokens import KeptToken, Token, TokenDoor, TokenStore

from .errors import error_from, error_from_limit
from .fields import SERVICE_ACCOUNT, SERVICE_ACCOUNTS_URL
from .manifest import MANIFEST, READ_SCOPE, TOKEN_URL
from .service_account import GRANT_TYPE, ServiceAccount, assertion, service_account_of
from .shapes import object_of, text, whole

_OWNER = "service_account"
"""The key of `Token.extra` that says whose token it is."""


class _AccountTokens:
    """A service account's tokens in the connection's store: there is no refresh token, one asks again.

    Another account's token (an earlier file's, or that of a person who connected with Google) is not used.
    """

    def __init__(self, store: TokenStore, email: str) -> None:
        self._store = store
        self._email = email

    def load(self) -> Token:
        kept = self._store.load()
        if kept.extra.get(_OWNER) == self._email:
            return kept
        return Token(access_token="", extra={"renewable": True})

    def save(self, token: Token) -> None:
        self._store.save(token)

    def exclusive(self) -> AbstractContextManager[None]:
        return self._store.exclusive()


class Access:
    """The way into the APIs for one connection. `kind` is "service_account", "person" or "" (events only)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._configured = connection.configuration.get(SERVICE_ACCOUNT.name, "").strip()

    @property
    def kind(self) -> str:
        if self._configured:
            return "service_account"
        kept = self._connection.tokens.load()
        return "person" if (kept.access_token or kept.refresh_token) and _OWNER not in kept.extra else ""

    @cached_property
    def account(self) -> ServiceAccount:
        """Raises InvalidConfiguration."""
        return service_account_of(self._configured)

    @cached_property
    def token(self) -> KeptToken:
        """Raises InvalidConfiguration: nothing to sign in with, or a file that is none."""
        if not self.kind:
            raise InvalidConfiguration(
                "This connection may send events, but not read: nobody has let us in to Google's reports.",
                field=SERVICE_ACCOUNT.name,
                fix="Press “Sign in with Google Analytics”, or paste the key file of a service account.",
                fix_url=SERVICE_ACCOUNTS_URL,
                code="no_access",
            )
        connection = self._connection
        if self.kind == "service_account":
            store = _AccountTokens(connection.tokens, self.account.email)
            return KeptToken(store, lambda token: self._ask_again(), connection.now)
        return KeptToken(connection.tokens, self._refresher(), connection.now)

    def door(self, host: str) -> TokenDoor:
        """The door to one of Google's hosts, with our token. Raises InvalidConfiguration."""
        connection = self._connection
        secrets = (self.account.private_key,) if self.kind == "service_account" else ()
        return TokenDoor(connection.http.bound(base_url=connection.address(host), secrets=secrets), self.token)

    def _ask_again(self) -> Token:
        connection, now = self._connection, self._connection.now()
        statement = assertion(self.account, now, scope=READ_SCOPE, audience=TOKEN_URL)
        door = connection.http.bound(secrets=(statement, self.account.private_key))
        try:
            answer = door.request(
                "POST",
                connection.address(TOKEN_URL),
                operation="sign in",
                form={"grant_type": GRANT_TYPE, "assertion": statement},
                retry=Retry.SAFE,  # a second token harms nobody
            )
        except RateLimited as error:
            raise error_from_limit(error) from error
        if not answer.ok:
            raise error_from(answer)
        body = object_of(answer)
        access_token = text(body.get("access_token"))
        if not access_token:
            raise UnexpectedResponse(
                "Google signed us in without giving a token.", fix="Try again in a few minutes.", code="no_token"
            )
        seconds = whole(body.get("expires_in"))
        return Token(
            access_token=access_token,
            expires_at=now + timedelta(seconds=seconds) if seconds and 0 < seconds < 10**6 else None,
            scopes=(READ_SCOPE,),
            extra={"renewable": True, _OWNER: self.account.email},
        )

    def _refresher(self) -> Any:
        """Renews a person's token with the server's OAuth app; None where the server has none."""
        connection, settings = self._connection, MANIFEST.oauth
        assert settings is not None
        client_id = connection.settings.get(settings.client_id_env, "")
        client_secret = connection.settings.get(settings.client_secret_env, "")
        if not client_id:
            return None
        client = OAuthClient(
            replace(settings, token_url=connection.address(settings.token_url)),
            client_id=client_id,
            client_secret=client_secret,
            session=connection.http.bound(secrets=(client_secret,)).session(),
            now=connection.now,
        )

        def renew(token: Token) -> Token:
            try:
                return client.refresh(token)
            except ProviderError as error:
                error.fix = error.fix or "Sign in with Google Analytics again."
                raise

        return renew
