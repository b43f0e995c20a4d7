"""What the vendors publish, through the real endpoint: signature vectors and sample events."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.signatures import sign_standard, sign_timestamped
from tests.conftest import VENDOR_DATA
from tests.webapp.webhooks.conftest import MakeInstance
from webapp.core.database import begin_writing
from webapp.webhooks import ingest
from webapp.webhooks.models import WebhookEvent
from webapp.webhooks.processing import drain

SECRET = "whsec_" + base64.b64encode(b"the tests' own signing secret 32").decode()


def vectors() -> list[Any]:
    """Empty where the vendors' data is not at hand: the tests then say so by `vendor_data`."""
    file = VENDOR_DATA / "vectors.json"
    if not file.is_file():
        return [pytest.param(None, id="vendor data missing")]
    found = json.loads(file.read_text(encoding="utf-8"))["vectors"]
    wanted = ("stripe", "resend")
    return [pytest.param(one, id=one["id"]) for one in found if one["provider"] in wanted and "request" in one]


@pytest.mark.parametrize("vector", vectors())
def test_a_published_signature_vector_gets_its_verdict(
    app: Flask,
    make_instance: MakeInstance,
    monkeypatch: pytest.MonkeyPatch,
    vendor_data: Path,
    vector: dict[str, Any],
) -> None:
    moment = datetime.fromtimestamp(vector["now"], UTC)
    instance = make_instance(vector["provider"], secret=vector["secret"])
    monkeypatch.setattr(ingest, "now", lambda: moment)
    request = vector["request"]
    body = base64.b64decode(request["body_base64"]) if "body_base64" in request else request["body"].encode()
    answer = app.test_client().post(
        f"/webhooks/{vector['provider']}/{instance.webhook_key}", data=body, headers=request["headers"]
    )
    proved = answer.status_code == 200 or answer.json.get("reason") == "unreadable"
    if not vector.get("contested"):
        assert proved == (vector["expect"] == "valid"), answer.text


def payloads(value: Any) -> list[dict[str, Any]]:
    """Every object below that looks like an event of its own."""
    if isinstance(value, list):
        return [found for one in value for found in payloads(one)]
    if not isinstance(value, dict):
        return []
    if isinstance(value.get("type"), str) and isinstance(value.get("data"), dict):
        return [value]
    return [found for one in value.values() for found in payloads(one)]


def headers_for(provider_id: str, body: bytes, number: int) -> dict[str, str]:
    moment = int(time.time())
    if provider_id == "stripe":
        return {"stripe-signature": sign_timestamped(body, SECRET, moment)}
    message = f"msg_{number}"
    return {
        "svix-id": message,
        "svix-timestamp": str(moment),
        "svix-signature": sign_standard(body, message, moment, SECRET),
    }


@pytest.mark.parametrize(
    ("provider_id", "file"), [("stripe", "stripe/events.json"), ("resend", "resend/webhook_payloads.json")]
)
def test_the_vendors_sample_events_are_stored_processed_and_told(
    app: Flask, make_instance: MakeInstance, session: Session, vendor_data: Path, provider_id: str, file: str
) -> None:
    instance = make_instance(provider_id, secret=SECRET)
    samples = payloads(json.loads((vendor_data / "fixtures" / file).read_text(encoding="utf-8")))
    assert samples
    client = app.test_client()
    for number, sample in enumerate(samples):
        body = json.dumps(sample).encode()
        headers = headers_for(provider_id, body, number)
        answer = client.post(f"/webhooks/{provider_id}/{instance.webhook_key}", data=body, headers=headers)
        assert answer.status_code == 200, answer.text
    begin_writing()
    drained = drain(session)
    assert drained.failed == 0
    events = session.scalars(select(WebhookEvent)).all()
    assert all(event.status == "processed" and event.sentence for event in events)
    session.commit()
