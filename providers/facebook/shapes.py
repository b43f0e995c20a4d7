"""Reading answers that may hold anything: each function gives a value of the right type or an empty one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from providers.kit.errors import UnexpectedResponse

_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)


def unreadable(what: str) -> UnexpectedResponse:
    return UnexpectedResponse(
        "Facebook sent an answer that lacks a part we need.",
        fix="Try again in a few minutes. If it lasts, look at metastatus.com.",
        fix_url="https://metastatus.com/",
        code="shape",
        detail=what,
    )


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def objects(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The objects of a list; what else is in it is left out."""
    return tuple(one for one in value if isinstance(one, Mapping)) if isinstance(value, list) else ()


def strings(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def count(value: Any) -> int | None:
    """A whole number, None for anything else; offsets come as text, figures as numbers."""
    if isinstance(value, str):
        return int(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        whole = int(value)
    except (ValueError, OverflowError):
        return None
    return whole if whole == value else None


def moment(value: Any) -> datetime | None:
    """A time given as unix seconds, or as text ("2026-11-23T12:00:00+0000")."""
    number = count(value)
    try:
        if number is not None:
            return datetime.fromtimestamp(number, UTC) if number > 0 else None
        told = datetime.fromisoformat(text(value))
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
