"""The workspace's connections as the home page needs them: read once, for every part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.catalog import service as catalog
from webapp.instances.models import Instance

HEALTHS = {
    "healthy": ("Healthy", "good"),
    "degraded": ("Degraded", "warn"),
    "needs_reconnect": ("Needs reconnecting", "bad"),
    "unknown": ("Not checked yet", None),
    "paused": ("Paused", None),
}


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One that is not removed. `health` is what a badge shows: for one in use its health, else its status."""

    id: str
    name: str
    provider_id: str
    environment: str
    status: str
    health: str
    health_reason: str
    health_changed_at: datetime | None
    last_delivery_at: datetime | None
    updated_at: datetime

    @property
    def href(self) -> str:
        return f"/integrations/{self.id}"

    @property
    def in_use(self) -> bool:
        return self.status != "draft"

    @property
    def sends_events(self) -> bool:
        """Whether its provider delivers anything to us."""
        registry = catalog.registry()
        return self.provider_id in registry and registry.manifest(self.provider_id).webhook is not None


@dataclass(frozen=True, kw_only=True)
class HealthCount:
    """How many are in one state; `href` is the list of just those."""

    label: str
    tone: str | None
    count: int
    href: str


_COLUMNS = (
    Instance.id,
    Instance.name,
    Instance.provider_id,
    Instance.environment,
    Instance.status,
    Instance.health,
    Instance.health_reason,
    Instance.health_changed_at,
    Instance.webhook_last_received_at,
    Instance.updated_at,
)


def of_workspace(session: Session, workspace_id: str) -> tuple[Connection, ...]:
    """By name, drafts among them."""
    rows = session.execute(
        select(*_COLUMNS)
        .where(Instance.workspace_id == workspace_id, Instance.deleted_at.is_(None))
        .order_by(Instance.name, Instance.id)
    )
    return tuple(
        Connection(
            id=row.id,
            name=row.name,
            provider_id=row.provider_id,
            environment=row.environment,
            status=row.status,
            health=row.health if row.status == "active" else row.status,
            health_reason=row.health_reason,
            health_changed_at=row.health_changed_at,
            last_delivery_at=row.webhook_last_received_at,
            updated_at=row.updated_at,
        )
        for row in rows
    )


def usual_sandbox() -> str:
    """The provider whose sandbox somebody new is sent to: the most popular one that has one, "" for none."""
    known = [one for one in catalog.registry() if one.sandbox is not None]
    known.sort(key=lambda one: (-one.manifest.popularity, one.id))
    return known[0].id if known else ""


def health_counts(connections: Sequence[Connection]) -> tuple[HealthCount, ...]:
    """Always the good and the bad ones, the other states only when there are any."""
    states = [one.health for one in connections if one.in_use]
    return tuple(
        HealthCount(
            label=label,
            tone=tone if states.count(state) else None,
            count=states.count(state),
            href=f"/integrations?state={state}",
        )
        for state, (label, tone) in HEALTHS.items()
        if states.count(state) or state in ("healthy", "needs_reconnect")
    )
