"""A new password by a link, and confirming an e-mail address."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from jobs import accounts as jobs
from tests.conftest import PASSWORD, People
from tests.webapp.accounts.steps import by_code, by_password, give_app, let_proof_grow_old, post, signed_in
from webapp.accounts import links
from webapp.accounts.models import AccountLink, ResetRequest, User
from webapp.config import MailSettings
from webapp.core.clock import now
from webapp.extensions import db
from webapp.mail.models import OutgoingMail
from webapp.notices.models import Notice
from webapp.workspaces.models import Workspace

NEW = "five more random words"


@pytest.fixture
def mailing(app: Flask) -> Flask:
    """Mail is set up; nobody sends it here: tests read the outbox."""
    mail = MailSettings(host="127.0.0.1", port=1, username="", password="", security="none", sender="hub@example.com")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail=mail)
    return app


def outbox(app: Flask, session: Session) -> list[tuple[str, str, str]]:
    """(to, subject, text), oldest first."""
    keyring = app.extensions["keyring"]
    found = []
    for row in session.scalars(select(OutgoingMail).order_by(OutgoingMail.created_at)):
        opened = orjson.loads(keyring.unwrap(row.wrapped, row.id).open(row.sealed, "outgoing_mails", row.id))
        found.append((row.recipient, opened["subject"], opened["text"]))
    session.commit()
    return found


def link_in(text: str) -> str:
    found = re.search(r"http://localhost(/(?:reset|confirm-email)/[\w-]+)", text)
    assert found, text
    return found[1]


def ask(app: Flask, session: Session, email: str):
    """Asks for a link as a person does; the job runs."""
    answer = post(app.test_client(), "/forgot", "/forgot", email=email)
    for request_id in session.scalars(select(ResetRequest.id)).all():
        session.commit()
        jobs.answer_reset(request_id)
    return answer


def test_a_new_password_by_mail(
    mailing: Flask, owner: User, workspace: Workspace, session: Session, sign_in: Callable[[User], FlaskClient]
) -> None:
    elsewhere = sign_in(owner)
    ask(mailing, session, "ADA@example.com")
    ((to, subject, text),) = outbox(mailing, session)
    assert (to, subject) == (owner.email, "Choose a new password")
    client = mailing.test_client()
    address = link_in(text)
    assert owner.email in client.get(address).text
    answer = post(client, address, address, password=NEW)
    assert answer.location == "/"
    assert signed_in(client)
    assert not signed_in(elsewhere)
    assert by_password(mailing.test_client(), owner, password=NEW).location == "/"
    assert "Your password was changed" in [subject for _, subject, _ in outbox(mailing, session)]


def test_opening_a_link_uses_nothing_up_and_pressing_the_button_does(
    mailing: Flask, owner: User, workspace: Workspace, session: Session
) -> None:
    ask(mailing, session, owner.email)
    address = link_in(outbox(mailing, session)[0][2])
    scanner = mailing.test_client()
    assert [scanner.get(address).status_code for _ in range(3)] == [200] * 3
    client = mailing.test_client()
    assert post(client, address, address, password=NEW).status_code == 303
    assert scanner.get(address).status_code == 404
    answer = post(scanner, address, "/login", password="yet another password")
    assert answer.status_code == 404


def test_a_weak_new_password_is_explained_and_the_link_still_works(
    mailing: Flask, owner: User, workspace: Workspace, session: Session
) -> None:
    ask(mailing, session, owner.email)
    address = link_in(outbox(mailing, session)[0][2])
    client = mailing.test_client()
    assert post(client, address, address, password="short").status_code == 422
    assert post(client, address, address, password=NEW).status_code == 303


def test_a_link_works_for_half_an_hour(mailing: Flask, owner: User, session: Session) -> None:
    ask(mailing, session, owner.email)
    address = link_in(outbox(mailing, session)[0][2])
    row = session.scalar(select(AccountLink))
    assert row is not None
    assert timedelta(minutes=29) < row.expires_at - now() < timedelta(minutes=31)
    row.expires_at = now()
    session.commit()
    assert mailing.test_client().get(address).status_code == 404


def test_a_newer_link_ends_the_older_one(mailing: Flask, owner: User, session: Session) -> None:
    ask(mailing, session, owner.email)
    ask(mailing, session, owner.email)
    first, second = [link_in(text) for _, _, text in outbox(mailing, session)]
    client = mailing.test_client()
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)


def test_asking_for_an_address_that_nobody_has_reads_the_same_and_does_the_same_work(
    mailing: Flask, owner: User, session: Session
) -> None:
    statements: list[list[str]] = []
    pages = []
    for email in (owner.email, "nobody@example.com"):
        asked: list[str] = []
        listen = lambda *a, to=asked: to.append(a[2])  # noqa: E731 (one for each round)
        client = mailing.test_client()
        client.get("/forgot")
        event.listen(db.engine, "before_cursor_execute", listen)
        answer = post(client, "/forgot", "/forgot", email=email)
        event.remove(db.engine, "before_cursor_execute", listen)
        statements.append(asked)
        pages.append((answer.status_code, re.sub(r'(value|content)="[^"]*"', "", answer.text.replace(email, ""))))
    assert pages[0] == pages[1]
    assert statements[0] == statements[1]
    assert jobs.sweep() == 2
    session.commit()


def test_nobody_s_mailbox_can_be_flooded(mailing: Flask, owner: User, session: Session) -> None:
    for _ in range(5):
        ask(mailing, session, owner.email)
    assert len(outbox(mailing, session)) == 3


def test_the_second_factor_is_asked_for_after_a_reset_too(
    mailing: Flask, owner: User, workspace: Workspace, session: Session
) -> None:
    totp = give_app(session, owner)
    ask(mailing, session, owner.email)
    address = link_in(outbox(mailing, session)[0][2])
    client = mailing.test_client()
    assert post(client, address, address, password=NEW).location == "/login/second-step"
    assert not signed_in(client)
    assert by_code(client, totp.at(now())).location == "/"


def test_the_link_is_nowhere_in_the_database(mailing: Flask, owner: User, session: Session) -> None:
    ask(mailing, session, owner.email)
    token = link_in(outbox(mailing, session)[0][2]).rpartition("/")[2]
    for file in mailing.config["SETTINGS"].data_dir.glob("toolkit.db*"):
        assert token.encode() not in file.read_bytes(), file.name


def test_somebody_who_is_switched_off_gets_no_link(mailing: Flask, owner: User, session: Session) -> None:
    owner.disabled_at = now()
    session.commit()
    ask(mailing, session, owner.email)
    assert outbox(mailing, session) == []


def test_without_mail_the_page_says_who_can_help(app: Flask, owner: User, session: Session) -> None:
    page = app.test_client().get("/forgot").text
    assert "An admin of it can make a link for you" in page
    assert post(app.test_client(), "/forgot", "/login", email=owner.email).status_code == 422
    assert session.scalar(select(ResetRequest)) is None


def test_an_admin_makes_a_link_which_is_shown_once_and_told(
    app: Flask, owner: User, people: People, workspace: Workspace, session: Session, sign_in
) -> None:
    root = sign_in(people.user("root@example.com", admin=True))
    page = root.post(f"/admin/people/{owner.id}/reset-link").text
    address = link_in(page)
    assert address not in root.get("/admin/people").text
    assert session.scalar(select(Notice.text).where(Notice.user_id == owner.id, Notice.kind == "reset-link-made"))
    client = app.test_client()
    assert post(client, address, address, password=NEW).location == "/"


# --------------------------------------------------------------------------------------------- e-mail addresses


def test_an_address_is_confirmed_by_its_link(mailing: Flask, client: FlaskClient, session: Session) -> None:
    assert "Not confirmed" in client.get("/settings/profile").text
    client.post("/settings/email/confirm")
    address = link_in(outbox(mailing, session)[0][2])
    assert client.get(address).status_code == 200
    assert "Not confirmed" in client.get("/settings/profile").text
    assert client.post(address).status_code == 303
    assert "Not confirmed" not in client.get("/settings/profile").text


def test_a_new_address_counts_once_it_is_confirmed_there_and_the_old_one_is_told(
    mailing: Flask, client: FlaskClient, owner: User, session: Session
) -> None:
    client.post("/settings/email", data={"email": "ada@new.example.com"})
    ((to, _, text),) = outbox(mailing, session)
    assert to == "ada@new.example.com"
    session.refresh(owner)
    assert owner.email == "ada@example.com"
    session.commit()
    assert client.post(link_in(text)).status_code == 303
    session.refresh(owner)
    assert owner.email == "ada@new.example.com"
    assert outbox(mailing, session)[-1][:2] == ("ada@example.com", "Your e-mail address was changed")


def test_changing_the_address_asks_for_a_proof(
    mailing: Flask, client: FlaskClient, owner: User, session: Session
) -> None:
    let_proof_grow_old(session, owner)
    assert client.post("/settings/email", data={"email": "ada@new.example.com"}).status_code == 403


def test_an_address_that_somebody_has_is_not_given_away_and_not_taken(
    mailing: Flask, client: FlaskClient, people: People, session: Session
) -> None:
    people.user("eve@example.com")
    free = client.post("/settings/email", data={"email": "free@example.com"})
    taken = client.post("/settings/email", data={"email": "eve@example.com"})
    assert free.status_code == taken.status_code == 303
    assert [subject for _, subject, _ in outbox(mailing, session)] == [
        "Confirm your e-mail address",
        "You have an account already",
    ]


def test_an_address_that_was_taken_meanwhile_is_not_taken_twice(
    mailing: Flask, client: FlaskClient, people: People, session: Session
) -> None:
    client.post("/settings/email", data={"email": "free@example.com"})
    people.user("free@example.com")
    assert client.post(link_in(outbox(mailing, session)[0][2])).status_code == 409


def test_a_link_of_one_purpose_is_no_use_for_another(mailing: Flask, owner: User, session: Session) -> None:
    token = links.new_link(session, owner, "confirm").rpartition("/")[2]
    session.commit()
    assert mailing.test_client().get(f"/reset/{token}").status_code == 404


def test_the_password_in_use_still_works_while_a_link_waits(
    mailing: Flask, owner: User, workspace: Workspace, session: Session
) -> None:
    ask(mailing, session, owner.email)
    assert by_password(mailing.test_client(), owner, password=PASSWORD).location == "/"
