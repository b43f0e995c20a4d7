"""Proving again that it is oneself before what is sensitive, without losing what was typed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import PASSWORD, People
from tests.webapp.accounts.steps import give_app, held_in, let_proof_grow_old
from webapp.accounts import proof
from webapp.accounts.models import User, UserSession
from webapp.audit.models import AuditEntry
from webapp.core.clock import now
from webapp.core.permissions import Role
from webapp.workspaces.models import ApiToken, Workspace

SECRET_NAME = "a name that must not be readable"
TOKEN_FORM = {"name": SECRET_NAME, "scopes": ["events:read", "tests:run"], "days": "30"}


@pytest.fixture
def old(client: FlaskClient, owner: User, session: Session) -> FlaskClient:
    """A browser whose proof is an hour old."""
    let_proof_grow_old(session, owner)
    return client


def test_within_ten_minutes_of_signing_in_nothing_is_asked(client: FlaskClient) -> None:
    assert "Your token is ready" in client.post("/settings/tokens", data=TOKEN_FORM).text


def test_a_form_goes_on_with_everything_that_was_typed_once_the_proof_is_given(
    old: FlaskClient, session: Session
) -> None:
    answer = old.post("/settings/tokens", data=TOKEN_FORM)
    assert answer.status_code == 403
    assert "Confirm that it is you" in answer.text
    assert session.scalar(select(ApiToken)) is None
    held = held_in(answer.text)
    assert SECRET_NAME not in answer.text
    answer = old.post("/settings/tokens", data={"proof_held": held, "proof_password": PASSWORD})
    assert "Your token is ready" in answer.text
    row = session.scalar(select(ApiToken))
    assert row is not None
    assert (row.name, row.scopes) == (SECRET_NAME, ["events:read", "tests:run"])


def test_a_wrong_proof_asks_again_and_still_loses_nothing(old: FlaskClient, session: Session) -> None:
    held = held_in(old.post("/settings/tokens", data=TOKEN_FORM).text)
    answer = old.post("/settings/tokens", data={"proof_held": held, "proof_password": "not the password"})
    assert answer.status_code == 422
    assert "This is not your password" in answer.text
    assert "not the password" not in answer.text
    assert session.scalar(select(ApiToken)) is None
    held = held_in(answer.text)
    answer = old.post("/settings/tokens", data={"proof_held": held, "proof_password": PASSWORD})
    assert "Your token is ready" in answer.text


def test_a_held_form_works_only_where_and_for_whom_it_was_held(
    old: FlaskClient, people: People, workspace: Workspace, session: Session, sign_in
) -> None:
    held = held_in(old.post("/settings/tokens", data=TOKEN_FORM).text)
    other = sign_in(people.member(workspace, Role.OWNER, "eve@example.com"))
    for client, address, text in (
        (other, "/settings/tokens", held),
        (old, "/settings/members/invite", held),
        (old, "/settings/tokens", held[:-4] + "AAAA"),
        (old, "/settings/tokens", "nonsense"),
        (old, "/settings/tokens", ""),
    ):
        answer = client.post(address, data={"proof_held": text, "proof_password": PASSWORD})
        assert answer.status_code == 400, address
        assert "fill in the form again" in answer.text
    assert session.scalar(select(ApiToken)) is None


def test_a_held_form_is_not_kept_for_ever(old: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    held = held_in(old.post("/settings/tokens", data=TOKEN_FORM).text)
    monkeypatch.setattr(proof, "_HELD_FOR", -1)
    answer = old.post("/settings/tokens", data={"proof_held": held, "proof_password": PASSWORD})
    assert answer.status_code == 400


def test_a_page_leads_through_the_proof_and_back(old: FlaskClient) -> None:
    answer = old.get("/settings/audit/export.csv?search=x")
    assert answer.location == "/settings/prove?next=/settings/audit/export.csv?search%3Dx"
    answer = old.post("/settings/prove", data={"proof_password": PASSWORD, "next": "/settings/audit/export.csv"})
    assert answer.location == "/settings/audit/export.csv"
    assert old.get("/settings/audit/export.csv").status_code == 200


def test_the_way_back_never_leads_to_another_site(old: FlaskClient) -> None:
    answer = old.post("/settings/prove", data={"proof_password": PASSWORD, "next": "https://evil.example/"})
    assert answer.location == "/settings/security"


def test_a_code_of_the_app_is_a_proof_too_and_works_once(old: FlaskClient, owner: User, session: Session) -> None:
    code = give_app(session, owner).at(now())
    assert old.post("/settings/prove", data={"proof_code": code, "next": "/"}).location == "/"
    assert old.post("/settings/prove", data={"proof_code": code, "next": "/"}).status_code == 422


def test_the_proof_is_good_for_ten_minutes(old: FlaskClient, owner: User, session: Session) -> None:
    old.post("/settings/prove", data={"proof_password": PASSWORD})
    row = session.scalar(select(UserSession).where(UserSession.user_id == owner.id))
    assert row is not None
    row.proved_at = now() - timedelta(minutes=9)
    session.commit()
    assert old.post("/settings/security/app").location == "/settings/security/app"
    row.proved_at = now() - timedelta(minutes=11)
    session.commit()
    assert old.post("/settings/security/app").status_code == 403


def test_guessing_at_the_proof_is_slowed_down_for_this_browser_only(
    old: FlaskClient, owner: User, session: Session, sign_in
) -> None:
    codes = [old.post("/settings/prove", data={"proof_password": f"guess {n}"}).status_code for n in range(5)]
    assert codes == [422] * 5
    answer = old.post("/settings/prove", data={"proof_password": PASSWORD})
    assert "Wait 15 seconds" in answer.text
    assert sign_in(owner).post("/settings/prove", data={"proof_password": PASSWORD}).status_code == 303


def test_a_program_is_told_in_its_own_words_and_its_token_is_its_proof(old: FlaskClient, api: FlaskClient) -> None:
    """The JSON API with a browser's session asks for the proof where a token does not."""
    made = api.post(
        "/api/integrations", json={"providerId": "resend", "name": "R", "environment": "sandbox", "configuration": {}}
    ).json["instance"]
    api.put("/api/integrations", json={"id": made["id"], "status": "active"})
    change = {"id": made["id"], "configuration": {"api_key": "re_another_1234567890abcdef"}}
    by_token, by_session = api.put("/api/integrations", json=change), old.put("/api/integrations", json=change)
    assert by_token.status_code != 403
    if made["status"] != "draft":
        assert by_session.status_code == 403


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/settings/members/invite", {"role": "owner", "email": ""}),
        ("/settings/workspace/second-factor", {"demanded": "1"}),
        ("/settings/security/app", {}),
        ("/settings/security/app/remove", {}),
        ("/settings/security/recovery-codes", {}),
        ("/settings/security/app/confirm", {"code": "123456"}),
        ("/settings/security/passkeys", {"passkey": "{}"}),
    ],
)
def test_what_is_sensitive_asks(old: FlaskClient, path: str, fields: dict[str, str], session: Session) -> None:
    answer = old.post(path, data=fields)
    assert answer.status_code == 403, path
    assert "Confirm that it is you" in answer.text
    assert not [a for a in session.scalars(select(AuditEntry.action)) if a.startswith("second_factor")]


def test_giving_and_taking_roles_asks(old: FlaskClient, people: People, workspace: Workspace) -> None:
    member = people.member(workspace, Role.VIEWER)
    for path, fields in ((f"{member.id}/role", {"role": "owner"}), (f"{member.id}/remove", {})):
        assert old.post(f"/settings/members/{path}", data=fields).status_code == 403
    assert old.post("/settings/members/invite", data={"role": "viewer", "email": ""}).status_code == 200


def test_admin_acts_on_people_ask(people: People, owner: User, session: Session, sign_in) -> None:
    root = people.user("root@example.com", admin=True)
    client = sign_in(root)
    let_proof_grow_old(session, root)
    for path in (f"{owner.id}/reset-link", f"{owner.id}/reset-second-factor", "second-factor"):
        assert client.post(f"/admin/people/{path}").status_code == 403
