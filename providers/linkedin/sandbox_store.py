"""What the stand-in's parts share: refusals in LinkedIn's shape, ids from a counter, bodies, pages of a list."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

State = dict[str, Any]

MAX_KEPT = 500
"""Objects kept of each kind; the oldest are dropped so that a sandbox left running stays small."""

_FIRST_NUMBER = 7_300_000_000_000_000_000
_DEFAULT_COUNT, _MAX_COUNT = 10, 100


class Refusal(Exception):
    """An error in LinkedIn's shape: {"status", "serviceErrorCode", "code", "message"}."""

    def __init__(self, status: int, code: str, message: str, service_code: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.service_code = service_code

    def body(self) -> dict[str, Any]:
        found = {"status": self.status, "code": self.code, "message": str(self)}
        return found if self.service_code is None else {**found, "serviceErrorCode": self.service_code}


class OAuthRefusal(Refusal):
    """An error of www.linkedin.com/oauth: {"error", "error_description"}."""

    def body(self) -> dict[str, Any]:
        return {"error": self.code, "error_description": str(self)}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """`body` None is an empty one."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request: who asks, with which scopes, when. `member` is "" where nobody has to be known."""

    request: SandboxRequest
    state: State
    now: datetime
    member: str = ""
    scopes: frozenset[str] = frozenset()

    def query(self, name: str) -> str:
        return self.request.query.get(name, [""])[-1]

    def need(self, *scopes: str) -> None:
        """Raises Refusal 403 unless one of the scopes was granted."""
        if not self.scopes.intersection(scopes):
            raise denied(f"{self.request.method} {self.request.path.split('?')[0]}")

    def json(self) -> dict[str, Any]:
        """The body as an object. Raises Refusal 400."""
        try:
            body = json.loads(self.request.body or b"null")
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise Refusal(400, "ILLEGAL_ARGUMENT", "Cannot parse the request body as JSON")
        return body

    def milliseconds(self) -> int:
        return int(self.now.timestamp() * 1000)


def denied(what: str) -> Refusal:
    return Refusal(403, "ACCESS_DENIED", f"Not enough permissions to access: {what}", 100)


def invalid(field_path: str, why: str) -> Refusal:
    return Refusal(400, "INVALID_VALUE_FOR_FIELD", f"ERROR :: /{field_path} :: {why}")


def next_number(state: State) -> int:
    """A number as LinkedIn's posts have; the same sequence in every fresh sandbox."""
    state["counter"] = int(state.get("counter", 0)) + 1
    return _FIRST_NUMBER + int(state["counter"])


def remember(items: dict[str, Any], key: str, item: Any) -> None:
    items[key] = item
    while len(items) > MAX_KEPT:
        del items[next(iter(items))]


def page(call: Call, items: Sequence[Any], *, at_most: int = _MAX_COUNT) -> dict[str, Any]:
    """One page from `start` and `count`, with LinkedIn's links. Raises Refusal 400."""
    start, count = _number(call, "start", 0), _number(call, "count", _DEFAULT_COUNT)
    if count > _MAX_COUNT:
        raise Refusal(400, "ILLEGAL_ARGUMENT", f"count cannot be more than {_MAX_COUNT}")
    count = min(count, at_most)
    end = start + count
    path = call.request.path
    links = [{"type": "application/json", "rel": "next", "href": f"{path}?start={end}&count={count}"}]
    paging = {"start": start, "count": count, "total": len(items), "links": links if end < len(items) else []}
    return {"elements": list(items[start:end]), "paging": paging}


def _number(call: Call, name: str, default: int) -> int:
    given = call.query(name)
    if not given:
        return default
    if not given.isdecimal():
        raise Refusal(400, "ILLEGAL_ARGUMENT", f"{name} must be a number")
    return int(given)
