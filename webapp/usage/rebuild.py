"""Makes the rollups anew from the rows: exactly, a day at a time, while the product goes on writing.

Each day is one short transaction that removes what is stored for it and counts its rows again, so that a rebuild that
was broken off leaves nothing wrong and can simply be started again. Memory holds one day's sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from webapp.usage.locks import own_rollups
from webapp.usage.models import LatencyHistogram, UsageRecord, UsageRollup
from webapp.usage.periods import day_start, local_date
from webapp.usage.rollups import add_up
from webapp.usage.tally import Tally
from webapp.usage.zones import zones_of

UTC = ZoneInfo("UTC")
ROWS_AT_ONCE = 5000
_TABLES: tuple[Any, ...] = (UsageRollup, LatencyHistogram)


@dataclass(frozen=True)
class Span:
    """One chunk of work: milliseconds since 1970, `end` not included."""

    workspace_id: str
    grain: Literal["hour", "day"]
    start: int
    end: int


def workspaces_with_usage(session: Session) -> list[str]:
    """Ids of every workspace that has rows or rollups, by hopping through the index instead of reading it."""
    found: set[str] = set()
    for column in (UsageRecord.workspace_id, UsageRollup.workspace_id, LatencyHistogram.workspace_id):
        here = session.scalar(select(func.min(column)))
        while here is not None:
            found.add(here)
            here = session.scalar(select(func.min(column)).where(column > here))
    return sorted(found)


def rebuild(session: Session, workspace_id: str) -> Iterator[tuple[Span, int]]:
    """Rebuilds one workspace; commits after each span and yields it with its number of rows."""
    zone = zones_of(session, [workspace_id])[workspace_id]
    first, last = _range(session, workspace_id)
    session.rollback()
    for span in _spans(workspace_id, first, last, zone):
        rows = _rebuild_span(session, span)
        session.commit()
        yield span, rows


def _range(session: Session, workspace_id: str) -> tuple[int, int]:
    """From the oldest to the newest moment of which anything is stored, in milliseconds; (0, -1) for nothing."""
    moments: list[int] = []
    for column, owner, unit in (
        (UsageRecord.at, UsageRecord, 1),
        (UsageRollup.bucket, UsageRollup, 1000),
        (LatencyHistogram.bucket, LatencyHistogram, 1000),
    ):
        ends = session.execute(select(func.min(column), func.max(column)).where(owner.workspace_id == workspace_id))
        moments += [moment * unit for moment in ends.one() if moment is not None]
    return (min(moments), max(moments)) if moments else (0, -1)


def _spans(workspace_id: str, first: int, last: int, zone: ZoneInfo) -> Iterator[Span]:
    if last < first:
        return
    grains: tuple[tuple[Literal["hour", "day"], ZoneInfo], ...] = (("hour", UTC), ("day", zone))
    for grain, days in grains:
        # A day before and after: buckets of a former time zone may lie outside of the rows' own days.
        day, end = local_date(first, days) - timedelta(days=1), local_date(last, days) + timedelta(days=1)
        while day <= end:
            yield Span(workspace_id, grain, day_start(day, days), day_start(day + timedelta(days=1), days))
            day += timedelta(days=1)


def _rebuild_span(session: Session, span: Span) -> int:
    own_rollups(session)
    for table in _TABLES:
        session.execute(
            delete(table)
            .where(
                table.workspace_id == span.workspace_id,
                table.grain == span.grain,
                table.bucket >= span.start // 1000,
                table.bucket < span.end // 1000,
            )
            .execution_options(synchronize_session=False)
        )
    tally = Tally(zones_of(session, [span.workspace_id]), grains=(span.grain,))
    count = 0
    for rows in _rows(session, span):
        tally.add(rows)
        count += len(rows)
    add_up(session, tally)
    return count


def _rows(session: Session, span: Span) -> Iterator[list[Row[Any]]]:
    result = session.execute(
        select(
            UsageRecord.at.label("at_ms"),
            UsageRecord.workspace_id,
            UsageRecord.provider_id,
            UsageRecord.instance_id,
            UsageRecord.environment,
            UsageRecord.kind,
            UsageRecord.ok,
            UsageRecord.error_category,
            UsageRecord.latency_us,
            UsageRecord.items,
        )
        .where(
            UsageRecord.workspace_id == span.workspace_id,
            UsageRecord.environment.in_(("live", "test", "sandbox")),
            UsageRecord.at >= span.start,
            UsageRecord.at < span.end,
        )
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    yield from (list(part) for part in result.partitions())
