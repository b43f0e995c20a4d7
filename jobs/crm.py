"""Contacts of connected CRMs: read what changed."""

from __future__ import annotations

from jobs import job
from webapp.core.database import reading
from webapp.core.queue import ring_now
from webapp.crm import service
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
