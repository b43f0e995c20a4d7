"""The page on which an admin decides: in plain words, never about their own work, and safe whatever was written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.conftest import People
from tests.webapp.custom.conftest import document
from webapp.accounts.models import User
from webapp.catalog import publishing
from webapp.catalog import service as catalog
from webapp.core.clock import now
from webapp.custom import drafts, versions
from webapp.custom.models import CustomIntegration, CustomVersion
from webapp.instances import service as instances
from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace

SignIn = Callable[[User], FlaskClient]


@pytest.fixture
def admin(people: People) -> User:
    return people.user("root@example.com", admin=True)


@pytest.fixture
def version_id(session: Session, workspace: Workspace, owner: User, admin: User) -> str:
    made = drafts.create(
        session, workspace_id=workspace.id, user_id=owner.id, name="Northwind Orders", document=document()
    )
    row = versions.submit(session, made, user_id=owner.id, note="For <b>Blue Bottle</b>")
    found = row.id
    session.commit()
    return found


def state(session: Session, version_id: str) -> str:
    session.expire_all()
    return session.get_one(CustomVersion, version_id).state


def test_the_page_says_in_words_what_it_reaches_asks_and_does(sign_in: SignIn, admin: User, version_id: str) -> None:
    page = sign_in(admin).get(f"/admin/custom/{version_id}").text
    for words in (
        "https://{{ configuration.region }}.api.northwind-orders.example.com/v2",
        "A token that people enter goes with each request.",
        "API token",
        "kept encrypted",
        "Read the account",
        "This is the first version.",
        "For &lt;b&gt;Blue Bottle&lt;/b&gt;",
    ):
        assert words in page
    assert "<b>Blue Bottle" not in page


def test_what_waits_is_listed_and_can_be_approved_and_published(
    sign_in: SignIn, session: Session, admin: User, version_id: str
) -> None:
    client = sign_in(admin)
    assert "Waiting for review" in client.get("/admin/custom").text
    assert client.post(f"/admin/custom/{version_id}/approve").status_code == 303
    assert state(session, version_id) == "approved"
    assert client.post(f"/admin/custom/{version_id}/publish", data={"audience": "all"}).status_code == 303
    assert state(session, version_id) == "published"
    assert "custom-northwind-orders" in catalog.registry()
    assert "Northwind Orders" in client.get("/admin/custom").text
    retired = client.post(f"/admin/custom/{version_id}/deprecate", data={"replacement": "hubspot"})
    assert (retired.status_code, state(session, version_id)) == (303, "deprecated")
    assert client.post(f"/admin/custom/{version_id}/withdraw", data={"note": "It leaked"}).status_code == 303
    assert state(session, version_id) == "withdrawn"


def test_what_is_not_possible_is_said_on_the_page_and_changes_nothing(
    sign_in: SignIn, session: Session, admin: User, version_id: str
) -> None:
    client = sign_in(admin)
    for decision, data, status in (
        ("publish", {"audience": "all"}, 409),
        ("publish", {"audience": "moon"}, 422),
        ("reject", {"note": " "}, 422),
        ("request-changes", {"note": "x" * 5000}, 422),
        ("withdraw", {"note": "why"}, 409),
        ("explode", {}, 404),
    ):
        assert client.post(f"/admin/custom/{version_id}/{decision}", data=data).status_code == status, decision
        assert state(session, version_id) == "submitted"
    assert client.get("/admin/custom/nothing").status_code == 404


def test_nobody_decides_about_their_own_work(sign_in: SignIn, session: Session, people: People) -> None:
    boss = people.user("boss@example.com", admin=True)
    workspace = people.workspace(boss, "Own")
    made = drafts.create(session, workspace_id=workspace.id, user_id=boss.id, name="Mine", document=document())
    found = versions.submit(session, made, user_id=boss.id).id
    session.commit()
    client = sign_in(boss)
    assert "another site admin must decide" in client.get(f"/admin/custom/{found}").text
    assert client.post(f"/admin/custom/{found}/approve").status_code == 403
    assert state(session, found) == "submitted"


def test_comments_stand_at_their_line_and_can_be_ticked_off(
    sign_in: SignIn, session: Session, admin: User, version_id: str
) -> None:
    client = sign_in(admin)
    assert client.post(f"/admin/custom/{version_id}/comments", data={"text": " "}).status_code == 422
    sent = client.post(
        f"/admin/custom/{version_id}/comments", data={"pointer": "/operations/0", "text": "<i>Why</i> this?"}
    )
    assert sent.status_code == 303
    page = client.get(f"/admin/custom/{version_id}").text
    assert "Action “Read the account”" in page
    assert "&lt;i&gt;Why&lt;/i&gt; this?" in page
    one = versions.comments_of(session, version_id)[0].id
    assert client.post(f"/admin/custom/{version_id}/comments/{one}/resolve").status_code == 303
    assert client.post(f"/admin/custom/{version_id}/comments/nothing/resolve").status_code == 404


def test_a_document_changed_in_the_database_raises_the_alarm(
    sign_in: SignIn, session: Session, admin: User, version_id: str
) -> None:
    client = sign_in(admin)
    client.post(f"/admin/custom/{version_id}/approve")
    client.post(f"/admin/custom/{version_id}/publish", data={"audience": "all"})
    session.expire_all()
    changed = session.get_one(CustomVersion, version_id).document | {"base_url": "https://evil.example.com"}
    session.execute(update(CustomVersion).values(document=changed, changed_at=now()))
    session.commit()
    catalog.published_documents().forget()
    catalog.registry()
    assert "Changed after it was approved" in client.get("/admin/custom").text
    assert "Changed in the database" in client.get(f"/admin/custom/{version_id}").text


def test_only_site_admins_see_any_of_it(client: FlaskClient, version_id: str) -> None:
    for path in ("/admin/custom", f"/admin/custom/{version_id}", f"/admin/custom/{version_id}/document.yaml"):
        assert client.get(path).status_code in (403, 404)


def test_the_document_can_be_taken_away(sign_in: SignIn, admin: User, version_id: str) -> None:
    answer = sign_in(admin).get(f"/admin/custom/{version_id}/document.yaml")
    assert answer.text.startswith("version: 1\nid: custom-northwind-orders\n")


def test_an_admin_sees_how_the_tests_went_when_it_was_submitted(
    sign_in: SignIn, session: Session, workspace: Workspace, owner: User, admin: User
) -> None:
    made = drafts.create(session, workspace_id=workspace.id, user_id=owner.id, name="Orders", document=document())
    draft_id = made.id
    session.commit()
    assert sign_in(owner).post(f"/builder/{draft_id}/submit", data={"note": ""}).status_code == 303
    session.expire_all()
    row = versions.versions_of(session, draft_id)[0]
    assert row.evidence
    assert {one["status"] for one in row.evidence} == {"passed"}
    page = sign_in(admin).get(f"/admin/custom/{row.id}").text
    assert row.evidence[0]["name"].split(":")[0] in page
    assert "No test run was sent along" not in page


def test_a_connection_is_moved_to_a_newer_version_by_hand_and_back(
    sign_in: SignIn, session: Session, workspace: Workspace, owner: User, admin: User, version_id: str
) -> None:
    first = session.get_one(CustomVersion, version_id)
    draft = session.get_one(CustomIntegration, first.integration_id)
    versions.approve(session, first, user_id=admin.id)
    publishing.publish(session, first, user_id=admin.id, audience="all")
    session.commit()
    connection = instances.create(
        session, workspace_id=workspace.id, provider_id=draft.provider_id, name="Shop", configuration={},
        environment="sandbox",
    ).id  # fmt: skip
    session.commit()
    client = sign_in(owner)
    assert "It is the newest one." in client.get(f"/integrations/{connection}/settings").text
    content = drafts.document_of(session, draft) | {"tagline": "All about orders"}
    drafts.save(session, draft, document=content, seen=1, user_id=owner.id, what="Tagline")
    second = versions.submit(session, draft, user_id=owner.id)
    versions.approve(session, second, user_id=admin.id)
    publishing.publish(session, second, user_id=admin.id, audience="all")
    session.commit()
    page = client.get(f"/integrations/{connection}/settings").text
    assert "Version 2 is there" in page
    assert "All about orders" in page
    moved = client.post(f"/integrations/{connection}/version", data={"number": "2"})
    assert moved.status_code == 303
    session.expire_all()
    assert session.get_one(Instance, connection).provider_version == 2
    assert "Go back to version 1" in client.get(f"/integrations/{connection}/settings").text
    for wrong in ("9", "", "x", "-1"):
        assert client.post(f"/integrations/{connection}/version", data={"number": wrong}).status_code == 409
    assert client.post(f"/integrations/{connection}/version", data={"number": "1"}).status_code == 303
    session.expire_all()
    assert session.get_one(Instance, connection).provider_version == 1
