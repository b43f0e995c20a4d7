"""Figures that have to be counted anew."""

from __future__ import annotations

from jobs import job
from webapp.extensions import db
from webapp.usage import rebuild as rebuilding


@job
def rebuild(workspace_id: str) -> None:
    """After a workspace's time zone has changed: its days begin at other moments now."""
    for _ in rebuilding.rebuild(db.session(), workspace_id):
        pass


@job
def sweep() -> None:
    """Finds workspaces whose bell was lost."""
    session = db.session()
    for workspace_id in rebuilding.out_of_step(session):
        for _ in rebuilding.rebuild(session, workspace_id):
            pass
