"""Connect links whose time is over."""

from __future__ import annotations

from jobs import job
from webapp.connect_links import service
from webapp.extensions import db


@job
def sweep() -> int:
    """Ends links that ran out or whose maker left. Returns how many."""
    ended = service.sweep(db.session())
    db.session.commit()
    return ended
