"""Contacts of connected CRMs: read what changed there, send what was edited here."""

from __future__ import annotations

from jobs import job
from webapp.core.database import reading
from webapp.core.queue import ring_now
from webapp.crm import editing, sending, service
from webapp.extensions import db


@job
def sync(instance_id: str) -> int:
    """Reads what changed in one connection, from where the last run stopped. Returns how many records came."""
    done = service.sync(db.session(), instance_id)
    return done.records if done else 0


@job
def sync_due() -> int:
    """Rings for each connection that was last read fifteen minutes ago, or whose worker is gone. Returns how many."""
    with reading():
        found = service.due(db.session())
        db.session.rollback()
    for instance_id in found:
        ring_now(service.JOB, instance_id)
    return len(found)


@job
def send(contact_id: int) -> str:
    """Sends one contact's edits. Returns what became of it, "" when there was nothing to do."""
    return sending.send(db.session(), contact_id)


@job
def send_due() -> int:
    """Rings for edits whose bell was lost, whose time has come or whose worker is gone. Returns how many."""
    with reading():
        found = sending.due(db.session())
        db.session.rollback()
    for contact_id in found:
        ring_now(editing.SEND, contact_id)
    return len(found)


@job
def tidy() -> int:
    """Removes history older than a year, and waits for nothing. Returns how many rows."""
    return service.forget_old_history(db.session())
