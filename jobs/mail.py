"""Sends what is in the outbox."""

from __future__ import annotations

from jobs import job
from webapp.core.database import reading
from webapp.core.queue import ring_now
from webapp.extensions import db
from webapp.mail import sending
from webapp.mail.service import JOB


@job
def send(mail_id: str) -> bool:
    """Sends one mail; True when the mail server took it."""
    return sending.send_one(db.session(), mail_id)


@job
def sweep() -> int:
    """Rings for mails whose bell was lost or whose next attempt has come. Returns how many."""
    with reading():
        found = sending.due(db.session())
        db.session.rollback()
    sending.give_up_lost(db.session())
    for mail_id in found:
        ring_now(JOB, mail_id)
    return len(found)
