"""Writes what a batch of events came to, in one transaction: effects, what is known of objects, usage, statuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from webapp.core.clock import now
from webapp.instances.models import Instance
from webapp.usage import service as usage
from webapp.usage.prepared import into
from webapp.webhooks import leases
from webapp.webhooks.deposits import printable
from webapp.webhooks.models import WebhookAttempt, WebhookEffect, WebhookEvent, WebhookObject

if TYPE_CHECKING:
    from webapp.webhooks.outcomes import Outcome

LONGEST_LATENCY_US = 2_000_000_000
APPLIED_BEFORE = "Its effect had been applied before, so it was not applied again."
_TONES = frozenset({"good", "bad", "neutral", "attention"})
_E: Any = WebhookEvent.__table__


def write(
    session: Session, outcomes: Sequence[Outcome], *, retry_at: Callable[[int, datetime], datetime | None]
) -> tuple[int, int]:
    """Writes the batch; the caller commits. Returns how many went well and how many failed.

    Events whose lease ran out meanwhile are left to whoever has them now.
    """
    ours = leases.still_ours(session, [outcome.taken for outcome in outcomes])
    outcomes = [outcome for outcome in outcomes if outcome.taken.sequence in ours]
    moment = now()
    good = [outcome for outcome in outcomes if outcome.ok]
    bad = [outcome for outcome in outcomes if not outcome.ok]
    applied = _applied_before(session, good)
    fresh = [outcome for outcome in good if outcome.taken.sequence not in applied]
    if fresh:
        session.execute(insert(WebhookEffect), [_effect(outcome, moment) for outcome in fresh])
        _remember_objects(session, fresh)
    if good:
        session.connection().execute(_DONE, [_done(outcome, moment) for outcome in good])
    for outcome in bad:
        _fail(session, outcome, moment, retry_at(outcome.taken.attempts, moment))
    _write_attempts(session, outcomes, applied, moment)
    _write_usage(session, outcomes, moment)
    _touch_instances(session, outcomes)
    return len(good), len(bad)


def _applied_before(session: Session, good: Iterable[Outcome]) -> set[int]:
    """A first try can't have an effect yet; the others are looked up."""
    again = [outcome.taken.sequence for outcome in good if outcome.taken.attempts > 1]
    if not again:
        return set()
    query = select(WebhookEffect.event_sequence).where(WebhookEffect.event_sequence.in_(again))
    return set(session.scalars(query))


def _effect(outcome: Outcome, moment: datetime) -> dict[str, Any]:
    taken, activity = outcome.taken, outcome.activity
    assert activity is not None
    return {
        "event_sequence": taken.sequence,
        "workspace_id": taken.workspace_id,
        "instance_id": taken.instance_id,
        "provider_id": taken.provider_id,
        "kind": printable(activity.kind, 60),
        "sentence": printable(activity.sentence, 300),
        "tone": _tone(activity.tone),
        "icon": printable(activity.icon, 40),
        "object_type": printable(activity.object_type, 40),
        "object_id": printable(activity.object_id, 200),
        "amount_minor": _amount(activity.amount_minor),
        "currency": printable(activity.currency, 3),
        "person": printable(activity.person, 200),
        "url": printable(activity.url, 500) if activity.url.startswith("https://") else "",
        "occurred_at": activity.occurred_at or taken.created_at or taken.received_at,
        "applied_at": moment,
    }


def _tone(tone: str) -> str:
    return str(tone) if str(tone) in _TONES else "neutral"


def _amount(amount: int | None) -> int | None:
    """What fits the column; a vendor's nonsense is not an amount."""
    return amount if amount is not None and -(2**63) <= amount < 2**63 else None


def _remember_objects(session: Session, fresh: Iterable[Outcome]) -> None:
    """The newest of each object wins, whatever the order of arrival."""
    newest: dict[tuple[str, str, str], dict[str, Any]] = {}
    for outcome in fresh:
        row = _effect(outcome, outcome.taken.received_at)
        if not row["object_id"]:
            continue
        key = (row["instance_id"], row["object_type"], row["object_id"])
        if key not in newest or row["occurred_at"] >= newest[key]["occurred_at"]:
            newest[key] = {name: row[name] for name in _OBJECT_COLUMNS}
    if newest:
        session.execute(_newest_wins(session.get_bind().dialect.name), [newest[key] for key in sorted(newest)])


_OBJECT_COLUMNS = ("instance_id", "object_type", "object_id", "kind", "sentence", "occurred_at", "event_sequence")


@cache
def _newest_wins(dialect: str) -> Any:
    statement = into(dialect, WebhookObject)
    return statement.on_conflict_do_update(
        index_elements=["instance_id", "object_type", "object_id"],
        set_={name: statement.excluded[name] for name in ("kind", "sentence", "occurred_at", "event_sequence")},
        where=WebhookObject.occurred_at <= statement.excluded.occurred_at,
    )


_DONE = (
    update(_E)
    .where(_E.c.sequence == bindparam("b_sequence"))
    .values(
        status="processed",
        due_at=None,
        lease_until=None,
        last_error="",
        counted=True,
        replay_by=None,
        processed_at=bindparam("b_moment"),
        sentence=bindparam("b_sentence"),
        tone=bindparam("b_tone"),
        icon=bindparam("b_icon"),
    )
)


def _done(outcome: Outcome, moment: datetime) -> dict[str, Any]:
    activity = outcome.activity
    assert activity is not None
    return {
        "b_sequence": outcome.taken.sequence,
        "b_moment": moment,
        "b_sentence": printable(activity.sentence, 300),
        "b_tone": _tone(activity.tone),
        "b_icon": printable(activity.icon, 40),
    }


def _fail(session: Session, outcome: Outcome, moment: datetime, due_at: datetime | None) -> None:
    taken = outcome.taken
    session.execute(
        update(_E)
        .where(_E.c.sequence == taken.sequence)
        .values(
            status="failed" if due_at else "dead",
            due_at=due_at,
            lease_until=None,
            last_error=outcome.error[:500],
            counted=True,
            replay_by=None,
            processed_at=None if due_at else moment,
        )
    )
    if due_at is None:
        usage.fail(
            session,
            usage.ErrorFact(
                workspace_id=taken.workspace_id,
                instance_id=taken.instance_id,
                provider_id=taken.provider_id,
                environment=taken.environment,
                category="unexpected",
                cause=f"delivery {taken.type}",
                message=f"A delivery could not be processed: {outcome.error}",
                fix="Open the delivery, mend what it says, and replay it.",
                at=moment,
            ),
        )


def _write_attempts(session: Session, outcomes: Iterable[Outcome], applied: set[int], moment: datetime) -> None:
    """A row for every try but the plain case: worked the first time."""
    rows = [
        {
            "event_sequence": outcome.taken.sequence,
            "number": outcome.taken.attempts,
            "at": moment,
            "ok": outcome.ok,
            "error": APPLIED_BEFORE if outcome.taken.sequence in applied else outcome.error[:500],
            "requested_by": outcome.taken.replay_by,
        }
        for outcome in outcomes
        if not outcome.ok or outcome.taken.attempts > 1
    ]
    if rows:
        session.execute(insert(WebhookAttempt), rows)


def _write_usage(session: Session, outcomes: Iterable[Outcome], moment: datetime) -> None:
    """One usage row for a delivery: with its first try, however many follow. Latency is from arrival until told."""
    usage.append(
        session,
        [
            usage.CallFact(
                at_ms=int(outcome.taken.received_at.timestamp() * 1000),
                workspace_id=outcome.taken.workspace_id,
                provider_id=outcome.taken.provider_id,
                instance_id=outcome.taken.instance_id,
                environment=outcome.taken.environment,
                kind="webhook",
                operation=outcome.taken.type[:80],
                ok=outcome.ok,
                error_category="" if outcome.ok else "unexpected",
                latency_us=min(
                    LONGEST_LATENCY_US,
                    max(0, int((moment - outcome.taken.received_at).total_seconds() * 1_000_000)),
                ),
            )
            for outcome in outcomes
            if not outcome.taken.counted
        ],
    )


def _touch_instances(session: Session, outcomes: Iterable[Outcome]) -> None:
    latest: dict[str, datetime] = {}
    for outcome in outcomes:
        taken = outcome.taken
        latest[taken.instance_id] = max(taken.received_at, latest.get(taken.instance_id, taken.received_at))
    for instance_id, received_at in sorted(latest.items()):
        session.execute(
            update(Instance)
            .where(
                Instance.id == instance_id,
                (Instance.webhook_last_received_at.is_(None)) | (Instance.webhook_last_received_at < received_at),
            )
            .values(webhook_last_received_at=received_at, updated_at=Instance.updated_at)
            .execution_options(synchronize_session=False)
        )
