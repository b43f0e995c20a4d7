"""Weeks of believable usage for the sample agency, written so that it can go on after a crash and counts once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.core.clock import now
from webapp.demo.connections import planned_rows
from webapp.demo.state import DemoState, advance
from webapp.usage import samples
from webapp.usage.causes import cause_of
from webapp.usage.models import IntegrationError
from webapp.usage.service import CallFact, ErrorFact, append, fail

BATCH = 5_000
LEFT_OPEN = 4
"""How many causes of failures are left to mend: enough to teach, few enough to read."""


@dataclass(frozen=True, kw_only=True)
class _Booked:
    """What usage is booked to."""

    id: str
    workspace_id: str
    provider_id: str
    environment: str


def write(
    session: Session, workspace_id: str, state: DemoState, written: int, progress: Callable[[int, int], None]
) -> None:
    """Writes what is missing of `state.events` rows; `written` of them are there. The story is told from its
    beginning each time, so that its failures are known, and each batch is noted in the transaction that writes it."""
    owners = [
        _Booked(id=row.id, workspace_id=workspace_id, provider_id=row.provider_id, environment=row.environment)
        for _, row in planned_rows(session, workspace_id)
    ]
    if not owners:
        return
    progress(written, state.events)
    errors: dict[tuple[str, str, str], ErrorFact] = {}
    story = samples.facts(owners, events=state.events, days=state.days, until=state.ends_at, seed=state.seed)
    done = 0
    for batch in _batches(story):
        for fact in batch:
            if not fact.ok:
                _group(errors, fact)
        done += len(batch)
        if done <= written:
            continue
        append(session, batch)
        advance(session, workspace_id, stage="usage", done=done, of=state.events)
        progress(done, state.events)
    for error in errors.values():
        fail(session, error)
    session.commit()


def _batches(story: Iterator[CallFact]) -> Iterator[list[CallFact]]:
    while batch := list(islice(story, BATCH)):
        yield batch


def _group(errors: dict[tuple[str, str, str], ErrorFact], fact: CallFact) -> None:
    key = (fact.instance_id, fact.error_category, cause_of(fact.error_category, fact.operation))
    known = errors.get(key)
    errors[key] = ErrorFact(
        workspace_id=fact.workspace_id,
        instance_id=fact.instance_id,
        provider_id=fact.provider_id,
        environment=fact.environment,
        category=fact.error_category,
        cause=key[2],
        at=datetime.fromtimestamp(fact.at_ms / 1000, UTC),
        count=known.count + 1 if known else 1,
    )


def settle(session: Session, workspace_id: str) -> None:
    """Somebody has dealt with all but the newest causes, as people do."""
    mine = (IntegrationError.workspace_id == workspace_id, IntegrationError.resolved_at.is_(None))
    newest = select(IntegrationError.id).where(*mine).order_by(IntegrationError.last_at.desc()).limit(LEFT_OPEN)
    kept = session.scalars(newest).all()
    session.execute(
        update(IntegrationError)
        .where(*mine, IntegrationError.id.not_in(kept))
        .values(resolved_at=now())
        .execution_options(synchronize_session=False)
    )
    session.commit()
