"""The same promises on PostgreSQL: stored once, processed once, by several at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.conftest import settings_for
from tests.postgres import postgres_server, postgres_url
from tests.webapp.webhooks.conftest import MakeInstance, Vendor, close, use_acme
from webapp import create_app
from webapp.core.migrations import upgrade
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.usage.models import UsageRecord
from webapp.webhooks import leases, queries
from webapp.webhooks.models import WebhookEffect, WebhookEvent, WebhookRefusal
from webapp.webhooks.processing import drain

__all__ = ["postgres_server", "postgres_url"]
pytestmark = pytest.mark.postgres


@pytest.fixture
def app(tmp_path: Path, postgres_url: str) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    app.testing = True
    with app.app_context():
        upgrade(app)
    use_acme(app)
    yield app
    close(app)
    with app.app_context():
        db.engine.dispose()


def count(session: Session, model: type) -> int:
    found = session.scalar(select(func.count()).select_from(model))
    session.commit()
    return found or 0


def test_deliveries_are_stored_and_processed_once(vendor: Vendor, session: Session, instance: Instance) -> None:
    batch = [{"id": f"e{n}", "type": "ok", "order": n, "at": 1000 + n} for n in range(20)]
    assert vendor.send(batch).json == {"received": 20, "duplicates": 0}
    assert vendor.send([*batch, {"id": "e\x00x", "type": "a\x00"}]).json == {"received": 21, "duplicates": 20}
    assert vendor.send({"id": "once", "once": "key"}).json == {"received": 1, "duplicates": 0}
    assert vendor.send({"id": "again", "once": "key"}).json == {"received": 1, "duplicates": 1}
    assert vendor.send({"id": "bad", "type": "poison"}).status_code == 200
    assert vendor.send({"id": "e1"}, secret="forged").status_code == 400
    drained = drain(session)
    assert (drained.processed, drained.failed) == (22, 1)
    assert (count(session, WebhookEffect), count(session, UsageRecord), count(session, WebhookRefusal)) == (22, 23, 1)
    assert len(queries.list_events(session, instance.workspace_id, status="processed")[0]) == 22
    assert len(queries.refusals(session, instance.workspace_id)) == 1
    session.commit()


def test_senders_and_workers_at_the_same_time_lose_and_double_nothing(
    app: Flask, vendor: Vendor, session: Session
) -> None:
    session.commit()

    def send(offset: int) -> None:
        client = Vendor(client=app.test_client(), path=vendor.path)
        for n in range(40):
            assert client.send({"id": f"e{(offset * 20 + n) % 100}", "type": "ok", "order": n % 7}).status_code == 200

    def work() -> None:
        with app.app_context():
            for _ in range(20):
                drain(db.session())
            db.session.remove()

    threads = [threading.Thread(target=send, args=(n,)) for n in range(5)]
    threads += [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drain(session)
    assert (count(session, WebhookEvent), count(session, WebhookEffect), count(session, UsageRecord)) == (
        100,
        100,
        100,
    )


def test_two_workers_never_take_the_same_event(app: Flask, vendor: Vendor, session: Session) -> None:
    vendor.send([{"id": f"e{n}", "type": "ok"} for n in range(10)])
    first = {one.sequence for one in leases.take(session, 6)}
    second = {one.sequence for one in leases.take(session, 6)}
    assert (len(first), len(second), first & second) == (6, 4, set())


def test_a_connection_removed_meanwhile_takes_no_neighbour_along(
    app: Flask, vendor: Vendor, make_instance: MakeInstance, session: Session
) -> None:
    gone = make_instance(name="Gone")
    lost = Vendor(client=app.test_client(), path=f"/webhooks/acme/{gone.webhook_key}")
    assert lost.send({"id": "e1"}).status_code == 200
    session.delete(gone)
    session.commit()
    assert lost.send({"id": "e2"}).status_code == 404
    assert vendor.send({"id": "e3"}).status_code == 200
