"""Signed sample deliveries through the same way in as a vendor's, then spread over the past weeks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from providers.kit.capabilities import MakesSamples, ReceivesWebhooks
from providers.kit.contract import InboundRequest
from providers.kit.errors import ProviderError
from webapp.catalog import service as catalog
from webapp.core.clock import now
from webapp.demo.connections import planned_rows
from webapp.demo.state import DemoState
from webapp.demo.story import FORGERIES, GIVEN_UP, Planned
from webapp.instances import service as instances
from webapp.instances.models import Instance
from webapp.usage import service as usage
from webapp.webhooks import ingest, processing
from webapp.webhooks.deposits import event_id_at
from webapp.webhooks.models import WebhookAttempt, WebhookEffect, WebhookEvent
from webapp.webhooks.outcomes import MOST_ATTEMPTS

EACH = 36
FORGED = 3
LONGEST = 30
PUT_ASIDE = "The database was too busy to take it, seven times in a row. Nothing is lost: replay it."
_ID_OF_TIME = len("evt_") + 12
_E, _F = WebhookEvent, WebhookEffect


@dataclass(frozen=True, kw_only=True)
class _Mailbox:
    """What is needed to deliver to one connection, without its row."""

    instance_id: str
    key: str
    url: str
    secret: str = field(repr=False)
    events: tuple[str, ...]
    samples: type[MakesSamples]


def send(session: Session, workspace_id: str, state: DemoState, progress: Callable[[int, int], None]) -> None:
    """Delivers to each connection that has had nothing yet. One that was interrupted begins again."""
    pairs = planned_rows(session, workspace_id)
    for number, (one, row) in enumerate(pairs):
        progress(number, len(pairs))
        if row.status == "active" and row.webhook_last_received_at is not None:
            continue
        mailbox = _mailbox(session, row)
        if mailbox is not None:
            _fill(session, one, row, mailbox, state)
    processing.drain(session)
    _put_into_the_past(session, workspace_id)


def _mailbox(session: Session, row: Instance) -> _Mailbox | None:
    """None for a provider that sends nothing, or has no samples."""
    provider = catalog.provider_class(row.provider_id)
    found = instances.webhook_secrets(session, row.id)
    if not (issubclass(provider, ReceivesWebhooks) and issubclass(provider, MakesSamples) and found):
        return None
    manifest = provider.manifest
    known = tuple(one.type for one in manifest.webhook.events if one.default) if manifest.webhook else ()
    events = tuple(row.webhook_events) or known
    if not events:
        return None
    return _Mailbox(
        instance_id=row.id,
        key=row.webhook_key,
        url=instances.webhook_url(row),
        secret=found[0],
        events=events,
        samples=cast(type[MakesSamples], provider),
    )


def _fill(session: Session, one: Planned, row: Instance, mailbox: _Mailbox, state: DemoState) -> None:
    random = Random(f"{state.seed} {one.name}")  # noqa: S311 - a story, not a secret
    session.execute(delete(_E).where(_E.instance_id == row.id, _E.source == "sample"))
    # While it is paused no worker touches what arrives, so that it can be moved into the past first.
    row.status = "paused"
    session.commit()
    for number in range(EACH):
        _deliver(mailbox, random.choice(mailbox.events), seed=state.seed * 10_000 + number)
    if one.trouble == FORGERIES:
        for number in range(FORGED):
            _forge(mailbox, mailbox.events[0], seed=number)
    _date_back(session, row, random, state, gives_up=one.trouble == GIVEN_UP)
    row.status = "active"
    session.commit()


def _other(secret: str) -> str:
    """A secret of the same form that is not this one."""
    middle = len(secret) // 2
    return secret[:middle] + ("A" if secret[middle] != "A" else "B") + secret[middle + 1 :]


def _deliver(mailbox: _Mailbox, event_type: str, *, seed: int) -> None:
    """A type that there is no sample of is left out."""
    try:
        request: InboundRequest = mailbox.samples.sample_delivery(
            event_type, mailbox.secret, now(), seed, mailbox.url
        )
    except (KeyError, ProviderError):
        return
    ingest.accept(request, mailbox.key, source="sample")


def _forge(mailbox: _Mailbox, event_type: str, *, seed: int) -> None:
    """A delivery that nobody signed: with another secret or, where the secret can only check, a changed body."""
    try:
        request = mailbox.samples.sample_delivery(event_type, _other(mailbox.secret), now(), seed, mailbox.url)
    except ProviderError:
        request = mailbox.samples.sample_delivery(event_type, mailbox.secret, now(), seed, mailbox.url)
    ingest.accept(replace(request, body=request.body + b" "), mailbox.key, source="sample")


def _date_back(session: Session, row: Instance, random: Random, state: DemoState, *, gives_up: bool) -> None:
    """Gives each delivery its moment in the past, its line of usage, and to one of them its bad luck."""
    stored = session.execute(
        select(_E.sequence, _E.id, _E.type)
        .where(_E.instance_id == row.id, _E.source == "sample")
        .order_by(_E.sequence)
    ).all()
    moments = _moments(random, len(stored), state)
    unlucky = len(stored) - 2 if gives_up else -1
    facts = []
    for number, (event, at) in enumerate(zip(stored, moments, strict=True)):
        values: dict[str, Any] = {"status": "waiting", "due_at": now()}
        if number == unlucky:
            values = {"status": "dead", "due_at": None, "attempts": MOST_ATTEMPTS, "processed_at": at}
            values["last_error"] = PUT_ASIDE
            _note_bad_luck(session, row, event.sequence, event.type, at)
        session.execute(
            update(_E)
            .where(_E.sequence == event.sequence)
            .values(
                id=event_id_at(at) + event.id[_ID_OF_TIME:], received_at=at, created_at=at, counted=True, **values
            )
            .execution_options(synchronize_session=False)
        )
        facts.append(_fact(row, event.type, at, random, ok=number != unlucky))
    usage.append(session, facts)


def _moments(random: Random, count: int, state: DemoState) -> list[datetime]:
    """Oldest first, more of them lately; the last a few minutes before the story ends."""
    span = timedelta(days=min(state.days, LONGEST))
    backs = [random.random() ** 2.5 for _ in range(count)]
    return sorted(state.ends_at - timedelta(minutes=random.uniform(1, 9)) - span * back for back in backs)


def _fact(row: Instance, event_type: str, at: datetime, random: Random, *, ok: bool) -> usage.CallFact:
    return usage.CallFact(
        at_ms=int(at.timestamp() * 1000),
        workspace_id=row.workspace_id,
        provider_id=row.provider_id,
        instance_id=row.id,
        environment=row.environment,
        kind="webhook",
        operation=event_type[:80],
        ok=ok,
        error_category="" if ok else "processing",
        latency_us=random.randrange(6_000, 40_000),
    )


def _note_bad_luck(session: Session, row: Instance, sequence: int, event_type: str, at: datetime) -> None:
    for number in range(1, MOST_ATTEMPTS + 1):
        session.add(WebhookAttempt(event_sequence=sequence, number=number, at=at, ok=False, error=PUT_ASIDE))
    usage.fail(
        session,
        usage.ErrorFact(
            workspace_id=row.workspace_id,
            instance_id=row.id,
            provider_id=row.provider_id,
            environment=row.environment,
            category="processing",
            cause=f"delivery {event_type}"[:120],
            at=at,
        ),
    )


def _put_into_the_past(session: Session, workspace_id: str) -> None:
    """What the deliveries came to happened when they arrived, not when the sample data was made."""
    mine = (_E.workspace_id == workspace_id, _E.source == "sample", _E.status == "processed")
    session.execute(
        update(_E).where(*mine).values(processed_at=_E.received_at).execution_options(synchronize_session=False)
    )
    arrived = select(_E.received_at).where(_E.sequence == _F.event_sequence).scalar_subquery()
    session.execute(
        update(_F)
        .where(_F.event_sequence.in_(select(_E.sequence).where(*mine)))
        .values(applied_at=arrived, occurred_at=arrived)
        .execution_options(synchronize_session=False)
    )
    session.commit()
