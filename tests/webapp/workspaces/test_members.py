"""Members, invitations and tokens of a workspace."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import PASSWORD, People
from tests.webapp.accounts.test_sign_in import post
from webapp.accounts.models import User
from webapp.core.permissions import Role
from webapp.workspaces import service
from webapp.workspaces.models import ApiToken, Membership, Workspace


def invitation_link(client: FlaskClient, **values: str) -> str:
    answer = client.post("/settings/members/invite", data={"role": "member"} | values)
    found = re.search(r"http://localhost(/invitations/[^\"]+)", answer.text)
    assert found, answer.text
    return found[1]


def test_an_invited_person_creates_an_account_and_joins_once(
    app: Flask, client: FlaskClient, session: Session, workspace: Workspace
) -> None:
    link = invitation_link(client, email="bob@example.com")
    stranger = app.test_client()
    answer = post(stranger, link, link, name="Bob", email="bob@example.com", password=PASSWORD)
    assert answer.status_code == 303
    bob = session.scalar(select(User).where(User.email == "bob@example.com"))
    assert bob is not None
    assert session.get_one(Membership, (workspace.id, bob.id)).role == "member"
    assert app.test_client().get(link).status_code == 404


def test_an_invitation_for_one_address_does_not_fit_another(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    link = invitation_link(client, email="bob@example.com")
    answer = post(app.test_client(), link, link, name="Eve", email="eve@example.com", password=PASSWORD)
    assert answer.status_code == 422
    assert "This invitation is for bob@example.com." in answer.text
    assert session.scalar(select(User).where(User.email == "eve@example.com")) is None


def test_an_invitation_taken_back_no_longer_works(app: Flask, client: FlaskClient) -> None:
    link = invitation_link(client)
    revoke = re.search(r"/settings/members/invitations/inv_\w+/revoke", client.get("/settings/members").text)
    assert revoke
    client.post(revoke[0])
    assert app.test_client().get(link).status_code == 404


def test_nobody_gives_a_role_above_their_own(
    sign_in: Callable[[User], FlaskClient], people: People, workspace: Workspace
) -> None:
    manager = sign_in(people.member(workspace, Role.MANAGER))
    assert manager.post("/settings/members/invite", data={"role": "owner"}).status_code in (403, 422)


def test_the_last_owner_stays(client: FlaskClient, owner: User) -> None:
    assert client.post(f"/settings/members/{owner.id}/role", data={"role": "viewer"}).status_code == 409
    assert client.post(f"/settings/members/{owner.id}/remove").status_code == 409


def test_a_removed_member_loses_access_and_tokens_at_once(
    client: FlaskClient, app: Flask, people: People, workspace: Workspace, session: Session,
    sign_in: Callable[[User], FlaskClient],
) -> None:  # fmt: skip
    member = people.member(workspace, Role.MEMBER)
    token = people.token(workspace, member)
    browser = sign_in(member)
    assert browser.get("/settings/members").status_code == 200
    client.post(f"/settings/members/{member.id}/remove")
    assert browser.get("/settings/members").status_code == 403
    assert service.token_of(session, token) is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_low_roles_see_members_but_change_nothing(
    role: Role, sign_in: Callable[[User], FlaskClient], people: People, workspace: Workspace, owner: User
) -> None:
    browser = sign_in(people.member(workspace, role))
    page = browser.get("/settings/members")
    assert page.status_code == 200
    assert "Invite someone" not in page.text
    assert browser.post("/settings/members/invite", data={"role": "viewer"}).status_code == 403
    assert browser.post(f"/settings/members/{owner.id}/remove").status_code == 403
    assert browser.get("/settings/tokens").status_code == 403


def test_a_token_is_shown_once_and_stored_as_a_digest(client: FlaskClient, session: Session) -> None:
    answer = client.post("/settings/tokens", data={"name": "Website", "scopes": ["events:read"], "days": "30"})
    token = re.search(r"tk_[\w-]{40,}", answer.text)
    assert token
    assert token[0] not in client.get("/settings/tokens").text
    row = session.scalar(select(ApiToken))
    assert row is not None
    assert token[0] not in (row.token_digest, row.prefix)


def test_switching_to_a_strangers_workspace_is_not_found(client: FlaskClient, people: People) -> None:
    foreign = people.workspace(people.user("eve@example.com"), "Eve's")
    assert client.post("/workspaces/switch", data={"workspace": foreign.id}).status_code == 404


def test_a_new_workspace_is_entered_at_once(client: FlaskClient) -> None:
    answer = client.post("/workspaces/new", data={"name": "Café Luna", "time_zone": "Europe/Rome"})
    assert answer.status_code == 303
    assert "Café Luna" in client.get("/settings/workspace").text


def test_two_workspaces_of_one_name_get_two_slugs(people: People, owner: User) -> None:
    assert people.workspace(owner, "Twin").slug == "twin"
    assert people.workspace(owner, "Twin").slug == "twin-2"
