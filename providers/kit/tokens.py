"""An account's OAuth token: kept by the hub, renewed by one caller at a time.

The hub gives a connection its `TokenStore`; a provider asks `TokenDoor` and never sees who keeps the token.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from providers.kit.answers import Answer
from providers.kit.errors import AuthenticationFailed

EARLY = timedelta(minutes=5)
"""A token that runs out within this time is renewed before it is used."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Token:
    """What a vendor gave us. `expires_at` is None where the vendor does not say; `scopes` as granted.

    `extra` is what else the vendor said, as JSON (an `instance_url`, an account's id).
    """

    access_token: str
    refresh_token: str = ""
    expires_at: datetime | None = None
    token_type: str = "Bearer"
    scopes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at!r}, scopes={self.scopes!r})"

    def runs_out(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at - EARLY <= now


def token_of(values: Mapping[str, str]) -> Token:
    """The token in a connection's fields: `access_token`, `refresh_token`, `token_expires_at` (RFC 3339)."""
    ends = values.get("token_expires_at", "")
    return Token(
        access_token=values.get("access_token", ""),
        refresh_token=values.get("refresh_token", ""),
        expires_at=datetime.fromisoformat(ends) if ends else None,
    )


class TokenStore(Protocol):
    """Where one connection's token lives. `exclusive` is held while it is renewed, across processes."""

    def load(self) -> Token: ...

    def save(self, token: Token) -> None:
        """Replaces the token for good before it returns: a single-use refresh token must not be lost."""
        ...

    def exclusive(self) -> AbstractContextManager[None]: ...


class MemoryTokens:
    """A token for as long as the process lives: for one-off checks and tests."""

    def __init__(self, token: Token) -> None:
        self._token = token
        self._lock = threading.RLock()

    def load(self) -> Token:
        return self._token

    def save(self, token: Token) -> None:
        self._token = token

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self._lock:
            yield


class KeptToken:
    """The token in use. Renewed ahead of its end, or after a refusal, once however many callers notice."""

    def __init__(
        self, store: TokenStore, renew: Callable[[Token], Token] | None, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._renew = renew
        self._now = now

    def current(self) -> Token:
        """Raises AuthenticationFailed when there is none; else as the renewal."""
        token = self._store.load()
        if not token.access_token and not self._can_renew(token):
            raise AuthenticationFailed(
                "This connection has no access token.", fix="Connect the account again.", code="no_token"
            )
        if not token.access_token or (token.runs_out(self._now()) and self._can_renew(token)):
            return self.renewed(token.access_token)
        return token

    def renewed(self, refused: str) -> Token:
        """A token other than `refused`: another caller's new one, or a fresh one.

        Raises AuthenticationFailed (reconnect), Unavailable, RateLimited.
        """
        with self._store.exclusive():
            token = self._store.load()
            if token.access_token and token.access_token != refused:
                return token
            if self._renew is None or not self._can_renew(token):
                raise AuthenticationFailed(
                    "The permission given to us has run out.", fix="Connect the account again.", code="not_renewable"
                )
            fresh = self._renew(token)
            self._store.save(fresh)
            return fresh

    def _can_renew(self, token: Token) -> bool:
        return self._renew is not None and (bool(token.refresh_token) or bool(token.extra.get("renewable")))


def refused(answer: Answer) -> bool:
    return answer.status == 401


class TokenDoor:
    """A door whose calls carry the kept token, and repeat once with a fresh one when it was refused.

    A refused call was not carried out, so that repeating it is safe for writes too. `path` may be an address.
    """

    def __init__(self, door: Any, kept: KeptToken, is_refused: Callable[[Answer], bool] = refused) -> None:
        self._door = door
        self._kept = kept
        self._is_refused = is_refused

    def request(self, method: str, url: str, **options: Any) -> Answer:
        """As `Door.request`. Raises AuthenticationFailed when the token can't be renewed either."""
        token = self._kept.current()
        answer = self._ask(token, method, url, options)
        if not self._is_refused(answer):
            return answer
        try:
            token = self._kept.renewed(token.access_token)
        except AuthenticationFailed as error:
            if error.code == "not_renewable":
                return answer  # the vendor's own words say more
            raise
        return self._ask(token, method, url, options)

    def _ask(self, token: Token, method: str, url: str, options: Mapping[str, Any]) -> Answer:
        secrets = tuple(one for one in (token.access_token, token.refresh_token) if one)
        door = self._door.bound(headers={"Authorization": f"Bearer {token.access_token}"}, secrets=secrets)
        answer: Answer = door.request(method, url, **options)
        return answer
