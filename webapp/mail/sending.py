"""Takes one mail out of the outbox and hands it to the mail server, or to the connected account that was chosen. No
transaction is open meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, parseaddr

import orjson
import structlog
from flask import current_app
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from webapp.config import MailSettings
from webapp.core.clock import now
from webapp.core.crypto import CannotDecrypt, Keyring
from webapp.core.identifiers import new_id
from webapp.mail import senders, smtp
from webapp.mail.models import OutgoingMail
from webapp.mail.senders import Letter

LEASE = timedelta(minutes=2)
"""Longer than one attempt may take."""
PAUSES = tuple(timedelta(minutes=n) for n in (1, 2, 5, 15, 30, 60, 120))
_BATCH = 100
NOBODY_KNOWS = "Nobody knows whether it was sent."
log = structlog.get_logger(__name__)


def send_one(session: Session, mail_id: str) -> bool:
    """Sends one mail if it is due and nobody else has it; True when the mail server took it. Commits."""
    lease = _claim(session, mail_id)
    if lease is None:
        return False
    row = session.get_one(OutgoingMail, mail_id)
    settings: MailSettings | None = current_app.config["SETTINGS"].mail
    sender = senders.chosen(session)
    attempts, purpose = row.attempts, row.purpose
    late = row.give_up_at <= now()
    message: EmailMessage | None = None
    letter: Letter | None = None
    try:
        if not late and sender is not None:
            letter = Letter(mail_id=row.id, to=row.recipient, **_content(row))
        elif not late and settings is not None:
            message = _message(row, settings)
    except CannotDecrypt as error:
        log.error("a mail can't be opened and is given up", mail=mail_id, error=str(error))
        late = True
    session.commit()
    try:
        if letter is not None and sender is not None:
            _save(session, mail_id, lease, status="sending")
            sender.deliver(session, letter)
        elif message is not None and settings is not None:
            smtp.deliver(settings, message)
        else:
            why = "it came too late to be of use" if late else "no mail is set up any more"
            return _not_sent(session, mail_id, lease, trouble=why, attempts=attempts, final=late)
    except smtp.NotSent as error:
        session.rollback()
        log.warning("a mail was not sent", mail=mail_id, purpose=purpose, trouble=str(error), final=error.final)
        return _not_sent(session, mail_id, lease, trouble=str(error), attempts=attempts, final=error.final)
    _save(session, mail_id, lease, status="sent", sent_at=now(), sealed="", wrapped="", trouble="", lease_until=None)
    return True


def _claim(session: Session, mail_id: str) -> str | None:
    lease = new_id("lea")
    result = session.execute(
        update(OutgoingMail)
        .where(
            OutgoingMail.id == mail_id,
            OutgoingMail.status == "waiting",
            OutgoingMail.due_at <= now(),
            or_(OutgoingMail.lease_until.is_(None), OutgoingMail.lease_until < now()),
        )
        .values(lease=lease, lease_until=now() + LEASE, attempts=OutgoingMail.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    session.commit()
    return lease if result.rowcount else None  # type: ignore[attr-defined]  # an UPDATE's result has it


def _content(row: OutgoingMail) -> dict[str, str]:
    """{"subject", "text"}. Raises CannotDecrypt."""
    keyring: Keyring = current_app.extensions["keyring"]
    content: dict[str, str] = orjson.loads(
        keyring.unwrap(row.wrapped, row.id).open(row.sealed, "outgoing_mails", row.id)
    )
    return content


def _message(row: OutgoingMail, settings: MailSettings) -> EmailMessage:
    """Raises CannotDecrypt."""
    content = _content(row)
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr(parseaddr(settings.sender))
    message["To"] = row.recipient
    message["Subject"] = content["subject"]
    message["Date"] = row.created_at
    # The same at each attempt: a mail that was taken twice can be recognised.
    message["Message-ID"] = row.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(content["text"])
    return message


def _not_sent(session: Session, mail_id: str, lease: str, *, trouble: str, attempts: int, final: bool) -> bool:
    due = now() + PAUSES[min(attempts, len(PAUSES)) - 1]
    row = session.get(OutgoingMail, mail_id)
    if final or (row is not None and row.give_up_at <= due):
        _save(
            session, mail_id, lease, status="given_up", sealed="", wrapped="", trouble=trouble[:200], lease_until=None
        )
    else:
        _save(session, mail_id, lease, status="waiting", due_at=due, trouble=trouble[:200], lease_until=None)
    return False


def _save(session: Session, mail_id: str, lease: str, **values: object) -> None:
    """Changes the row while its lease is still ours."""
    session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.id == mail_id, OutgoingMail.lease == lease)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.commit()


def due(session: Session) -> Sequence[str]:
    """Mails that wait and that nobody has: their bell was lost, or their next attempt has come."""
    return session.scalars(
        select(OutgoingMail.id)
        .where(
            OutgoingMail.status == "waiting",
            OutgoingMail.due_at <= now(),
            or_(OutgoingMail.lease_until.is_(None), OutgoingMail.lease_until < now()),
        )
        .order_by(OutgoingMail.due_at)
        .limit(_BATCH)
    ).all()


def give_up_lost(session: Session) -> int:
    """Mails that were being handed to a connected account when the worker died: nobody knows whether they were sent,
    so they are not sent again. Commits. Returns how many."""
    result = session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.status == "sending", OutgoingMail.lease_until < now())
        .values(
            status="given_up", sealed="", wrapped="", lease_until=None, trouble="Nobody knows whether it was sent."
        )
        .execution_options(synchronize_session=False)
    )
    session.commit()
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it
