"""The audit log as people see it."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.conftest import People
from webapp.accounts.models import User
from webapp.audit.service import record
from webapp.core.permissions import Role
from webapp.workspaces.models import Workspace


def test_an_act_reads_as_a_sentence_with_who_did_it(client: FlaskClient) -> None:
    client.post("/settings/tokens", data={"name": "Website", "scopes": ["events:read"], "days": "30"})
    page = client.get("/settings/audit").text
    assert "created the API token Website" in page
    assert "ada@example.com" in page


def test_search_takes_wildcards_as_letters(client: FlaskClient, session: Session, workspace: Workspace) -> None:
    record(session, "test.done", object_name="100% wool", workspace_id=workspace.id)
    record(session, "test.done", object_name="cotton", workspace_id=workspace.id)
    page = client.get("/settings/audit?search=0%25 w").text
    assert "100% wool" in page
    assert "cotton" not in page


def test_the_log_pages_without_a_gap(client: FlaskClient, session: Session, workspace: Workspace) -> None:
    for number in range(60):
        record(session, "test.done", object_name=f"item-{number:02}", workspace_id=workspace.id)
    first = client.get("/settings/audit").text
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(following).text
    seen = [number for number in range(60) if f"item-{number:02}" in first or f"item-{number:02}" in second]
    assert seen == list(range(60))


def test_an_export_opens_in_a_spreadsheet_without_running_anything(
    client: FlaskClient, session: Session, workspace: Workspace
) -> None:
    record(session, "test.done", object_name="=HYPERLINK(1)", workspace_id=workspace.id)
    answer = client.get("/settings/audit/export.csv")
    assert answer.mimetype == "text/csv"
    assert ",'=HYPERLINK(1)," in answer.text
    assert "audit.exported" in client.get("/settings/audit/export.json").text


def test_other_workspaces_and_low_roles_see_nothing(
    client: FlaskClient,
    sign_in: Callable[[User], FlaskClient],
    people: People,
    session: Session,
    workspace: Workspace,
) -> None:
    stranger = people.user("eve@example.com")
    people.workspace(stranger, "Elsewhere")
    assert "Elsewhere" not in client.get("/settings/audit").text
    assert sign_in(people.member(workspace, Role.MEMBER)).get("/settings/audit").status_code == 403


def test_a_date_that_is_none_is_explained(client: FlaskClient) -> None:
    answer = client.get("/settings/audit?from=yesterday")
    assert answer.status_code == 400
    assert "Write it like 2026-11-23." in answer.text
