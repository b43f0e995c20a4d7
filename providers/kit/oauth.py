"""OAuth 2 for connecting accounts: authorization code with PKCE, refresh and revoke, through the one door.

State, and who asked, are the hub's to keep; this module only speaks the protocol.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import requests

from providers.kit.contract import OAuthSettings
from providers.kit.errors import (
    AuthenticationFailed,
    InvalidConfiguration,
    ProviderError,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from providers.kit.http import kit_error
from providers.kit.tokens import Token

if TYPE_CHECKING:
    from providers.kit.oauth_protocol import ProtocolClient

PASSING_STATUSES = frozenset({408, 409, 423, 425, 429})
"""4xx answers to a refresh that say "later", not "never"."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Authorization:
    """Where to send the person, and what to keep until they come back."""

    url: str
    state: str
    code_verifier: str


class OAuthClient:
    """One application at one vendor. `session` is a guarded session (`door.session()` or `guarded_session`)."""

    def __init__(
        self,
        settings: OAuthSettings,
        *,
        client_id: str,
        client_secret: str,
        session: requests.Session,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._client_id = client_id
        self._client_secret = client_secret
        self._session = session
        self._now = now

    def authorize(self, redirect_uri: str, scopes: tuple[str, ...] = ()) -> Authorization:
        """The address of the vendor's consent page, with a fresh state and PKCE verifier."""
        verifier = secrets.token_urlsafe(48) if self._settings.pkce else ""
        url, state = self._client(scopes or self._settings.scopes).create_authorization_url(
            self._settings.authorize_url,
            state=secrets.token_urlsafe(32),
            code_verifier=verifier or None,
            redirect_uri=redirect_uri,
            **self._settings.extra_authorize,
        )
        return Authorization(url=url, state=state, code_verifier=verifier)

    def exchange(self, code: str, *, redirect_uri: str, code_verifier: str) -> Token:
        """The token for a code. Raises AuthenticationFailed, InvalidConfiguration, Unavailable, OutcomeUnknown."""
        more = {"code_verifier": code_verifier} if code_verifier else {}
        answer = self._ask(
            lambda client: client.fetch_token(
                self._settings.token_url,
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect_uri,
                **more,
            )
        )
        return self._token(answer, keep="")

    def refresh(self, token: Token) -> Token:
        """A new token. The old refresh token is kept where the vendor sends none or an empty one.

        Raises AuthenticationFailed (reconnect); Unavailable and RateLimited (the token may still be good).
        """
        if not token.refresh_token:
            raise AuthenticationFailed(
                "The permission given to us has run out.", fix="Connect the account again.", code="no_refresh_token"
            )
        answer = self._ask(
            lambda client: client.refresh_token(self._settings.token_url, refresh_token=token.refresh_token)
        )
        return self._token(answer, keep=token.refresh_token)

    def revoke(self, token: Token) -> bool:
        """Tells the vendor to forget the token; False where it has no address for that. Raises ProviderError."""
        if not self._settings.revoke_url:
            return False
        try:
            answer = self._client(()).revoke_token(
                self._settings.revoke_url, token=token.refresh_token or token.access_token
            )
        except Exception as error:
            raise _mapped(error) from error
        if answer.status_code >= 400:
            raise _for_status(answer.status_code)
        return True

    def _client(self, scopes: tuple[str, ...]) -> ProtocolClient:
        # Here and not above: it takes nine megabytes in every process, and few of them ever sign in anywhere.
        from providers.kit.oauth_protocol import ProtocolClient

        return ProtocolClient(
            self._session,
            client_id=self._client_id,
            client_secret=self._client_secret,
            token_endpoint_auth_method=self._settings.client_authentication,
            revocation_endpoint_auth_method=self._settings.client_authentication,
            code_challenge_method="S256" if self._settings.pkce else None,
            scope=self._settings.scope_separator.join(scopes) or None,
        )

    def _ask(self, call: Callable[[ProtocolClient], Any]) -> dict[str, Any]:
        client = self._client(())
        statuses: list[int] = []

        def seen(response: requests.Response) -> requests.Response:
            statuses.append(response.status_code)
            return response

        for hook in ("access_token_response", "refresh_token_response"):
            client.register_compliance_hook(hook, seen)
        try:
            return dict(call(client))
        except Exception as error:  # Authlib raises its own, requests' and plain ValueErrors for vendor answers
            raise _mapped(error, statuses[-1] if statuses else None) from error

    def _token(self, answer: Mapping[str, Any], *, keep: str) -> Token:
        access = answer.get("access_token")
        if not isinstance(access, str) or not access:
            raise UnexpectedResponse("The service gave no access.", fix="Connect the account again.", code="no_token")
        refresh = answer.get("refresh_token")
        scope = answer.get("scope")
        seconds = answer.get("expires_in")
        lasts = isinstance(seconds, int | float | str) and str(seconds).split(".")[0].isdecimal()
        known = ("access_token", "refresh_token", "expires_in", "expires_at", "scope", "token_type")
        return Token(
            access_token=access,
            refresh_token=refresh if isinstance(refresh, str) and refresh else keep,
            expires_at=self._now() + timedelta(seconds=float(str(seconds))) if lasts else None,
            token_type=str(answer.get("token_type") or "Bearer"),
            scopes=tuple(scope.replace(",", " ").split()) if isinstance(scope, str) else (),
            extra={name: value for name, value in answer.items() if name not in known},
        )


def _mapped(error: Exception, status: int | None = None) -> ProviderError:
    inside = kit_error(error)
    if inside is not None:
        return inside
    if status is not None and (status in PASSING_STATUSES or status >= 500):
        return _for_status(status)
    from providers.kit.oauth_protocol import OAuth2Error  # see `_client`

    if isinstance(error, OAuth2Error):
        if error.error in ("invalid_client", "unauthorized_client", "redirect_uri_mismatch", "invalid_scope"):
            return InvalidConfiguration(
                "The service does not accept this application's credentials or return address.",
                fix="Compare client id, client secret and return address with the service's developer page.",
                code=error.error,
                field="client_secret",
            )
        if error.error in ("temporarily_unavailable", "server_error"):
            return _for_status(503)
        return AuthenticationFailed(
            "The service no longer accepts the permission given to us.",
            fix="Connect the account again.",
            code=str(error.error)[:60],
            status=status,
        )
    return (
        _for_status(status)
        if status is not None
        else UnexpectedResponse(
            "The service sent an answer that could not be read.", fix="Try again in a few minutes.", code="unreadable"
        )
    )


def _for_status(status: int) -> ProviderError:
    fix = "Try again in a few minutes."
    if status == 429:
        return RateLimited("The service says: too many calls.", fix=fix, status=status)
    if status >= 500 or status in PASSING_STATUSES:
        return Unavailable("The service cannot answer at the moment.", fix=fix, status=status)
    if status >= 400:
        return AuthenticationFailed(
            "The service no longer accepts the permission given to us.",
            fix="Connect the account again.",
            status=status,
        )
    return UnexpectedResponse("The service sent an answer that could not be read.", fix=fix, status=status)
