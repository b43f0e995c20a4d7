"""What the stand-in's parts share: refusals in the vendor's words, ids, times, forms and paged lists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, urlencode

from providers.kit.sandbox import SandboxRequest

State = dict[str, Any]
Answer = tuple[int, Any]

HOST = "https://api.mailgun.net"
MAX_KEPT = 2000
"""Objects kept of each kind; the oldest are dropped so that a sandbox left running stays small."""


class Refusal(Exception):
    """An error answer. `body` is the vendor's `{"message": …}`, or what it says instead."""

    def __init__(self, status: int, message: str, body: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: Any = {"message": message} if body is None else body


class Form(dict[str, list[str]]):
    """The fields of a form, each with all its values. `files` names the files and their sizes."""

    files: list[dict[str, Any]]

    def one(self, name: str, default: str = "") -> str:
        return self.get(name, [default])[-1]


def form_of(request: SandboxRequest) -> Form:
    """An urlencoded or multipart form. Raises Refusal for anything else."""
    kind = request.headers.get("content-type", "")
    form = Form()
    form.files = []
    if kind.startswith("multipart/form-data"):
        head = b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n"
        for part in BytesParser(policy=HTTP).parsebytes(head + request.body).iter_parts():
            name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
            content = content if isinstance(content, bytes) else b""
            if part.get_filename():
                file = {
                    "filename": part.get_filename(),
                    "content-type": part.get_content_type(),
                    "size": len(content),
                }
                form.files.append(file)
            else:
                form.setdefault(str(name), []).append(content.decode("utf-8", "replace"))
        return form
    if request.body and not kind.startswith("application/x-www-form-urlencoded"):
        raise Refusal(400, "Content type is not supported.")
    for name, value in parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True):
        form.setdefault(name, []).append(value)
    return form


def json_of(request: SandboxRequest) -> Any:
    try:
        return json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise Refusal(400, "request body is not valid JSON") from None


def next_id(state: State, length: int = 22) -> str:
    """The next id; the same sequence in every fresh sandbox."""
    state["counter"] = state.get("counter", 0) + 1
    return hashlib.sha256(f"sandbox {state['counter']}".encode()).hexdigest()[:length]


def stamp(moment: datetime) -> str:
    """`Thu, 11 Dec 2025 01:49:40 UTC`, as the vendor writes times."""
    return moment.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S UTC")


def remember(items: dict[str, Any], key: str, item: Any) -> None:
    items[key] = item
    while len(items) > MAX_KEPT:
        del items[next(iter(items))]


def argument(request: SandboxRequest, name: str, default: str = "") -> str:
    return request.query.get(name, [default])[-1]


def limit_of(request: SandboxRequest, default: int, largest: int) -> int:
    raw = argument(request, "limit", str(default)) or str(default)
    if not raw.isdecimal() or not 1 <= int(raw) <= largest:
        raise Refusal(400, f"The 'limit' parameter can't be larger than {largest}")
    return int(raw)


def pivot_page(
    request: SandboxRequest, items: Sequence[Mapping[str, Any]], *, key: str, pivot: str, largest: int
) -> tuple[list[Mapping[str, Any]], dict[str, str]]:
    """One page of a list that pages by its last item's `key`, the parameter `pivot`; and the four addresses."""
    limit = limit_of(request, 100, largest)
    keys = [one[key] for one in items]
    at, page = argument(request, pivot), argument(request, "page", "first") or "first"
    start = keys.index(at) + 1 if page == "next" and at in keys else 0
    if page == "last":
        start = max(0, len(items) - limit)
    if page in ("previous", "prev") and at in keys:
        start = max(0, keys.index(at) - limit)
    chosen = list(items[start : start + limit])
    first, last = (chosen[0][key], chosen[-1][key]) if chosen else (at, at)
    base = f"{HOST}{request.path}?"
    paging = {
        "first": base + urlencode({"limit": limit}),
        "next": base + urlencode({"page": "next", pivot: last, "limit": limit}),
        "previous": base + urlencode({"page": "previous", pivot: first, "limit": limit}),
        "last": base + urlencode({"page": "last", "limit": limit}),
    }
    return chosen, paging
