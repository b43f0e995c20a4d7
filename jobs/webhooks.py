"""Deliveries: work on what came in, find what was forgotten, throw old bodies away."""

from __future__ import annotations

from jobs import job
from webapp.extensions import db
from webapp.webhooks import bell, leases, processing, service

SECONDS = 120.0
"""A job ends well before the queue would stop it, and rings for the next when there is more to do."""


@job
def drain() -> int:
    """Works on what is due. Returns how many events were handled."""
    bell.heard()
    drained = processing.drain(db.session(), seconds=SECONDS)
    if drained.more:
        bell.ring()
    return drained.processed + drained.failed


@job
def sweep() -> int:
    """Every few seconds: retries that are due, bells that were lost, events of connections that were resumed."""
    session = db.session()
    leases.release_held(session)
    session.commit()
    drained = processing.drain(session, seconds=SECONDS)
    return drained.processed + drained.failed


@job
def purge() -> int:
    """Throws away bodies older than 30 days; what happened stays. Returns how many."""
    return service.purge(db.session())
