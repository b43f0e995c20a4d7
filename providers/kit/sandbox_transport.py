"""The door's way to a stand-in: in process, with the same limits and metering as the network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

import requests
from requests.structures import CaseInsensitiveDict

from providers.kit.faults import SLOW_SECONDS, Fault, fault_of
from providers.kit.sandbox import SandboxRequest, SandboxState, VendorStandIn
from providers.kit.transport import Limits, Transport, too_large, with_body

LATENCY_SECONDS = 0.012

_locks: WeakKeyDictionary[Any, threading.RLock] = WeakKeyDictionary()
_guard = threading.Lock()


class SandboxTransport(Transport):
    """Answers with a stand-in of the vendor; nothing leaves the process. Also mountable as a requests adapter.

    `latency` (seconds) is slept, so that what is measured looks like a call and not like a function.
    """

    host_label = "sandbox"

    def __init__(
        self,
        stand_in: type[VendorStandIn],
        state: SandboxState,
        now: Callable[[], datetime],
        *,
        latency: float = LATENCY_SECONDS,
    ) -> None:
        super().__init__()
        self._stand_in = stand_in
        self._state = state
        self._now = now
        self._latency = latency

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """As any requests adapter."""
        return self.exchange(request, Limits(seconds=20.0, max_bytes=1024 * 1024))

    def exchange(self, request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        if self._latency:
            time.sleep(self._latency)
        with lock_of(self._state), getattr(self._state, "exclusive", nullcontext)():
            stand_in = self._stand_in(self._state.read(), self._now)
            slow = fault_of(stand_in.state) is Fault.SLOW
            answer = stand_in.respond(to_sandbox(request))
            self._state.write(stand_in.state)
        if slow:  # outside the lock: a slow vendor holds up nobody else
            time.sleep(min(SLOW_SECONDS, limits.seconds))
        if len(answer.body) > limits.max_bytes:
            raise too_large(limits.max_bytes)
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response.url = request.url or ""
        response.request = request
        response.encoding = "utf-8"
        return with_body(response, answer.body)


def lock_of(state: SandboxState) -> threading.RLock:
    """One lock for each state, so that two calls do not overwrite each other's changes."""
    with _guard:
        try:
            return _locks.setdefault(state, threading.RLock())
        except TypeError:  # a state that cannot be referenced weakly: all of those share one lock
            return _shared


_shared = threading.RLock()


def to_sandbox(request: requests.PreparedRequest) -> SandboxRequest:
    """A prepared request as a stand-in sees it; `host` is among the headers, as on the wire."""
    parts = urlsplit(request.url or "")
    body = request.body or b""
    if not isinstance(body, bytes | str):
        read = getattr(body, "read", None)
        body = read() if read else b"".join(body)
    return SandboxRequest(
        method=request.method or "GET",
        path=parts.path or "/",
        query=parse_qs(parts.query, keep_blank_values=True),
        headers={"host": parts.netloc, **{name.lower(): _text(value) for name, value in request.headers.items()}},
        body=body.encode() if isinstance(body, str) else body,
    )


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
