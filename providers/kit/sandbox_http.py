"""Every provider's stand-in over HTTP: `/<provider>/<the vendor's own path>`, for any client or SDK."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import orjson

from providers.kit.registry import Registry, utc_now
from providers.kit.sandbox import MemoryState, SandboxRequest, SandboxResponse, SandboxState

MAX_BODY = 32 * 1024 * 1024
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class SandboxApplication:
    """A WSGI application. Each stand-in's state lives in `state_of(provider_id)`, by default in memory."""

    def __init__(
        self,
        registry: Registry,
        now: Callable[[], datetime] = utc_now,
        state_of: Callable[[str], SandboxState] | None = None,
    ) -> None:
        self._registry = registry
        self._now = now
        self._states: dict[str, SandboxState] = {}
        self._state_of = state_of or self._in_memory
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self._answer(environ)
        phrase = _PHRASES.get(answer.status, "Unknown")
        headers = {"Content-Type": "application/json", **answer.headers, "Content-Length": str(len(answer.body))}
        start_response(f"{answer.status} {phrase}", list(headers.items()))
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body]

    def _answer(self, environ: dict[str, Any]) -> SandboxResponse:
        provider_id, _, rest = environ.get("PATH_INFO", "/").lstrip("/").partition("/")
        if provider_id not in self._registry or self._registry.sandbox(provider_id) is None:
            known = [one.id for one in self._registry if one.sandbox is not None]
            body = orjson.dumps({"error": "No such sandbox. The path begins with one of these.", "sandboxes": known})
            return SandboxResponse(status=404, body=body)
        size = int(environ.get("CONTENT_LENGTH") or 0)
        if size > MAX_BODY:
            return SandboxResponse(status=413, body=b'{"error": "The body is too large."}')
        request = SandboxRequest(
            method=environ["REQUEST_METHOD"],
            path="/" + _utf8(rest),
            query=parse_qs(_utf8(environ.get("QUERY_STRING", "")), keep_blank_values=True),
            headers=_headers(environ),
            body=environ["wsgi.input"].read(size) if size else b"",
        )
        stand_in_class = self._registry.sandbox(provider_id)
        assert stand_in_class is not None
        state = self._state_of(provider_id)
        with self._lock:
            stand_in = stand_in_class(state.read(), self._now)
            answer = stand_in.respond(request)
            state.write(stand_in.state)
        return answer

    def _in_memory(self, provider_id: str) -> SandboxState:
        return self._states.setdefault(provider_id, MemoryState())


def _utf8(text: str) -> str:
    """WSGI hands bytes over as Latin-1 text."""
    return text.encode("latin-1").decode("utf-8", "replace")


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    found = {
        key.removeprefix("HTTP_").replace("_", "-").lower(): value
        for key, value in environ.items()
        if key.startswith("HTTP_") or key in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    return {name: value for name, value in found.items() if value}
