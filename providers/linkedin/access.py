"""The access to one member's account: the token in every call, its renewal, what LinkedIn knows of it.

https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from providers.kit.contract import Connection, OAuthSettings
from providers.kit.errors import AuthenticationFailed, InvalidConfiguration
from providers.kit.http import Retry
from providers.kit.oauth import OAuthClient
from providers.kit.tokens import KeptToken, Token, TokenDoor

from .errors import APPS_URL, oauth_error_from
from .fields import CLIENT_ID, CLIENT_SECRET, ENV, MEMBER_SCOPES, PAGE_SCOPES, PAGES
from .shapes import json_object, moment, text

OAUTH_HOST = "https://www.linkedin.com"

OAUTH = OAuthSettings(
    authorize_url=f"{OAUTH_HOST}/oauth/v2/authorization",
    token_url=f"{OAUTH_HOST}/oauth/v2/accessToken",
    revoke_url=f"{OAUTH_HOST}/oauth/v2/revoke",
    scopes=MEMBER_SCOPES,
    sign_in_scopes=("openid", "profile", "email"),
    client_id_env=CLIENT_ID.env,
    client_secret_env=CLIENT_SECRET.env,
    # LinkedIn refuses a code_verifier beside a client secret: its PKCE is for native apps at another address
    # (learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow-native; seen refused:
    # github.com/teamhanko/hanko/pull/2405). `state` guards the return.
    pkce=False,
)


def oauth_settings(access: str) -> OAuthSettings:
    """The permissions to ask for: an app for pages is refused all of them when one is of another product."""
    return replace(OAUTH, scopes=PAGE_SCOPES) if access == PAGES else OAUTH


@dataclass(frozen=True, kw_only=True)
class TokenState:
    """What LinkedIn knows of a token. `expires_at` is None where it does not say."""

    active: bool
    status: str
    scopes: frozenset[str]
    expires_at: datetime | None


class Access:
    """The kept token of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client_id = connection.configuration.get(CLIENT_ID.name, "")
        self._client_secret = connection.configuration.get(CLIENT_SECRET.name, "")
        secrets = (self._client_secret,) if self._client_secret else ()
        self.plain_door = connection.http.bound(secrets=secrets)
        self._kept = KeptToken(connection.tokens, self._renew, connection.now)

    @cached_property
    def door(self) -> TokenDoor:
        """For LinkedIn's API host only: each call carries the token."""
        return TokenDoor(self.plain_door, self._kept)

    def token(self) -> Token:
        """The token in use. Raises AuthenticationFailed when there is none; else as a renewal."""
        return self._kept.current()

    def introspect(self) -> TokenState:
        """Asks LinkedIn about the token. Raises InvalidConfiguration (the app's id or secret), ProviderError."""
        if not (self._client_id and self._client_secret):
            raise InvalidConfiguration(
                "The app's client id and client secret are not known here.",
                field=CLIENT_SECRET.name,
                fix=f"Fill in both, or have {ENV}_CLIENT_ID and {ENV}_CLIENT_SECRET set on this server.",
                fix_url=APPS_URL,
            )
        token = self.token().access_token
        form = {"client_id": self._client_id, "client_secret": self._client_secret, "token": token}
        answer = self.plain_door.bound(secrets=(token,)).request(
            "POST",
            self._connection.address(f"{OAUTH_HOST}/oauth/v2/introspectToken"),
            operation="ask about the token",
            form=form,
            retry=Retry.SAFE,
            expect=(429,),
        )
        if not answer.ok:
            raise oauth_error_from(answer)
        body = json_object(answer)
        return TokenState(
            active=body.get("active") is True,
            status=text(body.get("status")),
            scopes=frozenset(text(body.get("scope")).replace(",", " ").split()),
            expires_at=moment(body.get("expires_at")),
        )

    def _renew(self, token: Token) -> Token:
        if not (self._client_id and self._client_secret):
            raise AuthenticationFailed(
                "The access to LinkedIn has run out.", fix="Connect LinkedIn again.", code="not_renewable"
            )
        address = self._connection.address
        client = OAuthClient(
            replace(OAUTH, token_url=address(OAUTH.token_url), revoke_url=address(OAUTH.revoke_url)),
            client_id=self._client_id,
            client_secret=self._client_secret,
            session=self.plain_door.bound(secrets=(token.refresh_token,)).session(),
            now=self._connection.now,
        )
        return client.refresh(token)
