"""Guessing is slow; nobody can make somebody else wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.conftest import PASSWORD
from tests.webapp.accounts.steps import by_password, signed_in
from webapp.accounts import throttle
from webapp.accounts.models import FailedTries, User
from webapp.accounts.throttle import Attempt, Ladder
from webapp.core.clock import now
from webapp.notices.models import Notice
from webapp.workspaces.models import Workspace

STRANGER, HOME = "203.0.113.9", "198.51.100.7"


def from_address(app: Flask, address: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def guess(client: FlaskClient, user: User, times: int) -> list[int]:
    return [by_password(client, user, password=f"guess {n} of many").status_code for n in range(times)]


def test_after_five_failures_one_waits_and_the_page_says_how_long(app: Flask, owner: User) -> None:
    client = from_address(app, STRANGER)
    assert guess(client, owner, 6) == [422] * 5 + [429]
    answer = by_password(client, owner)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 15
    assert "Wait 15 seconds, then try again." in answer.text


def test_an_address_that_nobody_has_waits_the_same(app: Flask, owner: User) -> None:
    client = from_address(app, STRANGER)
    codes = [by_password(client, owner, email="nobody@example.com", password="x" * 12).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]


def test_a_stranger_s_failures_do_not_make_the_person_wait(app: Flask, owner: User, workspace: Workspace) -> None:
    guess(from_address(app, STRANGER), owner, 6)
    home = from_address(app, HOME)
    assert by_password(home, owner).location == "/"
    assert signed_in(home)


def test_a_device_that_signed_in_before_never_waits_for_strangers_even_at_the_same_address(
    app: Flask, owner: User, workspace: Workspace
) -> None:
    home = from_address(app, STRANGER)
    by_password(home, owner)
    with home.session_transaction() as cookie:
        cookie.clear()
    guess(from_address(app, STRANGER), owner, 6)
    assert by_password(home, owner).location == "/"


def test_a_known_device_that_guesses_waits_itself(app: Flask, owner: User, workspace: Workspace) -> None:
    home = from_address(app, HOME)
    by_password(home, owner)
    with home.session_transaction() as cookie:
        cookie.clear()
    assert guess(home, owner, 6) == [422] * 5 + [429]


def test_the_device_s_cookie_can_t_be_made_up_and_names_nobody(app: Flask, owner: User, workspace: Workspace) -> None:
    home = from_address(app, HOME)
    by_password(home, owner)
    cookie = home.get_cookie("device")
    assert cookie is not None
    assert owner.id not in cookie.decoded_value
    stranger = from_address(app, STRANGER)
    stranger.set_cookie("device", cookie.value[:-3] + "AAA")
    assert guess(stranger, owner, 6)[-1] == 429


def test_the_wait_grows_and_ends_at_a_quarter_of_an_hour(app: Flask, owner: User, session: Session) -> None:
    attempt = Attempt(kind="password", account=owner.email, address=STRANGER)
    waits = []
    for _ in range(14):
        throttle.failed(session, attempt)
        waits.append(throttle.seconds_to_wait(session, attempt))
    assert waits[:4] == [0] * 4
    assert waits[4:8] == [15, 30, 60, 120]
    assert max(waits) == 900


def test_signing_in_forgets_the_failures_of_this_place(app: Flask, owner: User, workspace: Workspace) -> None:
    home = from_address(app, HOME)
    guess(home, owner, 4)
    by_password(home, owner)
    assert guess(from_address(app, HOME), owner, 4) == [422] * 4


def test_failures_are_forgotten_after_a_day(app: Flask, owner: User, session: Session) -> None:
    attempt = Attempt(kind="password", account=owner.email, address=STRANGER)
    for _ in range(9):
        throttle.failed(session, attempt)
    session.execute(update(FailedTries).values(last_at=now() - timedelta(days=2)))
    throttle.failed(session, attempt)
    assert throttle.seconds_to_wait(session, attempt) == 0
    session.execute(update(FailedTries).values(last_at=now() - timedelta(days=2)))
    throttle.forget_old(session)
    assert session.scalar(select(FailedTries)) is None


def test_an_ipv6_neighbourhood_counts_as_one_address(app: Flask, owner: User, session: Session) -> None:
    for n in range(5):
        throttle.failed(session, Attempt(kind="password", account=owner.email, address=f"2001:db8::{n}"))
    assert throttle.seconds_to_wait(session, Attempt(kind="password", account=owner.email, address="2001:db8::ffff"))


def test_one_address_can_t_try_many_accounts(app: Flask, session: Session) -> None:
    for n in range(throttle.ADDRESS.free):
        throttle.failed(session, Attempt(kind="password", account=f"p{n}@example.com", address=STRANGER))
    assert throttle.seconds_to_wait(session, Attempt(kind="password", account="new@example.com", address=STRANGER))
    assert not throttle.seconds_to_wait(session, Attempt(kind="password", account="new@example.com", address=HOME))


def test_guesses_from_many_places_slow_strangers_down_and_the_person_is_told(
    app: Flask, owner: User, workspace: Workspace, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(throttle.EVERYWHERE, "password", Ladder(free=3, first=60, longest=900))
    home = from_address(app, HOME)
    by_password(home, owner)
    with home.session_transaction() as cookie:
        cookie.clear()
    for n in range(3):
        guess(from_address(app, f"203.0.113.{n + 20}"), owner, 1)
    assert by_password(from_address(app, "203.0.113.99"), owner, password=PASSWORD).status_code == 429
    assert by_password(home, owner).location == "/"
    told = session.scalars(select(Notice.title).where(Notice.user_id == owner.id)).all()
    assert told == ["Someone is guessing your password"]


def test_what_is_kept_of_failures_names_no_account(app: Flask, owner: User, session: Session) -> None:
    guess(from_address(app, STRANGER), owner, 1)
    assert all(owner.email not in key and STRANGER not in key for key in session.scalars(select(FailedTries.key)))
