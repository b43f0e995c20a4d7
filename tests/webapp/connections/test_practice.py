"""A sandbox connection fails on purpose, in words; events that come twice or late do no harm."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from providers.kit.registry import Registry
from tests.webapp.connections.conftest import Worker
from webapp.connection_tests import queries as tests
from webapp.instances import faults
from webapp.instances.models import Instance
from webapp.webhooks.models import WebhookEffect, WebhookEvent

BOTH = ("stripe", "resend")
LETS_THE_TEST_FAIL = ("bad_key", "missing_permission", "rate_limit", "down", "garbage")


def the_test_ends(client: FlaskClient, id_: str, worker: Worker) -> str:
    client.post(f"/integrations/{id_}/tests")
    worker.run_tests()
    run = tests.latest(worker.session, id_)
    assert run is not None
    assert "Traceback" not in client.get(f"/integrations/{id_}").text
    status = run.status
    worker.session.rollback()
    return status


@pytest.mark.parametrize("fault", LETS_THE_TEST_FAIL)
def test_a_fault_shows_in_the_next_test_and_goes_away_again(
    fault: str, connect: Callable[..., str], client: FlaskClient, worker: Worker
) -> None:
    id_ = connect("stripe")
    assert client.post(f"/integrations/{id_}/practice/fault", data={"fault": fault}).status_code == 303
    assert f'value="{fault}" checked' in client.get(f"/integrations/{id_}/practice").text
    assert the_test_ends(client, id_, worker) == "failed"
    client.post(f"/integrations/{id_}/practice/fault", data={"fault": ""})
    assert the_test_ends(client, id_, worker) == "passed"


def test_a_fault_for_one_call_is_over_after_it(
    connect: Callable[..., str], client: FlaskClient, session: Session
) -> None:
    id_ = connect("resend")
    client.post(f"/integrations/{id_}/practice/fault", data={"fault": "down", "times": "once"})
    instance = session.get_one(Instance, id_)
    assert faults.chosen(session, instance) == "down"
    state = faults._state(instance)
    session.rollback()
    with state.exclusive():
        kept = state.read()
        Registry.discover().sandbox("resend")(kept, lambda: None).respond(None)  # type: ignore[misc,arg-type,return-value]  # the fault needs neither
        state.write(kept)
    assert faults.chosen(session, session.get_one(Instance, id_)) == ""


@pytest.mark.parametrize("provider", BOTH)
def test_an_event_that_comes_twice_counts_once(
    provider: str, connect: Callable[..., str], client: FlaskClient, session: Session, worker: Worker
) -> None:
    id_ = connect(provider)
    page = client.get(f"/integrations/{id_}/practice").text
    event_type = page.split('<option value="')[1].split('"')[0]
    sent = client.post(f"/integrations/{id_}/practice/events", data={"event_type": event_type, "manner": "twice"})
    assert sent.status_code == 303
    worker.read_deliveries()
    rows = session.execute(select(WebhookEvent.duplicates).where(WebhookEvent.instance_id == id_)).all()
    assert rows == [(1,)]
    assert session.scalar(select(func.count()).select_from(WebhookEffect)) == 1


def test_an_event_after_a_newer_one_is_kept_too(
    connect: Callable[..., str], client: FlaskClient, session: Session, worker: Worker
) -> None:
    id_ = connect("stripe")
    sent = client.post(
        f"/integrations/{id_}/practice/events", data={"event_type": "payment_intent.succeeded", "manner": "late"}
    )
    assert sent.status_code == 303
    worker.read_deliveries()
    rows = session.scalars(
        select(WebhookEvent).where(WebhookEvent.instance_id == id_).order_by(WebhookEvent.sequence)
    )
    newer, older = rows
    assert older.type == "payment_intent.succeeded"
    assert newer.created_at > older.created_at


@pytest.mark.parametrize(("path", "data"), [("fault", {"fault": "meteor"}), ("events", {"manner": "sideways"})])
def test_what_is_not_offered_is_refused_on_the_page(
    path: str, data: dict[str, str], connect: Callable[..., str], client: FlaskClient
) -> None:
    answer = client.post(f"/integrations/{connect('stripe')}/practice/{path}", data=data)
    assert answer.status_code == 422
    assert "Choose one of these." in answer.text
