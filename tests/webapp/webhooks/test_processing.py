"""Events become what they mean: once, in batches, with retries, whatever happens in between."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from providers.kit.contract import Activity
from tests.webapp.webhooks.conftest import Acme, Vendor
from webapp.accounts.models import User
from webapp.core.clock import now
from webapp.core.database import begin_writing
from webapp.core.errors import Conflict, NotFound
from webapp.instances.models import Instance
from webapp.usage.models import IntegrationError, UsageRecord, UsageRollup
from webapp.webhooks import leases, ledger, processing, service
from webapp.webhooks.models import WebhookAttempt, WebhookEffect, WebhookEvent, WebhookObject
from webapp.webhooks.outcomes import LADDER, retry_at
from webapp.webhooks.processing import drain
from webapp.webhooks.selection import Filters


def load(session: Session, model: type) -> list:
    begin_writing()
    found = list(session.scalars(select(model).execution_options(populate_existing=True)))
    session.commit()
    return found


def make_due(session: Session) -> None:
    begin_writing()
    session.execute(update(WebhookEvent).where(WebhookEvent.due_at.is_not(None)).values(due_at=now()))
    session.commit()


def let_leases_run_out(session: Session) -> None:
    past = now() - timedelta(seconds=1)
    session.execute(
        update(WebhookEvent).where(WebhookEvent.lease_until.is_not(None)).values(lease_until=past, due_at=past)
    )
    session.commit()


def test_an_event_becomes_a_sentence_and_an_effect(vendor: Vendor, session: Session, instance: Instance) -> None:
    vendor.send({"id": "e1", "type": "order.placed", "order": 7, "at": 1_700_000_000})
    assert drain(session).processed == 1
    (event,) = load(session, WebhookEvent)
    assert (event.status, event.sentence, event.tone) == ("processed", "Order 7 was order.placed", "good")
    assert event.processed_at is not None
    assert event.due_at is None
    (effect,) = load(session, WebhookEffect)
    assert (effect.event_sequence, effect.kind, effect.object_id) == (event.sequence, "order.placed", "7")
    assert load(session, WebhookAttempt) == []
    (instance,) = load(session, Instance)
    assert instance.webhook_last_received_at == event.received_at


def test_each_delivery_is_one_usage_row_and_counted_once(vendor: Vendor, session: Session) -> None:
    vendor.send([{"id": f"e{n}", "type": "poison" if n == 3 else "ok"} for n in range(10)])
    drain(session)
    make_due(session)
    drain(session)
    usage = load(session, UsageRecord)
    assert (len(usage), sum(row.ok for row in usage), {row.kind for row in usage}) == (10, 9, {"webhook"})
    instance_id = usage[0].instance_id
    hours = [row for row in load(session, UsageRollup) if row.grain == "hour" and row.subject == instance_id]
    assert sum(row.count for row in hours) == 10


def test_a_poison_event_never_holds_up_its_batch(vendor: Vendor, session: Session) -> None:
    vendor.send([{"id": "bad", "type": "poison"}] + [{"id": f"e{n}", "type": "ok"} for n in range(5)])
    drained = drain(session)
    assert (drained.processed, drained.failed) == (5, 1)
    bad = next(event for event in load(session, WebhookEvent) if event.external_id == "bad")
    assert bad.status == "failed"
    assert "Poison" in bad.last_error
    (attempt,) = load(session, WebhookAttempt)
    assert (attempt.ok, attempt.number) == (False, 1)


def test_the_ladder_is_climbed_into_the_dead_letters(vendor: Vendor, session: Session) -> None:
    vendor.send({"id": "bad", "type": "poison"})
    for step in LADDER:
        drain(session)
        (event,) = load(session, WebhookEvent)
        assert event.status == "failed"
        wait = event.due_at - now()
        assert step * 0.79 < wait < step * 1.21
        make_due(session)
    drain(session)
    (event,) = load(session, WebhookEvent)
    assert (event.status, event.due_at, event.attempts) == ("dead", None, 7)
    assert len(load(session, WebhookAttempt)) == 7
    (error,) = load(session, IntegrationError)
    assert "replay" in error.fix
    assert drain(session).failed == 0


def test_the_ladder_is_the_promised_one_and_spreads() -> None:
    moment = now()
    waits = [retry_at(1, moment) for _ in range(20)]
    assert len(set(waits)) > 1
    assert [step.total_seconds() for step in LADDER] == [5, 300, 1800, 7200, 18000, 36000]
    assert retry_at(7, moment) is None


def test_a_dead_letter_is_replayed_when_its_cause_is_mended(
    vendor: Vendor, session: Session, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.send({"id": "bad", "type": "poison"})
    drain(session)
    monkeypatch.setattr(Acme, "describe", staticmethod(lambda event: Activity(kind="ok", sentence="Fine")))
    (event,) = load(session, WebhookEvent)
    service.replay(session, workspace_id=event.workspace_id, event_id=event.id, user_id=owner.id)
    session.commit()
    assert drain(session).processed == 1
    (event,) = load(session, WebhookEvent)
    assert (event.status, event.sentence, event.last_error) == ("processed", "Fine", "")
    attempts = load(session, WebhookAttempt)
    assert [(one.number, one.ok, one.requested_by) for one in attempts] == [(1, False, None), (2, True, owner.id)]


def test_a_replay_of_a_processed_event_applies_nothing_twice_and_says_so(
    vendor: Vendor, session: Session, owner: User
) -> None:
    vendor.send({"id": "e1", "type": "ok"})
    drain(session)
    (event,) = load(session, WebhookEvent)
    service.replay(session, workspace_id=event.workspace_id, event_id=event.id, user_id=owner.id)
    session.commit()
    drain(session)
    assert len(load(session, WebhookEffect)) == 1
    (attempt,) = load(session, WebhookAttempt)
    assert attempt.ok
    assert "not applied again" in attempt.error
    assert len(load(session, UsageRecord)) == 1


def test_an_event_that_waits_is_not_replayed(vendor: Vendor, session: Session, owner: User) -> None:
    vendor.send({"id": "e1"})
    (event,) = load(session, WebhookEvent)
    with pytest.raises(Conflict):
        service.replay(session, workspace_id=event.workspace_id, event_id=event.id, user_id=owner.id)


def test_a_strangers_event_is_not_found(vendor: Vendor, session: Session, owner: User) -> None:
    vendor.send({"id": "e1"})
    (event,) = load(session, WebhookEvent)
    with pytest.raises(NotFound):
        service.replay(session, workspace_id="wsp_other", event_id=event.id, user_id=owner.id)


def test_many_are_replayed_at_once_by_filter(vendor: Vendor, session: Session, owner: User) -> None:
    vendor.send([{"id": f"e{n}", "type": "poison" if n % 2 else "ok"} for n in range(10)])
    drain(session)
    workspace_id = load(session, WebhookEvent)[0].workspace_id
    count = service.replay_all(session, workspace_id=workspace_id, filters=Filters(status="failed"), user_id=owner.id)
    session.commit()
    assert count == 5
    assert drain(session).failed == 5


def test_a_copy_of_a_dead_event_makes_it_try_again(vendor: Vendor, session: Session) -> None:
    vendor.send({"id": "bad", "type": "poison"})
    session.execute(update(WebhookEvent).values(status="dead", due_at=None))
    session.commit()
    vendor.send({"id": "bad", "type": "poison"})
    (event,) = load(session, WebhookEvent)
    assert (event.status, event.duplicates) == ("failed", 1)
    assert event.due_at is not None


def test_an_older_event_never_overwrites_what_is_known_of_an_object(vendor: Vendor, session: Session) -> None:
    for number, at in (("e2", 2000), ("e1", 1000), ("e3", 3000)):
        vendor.send({"id": number, "type": number, "order": 7, "at": at})
        drain(session)
    vendor.send(
        [{"id": "e5", "type": "e5", "order": 7, "at": 5000}, {"id": "e4", "type": "e4", "order": 7, "at": 4000}]
    )
    drain(session)
    (known,) = load(session, WebhookObject)
    assert known.kind == "e5"
    assert len(load(session, WebhookEffect)) == 5


def test_a_paused_connection_keeps_its_deliveries_until_it_is_resumed(
    vendor: Vendor, session: Session, instance: Instance
) -> None:
    instance.status = "paused"
    session.commit()
    vendor.send({"id": "e1", "type": "ok"})
    assert drain(session).processed == 0
    assert load(session, WebhookEvent)[0].status == "held"
    instance.status = "active"
    session.commit()
    assert leases.release_held(session) == 1
    session.commit()
    assert drain(session).processed == 1


def test_a_worker_that_dies_after_its_claim_loses_nothing(vendor: Vendor, session: Session) -> None:
    vendor.send({"id": "e1", "type": "ok"})
    assert len(leases.take(session)) == 1
    assert drain(session).processed == 0
    let_leases_run_out(session)
    assert drain(session).processed == 1
    assert len(load(session, WebhookEffect)) == 1
    assert len(load(session, UsageRecord)) == 1


def test_a_worker_that_comes_back_too_late_applies_nothing(vendor: Vendor, session: Session) -> None:
    vendor.send({"id": "e1", "type": "ok"})
    taken = leases.take(session)
    outcomes = [processing.tell(one) for one in taken]
    let_leases_run_out(session)
    assert drain(session).processed == 1
    assert ledger.write(session, outcomes, retry_at=retry_at) == (0, 0)
    session.commit()
    assert len(load(session, WebhookEffect)) == 1


def test_events_that_ended_their_worker_are_taken_alone(vendor: Vendor, session: Session) -> None:
    vendor.send([{"id": f"e{n}", "type": "ok"} for n in range(5)])
    leases.take(session)
    let_leases_run_out(session)
    assert len(leases.take(session)) == 1


def test_an_event_that_keeps_ending_its_worker_is_put_aside(vendor: Vendor, session: Session) -> None:
    vendor.send({"id": "e1", "type": "ok"})
    for _ in range(7):
        leases.take(session)
        let_leases_run_out(session)
    drain(session)
    (event,) = load(session, WebhookEvent)
    assert event.status == "dead"
    assert "ended the worker" in event.last_error


def test_old_bodies_are_thrown_away_and_the_facts_stay(vendor: Vendor, session: Session, owner: User) -> None:
    vendor.send({"id": "e1", "type": "ok", "order": 7})
    drain(session)
    assert service.purge(session, moment=now() + timedelta(days=29)) == 0
    assert service.purge(session, moment=now() + timedelta(days=31)) == 1
    (event,) = load(session, WebhookEvent)
    assert (event.body, event.headers, event.sentence) == (b"", {}, "Order 7 was ok")
    with pytest.raises(Conflict, match="30 days"):
        service.replay(session, workspace_id=event.workspace_id, event_id=event.id, user_id=owner.id)


def test_dead_letters_keep_their_bodies_longer(vendor: Vendor, session: Session) -> None:
    vendor.send({"id": "e1", "type": "poison"})
    session.execute(update(WebhookEvent).values(status="dead", due_at=None))
    session.commit()
    assert service.purge(session, moment=now() + timedelta(days=31)) == 0
    assert service.purge(session, moment=now() + timedelta(days=61)) == 1


def test_a_batchs_event_is_told_from_its_own_part(vendor: Vendor, session: Session) -> None:
    vendor.send([{"id": "a", "type": "x", "order": 1}, {"id": "b", "type": "x", "order": 2}])
    drain(session)
    assert {event.sentence for event in load(session, WebhookEvent)} == {"Order 1 was x", "Order 2 was x"}


def test_hostile_descriptions_are_cut_to_what_fits(
    vendor: Vendor, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    wild = Activity(
        kind="k" * 500,
        sentence="s\x00" * 900,
        tone="loud",  # type: ignore[arg-type]  # on purpose
        amount_minor=10**30,
        currency="EUROS",
        url="javascript:alert(1)",
        object_id="o" * 900,
        occurred_at=datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
    )
    monkeypatch.setattr(Acme, "describe", staticmethod(lambda event: wild))
    vendor.send({"id": "e1", "type": "ok"})
    assert drain(session).processed == 1
    (effect,) = load(session, WebhookEffect)
    assert (effect.tone, effect.amount_minor, effect.currency, effect.url) == ("neutral", None, "EUR", "")
