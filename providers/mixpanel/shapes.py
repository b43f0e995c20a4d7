"""Reading answers whose parts may be missing or of another type than documented: nothing here raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def text(value: Any) -> str:
    """Text or a number as text, "" for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def number(value: Any) -> int | float | None:
    """A number that is one; None for anything else (true and false are not numbers)."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def count(value: Any) -> int:
    """A whole number, 0 for anything else."""
    found = number(value)
    return int(found) if found is not None else 0
