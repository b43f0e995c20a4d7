"""Reading answers that may hold anything: each function gives a value of the right type or an empty one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from providers.kit.errors import UnexpectedResponse
from providers.kit.http import Answer

_MILLISECONDS_FROM = 10**11
"""A count of seconds this high lies after the year 5000, so that it is one of milliseconds."""


def json_object(answer: Answer) -> Mapping[str, Any]:
    """The body as an object. Raises UnexpectedResponse."""
    body = answer.json()
    if not isinstance(body, dict):
        raise unreadable("not an object", status=answer.status)
    return body


def unreadable(what: str, *, status: int | None = None) -> UnexpectedResponse:
    return UnexpectedResponse(
        "LinkedIn sent an answer that lacks a part we need.",
        fix="Try again in a few minutes. If it lasts, look at linkedin-apistatus.com.",
        code="shape",
        status=status,
        detail=what,
    )


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def objects(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The objects of a list; what else is in it is left out."""
    return tuple(one for one in value if isinstance(one, Mapping)) if isinstance(value, list) else ()


def count(value: Any) -> int | None:
    """A whole number, None for anything else (LinkedIn's figures may come as 3 or 3.0)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        whole = int(value)
    except (ValueError, OverflowError):
        return None
    return whole if whole == value else None


def moment(value: Any) -> datetime | None:
    """A time given as a unix count of seconds or milliseconds."""
    number = count(value)
    if number is None or number <= 0:
        return None
    try:
        return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS_FROM else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None
