"""LinkedIn's lists: `start` and `count`, answered as {"elements", "paging": {"start", "count", "total", "links"}}."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.kit.errors import InvalidRequest
from providers.kit.http import Answer
from providers.kit.vocabulary.pages import Page

from .shapes import count, json_object, mapping, objects, text, unreadable

MAX_COUNT = 100
_LAST_START = 1_000_000


def window(cursor: str, limit: int) -> tuple[int, int]:
    """`start` and `count` for a cursor of ours. Raises InvalidRequest for one that is not."""
    if cursor and (not (cursor.isascii() and cursor.isdecimal()) or int(cursor) > _LAST_START):
        raise InvalidRequest("This is not a place in the list.", field="cursor", fix="Begin the list again.")
    return int(cursor or 0), max(1, min(limit, MAX_COUNT))


def read_page(answer: Answer, start: int, asked: int) -> Page[Mapping[str, Any]]:
    """One page. There is more where LinkedIn links to it or counts further; without either, after a full page."""
    body = json_object(answer)
    listed = body.get("elements")
    if not isinstance(listed, list):
        raise unreadable("no elements", status=answer.status)
    paging = mapping(body.get("paging"))
    linked = next((_start(one) for one in objects(paging.get("links")) if one.get("rel") == "next"), 0)
    if linked > start:
        return Page(items=objects(listed), next_cursor=str(linked))
    total = count(paging.get("total"))
    end = start + len(listed)
    more = len(listed) >= asked if total is None else end < total
    return Page(items=objects(listed), next_cursor=str(end) if more and listed else "")


def _start(link: Mapping[str, Any]) -> int:
    """Where a link to the next page begins: shorter than a full page further on, when LinkedIn left some out."""
    found = re.search(r"[?&]start=([0-9]{1,7})(?:&|$)", text(link.get("href")))
    return int(found.group(1)) if found else 0
