"""`formatDate` of SendGrid's Handlebars: a time written by a pattern such as "MMMM DD, YYYY h:mm A"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

_TOKENS = re.compile(r"(YYYY|YY|MMMM|MMM|MM|M|DD|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|A|a|\[[^\]]*\])")
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2})")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_WRITTEN: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda at: f"{at.year:04}",
    "YY": lambda at: f"{at.year % 100:02}",
    "MMMM": lambda at: _MONTHS[at.month - 1],
    "MMM": lambda at: _MONTHS[at.month - 1][:3],
    "MM": lambda at: f"{at.month:02}",
    "M": lambda at: str(at.month),
    "DD": lambda at: f"{at.day:02}",
    "D": lambda at: str(at.day),
    "dddd": lambda at: _DAYS[at.weekday()],
    "ddd": lambda at: _DAYS[at.weekday()][:3],
    "HH": lambda at: f"{at.hour:02}",
    "H": lambda at: str(at.hour),
    "hh": lambda at: f"{at.hour % 12 or 12:02}",
    "h": lambda at: str(at.hour % 12 or 12),
    "mm": lambda at: f"{at.minute:02}",
    "m": lambda at: str(at.minute),
    "ss": lambda at: f"{at.second:02}",
    "s": lambda at: str(at.second),
    "A": lambda at: "AM" if at.hour < 12 else "PM",
    "a": lambda at: "am" if at.hour < 12 else "pm",
}


def format_date(value: Any, pattern: str, offset: str = "") -> str:
    """The time by the pattern, moved to `offset` ("-0800"). "" for what is no time; never raises."""
    moment = _moment(value)
    if moment is None:
        return ""
    found = _OFFSET.fullmatch(offset.strip())
    if found:
        minutes = int(found["hours"]) * 60 + int(found["minutes"])
        shift = timedelta(minutes=minutes if found["sign"] == "+" else -minutes)
        if abs(shift) < timedelta(hours=24):
            try:
                moment = moment.astimezone(timezone(shift))
            except (ValueError, OverflowError):
                return ""
    return "".join(_written(token, moment) for token in _TOKENS.split(pattern))


def _written(token: str, at: datetime) -> str:
    """A token of the pattern; `[words]` and everything else stay as they are."""
    write = _WRITTEN.get(token)
    if write is not None:
        return write(at)
    return token[1:-1] if token.startswith("[") and token.endswith("]") else token


def _moment(value: Any) -> datetime | None:
    """ISO 8601, or unix seconds or milliseconds."""
    try:
        if isinstance(value, datetime):
            moment = value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value / 1000 if abs(value) > 10**11 else value, UTC)
        else:
            moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(moment.tzinfo or UTC)
    except (ValueError, OverflowError, OSError):
        return None
