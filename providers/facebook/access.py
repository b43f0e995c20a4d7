"""The access of one connection: the person's token, the app's own token, and the proof that goes with every call.

https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived and
https://developers.facebook.com/docs/graph-api/guides/secure-requests/ Facebook has no refresh tokens.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from providers.kit.contract import Connection, OAuthSettings
from providers.kit.errors import AuthenticationFailed, InvalidConfiguration
from providers.kit.tokens import Token

from .errors import APPS_URL, app_error_from
from .fields import APP_ID, APP_SECRET, ENV, VERSION
from .shapes import count, mapping, moment, strings, text, unreadable

HOST = "https://graph.facebook.com"
VIDEO_HOST = "https://graph-video.facebook.com"

SCOPES = (
    "public_profile",
    "email",
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_posts",
    "pages_manage_metadata",
    "read_insights",
    "pages_read_user_content",
    "pages_manage_engagement",
)

OAUTH = OAuthSettings(
    authorize_url=f"https://www.facebook.com/{VERSION}/dialog/oauth",
    token_url=f"{HOST}/{VERSION}/oauth/access_token",
    scopes=SCOPES,
    sign_in_scopes=("public_profile", "email"),
    client_id_env=APP_ID.env,
    client_secret_env=APP_SECRET.env,
    scope_separator=",",
)


def appsecret_proof(access_token: str, app_secret: str) -> str:
    """What shows that a call with this token comes from the app itself."""
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, kw_only=True)
class TokenState:
    """What Facebook knows of a token. `expires_at` is None for one without end; `kind` is "USER", "PAGE", "APP"."""

    valid: bool
    app_id: str
    app_name: str
    kind: str
    scopes: frozenset[str]
    expires_at: datetime | None
    data_ends_at: datetime | None
    why: str = ""


class Access:
    """The tokens of one connection. All methods that ask raise ProviderError."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.app_id = connection.configuration.get(APP_ID.name, "")
        self.app_secret = connection.configuration.get(APP_SECRET.name, "")

    def token(self) -> Token:
        """The person's token. Raises AuthenticationFailed when there is none."""
        token = self.connection.tokens.load()
        if not token.access_token:
            raise AuthenticationFailed(
                "This connection has no access token.", fix="Connect Facebook.", fix_url=APPS_URL, code="no_token"
            )
        return token

    def app_token(self) -> str:
        """The app's own token. Raises InvalidConfiguration."""
        self.need_app()
        return f"{self.app_id}|{self.app_secret}"

    def need_app(self) -> None:
        if not (self.app_id and self.app_secret):
            raise InvalidConfiguration(
                "The app's id and secret are not known here.",
                field=APP_SECRET.name,
                fix=f"Fill in both, or have {ENV}_APP_ID and {ENV}_APP_SECRET set on this server.",
                fix_url=APPS_URL,
            )

    def inspect(self) -> TokenState:
        """Asks Facebook about the person's token. Raises InvalidConfiguration (the app's id or secret)."""
        token, app_token = self.token().access_token, self.app_token()
        answer = self.connection.http.bound(secrets=(token, app_token, self.app_secret)).request(
            "GET",
            f"/{VERSION}/debug_token",
            operation="ask about the token",
            params={"input_token": token},
            headers={"Authorization": f"Bearer {app_token}"},
            expect=(429,),
        )
        if not answer.ok:
            raise app_error_from(answer)
        found = mapping(mapping(answer.json()).get("data"))
        if not isinstance(found.get("is_valid"), bool):
            raise unreadable("no is_valid")
        return TokenState(
            valid=found["is_valid"],
            app_id=text(found.get("app_id")),
            app_name=text(found.get("application")),
            kind=text(found.get("type")),
            scopes=frozenset(strings(found.get("scopes"))),
            expires_at=moment(found.get("expires_at")),
            data_ends_at=moment(found.get("data_access_expires_at")),
            why=text(mapping(found.get("error")).get("message"))[:200],
        )

    def lengthened(self, token: Token) -> Token:
        """A token of about 60 days for the one of two hours that a sign-in gives."""
        self.need_app()
        answer = self.connection.http.bound(secrets=(token.access_token, self.app_secret)).request(
            "GET",
            f"/{VERSION}/oauth/access_token",
            operation="lengthen the token",
            params={
                "grant_type": "fb_exchange_token",
                "client_id": self.app_id,
                "client_secret": self.app_secret,
                "fb_exchange_token": token.access_token,
            },
            expect=(429,),
        )
        if not answer.ok:
            raise app_error_from(answer)
        body = mapping(answer.json())
        fresh = text(body.get("access_token"))
        if not fresh:
            raise unreadable("no access_token")
        seconds = count(body.get("expires_in"))
        ends = self.connection.now() + timedelta(seconds=min(seconds, 10**9)) if seconds and seconds > 0 else None
        return replace(token, access_token=fresh, expires_at=ends)
