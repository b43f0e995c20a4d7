"""A requests session for libraries that insist on one. It looks like theirs and goes through our door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import requests
from requests.adapters import BaseAdapter

from providers.kit.policy import DoorPolicy


class SendsPrepared(Protocol):
    """What the session needs of a door."""

    policy: DoorPolicy

    def send(
        self, prepared: requests.PreparedRequest, *, operation: str, seconds: float, max_bytes: int
    ) -> tuple[requests.Response, float]: ...


class DoorAdapter(BaseAdapter):
    """Hands a session's requests to a door."""

    def __init__(self, door: SendsPrepared, operation: Callable[[requests.PreparedRequest], str]) -> None:
        super().__init__()
        self._door = door
        self._operation = operation

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        policy = self._door.policy
        response, _elapsed = self._door.send(
            request,
            operation=self._operation(request),
            seconds=_seconds(timeout, policy.total_seconds),
            max_bytes=policy.max_bytes,
        )
        return response

    def close(self) -> None:
        """The pools belong to the process, not to the session."""


class GuardedSession(requests.Session):
    """No environment proxies, no netrc, no cookies kept, no redirects followed, no other adapter."""

    def __init__(self, door: SendsPrepared, operation: Callable[[requests.PreparedRequest], str]) -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        adapter = DoorAdapter(door, operation)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _seconds(timeout: Any, most: float) -> float:
    """The total that a caller's time-out (a number, a pair, or none) comes to, never above the policy's."""
    asked = timeout[-1] if isinstance(timeout, tuple) else timeout
    return min(float(asked), most) if isinstance(asked, int | float) and asked > 0 else most
