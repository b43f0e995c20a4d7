"""Puts mails into the outbox, in the transaction of the act they tell of. The caller commits."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import orjson
import structlog
from flask import current_app
from sqlalchemy.orm import Session

from webapp.config import Settings
from webapp.core.clock import now
from webapp.core.crypto import Keyring
from webapp.core.identifiers import new_id
from webapp.core.queue import ring
from webapp.extensions import db
from webapp.mail import senders
from webapp.mail.models import OutgoingMail

JOB = "jobs.mail.send"
TRIED_FOR = timedelta(days=1)
_LONGEST_SUBJECT = 200
log = structlog.get_logger(__name__)


def can_send() -> bool:
    """Whether this installation has a way to send mail."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.mail is not None or senders.chosen(db.session()) is not None


def send(
    session: Session,
    *,
    to: str,
    subject: str,
    text: str,
    purpose: str,
    workspace_id: str | None = None,
    useless_after: datetime | None = None,
) -> None:
    """Keeps a mail to be sent after the commit; tried again for a day, or until it would be of no use any more.

    Where nothing can send, nothing is kept: ask `can_send` first when someone waits for it. `purpose` is a name for
    logs and counts ("password-reset").
    """
    if not can_send():
        log.info("no mail is set up, so this one is not sent", purpose=purpose)
        return
    keyring: Keyring = current_app.extensions["keyring"]
    mail_id = new_id("mai")
    wrapped = keyring.new_data_key(mail_id)
    content = orjson.dumps({"subject": one_line(subject)[:_LONGEST_SUBJECT], "text": text}).decode()
    session.add(
        OutgoingMail(
            id=mail_id,
            workspace_id=workspace_id,
            recipient=one_line(to)[:254],
            purpose=purpose,
            message_id=f"<{mail_id}@{_own_host()}>",
            wrapped=wrapped,
            sealed=keyring.unwrap(wrapped, mail_id).seal(content, "outgoing_mails", mail_id),
            give_up_at=min(now() + TRIED_FOR, useless_after or now() + TRIED_FOR),
        )
    )
    session.flush()
    ring(session, JOB, mail_id)


def one_line(text: str) -> str:
    """What goes into a header has no line breaks or control characters: they would begin a header of their own."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _own_host() -> str:
    settings: Settings = current_app.config["SETTINGS"]
    return urlsplit(settings.public_url).hostname or "localhost"
