"""Linking, unlinking and proving again, in settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.conftest import PASSWORD, People
from tests.webapp.social_sign_in.conftest import Browser
from tests.webapp.social_sign_in.issuer import Issuer
from tests.webapp.social_sign_in.test_joining import actions, link
from webapp.accounts.models import User, UserSession
from webapp.core.clock import now
from webapp.notices.models import Notice
from webapp.social_sign_in.models import UserIdentity

LINK = "/settings/sign-in/link/oidc"


@pytest.fixture
def own(new_browser: Callable[..., Browser], client: FlaskClient) -> Browser:
    """The owner, just signed in with a password."""
    return new_browser(client)


def long_ago(session: Session) -> None:
    session.execute(update(UserSession).values(proved_at=now() - timedelta(minutes=11)))
    session.commit()


def without_password(session: Session, user: User) -> None:
    user.password_hash = ""
    session.commit()


def rows(session: Session) -> list[UserIdentity]:
    session.rollback()
    return list(session.scalars(select(UserIdentity)))


def test_linking_and_then_signing_in_with_it(own: Browser, stranger: Browser, session: Session, owner: User) -> None:
    answer = own.sign_in(LINK)
    assert answer.location == "/settings/sign-in"
    page = own.client.get(answer.location).text
    assert "Acme ID is linked" in page
    assert "grace@example.com" in page
    assert [one.user_id for one in rows(session)] == [owner.id]
    stranger.sign_in()
    assert stranger.signed_in


def test_a_person_is_told_of_a_new_way_in_and_of_one_that_went(own: Browser, session: Session, owner: User) -> None:
    own.sign_in(LINK)
    own.sign_in(LINK)
    own.post(f"/settings/sign-in/{rows(session)[0].id}/unlink")
    told = session.scalars(select(Notice).where(Notice.user_id == owner.id).order_by(Notice.created_at)).all()
    assert [one.title for one in told] == ["You can now sign in with Acme ID", "Acme ID no longer signs you in"]
    assert "grace@example.com" in told[0].text


def test_linking_twice_changes_nothing(own: Browser, session: Session) -> None:
    own.sign_in(LINK)
    assert own.sign_in(LINK).location == "/settings/sign-in"
    assert len(rows(session)) == 1


def test_an_account_that_is_somebody_elses_can_t_be_linked(own: Browser, people: People, session: Session) -> None:
    other = people.user("other@example.com")
    link(session, other)
    page = own.led_to(own.sign_in(LINK))
    assert page.status_code == 409
    assert "belongs to someone else here" in page.text
    assert [one.user_id for one in rows(session)] == [other.id]


def test_after_ten_minutes_one_proves_oneself_again(own: Browser, session: Session) -> None:
    long_ago(session)
    answer = own.post(LINK)
    assert answer.status_code == 403
    assert "Confirm that it is you" in answer.text
    wrong = own.post("/settings/prove", proof_password="not it", next="/settings/sign-in")
    assert wrong.status_code == 422
    assert own.post(LINK).status_code == 403
    right = own.post("/settings/prove", proof_password=PASSWORD, next="/settings/sign-in")
    assert right.location == "/settings/sign-in"
    assert own.post(LINK).status_code == 200
    assert "session.proved" in actions(session)


def test_guessing_the_password_there_is_slowed_down(own: Browser) -> None:
    pages = [own.post("/settings/prove", proof_password=f"guess {n}").text for n in range(6)]
    assert ["Too many tries failed" in page for page in pages] == [False] * 5 + [True]


def test_who_has_no_password_proves_themselves_with_the_linked_account(
    own: Browser, session: Session, owner: User, issuer: Issuer
) -> None:
    link(session, owner)
    without_password(session, owner)
    long_ago(session)
    assert "Prove it with Acme ID" in own.client.get("/settings/prove").text
    issuer.sub = "person-2"
    page = own.led_to(own.sign_in("/settings/prove/with/oidc", next="/settings/profile"))
    assert "That was another account" in page.text
    assert own.post(LINK).status_code == 403
    issuer.sub = "person-1"
    assert own.sign_in("/settings/prove/with/oidc", next="/settings/profile").location == "/settings/profile"
    assert own.post(LINK).status_code == 200


def test_a_proof_does_not_move_to_another_session(
    own: Browser, new_browser: Callable[..., Browser], sign_in: Callable[[User], FlaskClient], session, owner: User
) -> None:
    link(session, owner)
    query = own.leave("/settings/prove/with/oidc")
    with own.client.session_transaction() as cookie:
        carried = cookie["ways_in"]
    other = new_browser(sign_in(owner))
    with other.client.session_transaction() as cookie:
        cookie["ways_in"] = carried
    assert other.come_back(query).status_code == 400


def test_signing_out_ends_a_linking_under_way(own: Browser, session: Session) -> None:
    query = own.leave(LINK)
    own.post("/logout")
    assert own.come_back(query).status_code == 400
    assert rows(session) == []


def test_unlinking_keeps_the_account_and_closes_that_way(
    own: Browser, stranger: Browser, session: Session, owner: User
) -> None:
    row = link(session, owner).id
    long_ago(session)
    assert own.post(f"/settings/sign-in/{row}/unlink").status_code == 403
    own.post("/settings/prove", proof_password=PASSWORD)
    assert own.post(f"/settings/sign-in/{row}/unlink").location == "/settings/sign-in"
    assert rows(session) == []
    assert "identity.unlinked" in actions(session)
    stranger.sign_in()
    assert not stranger.signed_in


def test_the_last_way_in_stays(own: Browser, session: Session, owner: User) -> None:
    row = link(session, owner).id
    without_password(session, owner)
    assert "Your only way in" in own.client.get("/settings/sign-in").text
    answer = own.post(f"/settings/sign-in/{row}/unlink")
    assert answer.status_code == 409
    assert "Set a password" in answer.text
    assert len(rows(session)) == 1


def test_a_way_that_is_no_longer_offered_does_not_count_as_a_way_in(
    own: Browser, session: Session, owner: User
) -> None:
    row = link(session, owner).id
    link(session, owner, "old", issuer="https://gone.example.com")
    without_password(session, owner)
    assert own.post(f"/settings/sign-in/{row}/unlink").status_code == 409
    assert "Not offered here now" in own.client.get("/settings/sign-in").text


def test_one_of_two_ways_may_go(own: Browser, session: Session, owner: User) -> None:
    first, _ = link(session, owner).id, link(session, owner, "second")
    without_password(session, owner)
    assert own.post(f"/settings/sign-in/{first}/unlink").status_code == 303


def test_a_strangers_way_in_is_not_found(own: Browser, people: People, session: Session) -> None:
    theirs = link(session, people.user("other@example.com")).id
    assert own.post(f"/settings/sign-in/{theirs}/unlink").status_code == 404
    assert len(rows(session)) == 1


def test_who_has_no_password_can_set_one(own: Browser, session: Session, owner: User) -> None:
    link(session, owner)
    without_password(session, owner)
    assert "Set the password" in own.client.get("/settings/profile").text
    assert own.post("/settings/password", password="short").status_code == 422
    long_ago(session)
    assert own.post("/settings/password", password="five more random words").status_code == 403
    session.execute(update(UserSession).values(proved_at=now()))
    assert own.post("/settings/password", password="five more random words").status_code == 303
    assert "user.password_set" in actions(session)
    page = own.client.get("/settings/profile").text
    assert "Password today" in page
    # From now on it takes the password to change it.
    assert own.post("/settings/password", password="another one entirely").status_code == 422


def test_nobody_signs_in_with_an_empty_password(stranger: Browser, session: Session, owner: User) -> None:
    without_password(session, owner)
    for typed in ("", " ", "x"):
        assert stranger.post("/login", email=owner.email, password=typed).status_code == 422
