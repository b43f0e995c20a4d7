"""/api/integrations: listing, connecting, changing, removing."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import People
from webapp.accounts.models import User
from webapp.connection_tests.models import ConnectionTest
from webapp.core.permissions import Role
from webapp.instances import secrets
from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace

KEY = "sk_test_51canaryCANARYcanaryCANARY0001"
OTHER_KEY = "sk_test_51canaryCANARYcanaryCANARY0002"
INSTANCE_NAMES = {
    "id", "providerId", "name", "description", "environment", "status", "health", "webhookUrl", "configuration",
    "createdAt", "updatedAt", "lastTest",
}  # fmt: skip


@pytest.fixture
def connected(api: FlaskClient) -> dict:
    """A payment account, connected with test keys."""
    body = {
        "providerId": "stripe",
        "name": "Shop",
        "configuration": {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": "whsec_canaryCANARY0003"},
    }
    answer = api.post("/api/integrations", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json["instance"]


def test_a_new_connection_is_active_with_unknown_health_and_a_test_on_its_way(connected: dict) -> None:
    assert connected.keys() >= INSTANCE_NAMES
    assert (connected["status"], connected["health"], connected["environment"]) == ("active", "unknown", "test")
    assert connected["lastTest"]["testId"] == "stripe-connection"
    assert connected["lastTest"]["status"] == "queued"
    assert connected["webhookUrl"].startswith("http://localhost/webhooks/stripe/")
    assert connected["createdAt"].endswith("Z")


def test_of_a_secret_only_the_last_four_are_shown(connected: dict) -> None:
    assert connected["configuration"]["api_key"] == {"set": True, "last4": "0001"}


def test_the_environment_is_live_unless_the_keys_say_otherwise(api: FlaskClient) -> None:
    live = {"providerId": "stripe", "name": "A", "configuration": {"api_key": "sk_live_51canaryCANARYcanary"}}
    assert api.post("/api/integrations", json=live).json["instance"]["environment"] == "live"
    sandbox = {"providerId": "stripe", "name": "B", "environment": "sandbox", "configuration": {}}
    assert api.post("/api/integrations", json=sandbox).json["instance"]["environment"] == "sandbox"


def test_connecting_the_same_account_again_is_a_conflict_with_a_link(api: FlaskClient, connected: dict) -> None:
    body = {"providerId": "stripe", "name": "Again", "configuration": {"api_key": KEY}}
    answer = api.post("/api/integrations", json=body)
    assert answer.status_code == 409
    assert answer.content_type == "application/problem+json"
    assert answer.json["link"] == f"http://localhost/integrations/{connected['id']}"
    assert "Shop" in answer.json["detail"]


def test_each_value_at_fault_is_pointed_at(api: FlaskClient) -> None:
    body = {
        "providerId": "stripe",
        "name": "x" * 121,
        "colour": "red",
        "configuration": {"STRIPE_SECRET_KEY": "pk_test_wrongkind123", "NONSENSE": "1"},
    }
    answer = api.post("/api/integrations", json=body)
    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.json["errors"]} == {"/name", "/colour"}
    body.pop("colour")
    answer = api.post("/api/integrations", json=body | {"name": "Shop"})
    assert {one["pointer"] for one in answer.json["errors"]} == {
        "/configuration/STRIPE_SECRET_KEY",
        "/configuration/NONSENSE",
    }
    assert "pk_test_wrongkind123" not in answer.text


def test_an_unknown_provider_is_pointed_at(api: FlaskClient) -> None:
    answer = api.post("/api/integrations", json={"providerId": "nobody", "name": "A", "configuration": {}})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/providerId"


def test_nothing_is_saved_of_a_connection_with_a_mistake(api: FlaskClient, session: Session) -> None:
    api.post("/api/integrations", json={"providerId": "stripe", "name": "A", "configuration": {"api_key": "x"}})
    assert session.scalars(select(Instance)).all() == []


def test_the_list_has_providers_and_connections(api: FlaskClient, connected: dict) -> None:
    answer = api.get("/api/integrations").json
    assert {"stripe", "resend"} <= {one["id"] for one in answer["providers"]}
    assert [one["id"] for one in answer["instances"]] == [connected["id"]]
    assert answer["nextCursor"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [("category=payment", 1), ("category=email", 0), ("status=active", 1), ("status=draft", 0), ("search=shop", 1)],
)
def test_the_list_can_be_narrowed(api: FlaskClient, connected: dict, query: str, count: int) -> None:
    assert len(api.get(f"/api/integrations?{query}").json["instances"]) == count


def test_the_list_pages_by_cursor_without_loss_or_repetition(api: FlaskClient) -> None:
    body = {"providerId": "stripe", "environment": "sandbox", "configuration": {}}
    made = {api.post("/api/integrations", json=body | {"name": f"S{n}"}).json["instance"]["id"] for n in range(5)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/api/integrations?limit=2&cursor={cursor}").json
        seen += [one["id"] for one in page["instances"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert len(seen) == 5
    assert set(seen) == made


@pytest.mark.parametrize("masked", [{"set": True, "last4": "0001"}, "••••0001", "", None])
def test_a_masked_secret_stays_as_it_was(api: FlaskClient, connected: dict, session: Session, masked: object) -> None:
    change = {"id": connected["id"], "name": "Renamed", "configuration": {"STRIPE_SECRET_KEY": masked}}
    answer = api.put("/api/integrations", json=change)
    assert answer.status_code == 200, answer.text
    assert answer.json["instance"]["name"] == "Renamed"
    row = session.get_one(Instance, connected["id"])
    assert secrets.open_current(session, row)["api_key"] == KEY


def test_a_shown_connection_can_be_sent_back_as_it_is(api: FlaskClient, connected: dict) -> None:
    change = {"id": connected["id"], "configuration": connected["configuration"]}
    answer = api.put("/api/integrations", json=change)
    assert answer.status_code == 200, answer.text
    assert answer.json["instance"]["configuration"] == connected["configuration"]


def test_a_secret_can_be_replaced(api: FlaskClient, connected: dict) -> None:
    answer = api.put("/api/integrations", json={"id": connected["id"], "configuration": {"api_key": OTHER_KEY}})
    assert answer.json["instance"]["configuration"]["api_key"]["last4"] == "0002"


def test_replacing_a_secret_needs_a_manager(app, people: People, workspace: Workspace, connected: dict) -> None:
    member = people.member(workspace, Role.MEMBER)
    token = people.token(workspace, member, "integrations:write")
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}
    change = {"id": connected["id"], "configuration": {"api_key": OTHER_KEY}}
    assert client.put("/api/integrations", json=change, headers=headers).status_code == 403
    change = {"id": connected["id"], "name": "Renamed"}
    assert client.put("/api/integrations", json=change, headers=headers).status_code == 200


def test_problems_of_a_change_point_into_the_configuration(api: FlaskClient, connected: dict) -> None:
    change = {"id": connected["id"], "configuration": {"STRIPE_SECRET_KEY": "sk_live_51canaryCANARYcanary"}}
    answer = api.put("/api/integrations", json=change)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/configuration/STRIPE_SECRET_KEY"


def test_a_connection_can_be_paused_and_resumed(api: FlaskClient, connected: dict) -> None:
    for status in ("paused", "active"):
        answer = api.put("/api/integrations", json={"id": connected["id"], "status": status})
        assert answer.json["instance"]["status"] == status


@pytest.mark.parametrize("by", ["query", "body"])
def test_a_connection_is_removed_by_query_or_body_and_recoverable(api: FlaskClient, connected: dict, by: str) -> None:
    if by == "query":
        answer = api.delete(f"/api/integrations?id={connected['id']}")
    else:
        answer = api.delete("/api/integrations", json={"id": connected["id"]})
    assert answer.status_code == 200, answer.text
    assert answer.json["instance"]["status"] == "deleted"
    assert answer.json["recoverableUntil"] > answer.json["instance"]["updatedAt"]
    assert api.get("/api/integrations").json["instances"] == []
    assert len(api.get("/api/integrations?status=deleted").json["instances"]) == 1
    assert api.delete(f"/api/integrations?id={connected['id']}").status_code == 404


def test_removing_without_naming_one_says_how(api: FlaskClient) -> None:
    answer = api.delete("/api/integrations")
    assert answer.status_code == 400
    assert "?id=" in answer.json["detail"]


def test_a_browser_may_use_its_session_with_its_csrf_token(client: FlaskClient) -> None:
    body = {"providerId": "stripe", "name": "A", "environment": "sandbox", "configuration": {}}
    assert client.post("/api/integrations", json=body).status_code == 201
    refused = client.post("/api/integrations", json=body, headers={"X-CSRF-Token": "forged"})
    assert refused.status_code == 403
    assert refused.content_type == "application/problem+json"


def test_who_asked_for_the_first_test_is_remembered(
    api: FlaskClient, connected: dict, session: Session, owner: User
) -> None:
    row = session.scalars(select(ConnectionTest)).one()
    assert (row.trigger, row.requested_by, row.instance_id) == ("program", owner.id, connected["id"])
