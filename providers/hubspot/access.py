"""The token of one account: a lasting one of a private app or service key, or OAuth's, renewed every half hour.

OAuth: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth
(token requests in the form body, `expires_in` 1800, whatever refresh token comes back is kept).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from providers.kit.contract import Connection, OAuthSettings
from providers.kit.http import Door
from providers.kit.oauth import OAuthClient
from providers.kit.tokens import KeptToken, Token, TokenDoor

Renew = Callable[[Token], Token]


def token_door(connection: Connection, settings: OAuthSettings) -> TokenDoor:
    """The connection's door with its token on every call."""
    return TokenDoor(connection.http, kept_token(connection, settings))


def kept_token(connection: Connection, settings: OAuthSettings) -> KeptToken:
    return KeptToken(connection.tokens, _renewal(connection, settings), connection.now)


def client_credentials(connection: Connection, settings: OAuthSettings) -> tuple[str, str]:
    """(client id, client secret) of this server's app; "" each where the server has none."""
    values = connection.settings
    return str(values.get(settings.client_id_env) or ""), str(values.get(settings.client_secret_env) or "")


def with_scopes(token: Token) -> Token:
    """The token with what HubSpot granted: it tells scopes as a list, where OAuth has a text."""
    return token if token.scopes else replace(token, scopes=_texts(token.extra.get("scopes")))


def _renewal(connection: Connection, settings: OAuthSettings) -> Renew | None:
    """None where the server has no app at HubSpot: a token that was pasted cannot be renewed."""
    client_id, client_secret = client_credentials(connection, settings)
    if not (client_id and client_secret):
        return None
    moved = replace(
        settings,
        token_url=connection.address(settings.token_url),
        revoke_url=connection.address(settings.revoke_url),
    )

    def renew(token: Token) -> Token:
        door: Door = connection.http
        secrets = tuple(one for one in (client_secret, token.refresh_token) if one)
        client = OAuthClient(
            moved,
            client_id=client_id,
            client_secret=client_secret,
            session=door.bound(secrets=secrets).session(lambda request: "renew token"),
            now=connection.now,
        )
        fresh = with_scopes(client.refresh(token))
        return fresh if fresh.scopes else replace(fresh, scopes=token.scopes)

    return renew


def _texts(value: Any) -> tuple[str, ...]:
    listed: Sequence[Any] = value if isinstance(value, list) else ()
    return tuple(one for one in listed if isinstance(one, str))
