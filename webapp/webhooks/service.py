"""Verbs on stored deliveries. The caller commits, except where a verb says that it works batch by batch."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.audit.service import record
from webapp.core import queue
from webapp.core.clock import now
from webapp.core.errors import Conflict, NotFound
from webapp.webhooks.bell import JOB, QUEUE
from webapp.webhooks.deposits import event_id_at
from webapp.webhooks.models import WebhookEvent
from webapp.webhooks.selection import Filters, conditions

REPLAYABLE = ("failed", "dead", "processed")
KEPT_BODIES = timedelta(days=30)
KEPT_DEAD_BODIES = timedelta(days=60)
"""A dead letter can be replayed for at least 30 days after its last try."""

LOOKS_BACK = timedelta(days=120)
_BATCH = 500
_E = WebhookEvent


def event(session: Session, *, workspace_id: str, event_id: str) -> WebhookEvent:
    """Raises NotFound."""
    found = session.scalar(select(_E).where(_E.id == event_id, _E.workspace_id == workspace_id))
    if found is None:
        raise NotFound
    return found


def replay(session: Session, *, workspace_id: str, event_id: str, user_id: str) -> WebhookEvent:
    """Asks for another try at one event, now. Raises NotFound, Conflict.

    The try is a new row among its attempts. An effect that was applied is not applied again.
    """
    found = event(session, workspace_id=workspace_id, event_id=event_id)
    if found.status not in REPLAYABLE:
        raise Conflict("This delivery is waiting to be processed already.", fix="Give it a few seconds.")
    if found.purged_at is not None:
        raise Conflict(
            "The content of this delivery was removed after 30 days, so it can't be processed again.",
            fix="Ask the service to send it once more, if it still can.",
        )
    found.status, found.due_at, found.lease_until, found.replay_by = "waiting", now(), None, user_id
    record(
        session,
        "delivery.replayed",
        object_kind="delivery",
        object_id=found.id,
        object_name=(found.sentence or found.type)[:120],
        details={"instance": found.instance_id},
    )
    queue.ring(session, JOB, queue=QUEUE)
    return found


def replay_all(session: Session, *, workspace_id: str, filters: Filters, user_id: str, most: int = 10_000) -> int:
    """Asks for another try at all events that fit, at most `most`, oldest first. Returns how many."""
    chosen = select(_E.sequence).where(*_replayable(workspace_id, filters)).order_by(_E.sequence).limit(most)
    result: Any = session.execute(
        update(_E)
        .where(_E.sequence.in_(chosen))
        .values(status="waiting", due_at=now(), lease_until=None, replay_by=user_id)
        .execution_options(synchronize_session=False)
    )
    count = int(result.rowcount)
    if count:
        record(
            session,
            "delivery.replayed_all",
            object_kind="delivery",
            object_id=filters.instance_id or workspace_id,
            object_name=f"{count} deliveries",
            details={"count": count},
        )
        queue.ring(session, JOB, queue=QUEUE)
    return count


def _replayable(workspace_id: str, filters: Filters) -> list[Any]:
    return [*conditions(workspace_id, filters), _E.status.in_(REPLAYABLE), _E.purged_at.is_(None)]


def purge(session: Session, *, moment: datetime | None = None, batch: int = _BATCH) -> int:
    """Throws away bodies and headers of old events, in short transactions of its own. Returns how many.

    Who sent what when, and what it meant, stays.
    """
    moment = moment or now()
    total = 0
    position = 0
    while True:
        query = (
            select(_E.sequence)
            .where(
                _E.id >= event_id_at(moment - LOOKS_BACK),
                _E.id < event_id_at(moment - KEPT_BODIES),
                _E.purged_at.is_(None),
                _E.sequence > position,
                (_E.status == "processed") | (_E.id < event_id_at(moment - KEPT_DEAD_BODIES)),
            )
            .order_by(_E.sequence)
            .limit(batch)
        )
        sequences = list(session.scalars(query))
        if not sequences:
            session.commit()
            return total
        session.execute(
            update(_E)
            .where(_E.sequence.in_(sequences))
            .values(body=b"", headers={}, purged_at=moment)
            .execution_options(synchronize_session=False)
        )
        session.commit()
        total += len(sequences)
        position = sequences[-1]
