"""The wizard, page by page, without a script: from a template to what an admin gets."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.conftest import People
from tests.webapp.custom.conftest import document
from webapp.accounts.models import User
from webapp.core.permissions import Role
from webapp.custom import drafts, versions
from webapp.custom.models import CustomIntegration
from webapp.workspaces.models import Workspace

PAGES = ("template", "configure", "rules", "generate", "deploy")


@pytest.fixture
def draft(session: Session, workspace: Workspace, owner: User) -> CustomIntegration:
    made = drafts.create(
        session, workspace_id=workspace.id, user_id=owner.id, name="Northwind Orders", document=document()
    )
    session.commit()
    return made


def latest(session: Session, workspace: Workspace) -> tuple[CustomIntegration, dict[str, object]]:
    session.rollback()
    session.expire_all()
    one = drafts.listed(session, workspace.id)[0]
    return one, drafts.document_of(session, one)


@pytest.mark.parametrize("start", ["rest", "webhook", "oauth", "graphql", "xml", "csv"])
def test_every_template_begins_a_draft_whose_pages_all_open(
    client: FlaskClient, session: Session, workspace: Workspace, start: str
) -> None:
    answer = client.post("/builder/new", data={"name": "Acme", "start": start})
    assert answer.status_code == 303
    one, _ = latest(session, workspace)
    for name in PAGES:
        page = client.get(f"/builder/{one.id}/{name}")
        assert page.status_code == 200, name
    assert client.get(f"/builder/{one.id}").location.endswith("/configure")


def test_every_part_of_a_full_document_has_a_page(client: FlaskClient, draft: CustomIntegration) -> None:
    for name in PAGES:
        assert client.get(f"/builder/{draft.id}/{name}").status_code == 200, name
    page = client.get(f"/builder/{draft.id}/configure").text + client.get(f"/builder/{draft.id}/rules").text
    found = set(re.findall(rf'href="(/builder/{draft.id}/edit\?[^"#]*)', page))
    assert len(found) > 8
    for address in found:
        assert client.get(address.replace("&amp;", "&")).status_code == 200, address


def test_a_curl_command_becomes_a_draft_with_a_list_of_what_was_understood(
    client: FlaskClient, session: Session, workspace: Workspace
) -> None:
    command = "curl https://api.acme.example/v1/orders?limit=5 -H 'X-Api-Key: very-secret-value'"
    page = client.post("/builder/new", data={"source": "curl", "text": command})
    assert page.status_code == 200
    assert "All calls begin with https://api.acme.example/v1." in page.text
    _, made = latest(session, workspace)
    assert made["auth"]["kind"] == "api_key"  # type: ignore[index]  # plain data
    assert "very-secret-value" not in str(made)


@pytest.mark.parametrize("source", ["openapi", "curl", "postman", "har", "sample"])
def test_what_can_not_be_read_is_said_and_kept_on_the_page(client: FlaskClient, source: str) -> None:
    page = client.post("/builder/new", data={"source": source, "text": "\x00 <nothing> {"})
    assert page.status_code in (200, 422)
    if source != "sample":
        assert page.status_code == 422
        assert "&lt;nothing&gt;" in page.text


def test_a_file_that_is_not_text_is_refused(client: FlaskClient) -> None:
    data = {"source": "openapi", "file": (io.BytesIO(b"\xff\xfe\x00\x80"), "x.yaml")}
    page = client.post("/builder/new", data=data, content_type="multipart/form-data")
    assert page.status_code == 422
    assert "The file is not text." in page.text


def test_a_field_is_added_changed_moved_and_removed(
    client: FlaskClient, session: Session, workspace: Workspace, draft: CustomIntegration
) -> None:
    address, seen = f"/builder/{draft.id}", draft.revision
    before = [one["name"] for one in document()["fields"]]
    client.post(f"{address}/add", data={"at": "/fields", "kind": "number", "seen": seen})
    place = f"/fields/{len(before)}"
    client.post(f"{address}/edit?at={place}", data={"seen": seen + 1, "part-name": "amount", "part-label": "Amount",
                                                     "part-kind": "number"})  # fmt: skip
    client.post(f"{address}/edit?at={place}&rules=1", data={"seen": seen + 2, "part-required": "false",
                                                             "part-minimum": "3"})  # fmt: skip
    client.post(f"{address}/move", data={"at": place, "to": "0", "seen": seen + 3})
    _, made = latest(session, workspace)
    assert made["fields"][0] == {  # type: ignore[index]  # plain data
        "label": "Amount", "kind": "number", "name": "amount", "required": False, "minimum": 3}  # fmt: skip
    client.post(f"{address}/remove", data={"at": "/fields/0", "seen": seen + 4})
    _, made = latest(session, workspace)
    assert [one["name"] for one in made["fields"]] == before  # type: ignore[index, attr-defined]  # plain data


def test_undo_brings_back_what_was_and_redo_what_came(
    client: FlaskClient, session: Session, workspace: Workspace, draft: CustomIntegration
) -> None:
    seen = draft.revision
    before = document()["fields"]
    client.post(f"/builder/{draft.id}/remove", data={"at": "/fields/0", "seen": seen})
    client.post(f"/builder/{draft.id}/undo", data={"seen": seen + 1})
    assert latest(session, workspace)[1]["fields"] == before
    client.post(f"/builder/{draft.id}/redo", data={"seen": seen})
    assert latest(session, workspace)[1]["fields"] == before[1:]


def test_picking_from_the_sample_sets_the_mapping(
    client: FlaskClient, session: Session, workspace: Workspace, draft: CustomIntegration
) -> None:
    page = client.get(f"/builder/{draft.id}/edit?at=/operations/1").text
    assert 'value="updated_at"' in page
    client.post(f"/builder/{draft.id}/pick", data={"seen": draft.revision, "number": 1, "action": "use",
                                                   "path": "updated_at", "name": "changed"})  # fmt: skip
    _, made = latest(session, workspace)
    assert made["operations"][1]["response"]["outputs"]["changed"] == "updated_at"  # type: ignore[index]  # plain data


def test_a_save_over_somebody_elses_shows_both_and_keeps_what_was_typed(
    client: FlaskClient, session: Session, workspace: Workspace, draft: CustomIntegration
) -> None:
    seen = draft.revision
    client.post(f"/builder/{draft.id}/edit?at=", data={"seen": seen, "part-name": "Theirs"})
    page = client.post(
        f"/builder/{draft.id}/edit?at=", data={"seen": seen, "part-name": "Mine", "part-tagline": "Kept"}
    )
    assert page.status_code == 409
    assert "Ada changed this draft" in page.text
    assert 'value="Kept"' in page.text
    again = client.post(f"/builder/{draft.id}/edit?at=", data={"seen": seen + 1, "part-name": "Mine"})
    assert again.status_code == 303
    assert latest(session, workspace)[0].name == "Mine"


def test_the_document_as_text_is_saved_or_comes_back_with_the_line(
    client: FlaskClient, session: Session, workspace: Workspace, draft: CustomIntegration
) -> None:
    address = f"/builder/{draft.id}/document"
    refused = client.post(address, data={"seen": draft.revision, "text": "name: [unclosed\nnext: 1"})
    assert refused.status_code == 422
    assert "name: [unclosed" in refused.text
    assert client.post(address, data={"seen": draft.revision, "text": "name: Other\nfields: []"}).status_code == 303
    assert latest(session, workspace)[0].name == "Other"


@pytest.mark.parametrize("kind", ["zip", "openapi", "guide", "yaml"])
def test_what_was_made_can_be_taken_away(client: FlaskClient, draft: CustomIntegration, kind: str) -> None:
    answer = client.get(f"/builder/{draft.id}/download/{kind}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert len(answer.data) > 200


def test_the_console_asks_the_play_copy_and_never_shows_or_keeps_a_secret(
    client: FlaskClient, session: Session, workspace: Workspace, draft: CustomIntegration
) -> None:
    before = draft.revision
    page = client.post(f"/builder/{draft.id}/run", data={"operation": "account", "where": "sandbox"})
    assert page.status_code == 200
    assert "Answered with 200" in page.text
    assert "Blue Bottle Books" in page.text
    typed = {"operation": "account", "where": "sandbox", "value-1": "nwo_fedcba9876543210"}
    refused = client.post(f"/builder/{draft.id}/run", data=typed)
    assert refused.status_code == 200
    assert "nwo_fedcba9876543210" not in refused.text
    one, made = latest(session, workspace)
    assert one.revision == before
    assert "nwo_fedcba9876543210" not in str(made)


def test_a_finding_leads_to_its_control(client: FlaskClient, session: Session, workspace: Workspace) -> None:
    client.post("/builder/new", data={"name": "Acme", "start": "rest"})
    one, _ = latest(session, workspace)
    page = client.get(f"/builder/{one.id}/deploy").text
    assert f"/builder/{one.id}/edit?at=#part-base_url" in page
    assert 'id="part-base_url"' in client.get(f"/builder/{one.id}/edit?at=").text


def test_submitting_hands_it_to_the_admins_and_can_be_taken_back(
    client: FlaskClient, session: Session, workspace: Workspace, draft: CustomIntegration
) -> None:
    assert client.post(f"/builder/{draft.id}/submit", data={"note": "Please"}).status_code == 303
    session.expire_all()
    assert [one.state for one in versions.versions_of(session, draft.id)] == ["submitted"]
    assert "Waiting for review" in client.get(f"/builder/{draft.id}/deploy").text
    client.post(f"/builder/{draft.id}/take-back")
    session.expire_all()
    assert [one.state for one in versions.versions_of(session, draft.id)] == ["taken_back"]


def test_a_draft_with_errors_is_not_submitted(client: FlaskClient, session: Session, workspace: Workspace) -> None:
    client.post("/builder/new", data={"name": "Acme", "start": "rest"})
    one, _ = latest(session, workspace)
    assert client.post(f"/builder/{one.id}/submit").status_code == 422
    assert versions.versions_of(session, one.id) == []


def test_deleted_drafts_come_back_and_copies_are_their_own(client: FlaskClient, draft: CustomIntegration) -> None:
    assert client.post(f"/builder/{draft.id}/duplicate").status_code == 303
    assert "Northwind Orders copy" in client.get("/builder").text
    client.post(f"/builder/{draft.id}/delete")
    assert client.get(f"/builder/{draft.id}/configure").status_code == 404
    client.post(f"/builder/{draft.id}/restore")
    assert client.get(f"/builder/{draft.id}/configure").status_code == 200


def test_a_viewer_looks_and_changes_nothing(
    client: FlaskClient, people: People, workspace: Workspace, draft: CustomIntegration, sign_in: object
) -> None:
    viewer = sign_in(people.member(workspace, Role.VIEWER))  # type: ignore[operator]  # the fixture is a function
    for name in PAGES:
        assert viewer.get(f"/builder/{draft.id}/{name}").status_code == 200
    assert viewer.post(f"/builder/{draft.id}/remove", data={"at": "/fields/0", "seen": 1}).status_code == 403


BAD = (
    {},
    {"seen": "x"},
    {"seen": "1", "at": "/nothing/9"},
    {"seen": "9" * 30, "at": "/fields/0"},
    {"seen": "1", "at": "/fields/-1"},
    {"seen": "1", "at": "/fields/²"},
)


@pytest.mark.parametrize("data", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("verb", ["add", "move", "remove", "pick", "kind", "undo", "redo", "run", "document", "edit"])
def test_bad_input_is_an_answer_and_never_a_fault(
    client: FlaskClient, draft: CustomIntegration, verb: str, data: dict[str, str]
) -> None:
    assert client.post(f"/builder/{draft.id}/{verb}", data=data).status_code < 500
