"""How a value looks inside a text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any


def text_of(value: Any) -> str:
    """Null is "", moments are RFC 3339 in UTC, lists and objects are JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, default=text_of)
