"""Lists by pages, and what has changed since: both by a position in the data that stays good for weeks.

A page begins after the id of the one before. Changes are followed by (SystemModstamp, Id), deleted records included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from providers.kit.errors import InvalidRequest, NotFoundAtVendor
from providers.kit.vocabulary.crm import Changes
from providers.kit.vocabulary.pages import Page

from . import soql
from .client import Client, Record
from .errors import unreadable
from .records import asked_fields, moment_of, text

Item = TypeVar("Item")

LOOKBACK = timedelta(seconds=60)
"""A record's time is that of the beginning of its change: it may become visible this much later than its time."""

MAX_LIMIT = 10_000
_IN_ONE_QUESTION = 200


class Reader:
    """Reads one organisation's records. `now` decides how far to look back."""

    def __init__(self, client: Client, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now

    def one(self, kind: str, record_id: str) -> Record:
        """Raises NotFoundAtVendor, InvalidRequest."""
        where = f"Id = {soql.quoted(soql.record_id(record_id))}"
        found = next(self._client.query(soql.select(self._fields(kind), kind, where=where, limit=1)), None)
        if found is None:
            raise NotFoundAtVendor(
                "Salesforce has no such record.",
                fix="Look whether it was deleted or merged in Salesforce.",
                code="NOT_FOUND",
            )
        return found

    def several(self, kind: str, ids: Sequence[str]) -> tuple[Record, ...]:
        """Those that there are, in the order of `ids`."""
        found: dict[str, Record] = {}
        for start in range(0, len(ids), _IN_ONE_QUESTION):
            where = f"Id IN {soql.listed(ids[start : start + _IN_ONE_QUESTION])}"
            for one in self._client.query(soql.select(self._fields(kind), kind, where=where)):
                found[text(one, "Id")] = one
        return tuple(found[one] for one in ids if one in found)

    def page(self, kind: str, cursor: str, limit: int, make: Callable[[Record], Item]) -> Page[Item]:
        """Records by their ids, from after `cursor`."""
        limit = _checked(limit)
        where = f"Id > {soql.quoted(soql.record_id(cursor, what='cursor'))}" if cursor else ""
        asked = soql.select(self._fields(kind), kind, where=where, order="Id ASC", limit=limit + 1)
        found = list(self._client.query(asked))
        more = len(found) > limit
        return Page(
            items=tuple(make(one) for one in found[:limit]), next_cursor=text(found[limit - 1], "Id") if more else ""
        )

    def changes(self, kind: str, cursor: str, limit: int, make: Callable[[Record], Item]) -> Changes:
        """Records by the time of their last change, from after `cursor` (`<moment>|<id>`), oldest first."""
        limit = _checked(limit)
        asked_at = self._now()
        where = _after(cursor) if cursor else ""
        order = "SystemModstamp ASC, Id ASC"
        asked = soql.select(self._fields(kind), kind, where=where, order=order, limit=limit + 1)
        found = list(self._client.query(asked, deleted=True))
        more, found = len(found) > limit, found[:limit]
        return Changes(
            items=tuple(make(one) for one in found if one.get("IsDeleted") is not True),
            removed_ids=tuple(text(one, "Id") for one in found if one.get("IsDeleted") is True),
            cursor=_position(found[-1:], cursor, None if more else asked_at - LOOKBACK),
            more=more,
        )

    def _fields(self, kind: str) -> tuple[str, ...]:
        return asked_fields(kind, self._client.fields(kind))


def _checked(limit: int) -> int:
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"A page holds 1 to {MAX_LIMIT} records.", field="limit")
    return limit


def _position(last: Sequence[Record], before: str, sure_until: datetime | None) -> str:
    """Where to go on. Once caught up, never later than `sure_until`: what is younger may not all be visible yet."""
    at = moment_of(last[0].get("SystemModstamp")) if last else None
    if last and (at is None or not text(last[0], "Id")):
        raise unreadable("when a record was changed")
    cursor = f"{soql.moment(at)}|{text(last[0], 'Id')}" if at else before
    if sure_until is None or not cursor:
        return cursor
    reached, _identity = _parts(cursor)
    return f"{soql.moment(sure_until)}|" if reached > sure_until else cursor


def _after(cursor: str) -> str:
    reached, identity = _parts(cursor)
    at = soql.moment(reached)
    if not identity:
        return f"SystemModstamp >= {at}"
    return f"(SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > {soql.quoted(identity)}))"


def _parts(cursor: str) -> tuple[datetime, str]:
    at, _, identity = cursor.partition("|")
    reached = moment_of(at)
    if reached is None:
        raise InvalidRequest(
            "This is not a position that we gave.", field="cursor", fix="Begin again without a position."
        )
    return reached, soql.record_id(identity, what="cursor") if identity else ""
