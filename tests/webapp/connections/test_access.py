"""A connection kept to named people: nobody else finds it anywhere, and those named do what they were given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import People
from webapp.accounts.models import User
from webapp.audit.models import AuditEntry
from webapp.core.clock import now
from webapp.core.permissions import Role
from webapp.crm.models import CrmContact, CrmSync
from webapp.instances.models import Instance
from webapp.usage.models import IntegrationError
from webapp.usage.periods import Period
from webapp.usage.queries import figures
from webapp.usage.scope import Scope
from webapp.usage.service import CallFact, append
from webapp.webhooks.models import WebhookEvent
from webapp.workspaces.models import Workspace

SECRET_NAME = "Zanzibar Holdings"
SignIn = Callable[[User], FlaskClient]


@pytest.fixture
def kept(api: FlaskClient, session: Session, workspace: Workspace) -> str:
    """The id of a CRM connection with a name found nowhere else, a contact, a delivery, an error and figures."""
    body = {"providerId": "hubspot", "name": SECRET_NAME, "environment": "sandbox", "configuration": {}}
    made = str(api.post("/api/integrations", json=body).json["instance"]["id"])
    common = {"workspace_id": workspace.id, "instance_id": made}
    session.add_all(
        [
            CrmSync(instance_id=made, object="contact", direction="both"),
            CrmContact(**common, environment="sandbox", remote_id="1", email="zed@zanzibar.example"),
            IntegrationError(
                **common, provider_id="hubspot", environment="sandbox", category="auth", cause="x", message="Zanzibar"
            ),
            WebhookEvent(
                **common, id="evt_1", provider_id="hubspot", external_id="e", body=b"{}", status="processed",
                processed_at=now(), due_at=None,
            ),
        ]
    )  # fmt: skip
    session.commit()
    return made


@pytest.fixture
def member(people: People, workspace: Workspace) -> User:
    return people.member(workspace, Role.MEMBER, "colleague@example.com")


def restrict(client: FlaskClient, instance_id: str, **lines: str) -> None:
    """`lines`: powers in words by the subject's key, in which "__" stands for the colon."""
    form: dict[str, object] = {"who": "named", "own": []}
    for key, powers in lines.items():
        subject = key.replace("__", ":")
        form["own"] = [*form["own"], subject] if subject.startswith("user") else form["own"]  # type: ignore[misc]
        form[f"may-{subject}"] = powers.split()
    assert client.post(f"/integrations/{instance_id}/who-may-use-it", data=form).status_code == 303


def addresses(app: Flask, instance_id: str, contact: int) -> list[str]:
    """Every GET address of the URL map, with the ids of what is kept back."""
    values: dict[str, object] = {"instance_id": instance_id, "contact_id": contact, "event_id": "evt_1"}
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint in ("static", "accounts.logout"):
            continue
        arguments = {name: values.get(name, "hubspot") for name in rule.arguments}
        try:
            found.append(app.url_map.bind("localhost").build(rule.endpoint, arguments))
        except Exception:
            continue
    return sorted(set(found))


def test_who_is_not_named_finds_it_on_no_page_of_the_url_map(
    app: Flask, client: FlaskClient, session: Session, sign_in: SignIn, member: User, kept: str
) -> None:
    contact = session.scalars(select(CrmContact.id)).one()
    places = addresses(app, kept, contact)
    before = sign_in(member)
    told = [one for one in places if SECRET_NAME in before.get(one).text]
    assert len(told) >= 8, told
    restrict(client, kept)
    stranger = sign_in(member)
    for one in places:
        answer = stranger.get(one)
        assert answer.status_code < 500 or one == "/readyz", one  # no queue answers in tests
        assert "zanzibar" not in answer.text.lower(), one
        if kept in one:
            assert answer.status_code in (303, 403, 404), (one, answer.status_code)


def test_programs_of_somebody_not_named_find_nothing_of_it_either(
    app: Flask, client: FlaskClient, people: People, workspace: Workspace, member: User, kept: str
) -> None:
    headers = {"Authorization": f"Bearer {people.token(workspace, member)}"}
    program = app.test_client()
    calls = ("/api/integrations", "/api/contacts", "/api/events", f"/api/events?instanceId={kept}")
    assert kept in program.get(calls[0], headers=headers).text
    restrict(client, kept)
    for call in calls:
        assert kept not in program.get(call.split("?")[0], headers=headers).text, call
    assert program.put("/api/integrations", json={"id": kept}, headers=headers).status_code == 404
    test = {"testId": "hubspot-connection", "instanceId": kept}
    assert program.post("/api/integrations/test", json=test, headers=headers).status_code == 404


def test_figures_are_the_sum_of_what_one_may_see(
    app: Flask, session: Session, workspace: Workspace, kept: str
) -> None:
    at = now() - timedelta(hours=30)
    fact = CallFact(
        at_ms=int(at.timestamp() * 1000), workspace_id=workspace.id, provider_id="hubspot", instance_id=kept,
        environment="sandbox", kind="api_call", latency_us=12_000,
    )  # fmt: skip
    append(session, [fact, replace(fact, instance_id="ins_other", latency_us=900_000)])
    session.commit()
    period = Period.between(at - timedelta(hours=40), now() + timedelta(hours=1), ZoneInfo("UTC"))
    for provider in ("", "hubspot"):
        scope = Scope(workspace_id=workspace.id, environments=("sandbox",), provider_id=provider)
        everything = figures(session, scope, period)
        with app.test_request_context():
            g.out_of_reach = frozenset({"ins_other"})
            told = figures(session, scope, period)
        assert (everything.sums.count, told.sums.count) == (2, 1)
        assert [one.instance_id for one in told.instances] == [kept]
        assert sum(point.sums.count for point in told.points) == 1
        assert told.percentiles.p99 is not None
        assert everything.percentiles.p99 is not None
        assert told.percentiles.p99 < 100 < everything.percentiles.p99


def test_who_may_look_can_look_and_is_told_why_not_more(
    client: FlaskClient, sign_in: SignIn, member: User, kept: str
) -> None:
    restrict(client, kept, **{f"user__{member.id}": "see"})
    them = sign_in(member)
    assert SECRET_NAME in them.get(f"/integrations/{kept}").text
    assert "Run the test" not in them.get(f"/integrations/{kept}").text
    for path in ("pause", "tests", "settings"):
        answer = them.post(f"/integrations/{kept}/{path}", data={})
        assert answer.status_code == 403, path
        assert "who may use it" in answer.text


def test_a_persons_own_line_goes_before_their_roles(
    client: FlaskClient, sign_in: SignIn, people: People, workspace: Workspace, member: User, kept: str
) -> None:
    other = people.member(workspace, Role.MEMBER, "other@example.com")
    restrict(client, kept, role__member="see test", **{f"user__{member.id}": ""})
    assert sign_in(other).get(f"/integrations/{kept}").status_code == 200
    assert sign_in(member).get(f"/integrations/{kept}").status_code == 404


def test_a_grant_gives_nothing_that_the_role_does_not(
    client: FlaskClient, sign_in: SignIn, people: People, workspace: Workspace, kept: str
) -> None:
    viewer = people.member(workspace, Role.VIEWER)
    restrict(client, kept, **{f"user__{viewer.id}": "see test use live edit delete"})
    them = sign_in(viewer)
    assert them.get(f"/integrations/{kept}").status_code == 200
    for path in ("pause", "remove", "tests", "who-may-use-it"):
        assert them.post(f"/integrations/{kept}/{path}", data={}).status_code == 403, path


def test_managers_see_what_is_kept_from_them_so_that_it_can_be_given_back(
    client: FlaskClient, sign_in: SignIn, people: People, workspace: Workspace, kept: str
) -> None:
    manager = people.member(workspace, Role.MANAGER)
    restrict(client, kept)
    them = sign_in(manager)
    assert them.post(f"/integrations/{kept}/remove", data={}).status_code == 403
    assert them.post(f"/integrations/{kept}/who-may-use-it", data={"who": "everybody"}).status_code == 303
    assert them.post(f"/integrations/{kept}/pause", data={}).status_code == 303


def test_live_writes_are_apart_from_those_to_test_and_sandbox(
    app: Flask, client: FlaskClient, session: Session, people: People, workspace: Workspace, member: User, kept: str
) -> None:
    restrict(client, kept, role__member="see use test")
    headers = {"Authorization": f"Bearer {people.token(workspace, member)}"}
    contact = session.scalars(select(CrmContact.id)).one()
    change = f"/api/contacts/{contact}"
    assert app.test_client().patch(change, json={"phone": "1"}, headers=headers).status_code < 300
    session.get_one(Instance, kept).environment = "live"
    session.commit()
    refused = app.test_client().patch(change, json={"phone": "2"}, headers=headers)
    assert refused.status_code == 403, refused.text
    restrict(client, kept, role__member="see use test live")
    assert app.test_client().patch(change, json={"phone": "2"}, headers=headers).status_code < 300


def test_a_token_without_live_write_writes_to_the_sandbox_only(
    app: Flask, session: Session, people: People, workspace: Workspace, owner: User, kept: str
) -> None:
    headers = {"Authorization": f"Bearer {people.token(workspace, owner, 'contacts:write')}"}
    change = f"/api/contacts/{session.scalars(select(CrmContact.id)).one()}"
    assert app.test_client().patch(change, json={"phone": "1"}, headers=headers).status_code < 300
    session.get_one(Instance, kept).environment = "live"
    session.commit()
    assert app.test_client().patch(change, json={"phone": "2"}, headers=headers).status_code == 403


def test_restricting_and_opening_are_in_the_audit_log(client: FlaskClient, session: Session, kept: str) -> None:
    restrict(client, kept, role__member="see")
    client.post(f"/integrations/{kept}/who-may-use-it", data={"who": "everybody"})
    wanted = ("instance.restricted", "instance.opened_to_all")
    found = session.scalars(select(AuditEntry.action).where(AuditEntry.action.in_(wanted))).all()
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize("form", [{}, {"who": "x"}, {"who": "named", "own": "user:nobody"},
                                  {"who": "named", "may-role:member": "everything"}])  # fmt: skip
def test_what_can_not_be_chosen_is_refused_and_changes_nothing(
    client: FlaskClient, session: Session, kept: str, form: dict[str, str]
) -> None:
    assert client.post(f"/integrations/{kept}/who-may-use-it", data=form).status_code == 422
    assert session.get_one(Instance, kept).restricted is False
