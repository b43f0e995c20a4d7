"""Signing in, the first run, and one's own settings."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import PASSWORD, People
from webapp.accounts import service
from webapp.accounts.models import User, UserSession
from webapp.audit.models import AuditEntry


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


def post(client: FlaskClient, address: str, page: str, **values: str):
    token = csrf_of(client.get(page).text)
    return client.post(address, data={"csrf_token": token} | values)


def test_the_right_password_signs_in_and_leads_to_where_one_wanted_to_go(app: Flask, owner: User, workspace) -> None:
    client = app.test_client()
    answer = post(client, "/login", "/login", email="ADA@example.com", password=PASSWORD, next="/settings/members")
    assert (answer.status_code, answer.location) == (303, "/settings/members")
    assert client.get("/settings/members").status_code == 200


def test_a_wrong_password_and_an_unknown_address_read_the_same(app: Flask, owner: User) -> None:
    client = app.test_client()
    wrong = post(client, "/login", "/login", email=owner.email, password="not the password")
    unknown = post(client, "/login", "/login", email="nobody@example.com", password="not the password")
    assert wrong.status_code == unknown.status_code == 422
    strip = lambda answer, email: re.sub(r'(?:value|content)="[^"]*"|nonce-\w+', "", answer.text.replace(email, ""))  # noqa: E731 (used twice, here)
    assert strip(wrong, owner.email) == strip(unknown, "nobody@example.com")


def test_a_sign_in_never_leads_to_another_site(app: Flask, owner: User) -> None:
    for address in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = post(app.test_client(), "/login", "/login", email=owner.email, password=PASSWORD, next=address)
        assert answer.location == "/"


def test_a_form_without_the_csrf_token_does_nothing(app: Flask, owner: User, session: Session) -> None:
    answer = app.test_client().post("/login", data={"email": owner.email, "password": PASSWORD})
    assert answer.status_code == 403
    assert session.scalar(select(UserSession)) is None


def test_signing_out_ends_the_session_for_good(client: FlaskClient, session: Session) -> None:
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    assert client.post("/logout").status_code == 303
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert client.get("/settings/members").status_code == 303


def test_another_browser_can_be_signed_out(sign_in: Callable[[User], FlaskClient], owner: User, workspace) -> None:
    here, there = sign_in(owner), sign_in(owner)
    page = here.get("/settings/sessions").text
    ends = re.search(r"/settings/sessions/(ses_\w+)/end", page)
    assert ends
    assert here.post(ends[0]).status_code == 303
    assert there.get("/settings/sessions").status_code == 303
    assert here.get("/settings/sessions").status_code == 200


def test_a_strangers_session_is_not_found(client: FlaskClient, people: People, session: Session) -> None:
    stranger = people.user("eve@example.com")
    service.start_session(session, stranger, ip="", user_agent="", workspace_id=None)
    session.commit()
    theirs = session.scalar(select(UserSession).where(UserSession.user_id == stranger.id))
    assert theirs is not None
    assert client.post(f"/settings/sessions/{theirs.id}/end").status_code == 404


def test_changing_the_password_signs_every_other_browser_out(
    sign_in: Callable[[User], FlaskClient], owner: User, workspace
) -> None:
    here, there = sign_in(owner), sign_in(owner)
    answer = here.post("/settings/password", data={"current": PASSWORD, "password": "five more random words"})
    assert answer.status_code == 303
    assert here.get("/settings/profile").status_code == 200
    assert there.get("/settings/profile").status_code == 303


def test_the_first_account_needs_the_printed_link(app: Flask, session: Session) -> None:
    client = app.test_client()
    assert client.get("/login").location == "/setup"
    assert "Open the set-up link" in client.get("/setup").text
    token = service.new_setup_link(session)
    session.commit()
    page = f"/setup?token={token}"
    values = {
        "name": "Ada",
        "email": "ada@example.com",
        "password": PASSWORD,
        "workspace": "Northwind",
        "token": token,
    }
    wrong = post(client, "/setup", page, **(values | {"token": "guessed"}))
    assert wrong.status_code == 403
    answer = post(client, "/setup", page, **values)
    assert (answer.status_code, answer.location) == (303, "/")
    user = session.scalar(select(User))
    assert user is not None
    assert user.is_admin
    again = client.get(page)
    assert again.location == "/login"


def test_a_weak_first_password_is_explained_and_nothing_is_half_saved(app: Flask, session: Session) -> None:
    token = service.new_setup_link(session)
    session.commit()
    client = app.test_client()
    answer = post(client, "/setup", f"/setup?token={token}", name="Ada", email="ada@example.com",
                  password="short", workspace="Northwind", token=token)  # fmt: skip
    assert answer.status_code == 422
    assert "Use at least 10 characters" in answer.text
    assert not service.anyone_exists(session)


def test_sign_ins_and_refusals_are_in_the_audit_log(app: Flask, owner: User, session: Session) -> None:
    post(app.test_client(), "/login", "/login", email=owner.email, password="not the password")
    post(app.test_client(), "/login", "/login", email=owner.email, password=PASSWORD)
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.sequence)).all()
    assert [action for action in actions if action.startswith("session.")] == ["session.refused", "session.started"]


def test_guessing_passwords_is_slowed_down(app: Flask, owner: User) -> None:
    client = app.test_client()
    codes = [post(client, "/login", "/login", email=owner.email, password=f"guess {n}").status_code for n in range(6)]
    assert codes == [422] * 5 + [429]
