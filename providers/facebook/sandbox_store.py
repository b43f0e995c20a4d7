"""What the stand-in's parts share: refusals in Facebook's shape, ids from a counter, forms, pages of a list."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qs, urlencode

from providers.kit.sandbox import SandboxRequest

from .fields import VERSION

State = dict[str, Any]

MAX_KEPT = 500
"""Objects kept of each kind; the oldest are dropped so that a sandbox left running stays small."""

_FIRST_NUMBER = 120_000_000_000_000


class Refusal(Exception):
    """An error in Facebook's shape. Most come with status 400, whatever they mean."""

    def __init__(self, code: int, message: str, *, subcode: int = 0, status: int = 400, headers: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode
        self.status = status
        self.headers: Mapping[str, str] = headers or {}

    def body(self) -> dict[str, Any]:
        more = {"error_subcode": self.subcode} if self.subcode else {}
        told = {
            "message": str(self),
            "type": "OAuthException",
            "code": self.code,
            **more,
            "fbtrace_id": "AsandboxTrace",
        }
        return {"error": told}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request. `page` is the Page whose token was used ("" for a person's), `scopes` what the token allows."""

    request: SandboxRequest
    state: State
    now: datetime
    page: str = ""
    app: bool = False
    scopes: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def value(self, name: str) -> str:
        return self.fields.get(name) or self.request.query.get(name, [""])[-1]

    def need(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Refusal(200, f"(#200) Requires {scope} permission to manage the object.", status=403)

    def need_page(self, page_id: str, scope: str) -> None:
        """The call must be made with this Page's own token."""
        if not self.page:
            raise Refusal(210, "(#210) A page access token is required to request this resource.", status=403)
        if self.page != page_id:
            raise Refusal(200, "(#200) The token does not belong to this Page.", status=403)
        self.need(scope)

    def time(self) -> str:
        return stamp(self.now)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def gone(what: str) -> Refusal:
    return Refusal(
        100,
        f"Unsupported request. Object with ID '{what}' does not exist, cannot be loaded due to "
        "missing permissions, or "
        "does not support this operation.",
        subcode=33,
    )


def next_number(state: State) -> str:
    state["counter"] = int(state.get("counter", 0)) + 1
    return str(_FIRST_NUMBER + int(state["counter"]))


def remember(items: dict[str, Any], key: str, item: Any) -> None:
    items[key] = item
    while len(items) > MAX_KEPT:
        del items[next(iter(items))]


def page(call: Call, items: Sequence[Any]) -> dict[str, Any]:
    """One page. The cursors are there on the last one too, `next` is not."""
    try:
        limit = min(int(call.value("limit") or 25), 100)
        start = int(call.value("after") or 0)
    except ValueError:
        raise Refusal(100, "(#100) Invalid cursor or limit.") from None
    shown = list(items[start : start + limit])
    if not shown:
        return {"data": []}
    end = start + len(shown)
    paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
    if end < len(items):
        query = urlencode({"limit": limit, "after": end})
        paging["next"] = f"https://graph.facebook.com{call.request.path}?{query}"
    return {"data": shown, "paging": paging}


def parse_body(request: SandboxRequest) -> tuple[dict[str, str], dict[str, bytes]]:
    """Fields and files of a form, a multipart form or a JSON object."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return _multipart(kind, request.body)
    if kind.startswith("application/json"):
        return _json(request.body), {}
    form = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in form.items()}, {}


def _json(body: bytes) -> dict[str, str]:
    try:
        told = json.loads(body or b"{}")
    except ValueError:
        told = {}
    return {name: one if isinstance(one, str) else json.dumps(one) for name, one in dict(told).items()}


def _multipart(kind: str, body: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    parts: Any = message.get_payload() if message.is_multipart() else []
    for part in parts:
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True) or b""
        if part.get_filename():
            files[name] = content
        else:
            fields[name] = content.decode("utf-8", "replace")
    return fields, files


def in_version(path: str) -> str:
    """The path below the version. Raises Refusal for another version, or none."""
    prefix = f"/{VERSION}/"
    if not path.startswith(prefix):
        raise Refusal(2635, "(#2635) You are calling a deprecated version of the API, or none.")
    return path.removeprefix(prefix)
