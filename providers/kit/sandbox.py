"""The sandbox: every provider ships a small stateful stand-in of its vendor's API.

`providers/<name>/sandbox.py` holds `class Sandbox(VendorStandIn)`. The door reaches it in process through
`providers.kit.http.SandboxTransport`; `toolkit sandbox` serves the same class over HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from providers.kit.faults import VENDOR_FAULTS, Fault, take_fault


@dataclass(frozen=True, kw_only=True)
class SandboxRequest:
    """A request below the vendor's own paths: `path` begins with "/", header names are lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class SandboxResponse:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class SandboxState(Protocol):
    """Where a stand-in remembers. `read` gives a JSON-ready dict ({} at first); `write` replaces it.

    A state that several processes share has `exclusive()` too: a context manager held from `read` to `write`.
    """

    def read(self) -> dict[str, Any]: ...

    def write(self, state: dict[str, Any]) -> None: ...


class MemoryState:
    """State for as long as the process lives."""

    def __init__(self) -> None:
        self._state: dict[str, Any] = {}

    def read(self) -> dict[str, Any]:
        return self._state

    def write(self, state: dict[str, Any]) -> None:
        self._state = state


class VendorStandIn:
    """Base of every stand-in. Deterministic: ids come from a counter kept in `state`, times from `now`.

    `sandbox_code` is an authorization code that its token address takes, where it has no consent page of its own.
    """

    sandbox_code: ClassVar[str] = ""

    def __init__(self, state: dict[str, Any], now: Callable[[], datetime]) -> None:
        self.state = state
        self.now = now

    @staticmethod
    def credentials() -> dict[str, str]:
        """Field values that this stand-in accepts, by field name: what the connect form is filled with."""
        raise NotImplementedError

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Answers as the vendor would, errors included; changes `self.state` in place."""
        raise NotImplementedError

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        """The vendor's own answer, in its own shape, to a refused key, a missing permission, too many calls.

        Called only for `VENDOR_FAULTS`; each stand-in says it in its vendor's words.
        """
        raise NotImplementedError

    def respond(self, request: SandboxRequest) -> SandboxResponse:
        """`handle`, unless a fault is set: then what the vendor, or the web in front of it, would say."""
        fault = take_fault(self.state)
        if fault is None or fault is Fault.SLOW:
            return self.handle(request)
        if fault in VENDOR_FAULTS:
            return self.refuse(fault, request)
        status, words = (503, b"Service Unavailable") if fault is Fault.DOWN else (200, b"It works!")
        page = b"<!doctype html><title>%b</title><h1>%b</h1>" % (words, words)
        return SandboxResponse(status=status, body=page, headers={"content-type": "text/html"})
