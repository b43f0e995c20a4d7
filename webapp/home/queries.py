"""Everything the home page shows, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webapp.core.permissions import Actor
from webapp.home import activity
from webapp.home.activity import Live
from webapp.home.attention import Attention, attention
from webapp.home.checklist import Checklist, checklist, hidden
from webapp.home.connections import Connection, HealthCount, health_counts, of_workspace
from webapp.home.figures import Week, week
from webapp.workspaces.models import Workspace


@dataclass(frozen=True, kw_only=True)
class Home:
    """`checklist` is None where it was put away, and in a workspace of sample data. `empty`: nothing is connected and
    nothing begun."""

    connections: tuple[Connection, ...]
    checklist: Checklist | None
    checklist_hidden: bool
    health: tuple[HealthCount, ...]
    attention: Attention
    week: Week
    live: Live

    @property
    def empty(self) -> bool:
        return not self.connections


def home(session: Session, who: Actor, workspace: Workspace, zone: ZoneInfo) -> Home:
    """At most ten queries."""
    connections = of_workspace(session, workspace.id)
    away = hidden(workspace, who.user_id)
    wanted = not away and not workspace.is_demo
    return Home(
        connections=connections,
        checklist=checklist(session, who, connections) if wanted else None,
        checklist_hidden=away and not workspace.is_demo,
        health=health_counts(connections),
        attention=attention(session, workspace.id, connections),
        week=week(session, workspace.id, connections, zone),
        live=live(session, workspace.id, connections=connections),
    )


def live(session: Session, workspace_id: str, *, connections: tuple[Connection, ...] = (), poll: int = 0) -> Live:
    """The part that renews itself."""
    known: Mapping[str, Connection] = {one.id: one for one in connections or of_workspace(session, workspace_id)}
    return activity.live(session, workspace_id, known, poll)
