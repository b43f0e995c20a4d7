"""Connection tests and scheduled health checks."""

from __future__ import annotations

from jobs import job
from webapp.connection_tests import runner, scheduled, service
from webapp.core.database import reading
from webapp.core.queue import ring_now
from webapp.extensions import db


@job
def run(row_id: str) -> None:
    """Runs one stored test; does nothing when it runs or has run already."""
    runner.run(row_id)


@job
def sweep() -> int:
    """Rings again for tests whose bell was lost or whose worker died; returns how many."""
    with reading():
        ids = service.to_ring_again(db.session())
        db.session.rollback()
    for row_id in ids:
        ring_now(service.JOB, row_id, queue=service.QUEUE)
    return len(ids)


@job
def check_due() -> int:
    """Checks every connection whose time has come; returns how many."""
    return scheduled.check_due()
