"""Secrets go in and never come out: not in an answer, not in a problem, not in a log."""

from __future__ import annotations

import json
import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

CANARY = "canary7f3e9c1b5d8a2046"
KEY = f"sk_test_51{CANARY}0001"
SIGNING = f"whsec_{CANARY}0002"


def walk(api: FlaskClient) -> list[str]:
    """Every call with the canaries in every place where a value, a wrong value or a stray one may stand."""
    configuration = {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SIGNING}
    made = api.post("/api/integrations", json={"providerId": "stripe", "name": "A", "configuration": configuration})
    instance_id = made.json["instance"]["id"]
    said = [made]
    wrong = f"sk_live_51{CANARY} !"
    bodies = [
        {"providerId": "stripe", "name": "B", "configuration": configuration},
        {"providerId": "stripe", "name": "B", "configuration": {"api_key": wrong, "publishable_key": KEY}},
        {"providerId": KEY, "name": "B", "configuration": configuration},
        {"providerId": "stripe", "name": KEY * 20, "environment": KEY, "configuration": KEY},
        {"providerId": "stripe", "name": 1, "configuration": [KEY]},
        {"id": instance_id, "configuration": {"api_key": wrong}},
        {"id": instance_id, "configuration": {"api_key": {"secret": KEY}}},
        {"id": instance_id, "configuration": {"api_key": f"{KEY}9"}},
        {"id": KEY, "name": "B"},
        {"testId": "stripe-connection", "configuration": {"api_key": KEY}},
        {"testId": "stripe-connection", "configuration": {"api_key": wrong}},
        {"testId": KEY, "configuration": {}, "inputs": {"to": KEY}},
    ]
    for body in bodies:
        for method, path in (("POST", ""), ("PUT", ""), ("POST", "/test"), ("POST", "/marketplace"), ("DELETE", "")):
            if method == "DELETE" and body.get("id") == instance_id:
                continue
            said.append(api.open(f"/api/integrations{path}", method=method, json=body, headers={"Prefer": "wait=0"}))
    broken = json.dumps(bodies[0])[:-1].encode()
    said += [
        api.post("/api/integrations", data=broken, content_type="application/json"),
        api.post("/api/integrations", data=broken, content_type="text/plain"),
        api.get(f"/api/integrations?cursor={KEY}"),
        api.get(f"/api/integrations?category={KEY}"),
        api.get(f"/api/integrations/analytics?startDate={KEY}"),
        api.get(f"/api/integrations/test/{KEY}"),
        *(api.get(f"/api/integrations{path}") for path in ("", "/test", "/analytics", "/marketplace", "/events")),
        api.delete(f"/api/integrations?id={instance_id}"),
    ]
    assert {one.status_code for one in said} >= {200, 201, 202, 400, 404, 409, 415, 422}
    assert all(one.status_code < 500 for one in said)
    return [f"{one.text}\n{one.headers}" for one in said]


@pytest.mark.usefixtures("worker")
def test_no_answer_and_no_log_holds_a_secret(
    app: Flask, api: FlaskClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = walk(api)
    told = capfd.readouterr()
    for text in [*answers, caplog.text, told.out, told.err]:
        assert CANARY not in text, text[:2000]


def test_a_wrong_token_is_not_repeated(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answer = app.test_client().get("/api/integrations", headers={"Authorization": f"Bearer tk_{CANARY}"})
    assert CANARY not in answer.text + str(answer.headers) + caplog.text
