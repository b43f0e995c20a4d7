"""Makes the rollups anew from the rows: exactly, a day at a time, while the product goes on writing.

Each day is one short transaction that removes what is stored for it and counts its rows again, so that a rebuild that
was broken off leaves nothing wrong and can simply be started again. Memory holds one day's sums.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Select, cast, delete, func, literal_column, select
from sqlalchemy.orm import Session

from webapp.usage.locks import own_rollups
from webapp.usage.models import LatencyHistogram, UsageRecord, UsageRollup
from webapp.usage.periods import HOUR_MS, day_of, day_start, local_date
from webapp.usage.rollups import add_up
from webapp.usage.scope import REAL, SANDBOX
from webapp.usage.tally import TIMED, Tally
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


def out_of_step(session: Session) -> list[str]:
    """Workspaces with a day that does not begin at midnight in their time zone: it was changed, and the rebuild that
    belongs to it did not come."""
    found = []
    for workspace_id in workspaces_with_usage(session):
        zone = zones_of(session, [workspace_id])[workspace_id]
        starts = session.scalars(
            select(UsageRollup.bucket)
            .where(
                UsageRollup.workspace_id == workspace_id, UsageRollup.grain == "day", UsageRollup.level == "workspace"
            )
            .distinct()
        )
        if any(day_of(start * 1000, zone)[0] != start * 1000 for start in starts):
            found.append(workspace_id)
    session.rollback()
    return found


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
    tally = Tally({}, grains=(span.grain,))
    count = _count(session, span, tally)
    _time(session, span, tally)
    add_up(session, tally)
    return count


def _place(span: Span, environment: str, provider_id: str, instance_id: str, hour: int) -> tuple[str | int, ...]:
    return (span.workspace_id, environment, provider_id, instance_id, hour, span.start // 1000)


def _hour(span: Span) -> ColumnElement[int]:
    """The hour a row belongs to, in seconds; nothing to tell apart within a day's own row."""
    if span.grain == "day":
        return UsageRecord.at - UsageRecord.at  # a plain 0 would name a column by its place in GROUP BY
    hours: ColumnElement[int] = UsageRecord.at.op("/")(literal_column(str(HOUR_MS)))
    return hours * literal_column("3600")


def _count(session: Session, span: Span, tally: Tally) -> int:
    groups = (
        UsageRecord.environment,
        UsageRecord.provider_id,
        UsageRecord.instance_id,
        _hour(span).label("hour"),
        UsageRecord.kind,
        UsageRecord.error_category,
    )
    sums = (
        func.count(),
        func.count().filter(UsageRecord.ok),
        cast(func.sum(UsageRecord.items), BigInteger),
        cast(func.sum(UsageRecord.latency_us), BigInteger),
    )
    total = 0
    for row in session.execute(_rows(select(*groups, *sums), span).group_by(*groups)):
        environment, provider_id, instance_id, hour, kind, category, *numbers = row
        tally.add_sums(_place(span, environment, provider_id, instance_id, hour), kind, category, numbers)
        total += numbers[0]
    return total


def _time(session: Session, span: Span, tally: Tally) -> None:
    columns = (UsageRecord.environment, UsageRecord.provider_id, UsageRecord.instance_id, _hour(span).label("hour"))
    query = _rows(select(*columns, UsageRecord.latency_us), span).where(UsageRecord.kind == TIMED)
    for rows in session.execute(query.execution_options(yield_per=ROWS_AT_ONCE)).partitions():
        latencies: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
        for environment, provider_id, instance_id, hour, latency_us in rows:
            latencies[environment, provider_id, instance_id, hour].append(latency_us)
        for place, values in latencies.items():
            tally.add_times(_place(span, *place), values)


def _rows(query: Select[*tuple[Any, ...]], span: Span) -> Select[*tuple[Any, ...]]:
    return query.where(
        UsageRecord.workspace_id == span.workspace_id,
        UsageRecord.environment.in_((*REAL, *SANDBOX)),
        UsageRecord.at >= span.start,
        UsageRecord.at < span.end,
    )
