"""Accesses that people gave by signing in: refreshed in time, given back when their connection is removed."""

from __future__ import annotations

from jobs import job
from webapp.core.queue import ring_now
from webapp.extensions import db
from webapp.oauth import refreshing, revoking, service


@job
def refresh_due() -> int:
    """Refreshes every access that ends soon; returns how many were looked at."""
    return refreshing.refresh_due()


@job
def revoke(instance_id: str) -> None:
    """Gives back the access of a removed connection."""
    revoking.revoke(db.session(), instance_id)


@job
def sweep() -> int:
    """Rings again for accesses that were not given back, and forgets old sign-ins; returns how many were rung for."""
    session = db.session()
    service.forget_old(session)
    ids = revoking.waiting(session)
    session.commit()
    for instance_id in ids:
        ring_now(revoking.JOB, instance_id)
    return len(ids)
