"""/api/integrations/events: deliveries as programs see them, and another try."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.conftest import People
from webapp.core.clock import now
from webapp.instances.models import Instance
from webapp.webhooks.models import WebhookEvent

NAMES = {"id", "externalId", "type", "status", "attempts", "receivedAt", "processedAt"}
SANDBOX = {"providerId": "stripe", "name": "A", "environment": "sandbox", "configuration": {}}


@pytest.fixture
def instance_id(api: FlaskClient, session: Session) -> str:
    """A connection with five deliveries: four processed, the last one dead."""
    made = api.post("/api/integrations", json=SANDBOX).json["instance"]["id"]
    row = session.get_one(Instance, made)
    for number in range(5):
        session.add(
            WebhookEvent(
                id=f"evt_{number}",
                workspace_id=row.workspace_id,
                instance_id=made,
                provider_id=row.provider_id,
                external_id=f"evt_vendor_{number}",
                type="payment_intent.succeeded",
                body=b"{}",
                status="dead" if number == 4 else "processed",
                attempts=1,
                processed_at=now() if number < 4 else None,
                due_at=None,
            )
        )
    session.commit()
    return made


def test_deliveries_are_listed_newest_first_and_paged(api: FlaskClient, instance_id: str) -> None:
    first = api.get(f"/api/integrations/events?instanceId={instance_id}&limit=3").json
    assert [one["externalId"] for one in first["events"]] == [f"evt_vendor_{n}" for n in (4, 3, 2)]
    assert first["events"][0].keys() >= NAMES
    rest = api.get(f"/api/integrations/events?limit=3&cursor={first['nextCursor']}").json
    assert [one["id"] for one in rest["events"]] == ["evt_1", "evt_0"]
    assert rest["nextCursor"] is None


def test_deliveries_can_be_narrowed_by_state(api: FlaskClient, instance_id: str) -> None:
    assert [one["id"] for one in api.get("/api/integrations/events?status=dead").json["events"]] == ["evt_4"]


def test_a_delivery_is_tried_again(api: FlaskClient, instance_id: str) -> None:
    answer = api.post("/api/integrations/events/evt_4/replay")
    assert answer.status_code == 202, answer.text
    assert answer.json["event"]["status"] == "waiting"
    assert api.post("/api/integrations/events/evt_4/replay").status_code == 409


def test_a_strangers_delivery_is_missing(app, people: People, instance_id: str) -> None:
    stranger = people.user("mallory@example.com")
    headers = {"Authorization": f"Bearer {people.token(people.workspace(stranger, 'Other'), stranger)}"}
    client = app.test_client()
    answers = [client.post(f"/api/integrations/events/{one}/replay", headers=headers) for one in ("evt_4", "evt_no")]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].data == answers[1].data
    assert client.get("/api/integrations/events", headers=headers).json["events"] == []
    assert client.get(f"/api/integrations/events?instanceId={instance_id}", headers=headers).status_code == 404
