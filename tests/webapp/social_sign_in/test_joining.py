"""Somebody new, somebody known, and each reason why nobody was let in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import PASSWORD, People
from tests.webapp.social_sign_in.conftest import Browser
from tests.webapp.social_sign_in.issuer import Issuer
from webapp.accounts import service as accounts
from webapp.accounts.models import User, UserSession
from webapp.audit.models import AuditEntry
from webapp.core.clock import now
from webapp.core.permissions import Role
from webapp.social_sign_in.models import SignInAttempt, UserIdentity
from webapp.workspaces import service as workspaces
from webapp.workspaces.models import Membership


def invitation(session: Session, workspace, owner: User, email: str = "") -> str:
    _, token = workspaces.invite(
        session,
        workspace_id=workspace.id,
        role="member",
        by_user=owner.id,
        by_role=Role.OWNER,
        email=email,
    )
    session.commit()
    return token


def actions(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.sequence)))


def test_somebody_new_creates_an_account_and_next_time_one_click_is_enough(
    stranger: Browser, new_browser: Callable[..., Browser], owner: User, session: Session
) -> None:
    answer = stranger.sign_in()
    page = stranger.led_to(answer)
    assert "Acme ID confirmed who you are" in page.text
    assert 'value="grace@example.com"' in page.text
    assert not stranger.signed_in
    done = stranger.post(answer.location, name="Grace", email="grace@example.com", workspace="Hopper & Co")
    assert (done.status_code, done.location) == (303, "/")
    assert stranger.signed_in
    grace = accounts.user_by_email(session, "grace@example.com")
    assert grace is not None
    assert grace.password_hash == ""
    assert not grace.is_admin
    again = new_browser()
    assert again.sign_in(next="/settings/sessions").location == "/settings/sessions"
    assert again.signed_in
    found = actions(session)
    assert found.count("session.started") == 2
    assert "identity.linked" in found


def test_the_session_after_signing_in_has_a_new_id(stranger: Browser, people: People, session: Session) -> None:
    link(session, people.user())
    with stranger.client.session_transaction() as cookie:
        cookie["_user_id"] = "planted"
    stranger.sign_in()
    with stranger.client.session_transaction() as cookie:
        assert cookie["_user_id"] != "planted"
    assert session.scalars(select(UserSession)).one().user.email == "ada@example.com"


def link(session: Session, user: User, subject: str = "person-1", issuer: str | None = None) -> UserIdentity:
    from flask import current_app

    row = UserIdentity(
        user_id=user.id,
        provider="oidc",
        issuer=current_app.config["SETTINGS"].login_oidc.issuer if issuer is None else issuer,
        subject=subject,
        email="grace@example.com",
    )
    session.add(row)
    session.commit()
    return row


def test_who_one_is_does_not_depend_on_the_address(
    stranger: Browser, issuer: Issuer, people: People, session: Session
) -> None:
    link(session, people.user("old@example.com"))
    issuer.person = {"name": "Renamed", "email": "another@example.com", "email_verified": False}
    stranger.sign_in()
    assert session.scalars(select(UserSession)).one().user.email == "old@example.com"


def test_the_same_subject_at_another_issuer_is_another_person(
    stranger: Browser, people: People, session: Session, issuer: Issuer
) -> None:
    issuer.person["email"] = "new@example.com"
    link(session, people.user(), issuer="https://other.example.com")
    assert "Create your account" in stranger.led_to(stranger.sign_in()).text
    assert not stranger.signed_in


def test_a_verified_address_of_a_local_account_is_linked_only_after_that_account_is_proven(
    stranger: Browser, people: People, session: Session
) -> None:
    grace = people.user("Grace@Example.com")
    answer = stranger.sign_in(next="/settings/profile")
    page = stranger.led_to(answer)
    assert "You have an account here" in page.text
    assert not stranger.signed_in
    assert session.scalars(select(UserIdentity)).all() == []
    own = answer.location.replace("/login/finish/", "/settings/sign-in/join/")
    assert stranger.client.get(own).location.startswith("/login")
    signed = stranger.post("/login", email="grace@example.com", password=PASSWORD, next=own)
    assert signed.location == own
    assert "Link Acme ID?" in stranger.client.get(own).text
    assert session.scalars(select(UserIdentity)).all() == []
    done = stranger.post(own)
    assert (done.status_code, done.location) == (303, "/settings/profile")
    session.rollback()
    assert session.scalars(select(UserIdentity)).one().user_id == grace.id
    assert stranger.client.get(own).status_code == 400  # once


def test_another_persons_verified_address_can_t_be_linked_by_that_page(
    stranger: Browser, people: People, session: Session
) -> None:
    people.user("grace@example.com")
    people.user("eve@example.com")
    answer = stranger.sign_in()
    own = answer.location.replace("/login/finish/", "/settings/sign-in/join/")
    stranger.post("/login", email="eve@example.com", password=PASSWORD)
    assert stranger.client.get(own).status_code == 403
    assert stranger.post(own).status_code == 403
    assert session.scalars(select(UserIdentity)).all() == []


@pytest.mark.parametrize("signup", ["open", "invite"])
def test_an_address_that_is_not_verified_opens_and_links_nothing(
    signup: str, stranger: Browser, issuer: Issuer, people: People, session: Session
) -> None:
    people.user("grace@example.com")
    issuer.person["email_verified"] = False
    answer = stranger.sign_in()
    page = stranger.led_to(answer)
    assert "You have an account here" not in page.text
    assert not stranger.signed_in
    own = answer.location.replace("/login/finish/", "/settings/sign-in/join/")
    stranger.post("/login", email="grace@example.com", password=PASSWORD)
    assert stranger.client.get(own).status_code == 400
    assert stranger.post(own).status_code == 400
    assert session.scalars(select(UserIdentity)).all() == []


def test_the_address_of_somebody_else_can_t_be_taken_by_typing_it(
    stranger: Browser, issuer: Issuer, people: People, session: Session
) -> None:
    people.user("grace@example.com")
    issuer.person = {"name": "Grace"}
    answer = stranger.sign_in()
    page = stranger.led_to(answer)
    assert "told us no address" in page.text
    refused = stranger.post(answer.location, name="Grace", email="GRACE@example.com", workspace="Hers")
    assert refused.status_code == 422
    assert "then link this account under Settings" in refused.text
    assert session.scalars(select(UserIdentity)).all() == []
    assert stranger.post(answer.location, name="Grace", email="", workspace="x").status_code == 422
    done = stranger.post(answer.location, name="Grace", email="typed@example.com", workspace="Hers")
    assert done.status_code == 303
    session.rollback()
    row = session.scalars(select(UserIdentity)).one()
    assert (row.email, row.email_verified) == ("", False)


@pytest.mark.parametrize(
    ("signup", "words"), [("closed", "Nobody new can join"), ("invite", "You need an invitation")]
)
def test_strangers_read_why_they_can_t_join_and_what_to_do(
    signup: str, words: str, stranger: Browser, owner: User, session: Session
) -> None:
    page = stranger.led_to(stranger.sign_in())
    assert page.status_code == 403
    assert words in page.text
    assert "Settings, “Sign-in”" in page.text
    assert "identity.refused" in actions(session)
    assert len(session.scalars(select(User)).all()) == 1


@pytest.mark.parametrize("signup", ["invite"])
def test_an_invited_person_joins_without_a_password(
    signup: str, stranger: Browser, workspace, owner: User, session: Session
) -> None:
    token = invitation(session, workspace, owner, "grace.work@example.com")
    assert "Join with Acme ID" in stranger.client.get(f"/invitations/{token}").text
    answer = stranger.sign_in(kind="invitation", ticket=token)
    page = stranger.led_to(answer)
    assert "Join Northwind" in page.text
    assert "grace.work@example.com" in page.text
    done = stranger.post(answer.location, name="Grace", email="", workspace="")
    assert done.status_code == 303
    user = accounts.user_by_email(session, "grace.work@example.com")
    assert user is not None
    assert session.get(Membership, (workspace.id, user.id)).role == "member"
    assert "Northwind" in stranger.client.get("/settings/members").text
    assert stranger.client.get(f"/invitations/{token}").status_code == 404


@pytest.mark.parametrize(
    ("signup", "words"), [("invite", "can’t be used any more"), ("closed", "Nobody new can join")]
)
def test_an_invitation_that_is_over_lets_nobody_in(
    signup: str, words: str, stranger: Browser, workspace, owner: User, session: Session
) -> None:
    token = invitation(session, workspace, owner)
    query = stranger.leave(kind="invitation", ticket=token)
    workspaces.revoke_invitation(session, workspace.id, workspaces.open_invitations(session, workspace.id)[0].id)
    session.commit()
    assert words in stranger.led_to(stranger.come_back(query)).text


@pytest.mark.parametrize("signup", ["closed"])
def test_where_nobody_new_may_join_an_invitation_makes_no_account_with_a_password_either(
    signup: str, stranger: Browser, workspace, owner: User, session: Session
) -> None:
    token = invitation(session, workspace, owner)
    form = {"name": "Grace", "email": "grace@example.com", "password": PASSWORD}
    answer = stranger.post(f"/invitations/{token}", **form)
    assert answer.status_code == 403
    assert "New accounts are closed" in answer.text


@pytest.mark.parametrize("signup", ["invite"])
def test_an_invitation_that_ends_while_the_form_is_open_lets_nobody_in(
    signup: str, stranger: Browser, workspace, owner: User, session: Session
) -> None:
    token = invitation(session, workspace, owner)
    answer = stranger.sign_in(kind="invitation", ticket=token)
    workspaces.revoke_invitation(session, workspace.id, workspaces.open_invitations(session, workspace.id)[0].id)
    session.commit()
    done = stranger.post(answer.location, name="Grace", email="grace@example.com", workspace="Mine")
    assert done.status_code == 409
    assert accounts.user_by_email(session, "grace@example.com") is None


def test_somebody_known_comes_to_the_invitation_signed_in(
    stranger: Browser, people: People, workspace, owner: User, session: Session
) -> None:
    link(session, people.user("grace@example.com"))
    token = invitation(session, workspace, owner, "grace@example.com")
    page = stranger.led_to(stranger.sign_in(kind="invitation", ticket=token))
    assert "Join the workspace" in page.text


def test_the_first_account_may_be_made_without_a_password(stranger: Browser, session: Session) -> None:
    token = accounts.new_setup_link(session)
    session.commit()
    stranger.page = f"/setup?token={token}"
    assert "or without a password" in stranger.client.get(stranger.page).text
    answer = stranger.sign_in(kind="set-up", ticket=token)
    done = stranger.post(answer.location, name="Grace", email="grace@example.com", workspace="Northwind")
    assert done.status_code == 303
    session.rollback()
    user = session.scalars(select(User)).one()
    assert user.is_admin
    assert not accounts.setup_link_fits(session, token)


def test_without_the_set_up_link_nobody_takes_a_new_installation(stranger: Browser, session: Session) -> None:
    stranger.page = f"/setup?token={accounts.new_setup_link(session)}"
    session.commit()
    page = stranger.led_to(stranger.sign_in(kind="set-up", ticket="guessed"))
    assert "You need an invitation" in page.text
    assert not accounts.anyone_exists(session)


def test_a_disabled_account_stays_closed(stranger: Browser, people: People, session: Session) -> None:
    user = people.user()
    link(session, user)
    user.disabled_at = now()
    session.commit()
    page = stranger.led_to(stranger.sign_in())
    assert "switched off" in page.text
    assert not stranger.signed_in


@pytest.mark.parametrize("error", ["access_denied", "consent_required"])
def test_who_stops_on_the_way_can_go_on_from_the_page(stranger: Browser, owner: User, error: str) -> None:
    query = stranger.leave(next="/settings/profile")
    answer = stranger.client.get(f"/login/callback/oidc?error={error}&state={query['state']}&iss=x")
    page = stranger.led_to(answer)
    assert "You stopped at Acme ID" in page.text
    assert 'name="next" value="/settings/profile"' in page.text
    assert "state=" not in answer.location


def test_words_of_the_issuer_are_not_repeated(stranger: Browser, owner: User) -> None:
    query = stranger.leave()
    bad = "error=%3Cscript%3E&error_description=%3Cb%3Eevil"
    answer = stranger.client.get(f"/login/callback/oidc?{bad}&state={query['state']}")
    page = stranger.led_to(answer)
    assert "did not confirm who you are" in page.text
    assert "evil" not in page.text


def test_an_issuer_that_does_not_answer_is_said_so(
    app: Flask, stranger: Browser, issuer: Issuer, owner: User
) -> None:
    query = stranger.leave()
    issuer.token_status = 503
    page = stranger.led_to(stranger.come_back(query))
    assert page.status_code == 503
    assert "Acme ID could not be reached" in page.text
    known = app.config["SETTINGS"]
    gone = replace(known.login_oidc, issuer="http://127.0.0.1:9")
    app.config["SETTINGS"] = replace(known, login_oidc=gone, egress_allow=("127.0.0.1:9",))
    answer = stranger.post("/login/with/oidc")
    assert answer.status_code == 503
    assert "could not be reached" in answer.text


def test_a_way_that_is_not_set_up_is_not_there(stranger: Browser, owner: User) -> None:
    assert stranger.post("/login/with/nobody").status_code == 404
    assert stranger.client.get("/login/callback/nobody?state=x").status_code == 400


def test_the_next_page_is_one_of_ours(stranger: Browser, people: People, session: Session) -> None:
    link(session, people.user())
    assert stranger.sign_in(next="https://evil.example").location == "/"


def test_the_database_holds_neither_state_nor_verifier_nor_links(
    stranger: Browser, workspace, owner: User, session: Session
) -> None:
    token = invitation(session, workspace, owner)
    query = stranger.leave(kind="invitation", ticket=token, next=f"/invitations/{token}")
    row = session.scalars(select(SignInAttempt)).one()
    held = repr([getattr(row, one.key) for one in SignInAttempt.__table__.columns])
    assert query["state"] not in held
    assert query["nonce"] not in held
    assert token not in held
