"""Looking at the workspace as a client sees it: read only, told on every page, over after half an hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import People
from tests.test_permissions import calls
from webapp.accounts.models import User, UserSession
from webapp.audit.models import AuditEntry
from webapp.core.clock import now
from webapp.core.permissions import Role
from webapp.workspaces.models import Membership, Workspace

SignIn = Callable[[User], FlaskClient]
BANNER = "You see this workspace as"


def look(client: FlaskClient, chosen: str) -> None:
    assert client.post("/settings/members/look-as", data={"as": chosen}).status_code == 303


def test_every_page_says_so_until_it_is_ended(client: FlaskClient, session: Session) -> None:
    look(client, "viewer")
    for path in ("/", "/integrations", "/monitoring", "/settings/permissions"):
        assert BANNER in client.get(path).text, path
    assert client.post("/settings/members/look-as/end").status_code == 303
    assert BANNER not in client.get("/integrations").text
    found = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("member.looked%"))).all()
    assert sorted(found) == ["member.looked_as", "member.looked_as_ended"]


def test_nothing_can_be_changed_and_nothing_personal_opened(app: Flask, client: FlaskClient) -> None:
    look(client, "member")
    open_still = ("/settings/members/look-as/end",)
    for method, path, _ in calls(app):
        if path in open_still or path == "/logout" or method == "GET":
            continue
        assert client.open(path, method=method).status_code in (403, 404), (method, path)
    for path in ("/settings/security", "/settings/profile"):
        assert client.get(path).status_code in (403, 404), path
    assert BANNER in client.get("/integrations").text


def test_it_ends_by_itself_after_half_an_hour(client: FlaskClient, session: Session) -> None:
    look(client, "viewer")
    row = session.scalars(select(UserSession).where(UserSession.seen_as == "viewer")).one()
    assert row.seen_as_until is not None
    assert timedelta(minutes=29) < row.seen_as_until - now() <= timedelta(minutes=30)
    row.seen_as_until = now() - timedelta(seconds=1)
    session.commit()
    assert BANNER not in client.get("/integrations").text
    assert client.get("/settings/tokens").status_code == 200


def test_what_a_viewer_may_not_open_is_shut_while_looking_as_one(client: FlaskClient) -> None:
    assert client.get("/settings/tokens").status_code == 200
    look(client, "viewer")
    assert client.get("/settings/tokens").status_code == 403


def test_a_connection_kept_from_somebody_is_gone_while_looking_as_them(
    client: FlaskClient, api: FlaskClient, people: People, workspace: Workspace
) -> None:
    ada = people.member(workspace, Role.MEMBER, "kept@example.com")
    body = {"providerId": "stripe", "name": "Zanzibar", "environment": "sandbox", "configuration": {}}
    made = api.post("/api/integrations", json=body).json["instance"]["id"]
    form = {"who": "named", "may-role:member": "see", "own": f"user:{ada.id}"}
    assert client.post(f"/integrations/{made}/who-may-use-it", data=form).status_code == 303
    look(client, "member")
    assert "Zanzibar" in client.get("/integrations").text
    client.post("/settings/members/look-as/end")
    look(client, ada.id)
    assert "Zanzibar" not in client.get("/integrations").text
    assert client.get(f"/integrations/{made}").status_code == 404


def test_only_managers_look_as_others_and_never_as_somebody_above_them(
    sign_in: SignIn, people: People, workspace: Workspace, owner: User
) -> None:
    manager, member = people.member(workspace, Role.MANAGER), people.member(workspace, Role.MEMBER)
    stranger = people.user("mallory@example.com")
    them = sign_in(manager)
    assert them.post("/settings/members/look-as", data={"as": owner.id}).status_code == 403
    for unknown in (stranger.id, "", "owner", "nobody"):
        assert them.post("/settings/members/look-as", data={"as": unknown}).status_code in (403, 404), unknown
    assert sign_in(member).post("/settings/members/look-as", data={"as": "viewer"}).status_code == 403


@pytest.mark.parametrize("role", ["viewer", None])
def test_a_changed_or_ended_membership_counts_at_the_next_request(
    sign_in: SignIn, people: People, session: Session, workspace: Workspace, role: str | None
) -> None:
    manager = people.member(workspace, Role.MANAGER)
    them = sign_in(manager)
    assert them.get("/settings/tokens").status_code == 200
    row = session.get_one(Membership, (workspace.id, manager.id))
    if role:
        row.role = role
    else:
        session.delete(row)
    session.commit()
    assert them.get("/settings/tokens").status_code == 403


def test_viewers_read_no_addresses_of_others(sign_in: SignIn, people: People, workspace: Workspace) -> None:
    viewer, member = people.member(workspace, Role.VIEWER), people.member(workspace, Role.MEMBER)
    assert "ada@example.com" not in sign_in(viewer).get("/settings/members").text
    assert "ada@example.com" in sign_in(member).get("/settings/members").text
