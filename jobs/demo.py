"""Sample data: filled and removed in the background."""

from __future__ import annotations

from jobs import job
from webapp.core import queue
from webapp.demo import service
from webapp.extensions import db


@job
def prepare(workspace_id: str) -> bool:
    """Fills a demo workspace, from where it is. True when it is ready now."""
    return service.prepare(db.session(), workspace_id)


@job
def clear(workspace_id: str) -> bool:
    """Removes a demo workspace and all that is in it."""
    return service.clear(db.session(), workspace_id)


@job
def sweep() -> int:
    """Rings again for demo workspaces that nobody works on. Returns how many."""
    to_prepare, to_clear = service.unfinished(db.session())
    db.session.rollback()
    for workspace_id in to_prepare:
        queue.ring_now(service.JOB, workspace_id)
    for workspace_id in to_clear:
        queue.ring_now(service.CLEAR_JOB, workspace_id)
    return len(to_prepare) + len(to_clear)
