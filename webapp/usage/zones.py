"""The time zones that days are counted in: those of the workspaces, not of who reads."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.workspaces.models import Workspace


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """UTC for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def zones_of(session: Session, workspace_ids: Iterable[str]) -> dict[str, ZoneInfo]:
    """The time zone of each workspace, as this transaction sees it; UTC for one that is gone."""
    wanted = tuple(workspace_ids)
    rows = session.execute(select(Workspace.id, Workspace.time_zone).where(Workspace.id.in_(wanted)))
    found = {workspace_id: zone_named(name) for workspace_id, name in rows}
    return {workspace_id: found.get(workspace_id, zone_named("UTC")) for workspace_id in wanted}
