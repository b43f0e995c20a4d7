"""What the stand-in's parts share: refusals in the vendor's words, ids from a counter, times, and paged lists."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

MAX_KEPT = 500
"""Objects kept of each kind; the oldest are dropped so that a sandbox left running stays small."""

MAX_PAGE = 100
_DEFAULT_PAGE = 20
_NAMESPACE = uuid.UUID("5a6bd0a0-6f8d-4c9b-9d0c-2f0b8e1a7c55")


class Refusal(Exception):
    """An error answer in the vendor's flat shape: {"statusCode", "name", "message"}."""

    def __init__(self, status: int, name: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.name = name
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        return {"statusCode": self.status, "name": self.name, "message": str(self)}


def next_id(state: dict[str, Any], kind: str) -> str:
    """The next id, a UUID as the vendor's are; the same sequence in every fresh sandbox."""
    state["counter"] = state.get("counter", 0) + 1
    return str(uuid.uuid5(_NAMESPACE, f"{kind}-{state['counter']}"))


def signing_secret(object_id: str) -> str:
    """A webhook's secret, `whsec_` and 24 bytes in base64, the same for the same id."""
    return "whsec_" + base64.b64encode(hashlib.sha256(f"sandbox {object_id}".encode()).digest()[:24]).decode()


def stamp(moment: datetime) -> str:
    """A time as the vendor writes it in answers: `2023-04-03 22:13:42.674981+00`."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f+00")


def remember(items: dict[str, Any], object_id: str, item: dict[str, Any]) -> None:
    items[object_id] = item
    while len(items) > MAX_KEPT:
        del items[next(iter(items))]


def json_object(request: SandboxRequest) -> dict[str, Any]:
    """The body as an object. Raises Refusal 422 for anything else."""
    body = json_body(request)
    if not isinstance(body, dict):
        raise Refusal(422, "validation_error", "The request body must be a JSON object.")
    return body


def json_body(request: SandboxRequest) -> Any:
    try:
        return json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise Refusal(422, "validation_error", "The request body is not valid JSON.") from None


def require(body: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if body.get(name) in (None, "", []):
            raise Refusal(422, "missing_required_field", f"Missing `{name}` field.")


def find(items: Mapping[str, dict[str, Any]], object_id: str, kind: str) -> dict[str, Any]:
    if object_id not in items:
        raise Refusal(404, "not_found", f"{kind} not found")
    return items[object_id]


def page(items: Sequence[dict[str, Any]], query: Mapping[str, list[str]]) -> dict[str, Any]:
    """One page, newest first, from `limit`, `after` and `before`. Raises Refusal 422."""
    newest_first = list(reversed(items))
    start, limit = 0, _limit(query)
    ids = [item["id"] for item in newest_first]
    after, before = query.get("after", [""])[-1], query.get("before", [""])[-1]
    if after and before:
        raise Refusal(422, "validation_error", "Use either `after` or `before`, not both.")
    if after in ids:
        start = ids.index(after) + 1
    if before in ids:
        newest_first = newest_first[: ids.index(before)]
        start = max(0, len(newest_first) - limit)
    chosen = newest_first[start : start + limit]
    return {"object": "list", "has_more": start + limit < len(newest_first), "data": chosen}


def _limit(query: Mapping[str, list[str]]) -> int:
    raw = query.get("limit", [str(_DEFAULT_PAGE)])[-1]
    if not raw.isdecimal() or not 1 <= int(raw) <= MAX_PAGE:
        raise Refusal(422, "validation_error", "The `limit` parameter must be between 1 and 100.")
    return int(raw)
