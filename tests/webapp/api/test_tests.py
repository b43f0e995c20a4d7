"""/api/integrations/test: running tests, waiting for them, following them."""

from __future__ import annotations

import threading
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from webapp.api import waiting
from webapp.api.waiting import preferred_wait
from webapp.extensions import db

STEP_NAMES = {"name", "status", "message", "durationMs"}
SANDBOX = {"providerId": "stripe", "name": "A", "environment": "sandbox", "configuration": {}}


@pytest.fixture
def instance_id(api: FlaskClient) -> str:
    return api.post("/api/integrations", json=SANDBOX).json["instance"]["id"]


def test_the_tests_of_a_provider_are_listed(api: FlaskClient) -> None:
    found = api.get("/api/integrations/test?providerId=resend").json["tests"]
    assert all(one.keys() >= {"id", "providerId", "name", "description", "inputs", "changesData"} for one in found)
    send = next(one for one in found if one["id"] == "resend-send")
    assert send["changesData"] is True
    assert {"to", "subject", "text"} <= {one["name"] for one in send["inputs"]}
    assert {one["providerId"] for one in api.get("/api/integrations/test").json["tests"]} >= {"stripe", "resend"}
    assert api.get("/api/integrations/test?providerId=nobody").status_code == 404


@pytest.mark.usefixtures("worker")
def test_a_connection_is_tested_line_by_line_while_the_caller_waits(api: FlaskClient, instance_id: str) -> None:
    body = {"testId": "stripe-connection", "instanceId": instance_id}
    answer = api.post("/api/integrations/test", json=body, headers={"Prefer": "wait=20"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Preference-Applied"] == "wait=20"
    test = answer.json["test"]
    assert test.keys() >= {"id", "testId", "status", "steps", "startedAt", "finishedAt", "message"}
    assert all(step.keys() >= STEP_NAMES for step in test["steps"])
    lines = {step["name"]: step for step in test["steps"]}
    assert lines["key"]["status"] == "passed"
    # Nobody has told the stand-in where to deliver: the line says so, and what to do.
    assert (lines["webhook"]["status"], bool(lines["webhook"]["fix"])) == ("failed", True)
    assert api.get(f"/api/integrations/test/{test['id']}").json["test"] == test
    assert api.get("/api/integrations").json["instances"][0]["lastTest"] == test


@pytest.mark.usefixtures("worker")
def test_values_that_are_stored_nowhere_are_tested(api: FlaskClient) -> None:
    body = {
        "testId": "stripe-connection",
        "environment": "sandbox",
        "configuration": {"STRIPE_SECRET_KEY": "sk_test_51canaryCANARYnotknown"},
    }
    answer = api.post("/api/integrations/test", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json["test"]["status"] == "failed"
    failed = [step for step in answer.json["test"]["steps"] if step["status"] == "failed"]
    assert failed
    assert failed[0]["fix"]
    assert "canaryCANARY" not in answer.text


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("apart", [True, False])
def test_what_a_test_asks_for_may_stand_in_the_same_object_or_apart(api: FlaskClient, apart: bool) -> None:
    inputs = {"to": "user@example.com", "subject": "Hello", "text": "A test"}
    body = {"testId": "resend-send", "environment": "sandbox", "configuration": {}}
    body |= {"inputs": inputs} if apart else {"configuration": inputs}
    answer = api.post("/api/integrations/test", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json["test"]["status"] == "passed", answer.text


def test_without_a_worker_the_answer_is_where_to_look(api: FlaskClient, instance_id: str) -> None:
    body = {"testId": "stripe-webhook", "instanceId": instance_id}
    answer = api.post("/api/integrations/test", json=body, headers={"Prefer": "wait=0"})
    assert answer.status_code == 202
    assert answer.json["test"]["status"] == "queued"
    assert api.get(answer.headers["Location"]).json["test"]["id"] == answer.json["test"]["id"]
    assert answer.headers["Preference-Applied"] == "wait=0"


def test_a_request_that_waits_holds_no_transaction(app: Flask, api: FlaskClient, instance_id: str) -> None:
    """Somebody else writes, and no connection is out, while it waits."""
    body = {"testId": "stripe-webhook", "instanceId": instance_id}
    answers = []
    with app.app_context():
        pool = db.engine.pool
        before = pool.checkedout()
        asking = threading.Thread(
            target=lambda: answers.append(api.post("/api/integrations/test", json=body, headers={"Prefer": "wait=2"}))
        )
        began = time.monotonic()
        asking.start()
        time.sleep(0.7)
        out = min((time.sleep(0.03), pool.checkedout())[1] for _ in range(10))
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE users SET name = 'written meanwhile'"))
        written = time.monotonic() - began
        asking.join()
    assert out == before
    assert written < 1.8
    assert answers[0].status_code == 202
    assert time.monotonic() - began >= 1.9


def test_when_too_many_wait_the_next_is_answered_at_once(app: Flask, api: FlaskClient, instance_id: str) -> None:
    places = app.extensions["places_to_wait"]
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    assert taken == 4, "half of the server's eight threads"
    began = time.monotonic()
    body = {"testId": "stripe-webhook", "instanceId": instance_id}
    answer = api.post("/api/integrations/test", json=body, headers={"Prefer": "wait=30"})
    assert answer.status_code == 202
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 10), ("wait=3", 3), ("respond-async, wait=5", 5), ('wait="7"', 7), ("WAIT = 2", 2), ("wait=99999", 30),
        ("wait=-1", 10), ("wait=", 10), ("wait=x", 10), ("wait=1; foo=bar", 1), ("wait=" + "9" * 50, 10),
    ],
)  # fmt: skip
def test_a_preference_is_read_as_far_as_it_goes(header: str, seconds: int) -> None:
    assert waiting.LONGEST == 30
    assert preferred_wait(header) == seconds


def test_problems_point_to_where_values_were_sent(api: FlaskClient) -> None:
    body = {"testId": "resend-send", "configuration": {"api_key": "nonsense", "colour": 1}, "inputs": {"to": "x"}}
    answer = api.post("/api/integrations/test", json=body)
    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.json["errors"]} >= {
        "/configuration/api_key",
        "/configuration/colour",
        "/inputs/to",
    }
    answer = api.post("/api/integrations/test", json={"testId": "nothing-here", "configuration": {}})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/testId")
    assert api.post("/api/integrations/test", json={"testId": "stripe-connection"}).status_code == 422


def test_a_stored_key_is_never_tried_with_other_settings(api: FlaskClient, instance_id: str) -> None:
    body = {
        "testId": "stripe-connection",
        "instanceId": instance_id,
        "configuration": {"api_key": "sk_test_51abcdef"},
    }
    answer = api.post("/api/integrations/test", json=body)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/configuration/api_key")


def test_tests_are_limited_by_connection(api: FlaskClient, instance_id: str, session: Session) -> None:
    names = ("stripe-connection", "stripe-webhook", "stripe-payment")
    statuses = []
    for number in range(14):
        body = {"testId": names[number % 3], "instanceId": instance_id}
        statuses.append(api.post("/api/integrations/test", json=body, headers={"Prefer": "wait=0"}))
        session.execute(text("UPDATE integration_tests SET status = 'passed', finished_at = created_at"))
        session.commit()
    assert statuses[-1].status_code == 429
    assert statuses[-1].headers["Retry-After"] == "60"
