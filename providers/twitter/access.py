"""How a connection gets in: the account's token, renewed with X's single-use refresh tokens, and the app's bearer.

https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code: access tokens last two hours; each
refresh token is good for one renewal, so the new one is stored before the new access token is used (`KeptToken`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from providers.kit.contract import Connection
from providers.kit.errors import InvalidConfiguration, OutcomeUnknown, Unavailable
from providers.kit.http import Door
from providers.kit.oauth import OAuthClient
from providers.kit.tokens import KeptToken, Token, TokenDoor

from .fields import BEARER_TOKEN, CLIENT_ID_ENV, CLIENT_SECRET_ENV, CONSOLE_URL
from .manifest import OAUTH


def account_door(connection: Connection) -> TokenDoor:
    """The door whose calls are made in the account's name."""
    kept = KeptToken(connection.tokens, renewal(connection), connection.now)
    return TokenDoor(connection.http, kept)


def app_door(connection: Connection) -> Door:
    """The door whose calls are made in the app's name. Raises InvalidConfiguration without a bearer token."""
    bearer = connection.configuration.get(BEARER_TOKEN.name, "")
    if not bearer:
        raise InvalidConfiguration(
            "X lets only the app itself look after event delivery, and its bearer token is missing.",
            field=BEARER_TOKEN.name,
            fix="Open your app's “Keys and tokens” in the developer console and paste the “Bearer Token” here.",
            fix_url=CONSOLE_URL,
        )
    door: Door = connection.http.bound(headers={"Authorization": f"Bearer {bearer}"}, secrets=(bearer,))
    return door


def client_credentials(connection: Connection) -> tuple[str, str]:
    """Client id and secret: the connection's own app, else the server's; ("", "") without either."""
    own = connection.configuration.get("client_id", "")
    if own:
        return own, connection.configuration.get("client_secret", "")
    settings = connection.settings
    return str(settings.get(CLIENT_ID_ENV, "")), str(settings.get(CLIENT_SECRET_ENV, ""))


def renewal(connection: Connection) -> Callable[[Token], Token] | None:
    """How a token is renewed; None where no app is known that could ask for it."""
    client_id, client_secret = client_credentials(connection)
    if not client_id:
        return None

    def renew(token: Token) -> Token:
        secrets = tuple(one for one in (client_secret, token.refresh_token, token.access_token) if one)
        settings = replace(OAUTH, token_url=connection.address(OAUTH.token_url))
        client = OAuthClient(
            settings,
            client_id=client_id,
            client_secret=client_secret,
            session=connection.http.bound(secrets=secrets).session(),
            now=connection.now,
        )
        try:
            fresh = client.refresh(token)
        except OutcomeUnknown as error:
            raise Unavailable(
                "X did not answer when we renewed our access. Nothing else was asked of it.",
                fix="Try again. If X then says that the permission has run out, connect the account again.",
                code=error.code,
                detail=error.detail,
            ) from error
        return fresh if fresh.scopes else replace(fresh, scopes=token.scopes)

    return renew
