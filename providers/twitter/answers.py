"""Reading what X sends without trusting its shape: each function gives an empty value for anything odd."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_DAY_ONE_MS = 1_000_000_000_000


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The objects of a list; an object alone counts as a list of one."""
    if isinstance(value, dict):
        return (value,)
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def identifier(value: Any) -> str:
    """An id of X's, which is a number in text (or, in old answers, a number)."""
    if isinstance(value, bool):
        return ""
    found = str(value) if isinstance(value, int | str) else ""
    return found if found.isascii() and found.isdecimal() and len(found) <= 19 else ""


def whole(value: Any) -> int | None:
    """A whole number, also where it is written as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    return None


def moment(value: Any) -> datetime | None:
    """A time in UTC: RFC 3339, or milliseconds since 1970 in text or number."""
    number = whole(value)
    try:
        if number is not None:
            return datetime.fromtimestamp(number / 1000 if number >= _DAY_ONE_MS else number, UTC)
        found = datetime.fromisoformat(text(value))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def plain(value: Any, limit: int = 120) -> str:
    """Text of others on one line, without marks that change how a line is read, cut at `limit`."""
    kept = "".join(" " if one.isspace() else one for one in text(value) if one.isspace() or _visible(one))
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _visible(character: str) -> bool:
    return character == "\u200d" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
