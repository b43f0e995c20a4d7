"""Authenticator apps, recovery codes, and who demands them. Passkeys in a browser: tests/e2e/test_passkeys.py."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import PASSWORD, People
from tests.webapp.accounts.steps import by_code, by_password, give_app, give_codes, post, signed_in
from webapp.accounts import authenticator, recovery, second_factor
from webapp.accounts.completion import complete_sign_in
from webapp.accounts.models import AuthenticatorApp, Passkey, RecoveryCode, User
from webapp.audit.models import AuditEntry
from webapp.core.clock import now
from webapp.core.permissions import Role
from webapp.notices.models import Notice
from webapp.workspaces import service as workspaces
from webapp.workspaces.models import Workspace


def test_setting_up_an_app_shows_a_key_asks_for_a_code_and_gives_recovery_codes_once(
    client: FlaskClient, owner: User, session: Session
) -> None:
    assert client.post("/settings/security/app").location == "/settings/security/app"
    page = client.get("/settings/security/app").text
    assert '<svg class="qr"' in page
    enrolment = authenticator.enrolment(session, owner)
    assert enrolment is not None
    assert enrolment.secret in page
    assert client.post("/settings/security/app/confirm", data={"code": "000000"}).status_code == 422
    answer = client.post("/settings/security/app/confirm", data={"code": code_now(enrolment.secret)})
    codes = re.findall(r"<code>([a-z0-9-]{19})</code>", answer.text)
    assert len(codes) == recovery.MADE
    page = client.get("/settings/security").text
    assert codes[0] not in page
    assert "10 left" in page
    assert client.get("/settings/security/app").status_code == 303  # the key is never shown again


def code_now(secret: str) -> str:
    import pyotp

    return pyotp.TOTP(secret).at(now())


def test_the_key_and_the_codes_are_not_readable_in_the_database(owner: User, session: Session) -> None:
    app = give_app(session, owner)
    codes = give_codes(session, owner)
    row = session.get_one(AuthenticatorApp, owner.id)
    assert app.secret not in row.sealed + row.wrapped
    kept = " ".join(session.scalars(select(RecoveryCode.digest)))
    assert codes[0] not in kept
    assert codes[0].replace("-", "") not in kept


def test_after_the_password_the_code_is_asked_for_and_then_the_way_goes_on(
    app: Flask, owner: User, workspace: Workspace, session: Session
) -> None:
    totp = give_app(session, owner)
    client = app.test_client()
    answer = by_password(client, owner, next="/settings/members")
    assert answer.location == "/login/second-step"
    assert not signed_in(client)
    answer = by_code(client, totp.at(now()))
    assert answer.location == "/settings/members"
    assert signed_in(client)


def test_a_code_works_once(app: Flask, owner: User, workspace: Workspace, session: Session) -> None:
    code = give_app(session, owner).at(now())
    first, second = app.test_client(), app.test_client()
    for client in (first, second):
        by_password(client, owner)
    assert by_code(first, code).status_code == 303
    answer = by_code(second, code)
    assert answer.status_code == 422
    assert "was used already" in answer.text
    assert not signed_in(second)


def test_an_older_code_does_not_work_after_a_newer_one(owner: User, session: Session) -> None:
    totp = give_app(session, owner)
    step = int(now().timestamp())
    assert authenticator.check(session, owner.id, totp.at(step))
    assert not authenticator.check(session, owner.id, totp.at(step - 30))


def test_a_recovery_code_works_once_and_the_person_is_told(
    app: Flask, owner: User, workspace: Workspace, session: Session
) -> None:
    give_app(session, owner)
    code = give_codes(session, owner)[0]
    client = app.test_client()
    by_password(client, owner)
    assert by_code(client, code.upper().replace("-", " ")).status_code == 303
    assert signed_in(client)
    again = app.test_client()
    by_password(again, owner)
    assert by_code(again, code).status_code == 422
    assert session.scalar(select(Notice.title).where(Notice.kind == "recovery-code-used"))


def test_codes_of_another_person_do_not_work(people: People, owner: User, session: Session) -> None:
    other = people.user("eve@example.com")
    assert not recovery.take(session, other.id, give_codes(session, owner)[0])


def test_the_second_step_is_nothing_without_the_first(app: Flask, owner: User, session: Session) -> None:
    totp = give_app(session, owner)
    client = app.test_client()
    assert client.get("/login/second-step").location == "/login"
    answer = post(client, "/login/second-step", "/login", code=totp.at(now()))
    assert answer.location == "/login"
    assert not signed_in(client)


def test_a_password_that_was_changed_meanwhile_ends_the_second_step(
    app: Flask, owner: User, session: Session
) -> None:
    totp = give_app(session, owner)
    client = app.test_client()
    by_password(client, owner)
    owner.password_hash = "changed"
    session.commit()
    assert client.get("/login/second-step").location == "/login"
    answer = post(client, "/login/second-step", "/login", code=totp.at(now()))
    assert answer.location == "/login"


def test_guessing_codes_is_slowed_down(app: Flask, owner: User, session: Session) -> None:
    totp = give_app(session, owner)
    client = app.test_client()
    by_password(client, owner)
    assert [by_code(client, f"00000{n}").status_code for n in range(6)] == [422] * 5 + [429]
    answer = by_code(client, totp.at(now()))
    assert answer.status_code == 429
    assert "Wait 15 seconds" in answer.text


def test_other_ways_in_ask_for_the_second_factor_too_but_a_passkey_is_both(
    app: Flask, owner: User, workspace: Workspace, session: Session
) -> None:
    give_app(session, owner)
    user_id = owner.id
    session.commit()
    for how, where in (("social", "/login/second-step"), ("passkey", "/")):
        with app.test_request_context("/login"):
            answer = complete_sign_in(session.get_one(User, user_id), how)
            assert answer.location == where  # type: ignore[union-attr]


def test_removing_the_last_factor_takes_the_recovery_codes_along_and_is_told(
    client: FlaskClient, owner: User, session: Session
) -> None:
    give_app(session, owner)
    give_codes(session, owner)
    assert client.post("/settings/security/app/remove").status_code == 303
    assert recovery.left(session, owner.id) == 0
    assert session.scalar(select(Notice.title)) == "The authenticator app was removed from your account"


def test_recovery_codes_without_a_factor_make_no_sense(client: FlaskClient, owner: User) -> None:
    assert client.post("/settings/security/recovery-codes").status_code == 409


def test_new_recovery_codes_end_the_old_ones(client: FlaskClient, owner: User, session: Session) -> None:
    give_app(session, owner)
    old = give_codes(session, owner)
    assert client.post("/settings/security/recovery-codes").status_code == 200
    assert not recovery.take(session, owner.id, old[0])


def test_setting_up_a_factor_gives_the_browser_a_new_session_id(
    client: FlaskClient, owner: User, session: Session
) -> None:
    with client.session_transaction() as cookie:
        before = cookie["_user_id"]
    authenticator.begin(session, owner)
    enrolment = authenticator.enrolment(session, owner)
    assert enrolment is not None
    client.post("/settings/security/app/confirm", data={"code": code_now(enrolment.secret)})
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != before
    assert signed_in(client)


# -------------------------------------------------------------------------------------------------- passkeys by hand


def test_passkey_answers_that_make_no_sense_are_refused_without_an_error(
    app: Flask, owner: User, session: Session, client: FlaskClient
) -> None:
    stranger = app.test_client()
    for nonsense in ("", "{", "[]", '{"id": 3}', '{"id": "x", "rawId": "x"}', "[" * 10000):
        answer = post(stranger, "/login/passkey", "/login", passkey=nonsense)
        assert answer.location == "/login?next=/"
        assert client.post("/settings/security/passkeys", data={"passkey": nonsense}).status_code == 422
    assert not signed_in(stranger)


def test_nobody_renames_or_removes_another_person_s_passkey(
    client: FlaskClient, people: People, session: Session
) -> None:
    other = people.user("eve@example.com")
    row = Passkey(user_id=other.id, credential_id="abc", public_key="abc", name="Phone")
    session.add(row)
    session.commit()
    assert client.post(f"/settings/security/passkeys/{row.id}/remove").status_code == 404
    assert client.post(f"/settings/security/passkeys/{row.id}/name", data={"name": "Mine"}).status_code == 404


# --------------------------------------------------------------------------------------------------- who demands it


def test_a_workspace_that_demands_it_leads_people_to_set_it_up_before_anything_else(
    client: FlaskClient, owner: User, workspace: Workspace, session: Session
) -> None:
    assert client.post("/settings/workspace/second-factor", data={"demanded": "1"}).status_code == 303
    for address in ("/", "/marketplace", "/settings/members", "/integrations"):
        assert client.get(address).location == "/settings/security?demanded=1", address
    answer = client.get("/home/live", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/settings/security?demanded=1"
    assert "asks for a second factor" in client.get("/api/integrations").json["detail"]
    assert client.get("/settings/security?demanded=1").status_code == 200
    assert client.get("/notices").status_code == 200
    give_app(session, owner)
    assert client.get("/settings/members").status_code == 200


def test_another_workspace_of_the_same_person_stays_open(
    people: People, owner: User, workspace: Workspace, session: Session, sign_in: Callable[[User], FlaskClient]
) -> None:
    other = people.workspace(owner, "Zephyr")
    workspaces.demand_second_factor(session, other.id, demanded=True)
    session.commit()
    client = sign_in(owner)
    assert client.get("/settings/members").status_code == 200
    client.post("/workspaces/switch", data={"workspace": other.id})
    assert client.get("/settings/members").location == "/settings/security?demanded=1"
    client.post("/workspaces/switch", data={"workspace": workspace.id})
    assert client.get("/settings/members").status_code == 200


def test_tokens_go_on_where_people_must_have_a_second_factor(
    api: FlaskClient, workspace: Workspace, session: Session
) -> None:
    workspaces.demand_second_factor(session, workspace.id, demanded=True)
    session.commit()
    assert api.get("/api/integrations").status_code == 200


def test_admin_pages_open_only_with_a_second_factor_when_that_is_demanded(
    people: People, session: Session, sign_in: Callable[[User], FlaskClient]
) -> None:
    root = people.user("root@example.com", admin=True)
    client = sign_in(root)
    assert client.post("/admin/people/second-factor", data={"demanded": "1"}).status_code == 303
    assert client.get("/admin").location == "/settings/security?demanded=1"
    give_app(session, root)
    assert client.get("/admin").status_code == 200


# ----------------------------------------------------------------------------------------------- losing everything


def test_an_admin_resets_somebody_s_second_factor_and_they_are_told(
    people: People, owner: User, session: Session, sign_in: Callable[[User], FlaskClient], app: Flask
) -> None:
    give_app(session, owner)
    give_codes(session, owner)
    client = sign_in(people.user("root@example.com", admin=True))
    assert client.post(f"/admin/people/{owner.id}/reset-second-factor").status_code == 303
    assert not second_factor.factors_of(session, owner.id).any
    assert recovery.left(session, owner.id) == 0
    told = session.scalar(select(Notice).where(Notice.user_id == owner.id))
    assert told is not None
    assert "root@example.com removed your passkeys" in told.text
    assert "second_factor.reset" in session.scalars(select(AuditEntry.action)).all()
    assert by_password(app.test_client(), owner).location == "/"


@pytest.mark.parametrize("role", list(Role))
def test_nobody_but_an_admin_may(
    role: Role, people: People, owner: User, workspace: Workspace, sign_in: Callable[[User], FlaskClient]
) -> None:
    client = sign_in(people.member(workspace, role))
    assert client.post(f"/admin/people/{owner.id}/reset-second-factor").status_code == 404
    assert client.post(f"/admin/people/{owner.id}/reset-link").status_code == 404


def test_changing_the_encryption_key_keeps_the_app_working(app: Flask, owner: User, session: Session) -> None:
    from webapp.core.crypto import Keyring

    totp = give_app(session, owner)
    new = Keyring(("another encryption key, long enough too", *app.config["SETTINGS"].encryption_keys))
    row = session.get_one(AuthenticatorApp, owner.id)
    before = row.wrapped
    row.wrapped = new.rewrap(before, authenticator.place(owner.id))
    assert row.wrapped != before
    app.extensions["keyring"] = new
    assert authenticator.check(session, owner.id, totp.at(now()))


def test_the_password_used_in_these_tests_is_right(app: Flask, owner: User, workspace: Workspace) -> None:
    """So that refusals above are for the second factor."""
    assert by_password(app.test_client(), owner, password=PASSWORD).location == "/"
