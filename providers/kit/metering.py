"""What is written down about every call out: enough to count, time and group, and nothing that is secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import requests


@dataclass(frozen=True, kw_only=True)
class CallRecord:
    """One attempt of one call. `status` is None when no answer came; `error_category` is "" when it was good,
    else a `ProviderError.category`. Sizes are those of the bodies in bytes. No query string, no header.

    `refused` is the code of what the door refused itself ("" when it let the call go) and `refusal` its sentence;
    nothing was sent then, and `host` is "" when the address names none."""

    provider_id: str
    account_key: str
    operation: str
    method: str
    host: str
    status: int | None
    ok: bool
    error_category: str
    started_at: datetime
    latency_ms: float
    attempt: int
    bytes_out: int
    bytes_in: int
    refused: str = ""
    refusal: str = ""


_BY_STATUS = {401: "authentication", 403: "permission", 404: "not_found", 408: "unavailable", 429: "rate_limit"}


def category_of_status(status: int) -> str:
    """The monitoring category of an answer ("" below 400)."""
    if status < 400:
        return ""
    return _BY_STATUS.get(status) or ("unavailable" if status >= 500 else "invalid_request")


_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}", re.ASCII)


def host_of(url: str) -> str:
    """The host of an address that was refused; "" when it has none that can be told from the rest of it."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host if _HOST.fullmatch(host) else ""


_WORD = re.compile(r"[a-z][a-z_.-]*|v\d+(\.\d+)?", re.IGNORECASE)


def operation_of(request: requests.PreparedRequest) -> str:
    """A name for a call that has none: the method and the path with what looks like an id left out."""
    path = (request.path_url or "/").partition("?")[0]
    parts = [part if _WORD.fullmatch(part) and len(part) < 40 else ":id" for part in path.split("/") if part]
    return f"{request.method} /{'/'.join(parts)}"


def size_of(body: object) -> int:
    """Bytes of a request body (0 for a stream of unknown length)."""
    if isinstance(body, bytes | bytearray):
        return len(body)
    return len(body.encode()) if isinstance(body, str) else 0
