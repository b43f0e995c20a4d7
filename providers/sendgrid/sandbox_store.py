"""What the stand-in's parts share: refusals in the vendor's words, ids from a counter, times, and paged lists."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

State = dict[str, Any]
Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]
"""Status, body (None: empty) and, where there are any, headers."""

MAX_KEPT = 500
"""Objects kept of each kind; the oldest are dropped so that a sandbox left running stays small."""

_NAMESPACE = uuid.UUID("8b0c2f5e-6f8d-4c9b-9d0c-2f0b8e1a7c11")


class Refusal(Exception):
    """An error answer in the vendor's shape: {"errors": [{"message", "field", "help"}]}."""

    def __init__(
        self, status: int, message: str, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.field = field
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        return {"errors": [{"message": str(self), "field": self.field, "help": None}]}


def next_uuid(state: State, kind: str) -> str:
    """The next id; the same sequence in every fresh sandbox."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}-{next_number(state)}"))


def next_token(state: State, kind: str, size: int = 22) -> str:
    """The next id in letters, digits, `-` and `_`, as message, batch and key ids are."""
    digest = hashlib.sha512(f"{kind}-{next_number(state)}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:size]


def next_number(state: State) -> int:
    state["counter"] = state.get("counter", 1000) + 1
    found: int = state["counter"]
    return found


def stamp(moment: datetime) -> str:
    """A time as templates have it: `2020-11-12 12:00:09`, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def remember(items: dict[str, Any], object_id: str, item: Any) -> None:
    items[object_id] = item
    while len(items) > MAX_KEPT:
        del items[next(iter(items))]


def json_object(request: SandboxRequest) -> dict[str, Any]:
    """The body as an object. Raises Refusal 400 for anything else."""
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise Refusal(400, "Bad Request") from None
    if not isinstance(body, dict):
        raise Refusal(400, "invalid request")
    return body


def find(items: Mapping[str, Any], object_id: str, message: str = "not found") -> Any:
    if object_id not in items:
        raise Refusal(404, message)
    return items[object_id]


def offset_page(items: Sequence[Any], query: Mapping[str, list[str]], *, most: int = 500, default: int = 500) -> Any:
    """One page by `limit` and `offset`. Raises Refusal 400."""
    limit, offset = _number(query, "limit", default), _number(query, "offset", 0)
    if not 1 <= limit <= most:
        raise Refusal(400, f"limit must be between 1 and {most}", "limit")
    return list(items[offset : offset + limit])


def _number(query: Mapping[str, list[str]], name: str, default: int) -> int:
    raw = query.get(name, [str(default)])[-1]
    if not raw.isdecimal() or len(raw) > 9:
        raise Refusal(400, f"{name} must be a positive integer", name)
    return int(raw)


def last(query: Mapping[str, list[str]], name: str) -> str:
    return query.get(name, [""])[-1]
