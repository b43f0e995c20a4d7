"""Rows of usage themselves: the live activity and the export. Never read by scanning."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select, union_all
from sqlalchemy.orm import Session

from webapp.usage.figures import UsageLine
from webapp.usage.models import UsageRecord
from webapp.usage.periods import Period
from webapp.usage.scope import Scope

MOST_SOURCES = 50
_COLUMNS = (
    UsageRecord.id,
    UsageRecord.at,
    UsageRecord.provider_id,
    UsageRecord.instance_id,
    UsageRecord.environment,
    UsageRecord.kind,
    UsageRecord.operation,
    UsageRecord.ok,
    UsageRecord.status,
    UsageRecord.error_category,
    UsageRecord.latency_us,
    UsageRecord.items,
)


def latest(
    session: Session, scope: Scope, *, instance_ids: Collection[str] = (), limit: int = 20
) -> tuple[UsageLine, ...]:
    """The newest rows, newest first. `instance_ids` are those of the scope's provider, where it names one.

    Each source (environment or connection) gives its newest `limit` rows from an index, however many it has.
    """
    by, sources = _sources(scope, instance_ids)
    if not sources:
        return ()
    values = {f"source_{number}": source for number, source in enumerate(sources)}
    rows = session.execute(_newest(by, len(sources)), values | {"workspace": scope.workspace_id, "most": limit})
    return tuple(_line(row) for row in rows)


def _sources(scope: Scope, instance_ids: Collection[str]) -> tuple[str, tuple[str, ...]]:
    if scope.level == "workspace":
        return "environment", scope.environments
    return "instance_id", (scope.instance_id,) if scope.instance_id else tuple(sorted(instance_ids)[:MOST_SOURCES])


@cache
def _newest(by: str, sources: int) -> Select[*tuple[Any, ...]]:
    """Kept, since making it takes longer than running it."""
    most: BindParameter[int] = bindparam("most")
    newest = []
    for number in range(sources):
        query = select(*_COLUMNS).where(
            UsageRecord.workspace_id == bindparam("workspace"),
            getattr(UsageRecord, by) == bindparam(f"source_{number}"),
        )
        newest.append(select(query.order_by(UsageRecord.at.desc()).limit(most).subquery()))
    both = union_all(*newest).subquery()
    return select(both).order_by(both.c.at.desc(), both.c.id.desc()).limit(most)


def rows_of(session: Session, scope: Scope, period: Period, *, batch: int = 2000) -> Iterator[UsageLine]:
    """Every row of a range, oldest first, in pages: memory stays flat and no cursor stays open between pages."""
    for environment in scope.environments:
        at, after = period.start, 0
        while True:
            query = select(*_COLUMNS).where(
                UsageRecord.workspace_id == scope.workspace_id,
                UsageRecord.environment == environment,
                UsageRecord.at >= at,
                UsageRecord.at < period.end,
                (UsageRecord.at > at) | (UsageRecord.id > after),
            )
            if scope.instance_id:
                query = query.where(UsageRecord.instance_id == scope.instance_id)
            elif scope.provider_id:
                query = query.where(UsageRecord.provider_id == scope.provider_id)
            rows = session.execute(query.order_by(UsageRecord.at, UsageRecord.id).limit(batch)).all()
            yield from (_line(row) for row in rows)
            if len(rows) < batch:
                break
            at, after = rows[-1].at, rows[-1].id


def _line(row: Any) -> UsageLine:
    return UsageLine(
        id=row.id,
        at=datetime.fromtimestamp(row.at / 1000, UTC),
        provider_id=row.provider_id,
        instance_id=row.instance_id,
        environment=row.environment,
        kind=row.kind,
        operation=row.operation,
        ok=row.ok,
        status=row.status,
        error_category=row.error_category,
        latency_ms=row.latency_us / 1000,
        items=row.items,
    )
