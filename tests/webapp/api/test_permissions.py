"""Who may do what: every call × role × scope, in the own workspace and in another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.conftest import People
from webapp.accounts.models import User
from webapp.api.operations import OPERATIONS
from webapp.core.clock import now
from webapp.core.permissions import ACTIONS, SCOPES, Role
from webapp.crm.models import CrmContact, CrmSync
from webapp.instances.models import Instance
from webapp.webhooks.models import WebhookEvent
from webapp.workspaces.models import Workspace

SANDBOX = {"providerId": "stripe", "name": "A", "environment": "sandbox", "configuration": {}}
LINK = {"clientName": "Ben", "providerIds": ["stripe"], "environment": "sandbox"}
CALLS = {f"{one.method} {one.path}": one for one in OPERATIONS}


@pytest.fixture
def things(api: FlaskClient, session: Session) -> dict[str, str]:
    """A connection, a test and a delivery of the workspace "Northwind", by what their ids stand for."""
    made = api.post("/api/integrations", json=SANDBOX).json["instance"]
    session.add(
        WebhookEvent(
            id="evt_1",
            workspace_id=session.get_one(Instance, made["id"]).workspace_id,
            instance_id=made["id"],
            provider_id="stripe",
            external_id="evt_vendor",
            body=b"{}",
            status="processed",
            processed_at=now(),
            due_at=None,
        )
    )
    session.commit()
    crm = api.post("/api/integrations", json=SANDBOX | {"providerId": "hubspot"}).json["instance"]["id"]
    row = session.get_one(Instance, crm)
    session.add(CrmSync(instance_id=crm, object="contact", direction="both"))
    contact = CrmContact(workspace_id=row.workspace_id, environment="sandbox", instance_id=crm, remote_id="1")
    session.add(contact)
    session.commit()
    link = api.post("/api/connect-links", json=LINK).json["connectLink"]["id"]
    return {"link": link, "instance": made["id"], "test": made["lastTest"]["id"], "event": "evt_1", "crm": crm,
            "contact": str(contact.id)}  # fmt: skip


def ask(app: Flask, token: str, call: str, things: dict[str, str]) -> int:
    bodies = {
        "POST /api/integrations": SANDBOX,
        "PUT /api/integrations": {"id": things["instance"], "name": "B"},
        "DELETE /api/integrations": {"id": things["instance"]},
        "POST /api/connect-links": LINK,
        "DELETE /api/connect-links": {"id": things["link"]},
        "POST /api/integrations/test": {"testId": "stripe-connection", "instanceId": things["instance"]},
        "POST /api/integrations/marketplace": {"providerId": "stripe"},
        "POST /api/contacts": {"instanceId": things["crm"], "email": "new@example.com"},
        "PATCH /api/contacts/<id>": {"phone": "1"},
    }
    method, path = call.split(" ")
    path = path.replace("/test/<id>", f"/test/{things['test']}")
    path = path.replace("/contacts/<id>", f"/contacts/{things['contact']}").replace("<id>", things["event"])
    headers = {"Authorization": f"Bearer {token}", "Prefer": "wait=0"}
    return app.test_client().open(path, method=method, json=bodies.get(call), headers=headers).status_code


TokenFor = Callable[..., str]


@pytest.fixture
def user_with(people: People, workspace: Workspace, owner: User) -> Callable[[Role], User]:
    return lambda role: owner if role is Role.OWNER else people.member(workspace, role)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_do_what_the_table_says_and_no_more(
    app: Flask, people: People, workspace: Workspace, user_with, things: dict[str, str], call: str, role: Role
) -> None:
    least = ACTIONS[CALLS[call].action].role
    assert least is not None
    status = ask(app, people.token(workspace, user_with(role)), call, things)
    assert (status < 300) == (role >= least), (status, call, role)
    assert status < 300 or status == 403


@pytest.mark.parametrize("call", CALLS)
def test_each_scope_opens_its_calls_and_no_other(
    app: Flask, people: People, workspace: Workspace, owner: User, things: dict[str, str], call: str
) -> None:
    needed = ACTIONS[CALLS[call].action].scope
    others = people.token(workspace, owner, *(one for one in SCOPES if one != needed))
    assert ask(app, others, call, things) == 403
    alone = people.token(workspace, owner, needed)
    assert ask(app, alone, call, things) < 300


@pytest.mark.parametrize("call", CALLS)
def test_the_owner_of_another_workspace_reaches_nothing_of_this_one(
    app: Flask, people: People, session: Session, things: dict[str, str], call: str
) -> None:
    stranger = people.user("mallory@example.com")
    token = people.token(people.workspace(stranger, "Other"), stranger)
    status = ask(app, token, call, things)
    names_something = CALLS[call].method in ("PUT", "DELETE") or call.endswith(
        ("<id>", "replay", "POST /api/integrations/test", "POST /api/contacts")
    )
    assert status == 404 if names_something else status < 300
    row = session.get_one(Instance, things["instance"])
    assert (row.name, row.deleted_at) == ("A", None)
