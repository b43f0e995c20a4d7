"""The stand-in's search: filters, one sort, at most 200 rows a page and 10,000 in all.

Records with one time of change come in no useful order, as HubSpot promises none: stored ones newest id first. State
key `index_lag_ms` holds changes back from the index for so long.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_generated import FIRST_ID
from .sandbox_objects import Records
from .sandbox_store import CHANGED, DEFAULTS, Reply, State, Stored, invalid, json_object, kind_of, milliseconds, shown

MAX_RESULTS = 10_000
MAX_PAGE = 200
_MAX_GROUPS, _MAX_FILTERS, _MAX_IN_ALL = 5, 6, 18
_SEARCHED = ("email", "firstname", "lastname", "phone", "company", "name", "domain", "dealname", "hs_object_id")
_OPERATORS = frozenset(
    {"EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"}
    | {"CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}
)
_LAST = 10**18


def search(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    kind, body = kind_of(name), json_object(request)
    asked = _asked(body)
    indexed = now - int(state.get("index_lag_ms") or 0)
    records = Records(state, kind, now)
    within = _range(asked, kind)
    found = _Ranged(records, within, asked.sort, indexed) if within else _Listed(records, asked, indexed)
    end = asked.after + asked.limit
    names = frozenset({*DEFAULTS[kind], *asked.properties})
    results = [
        records.generated.shown(int(one) - FIRST_ID, names) if stored is None else shown(kind, one, stored, names)
        for one, stored in found.page(asked.after, asked.limit)
    ]
    answer: dict[str, Any] = {"total": found.total, "results": results}
    if end < found.total:
        answer["paging"] = {"next": {"after": str(end)}}
    return Reply(200, answer)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    groups: list[list[Mapping[str, Any]]]
    sort: str
    descending: bool
    limit: int
    after: int
    properties: tuple[str, ...]
    query: str


@dataclass(frozen=True, kw_only=True)
class _Range:
    """Times of change and ids, both ends included."""

    first_time: int = 0
    last_time: int = _LAST
    first_id: int = 0
    last_id: int = _LAST


_Found = tuple[str, Stored | None]


class _Ranged:
    """Records by ranges of time and id only, in the order of one of them: a large account answers at once."""

    def __init__(self, records: Records, within: _Range, sort: str, indexed: int) -> None:
        last_time = min(within.last_time, indexed)
        self._generated, by_id = records.generated, sort == "hs_object_id"
        fits = [
            (one["updated"], int(record_id))
            for record_id, one in records.stored.items()
            if one["archived"] is None
            and within.first_time <= one["updated"] <= last_time
            and within.first_id <= int(record_id) <= within.last_id
        ]
        self._stored = records.stored
        self._low = max(self._generated.before_time(within.first_time), within.first_id - FIRST_ID, 0)
        self._high = min(
            self._generated.before_time(last_time + 1), max(0, within.last_id + 1 - FIRST_ID), self._generated.count
        )
        fits.sort(key=(lambda one: one[1]) if by_id else (lambda one: (one[0], -one[1])))
        self._ids = [record_id for _, record_id in fits]
        self._places = [
            number + self._generated.size(self._low, self._clamped(record_id - FIRST_ID if by_id else None, moment))
            for number, (moment, record_id) in enumerate(fits)
        ]
        self.total = len(fits) + self._generated.size(self._low, self._high)

    def _clamped(self, number: int | None, moment: int) -> int:
        """The number before which a stored record stands."""
        before = self._generated.before_time(moment) if number is None else number
        return max(self._low, min(before, self._high))

    def page(self, after: int, limit: int) -> Iterator[_Found]:
        first = bisect_left(self._places, after)
        numbers = self._generated.numbers(self._low, self._high, skip=after - first)
        for place in range(after, min(after + limit, self.total)):
            if first < len(self._places) and self._places[first] == place:
                record_id = str(self._ids[first])
                first += 1
                yield record_id, self._stored[record_id]
            else:
                yield str(FIRST_ID + next(numbers)), None


class _Listed:
    """Any other question: every record is looked at."""

    def __init__(self, records: Records, asked: _Asked, indexed: int) -> None:
        everything = (
            (str(number), stored if stored is not None else records.generated.get(number - FIRST_ID))
            for number, stored in records.after(0, archived=False)
        )
        kind = records.kind
        self._found = [
            (record_id, stored)
            for record_id, stored in everything
            if stored["updated"] <= indexed and _matches(_values(kind, record_id, stored), asked)
        ]
        if asked.sort:
            self._found.sort(
                key=lambda one: _comparable(_values(kind, one[0], one[1]).get(asked.sort)), reverse=asked.descending
            )
        self.total = len(self._found)

    def page(self, after: int, limit: int) -> Iterator[_Found]:
        return islice(iter(self._found), after, after + limit)


# ------------------------------------------------------------------------------------------- the question


def _asked(body: Mapping[str, Any]) -> _Asked:
    """The question, held to HubSpot's limits. Raises Refusal."""
    limit, after = body.get("limit", 10), str(body.get("after") or "0")
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= MAX_PAGE:
        raise invalid(f"The limit must be between 1 and {MAX_PAGE}")
    if not after.isdecimal() or int(after) + limit > MAX_RESULTS:
        raise invalid("Paging beyond 10,000 results is not supported by the search endpoints.")
    groups = [_filters(one) for one in _listed(body, "filterGroups")]
    if not groups and body.get("filters"):
        groups = [_filters(body)]
    counts = [len(one) for one in groups]
    if len(groups) > _MAX_GROUPS or any(one > _MAX_FILTERS for one in counts) or sum(counts) > _MAX_IN_ALL:
        raise invalid("There are too many filter groups or filters.")
    sort, descending = _sort(_listed(body, "sorts"))
    names = tuple(str(one) for one in _listed(body, "properties"))
    query = str(body.get("query") or "").lower()
    return _Asked(
        groups=groups, sort=sort, descending=descending, limit=limit, after=int(after), properties=names, query=query
    )


def _listed(body: Mapping[str, Any], name: str) -> list[Any]:
    found = body.get(name) or []
    if not isinstance(found, list):
        raise invalid(f"Invalid input JSON: {name} is not a list")
    return found


def _filters(group: Any) -> list[Mapping[str, Any]]:
    listed = group.get("filters") if isinstance(group, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) and one.get("propertyName") for one in listed):
        raise invalid("Some required fields were not set: [filters]")
    for one in listed:
        if one.get("operator") not in _OPERATORS:
            raise invalid(f"Unknown operator {str(one.get('operator'))[:40]}")
    return listed


def _sort(sorts: list[Any]) -> tuple[str, bool]:
    """A name, with "-" before it for descending, or an object with `propertyName` and `direction`."""
    if len(sorts) > 1:
        raise invalid("Only one sort is allowed.")
    if not sorts:
        return "", False
    if isinstance(sorts[0], dict):
        return str(sorts[0].get("propertyName") or ""), sorts[0].get("direction") == "DESCENDING"
    name = str(sorts[0])
    return name.removeprefix("-"), name.startswith("-")


def _range(asked: _Asked, kind: str) -> _Range | None:
    """The question as one range of times and ids in an order that is known; None for any other question."""
    changed = CHANGED[kind]
    if asked.query or asked.descending or len(asked.groups) > 1 or asked.sort not in ("", changed, "hs_object_id"):
        return None
    bounds = {changed: [0, _LAST], "hs_object_id": [0, _LAST]}
    for one in asked.groups[0] if asked.groups else ():
        pair, value = bounds.get(str(one["propertyName"])), _moment(one.get("value"))
        step = {"GT": (0, 1), "GTE": (0, 0), "LT": (1, -1), "LTE": (1, 0)}.get(str(one["operator"]))
        if pair is None or value is None or step is None:
            return None
        side, shift = step
        pair[side] = max(pair[0], value + shift) if side == 0 else min(pair[1], value + shift)
    times, ids = bounds[changed], bounds["hs_object_id"]
    return _Range(first_time=times[0], last_time=times[1], first_id=ids[0], last_id=ids[1])


# ------------------------------------------------------------------------------------------- one record


def _values(kind: str, record_id: str, stored: Stored) -> dict[str, str]:
    own = {
        "hs_object_id": record_id,
        "createdate": str(stored["created"]),
        CHANGED[kind]: str(stored["updated"]),
    }
    return {**stored["properties"], **own}


def _matches(values: Mapping[str, str], asked: _Asked) -> bool:
    if asked.query:
        text = " ".join(values.get(name, "") for name in _SEARCHED).lower()
        if not all(word in text for word in asked.query.split()):
            return False
    return not asked.groups or any(all(_fits(values, one) for one in group) for group in asked.groups)


def _fits(values: Mapping[str, str], one: Mapping[str, Any]) -> bool:
    value = values.get(str(one["propertyName"]))
    operator = str(one["operator"])
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return (value is not None) is (operator == "HAS_PROPERTY")
    if operator.startswith("NOT_") or operator == "NEQ":
        positive = {"NEQ": "EQ"}.get(operator, operator.removeprefix("NOT_"))
        return value is None or not _TESTS[positive](value, one)
    return value is not None and _TESTS[operator](value, one)


def _compared(value: str, other: Any) -> int:
    left, right = _comparable(value), _comparable(str(other))
    return (left > right) - (left < right)


_TESTS: dict[str, Callable[[str, Mapping[str, Any]], bool]] = {
    "EQ": lambda value, one: (
        value.lower() == str(one.get("value")).lower() or _compared(value, one.get("value")) == 0
    ),
    "LT": lambda value, one: _compared(value, one.get("value")) < 0,
    "LTE": lambda value, one: _compared(value, one.get("value")) <= 0,
    "GT": lambda value, one: _compared(value, one.get("value")) > 0,
    "GTE": lambda value, one: _compared(value, one.get("value")) >= 0,
    "BETWEEN": lambda value, one: (
        _compared(value, one.get("value")) >= 0 and _compared(value, one.get("highValue")) <= 0
    ),
    "IN": lambda value, one: value.lower() in [str(each).lower() for each in one.get("values") or ()],
    "CONTAINS_TOKEN": lambda value, one: any(
        fnmatchcase(word, str(one.get("value")).lower()) for word in re.split(r"[^\w*]+", value.lower())
    ),
}


def _comparable(value: str | None) -> tuple[int, float, str]:
    """Numbers before texts; times as their milliseconds."""
    moment = _moment(value)
    if moment is not None:
        return 0, float(moment), ""
    try:
        return 0, float(value or ""), ""
    except ValueError:
        return 1, 0.0, (value or "").lower()


def _moment(value: Any) -> int | None:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if text.isdecimal() and len(text) < 19:
        return int(text)
    try:
        return milliseconds(datetime.fromisoformat(text)) if "T" in text else None
    except ValueError:
        return None
