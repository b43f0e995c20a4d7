"""Who works on which waiting events: taken by lease, so that a worker that dies holds nothing up for long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, literal_column, select, update
from sqlalchemy.orm import Session

from webapp.core.clock import now
from webapp.instances.models import Instance
from webapp.webhooks.models import WebhookEvent

LEASE = timedelta(seconds=25)
"""Handling a batch calls nobody and takes milliseconds a row. With a sweep every five seconds, what a killed worker
held is done well within a minute."""
BATCH = 250
_E = WebhookEvent


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One event in work. `lease` is the end of its lease and says whose it is. `attempts` counts this one."""

    sequence: int
    lease: datetime
    workspace_id: str
    instance_id: str
    provider_id: str
    provider_version: int | None
    environment: str
    external_id: str
    type: str
    body: bytes
    headers: dict[str, Any]
    received_at: datetime
    created_at: datetime | None
    whole: bool
    attempts: int
    counted: bool
    replay_by: str | None
    purged: bool


def take(session: Session, limit: int = BATCH) -> list[Taken]:
    """Takes up to `limit` events that are due, in the order of their arrival, and commits the claim.

    Events whose last worker never came back are taken alone: one that kills its worker takes no neighbour along.
    Events of paused connections are put aside until their connection is resumed.
    """
    moment = now()
    lease = moment + LEASE
    due = _due(moment, min(limit, BATCH))
    rows = session.execute(due).all()
    abandoned = [row.sequence for row in rows if row.lease_until is not None]
    wanted = abandoned[:1] or [row.sequence for row in rows if row.status != "paused"]
    held = [row.sequence for row in rows if row.status == "paused"]
    if held:
        session.execute(update(_E).where(_E.sequence.in_(held)).values(status="held", due_at=None, lease_until=None))
    taken: list[Taken] = []
    if wanted:
        session.execute(
            update(_E)
            .where(_E.sequence.in_(wanted))
            .values(lease_until=lease, due_at=lease, attempts=_E.attempts + 1)
            .execution_options(synchronize_session=False)
        )
        taken = [Taken(lease=lease, **row._mapping) for row in session.execute(_content(wanted))]
    session.commit()
    return taken


def _due(moment: datetime, limit: int) -> Select[int, datetime | None, str]:
    """SKIP LOCKED on PostgreSQL; SQLite's write lock does the same there."""
    return (
        select(_E.sequence, _E.lease_until, Instance.status)
        .join(Instance, Instance.id == _E.instance_id)
        .where(_E.due_at <= moment)
        .order_by(_E.due_at, _E.sequence)
        .limit(limit)
        .with_for_update(skip_locked=True, of=_E)
    )


def _content(sequences: list[int]) -> Select[Any]:
    columns = [getattr(_E, name) for name in _COLUMNS]
    return (
        select(*columns, _E.purged_at.is_not(None).label("purged"), Instance.environment, Instance.provider_version)
        .join(Instance, Instance.id == _E.instance_id)
        .where(_E.sequence.in_(sequences))
        .order_by(_E.sequence)
    )


_OF_OTHERS = ("lease", "environment", "provider_version", "purged")
_COLUMNS = tuple(name for name in Taken.__dataclass_fields__ if name not in _OF_OTHERS)


def still_ours(session: Session, taken: list[Taken]) -> set[int]:
    """The events of this batch whose lease still holds, locked until the transaction ends.

    Raises nothing: an event that someone else took meanwhile is simply not in it.
    """
    rows = session.execute(
        select(_E.sequence)
        .where(_E.sequence.in_([one.sequence for one in taken]), _E.lease_until == taken[0].lease)
        .with_for_update()
    )
    return set(rows.scalars())


def anything_due(session: Session) -> bool:
    return session.execute(select(_E.sequence).where(_E.due_at <= now()).limit(1)).first() is not None


def release_held(session: Session, instance_id: str | None = None) -> int:
    """Events put aside while their connection was paused are due again. Returns how many."""
    running = select(Instance.id).where(Instance.status.in_(("active", "draft")))
    if instance_id is not None:
        running = running.where(Instance.id == instance_id)
    result = session.execute(
        update(_E)
        .where(_E.status == literal_column("'held'"), _E.instance_id.in_(running))
        .values(status="waiting", due_at=now())
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it
