"""What people are told, in the product and by mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import People
from tests.mail_server import MailServer
from webapp.accounts.models import User
from webapp.mail import sending
from webapp.mail.models import OutgoingMail
from webapp.notices import service
from webapp.notices.models import Notice


def tell(session: Session, user: User, title: str = "Your second factor was reset", **values: object) -> Notice:
    values = {"kind": "test", "text": "An admin did it.", "href": "/settings/security"} | values
    service.tell(session, user_id=user.id, title=title, **values)  # type: ignore[arg-type]
    session.commit()
    row = session.scalar(select(Notice).where(Notice.title == title))
    assert row is not None
    return row


def test_the_bell_counts_what_is_new_and_the_page_shows_it(
    client: FlaskClient, owner: User, session: Session
) -> None:
    assert 'aria-label="Notices"' in client.get("/notices").text
    tell(session, owner)
    page = client.get("/notices").text
    assert 'aria-label="Notices, 1 new"' in page
    assert "Your second factor was reset" in page


def test_opening_a_notice_marks_it_read_and_leads_to_what_it_is_about(
    client: FlaskClient, owner: User, session: Session
) -> None:
    row = tell(session, owner)
    answer = client.post(f"/notices/{row.id}/read", data={"open": "1"})
    assert answer.location == "/settings/security"
    assert 'aria-label="Notices"' in client.get("/notices").text


def test_all_can_be_marked_read_at_once(client: FlaskClient, owner: User, session: Session) -> None:
    tell(session, owner, "One")
    tell(session, owner, "Two")
    client.post("/notices/read-all")
    assert 'aria-label="Notices"' in client.get("/notices").text


def test_nobody_sees_or_marks_another_person_s_notices(
    owner: User, people: People, session: Session, sign_in: Callable[[User], FlaskClient]
) -> None:
    row = tell(session, owner)
    client = sign_in(people.user("eve@example.com"))
    assert client.post(f"/notices/{row.id}/read").status_code == 404
    assert "Your second factor" not in client.get("/notices").text
    client.post("/notices/read-all")
    session.expire_all()
    assert session.get_one(Notice, row.id).read_at is None


def test_a_notice_never_leads_to_another_site(owner: User, session: Session) -> None:
    assert tell(session, owner, href="https://evil.example").href == ""


def test_a_copy_goes_by_mail_where_mail_is_set_up(app: Flask, owner: User, session: Session) -> None:
    tell(session, owner, "Before there was mail")
    with MailServer() as server:
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail=server.settings())
        tell(session, owner)
        tell(session, owner, "Only here", by_mail=False)
        (mail_id,) = session.scalars(select(OutgoingMail.id)).all()
        assert sending.send_one(session, mail_id)
        text = server.taken[0].get_content()
        assert "http://localhost/settings/security" in text
        assert "An admin did it." in text
