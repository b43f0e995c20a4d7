"""Reset links that were asked for, and forgetting what is too old to matter."""

from __future__ import annotations

from jobs import job
from webapp.accounts import links, passkeys, throttle
from webapp.core.queue import ring_now
from webapp.extensions import db


@job
def answer_reset(request_id: str) -> bool:
    """Mails a link if somebody has the address; True when it did."""
    sent = links.answer_reset(db.session(), request_id)
    db.session.commit()
    return sent


@job
def sweep() -> int:
    """Rings again for wishes whose bell was lost, and forgets old failures and challenges. Returns how many rang."""
    session = db.session()
    throttle.forget_old(session)
    passkeys.forget_old_challenges(session)
    found = links.waiting(session)
    session.commit()
    for request_id in found:
        ring_now(links.JOB, request_id)
    return len(found)
