"""The outbox, against a real mail server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs import mail as jobs
from tests.mail_server import PASSWORD, USERNAME, MailServer, authenticator, certificate
from webapp.config import MailSettings, SettingsError, load_settings
from webapp.core.clock import now
from webapp.health import surroundings
from webapp.mail import sending, service, smtp
from webapp.mail.models import OutgoingMail

SECRET = "https://hub.example.com/reset/very-secret"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def mailing(app: Flask, server: MailServer) -> Flask:
    use(app, server.settings())
    return app


def use(app: Flask, mail: MailSettings | None) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail=mail)


def put(session: Session, **values: Any) -> OutgoingMail:
    values = {"to": "ada@example.com", "subject": "Your link", "text": f"Open {SECRET}", "purpose": "test"} | values
    service.send(session, **values)
    session.commit()
    row = session.scalar(select(OutgoingMail).order_by(OutgoingMail.created_at.desc()))
    assert row is not None
    return row


def fresh(session: Session, row: OutgoingMail) -> OutgoingMail:
    session.expire_all()
    return session.get_one(OutgoingMail, row.id)


def test_a_mail_arrives_once_and_is_then_forgotten(mailing: Flask, server: MailServer, session: Session) -> None:
    row = put(session)
    assert SECRET not in row.sealed
    assert sending.send_one(session, row.id)
    assert not sending.send_one(session, row.id)
    (taken,) = server.taken
    assert (taken["To"], taken["Subject"], taken["From"]) == ("ada@example.com", "Your link", "Hub <hub@example.com>")
    assert SECRET in taken.get_content()
    row = fresh(session, row)
    assert (row.status, row.sealed, row.wrapped) == ("sent", "", "")


def test_a_mail_of_a_transaction_that_failed_is_never_sent(mailing: Flask, session: Session) -> None:
    service.send(session, to="ada@example.com", subject="No", text="No", purpose="test")
    session.rollback()
    assert session.scalar(select(OutgoingMail)) is None


def test_nobody_can_add_a_header_or_a_recipient(mailing: Flask, server: MailServer, session: Session) -> None:
    nasty = "Hello\r\nBcc: everyone@example.com\r\n\r\nA body of theirs"
    row = put(session, subject=nasty)
    assert sending.send_one(session, row.id)
    assert server.taken[0]["Bcc"] is None
    assert server.taken[0]["Subject"] == "Hello Bcc: everyone@example.com A body of theirs"
    row = put(session, to="ada@example.com\r\nBcc: everyone@example.com")
    sending.send_one(session, row.id)
    assert all(mail["Bcc"] is None for mail in server.taken)


def test_a_mail_that_fails_is_tried_again_as_the_same_mail(
    mailing: Flask, server: MailServer, session: Session
) -> None:
    server.answers = ["451 later"]
    row = put(session)
    first_id = row.message_id
    assert not sending.send_one(session, row.id)
    row = fresh(session, row)
    assert row.status == "waiting"
    assert row.due_at > now()
    assert sending.due(session) == []
    row.due_at = now()
    session.commit()
    assert sending.due(session) == [row.id]
    assert sending.send_one(session, row.id)
    assert server.taken[0]["Message-ID"] == first_id


def test_a_recipient_that_is_refused_for_good_is_not_tried_again(
    mailing: Flask, server: MailServer, session: Session
) -> None:
    server.answers = ["554 no"]
    row = put(session)
    sending.send_one(session, row.id)
    row = fresh(session, row)
    assert (row.status, row.sealed, row.trouble) == ("given_up", "", "The mail server refuses this mail (554).")


def test_after_a_day_or_when_it_is_of_no_use_a_mail_is_given_up(
    mailing: Flask, server: MailServer, session: Session
) -> None:
    row = put(session, useless_after=now() - timedelta(seconds=1))
    assert not sending.send_one(session, row.id)
    assert fresh(session, row).status == "given_up"
    old = put(session)
    old.give_up_at = now() + timedelta(seconds=10)
    session.commit()
    server.answers = ["451 later"]
    sending.send_one(session, old.id)
    assert fresh(session, old).status == "given_up"
    assert server.taken == []


def test_a_mail_that_another_worker_has_is_left_alone_until_its_lease_ends(
    mailing: Flask, server: MailServer, session: Session
) -> None:
    row = put(session)
    row.lease, row.lease_until = "someone", now() + timedelta(minutes=1)
    session.commit()
    assert not sending.send_one(session, row.id)
    assert sending.due(session) == []
    row.lease_until = now() - timedelta(seconds=1)
    session.commit()
    assert sending.send_one(session, row.id)


def test_without_a_mail_server_nothing_is_kept(app: Flask, session: Session) -> None:
    assert not service.can_send()
    service.send(session, to="ada@example.com", subject="x", text="x", purpose="test")
    assert session.scalar(select(OutgoingMail)) is None


def test_the_jobs_send_and_sweep(mailing: Flask, server: MailServer, session: Session) -> None:
    row_id = put(session).id
    session.commit()  # a job has a session of its own
    assert jobs.sweep() == 1
    assert jobs.send(row_id) is True
    assert jobs.sweep() == 0


def test_the_line_is_secured_and_a_certificate_nobody_vouches_for_is_refused(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, context = certificate(tmp_path)
    options = {"tls_context": context, "require_starttls": True, "authenticator": authenticator}
    with MailServer(**options) as server:
        use(app, server.settings(host="localhost", security="starttls", username=USERNAME, password=PASSWORD))
        row = put(session)
        assert not sending.send_one(session, row.id)
        assert "certificate can't be trusted" in fresh(session, row).trouble
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        row = put(session)
        assert sending.send_one(session, row.id)
        use(app, server.settings(host="localhost", security="starttls", username=USERNAME, password="wrong"))
        row = put(session)
        assert not sending.send_one(session, row.id)
        assert fresh(session, row).trouble == "The mail server refuses SMTP_USERNAME or SMTP_PASSWORD."
        assert len(server.taken) == 1


def test_a_server_without_encryption_gets_nothing_when_encryption_is_asked_for(server: MailServer) -> None:
    with pytest.raises(smtp.NotSent, match="does not offer what SMTP_SECURITY"):
        smtp.check(server.settings(security="starttls"))


def test_the_doctor_signs_in_at_the_mail_server(app: Flask, server: MailServer, session: Session) -> None:
    assert surroundings.mail(app.config["SETTINGS"]).says.startswith("No mail is set up")
    use(app, server.settings())
    assert surroundings.mail(app.config["SETTINGS"]).ok
    use(app, server.settings(port=1))
    finding = surroundings.mail(app.config["SETTINGS"])
    assert not finding.ok
    assert "could not be reached" in finding.says


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"MAIL_FROM": ""}, "MAIL_FROM must be"),
        ({"MAIL_FROM": "not an address"}, "MAIL_FROM must be"),
        ({"SMTP_SECURITY": "maybe"}, "SMTP_SECURITY must be one of"),
        ({"SMTP_PORT": "many"}, "SMTP_PORT must be a whole number"),
    ],
)
def test_mail_settings_that_can_t_be_right_stop_the_start(
    changes: dict[str, str], words: str, tmp_path: Path
) -> None:
    environ = {"DATA_DIR": str(tmp_path), "SECRET_KEY": "x" * 40, "ENCRYPTION_KEYS": "y" * 40}
    good = {"SMTP_HOST": "mail.example.com", "MAIL_FROM": "Hub <hub@example.com>"}
    mail = load_settings(environ | good).mail
    assert mail is not None
    assert (mail.security, mail.port) == ("starttls", 587)
    with pytest.raises(SettingsError, match=words):
        load_settings(environ | good | changes)
