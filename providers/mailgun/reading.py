"""Parts of answers and events, whatever is really in them: nothing here raises for an odd shape."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

_LONGEST = 120


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; [] for anything that is no list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def text(value: Any) -> str:
    """A text as it is, a number as it is written; "" for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def whole(value: Any) -> int:
    """A whole number, also when written as text; 0 for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0
    return int(value)


def words(value: Any) -> str:
    """A text on one line, cut where it gets too long."""
    if not isinstance(value, str):
        return ""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in value[:2000]).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"


def moment(value: Any) -> datetime | None:
    """A time as the vendor writes it: seconds since 1970, or `Thu, 11 Dec 2025 01:49:40 UTC`."""
    try:
        if isinstance(value, str):
            found = parsedate_to_datetime(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, TypeError, OverflowError, OSError, IndexError):
        return None
    return None


def rfc2822(at: datetime) -> str:
    """`Mon, 23 Nov 2026 12:00:00 +0000`."""
    return format_datetime(at.astimezone(UTC))
