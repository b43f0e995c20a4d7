"""Records of every call, delivery and sync, and their rollups."""

from typing import Any

from flask import Flask
from sqlalchemy import event, inspect
from sqlalchemy.orm import object_session

from webapp.core import queue
from webapp.usage import models as models
from webapp.workspaces.models import Workspace


def _count_days_anew(_mapper: Any, _connection: Any, workspace: Workspace) -> None:
    session = object_session(workspace)
    if session is not None and inspect(workspace).attrs.time_zone.history.has_changes():
        queue.ring(session, "jobs.usage.rebuild", workspace.id)


def init_app(app: Flask) -> None:
    """Days are counted in the workspace's time zone, so whoever changes it makes them be counted again."""
    if not event.contains(Workspace, "after_update", _count_days_anew):
        event.listen(Workspace, "after_update", _count_days_anew)
