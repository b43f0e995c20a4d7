"""How far the sample data of a demo workspace is: kept in the workspace's preferences, read by pages and the job."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from webapp.core.clock import now
from webapp.workspaces.models import Workspace

KEY = "demo"
STAGES = ("connections", "deliveries", "checks", "usage", "troubles", "ready")
REMOVING = "removing"
LEASE = timedelta(seconds=60)
_SHARES = {
    "connections": (0, 20),
    "deliveries": (20, 45),
    "checks": (45, 60),
    "usage": (60, 95),
    "troubles": (95, 100),
}
WORDS = {
    "connections": "Connecting sandbox accounts",
    "deliveries": "Sending deliveries",
    "checks": "Testing the connections",
    "usage": "Writing a few weeks of activity",
    "troubles": "Adding something to mend",
    "ready": "Ready",
    REMOVING: "Removing the sample data",
}


@dataclass(frozen=True, kw_only=True)
class DemoState:
    """`stage` is the one in work; `done` counts within it, `of` is how much there is. `until` is where the story ends
    and `lease_until` until when somebody works on it, both as RFC 3339 text ("" for nobody)."""

    stage: str = "connections"
    done: int = 0
    of: int = 1
    events: int = 0
    days: int = 30
    seed: int = 1
    until: str = ""
    lease_until: str = ""

    @property
    def ready(self) -> bool:
        return self.stage == "ready"

    @property
    def removing(self) -> bool:
        return self.stage == REMOVING

    @property
    def percent(self) -> int:
        """0 to 100."""
        first, last = _SHARES.get(self.stage, (100, 100))
        return first + (last - first) * min(self.done, self.of) // max(self.of, 1)

    @property
    def words(self) -> str:
        return WORDS.get(self.stage, "")

    @property
    def ends_at(self) -> datetime:
        return datetime.fromisoformat(self.until)

    @property
    def leased(self) -> bool:
        return bool(self.lease_until) and datetime.fromisoformat(self.lease_until) > now()


def state_of(workspace: Workspace) -> DemoState | None:
    """None for a workspace without sample data."""
    kept: dict[str, Any] | None = workspace.preferences.get(KEY)
    if not workspace.is_demo or not kept:
        return None
    known = {one.name for one in fields(DemoState)}
    return DemoState(**{name: value for name, value in kept.items() if name in known})


def of_request() -> DemoState | None:
    """That of the workspace somebody looks at now."""
    workspace = g.get("workspace")
    return state_of(workspace) if workspace is not None else None


def keep(workspace: Workspace, state: DemoState) -> None:
    """Writes it down; the caller commits."""
    workspace.preferences = {**workspace.preferences, KEY: asdict(state)}


def locked(session: Session, workspace_id: str) -> Workspace | None:
    """The workspace as it is now, locked until the transaction ends; None when it is gone."""
    return session.get(Workspace, workspace_id, with_for_update=True, populate_existing=True)


def claim(session: Session, workspace_id: str, *, stages: tuple[str, ...]) -> DemoState | None:
    """Takes the work for a minute, and commits. None when there is nothing to do, or somebody else does it."""
    workspace = locked(session, workspace_id)
    state = state_of(workspace) if workspace is not None else None
    if workspace is None or state is None or state.stage not in stages or state.leased:
        session.rollback()
        return None
    state = replace(state, lease_until=(now() + LEASE).isoformat())
    keep(workspace, state)
    session.commit()
    return state


class Gone(Exception):
    """The workspace was removed meanwhile, or is about to be: whoever fills it stops."""


def advance(session: Session, workspace_id: str, *, stage: str, done: int, of: int) -> None:
    """Notes how far it is and renews the lease, in the caller's transaction. Raises Gone."""
    workspace = locked(session, workspace_id)
    state = state_of(workspace) if workspace is not None else None
    if workspace is None or state is None or state.removing:
        session.rollback()
        raise Gone
    lease = "" if stage == "ready" else (now() + LEASE).isoformat()
    keep(workspace, replace(state, stage=stage, done=done, of=of, lease_until=lease))
