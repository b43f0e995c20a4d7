"""What changed since last time, through HubSpot's search: complete, resumable, and without its 10,000-row wall.

The wall (and one sort rule per search) is why no page is reached by counting rows
(https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm). Each call asks anew for what lies after
a place in (time of change, id):

- by time: changed after `done`, in the order of time. The order inside one millisecond is not told, so a full page's
  last millisecond is not given yet: the next call begins with it;
- by id: where a whole page is one millisecond (a bulk change stamps any number of records alike), that millisecond is
  read in the order of ids.

The search index is some seconds behind, so a round begins a little before the newest change of the last one. Archived
records leave the index; their list is read at the end of a round, at most every quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from providers.kit.errors import UnexpectedResponse
from providers.kit.vocabulary.crm import Changes

from .client import SEARCH_LIMIT, Client
from .positions import Position
from .records import changed_at, id_of, moment_of

LOOKBACK_MS = 120_000
"""How far behind the search index may be."""

SETTLED_MS = 600_000
"""A change this old is surely in the index, even when our clock is some minutes wrong."""

ARCHIVE_EVERY = timedelta(minutes=15)
_MOST_REQUESTS = 4


@dataclass(frozen=True, kw_only=True)
class Followed:
    """One kind of record: its time-of-change property, what to read of it, and how it becomes ours."""

    kind: str
    changed: str
    properties: Sequence[str]
    parse: Callable[[Mapping[str, Any]], Any]


def changes(client: Client, followed: Followed, cursor: str, *, limit: int, now: datetime) -> Changes:
    """The next page of changes, oldest first; at most 200 records. Raises ProviderError."""
    reader = _Reader(client, followed, limit=max(1, min(limit, SEARCH_LIMIT)), now=now)
    position = Position.of(cursor)
    if position.until is None:
        position = replace(position, until=_milliseconds(now), done=position.began)
    for _ in range(_MOST_REQUESTS):
        items, removed, position = reader.step(position)
        if items or removed or position.until is None:
            break
    return Changes(items=items, removed_ids=removed, cursor=position.text(), more=position.until is not None)


_Step = tuple[tuple[Any, ...], tuple[str, ...], Position]


class _Reader:
    def __init__(self, client: Client, followed: Followed, *, limit: int, now: datetime) -> None:
        self._client = client
        self._followed = followed
        self._limit = limit
        self._now = _milliseconds(now)

    def step(self, position: Position) -> _Step:
        """One request: what it gave, and the place after it."""
        if position.archive is not None:
            return self._archived(position)
        if position.within is not None:
            return self._by_id(position, position.within)
        return self._by_time(position)

    def _by_time(self, position: Position) -> _Step:
        until = position.until or self._now
        filters = [
            _filter(self._followed.changed, "GT", position.done),
            _filter(self._followed.changed, "LTE", until),
        ]
        rows, full = self._search(filters, sort=self._followed.changed)
        if not full:
            newest = max([position.newest or -1, *(self._time(one) for one in rows)])
            return self._parsed(rows), (), self._round_done(position, newest)
        times = [self._time(one) for one in rows]
        if times != sorted(times) or times[0] <= position.done:
            raise UnexpectedResponse(
                "HubSpot did not keep to the order that was asked for, so changes could be missed.",
                fix="Try again in a few minutes. Nothing was skipped.",
                code="order",
            )
        last = times[-1]
        whole = [row for row, time in zip(rows, times, strict=True) if time < last]
        newest = max(position.newest or -1, last)
        if whole:
            return self._parsed(whole), (), replace(position, done=last - 1, newest=newest)
        return (), (), replace(position, within=last, last_id=0, newest=newest)

    def _by_id(self, position: Position, moment: int) -> _Step:
        filters = [
            _filter(self._followed.changed, "GTE", moment),
            _filter(self._followed.changed, "LTE", moment),
            _filter("hs_object_id", "GT", position.last_id),
        ]
        rows, full = self._search(filters, sort="hs_object_id")
        if not full:
            return self._parsed(rows), (), replace(position, done=moment, within=None, last_id=0)
        ids = [_number(one) for one in rows]
        if ids != sorted(ids) or ids[0] <= position.last_id:
            raise UnexpectedResponse(
                "HubSpot did not keep to the order that was asked for, so changes could be missed.",
                fix="Try again in a few minutes. Nothing was skipped.",
                code="order",
            )
        return self._parsed(rows), (), replace(position, last_id=ids[-1])

    def _round_done(self, position: Position, newest: int) -> Position:
        """Goes on to the archived records where it is time for them; else the round is over."""
        until = position.until or self._now
        begin = position.began
        if newest >= 0:
            begin = newest if until - newest >= SETTLED_MS else max(begin, newest - LOOKBACK_MS)
        done = Position(began=begin, looked=until if position.looked is None else position.looked)
        if position.looked is None or until - position.looked < ARCHIVE_EVERY / timedelta(milliseconds=1):
            return done
        return replace(done, until=until, archive="")

    def _archived(self, position: Position) -> _Step:
        page = self._client.page(
            self._followed.kind, properties=("hs_object_id",), cursor=position.archive or "", archived=True
        )
        since = (position.looked or 0) - LOOKBACK_MS
        moments = (
            (one, moment_of(one.get("archivedAt")) or changed_at(one, self._followed.changed)) for one in page.items
        )
        removed = tuple(id_of(one) for one, moment in moments if moment is None or _milliseconds(moment) > since)
        if page.next_cursor and page.next_cursor != position.archive:
            return (), removed, replace(position, archive=page.next_cursor)
        return (), removed, replace(position, archive=None, until=None, looked=position.until)

    def _search(self, filters: Sequence[Mapping[str, str]], *, sort: str) -> tuple[list[Mapping[str, Any]], bool]:
        """Rows, and whether there are more of them than these."""
        page = self._client.search(
            self._followed.kind,
            {
                "filterGroups": [{"filters": list(filters)}],
                "sorts": [sort],
                "properties": list(self._followed.properties),
                "limit": self._limit,
            },
        )
        return list(page.items), bool(page.items) and bool(page.next_cursor)

    def _parsed(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
        return tuple(self._followed.parse(one) for one in rows)

    def _time(self, row: Mapping[str, Any]) -> int:
        moment = changed_at(row, self._followed.changed)
        if moment is None:
            raise UnexpectedResponse(
                "HubSpot sent a record without saying when it was changed.",
                fix="Try again in a few minutes.",
                code="shape",
                detail=f"no {self._followed.changed}",
            )
        return _milliseconds(moment)


def _filter(name: str, operator: str, value: int) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": str(max(value, 0))}


def _number(row: Mapping[str, Any]) -> int:
    found = id_of(row)
    if found.isdecimal() and len(found) < 20:
        return int(found)
    raise UnexpectedResponse("HubSpot sent an id that is no number.", fix="Try again in a few minutes.", code="shape")


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
