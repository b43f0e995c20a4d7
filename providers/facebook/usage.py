"""How much of the limits is used, as Facebook says in the headers of each answer.

https://developers.facebook.com/docs/graph-api/overview/rate-limiting/ Values are percent of the allowance of an hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from .shapes import count, mapping, objects

_FLAT = ("x-app-usage", "x-page-usage")
_BY_BUSINESS = "x-business-use-case-usage"
_PERCENTS = ("call_count", "total_time", "total_cputime")
_REGAIN = "estimated_time_to_regain_access"


def percent_used(headers: Mapping[str, str]) -> int | None:
    """The highest percentage of any limit; None where the answer tells none."""
    return max((number for one in _parts(headers) for number in _percents(one)), default=None)


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """How long Facebook wants us to wait; None where it does not say (it does in minutes, for businesses only)."""
    minutes = max((count(one.get(_REGAIN)) or 0 for one in _parts(headers)), default=0)
    return minutes * 60.0 if minutes > 0 else None


def _parts(headers: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    for name in _FLAT:
        yield _read(headers, name)
    for listed in _read(headers, _BY_BUSINESS).values():
        yield from objects(listed)


def _percents(part: Mapping[str, Any]) -> Iterator[int]:
    for name in _PERCENTS:
        number = count(part.get(name))
        if number is not None:
            yield number


def _read(headers: Mapping[str, str], name: str) -> Mapping[str, Any]:
    try:
        return mapping(orjson.loads(headers.get(name) or "{}"))
    except orjson.JSONDecodeError:
        return {}
