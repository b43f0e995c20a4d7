"""Connections as monitoring names them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.catalog.models import IntegrationProvider
from webapp.connection_tests.models import ConnectionTest
from webapp.core.errors import NotFound
from webapp.instances.models import Instance

HEALTH_ORDER = ("needs_reconnect", "degraded", "unknown", "healthy")


@dataclass(frozen=True, kw_only=True)
class Connection:
    """`health` is what a badge shows: the health of a connection in use, else its status."""

    id: str
    name: str
    provider_id: str
    provider_name: str
    environment: str
    status: str
    health: str
    health_reason: str
    last_checked_at: datetime | None

    @property
    def address(self) -> str:
        return f"/integrations/{self.id}"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One run of a connection test."""

    id: str
    status: str
    message: str
    trigger: str
    at: datetime


def of_workspace(session: Session, workspace_id: str) -> tuple[Connection, ...]:
    """All that are not removed, by name."""
    rows = session.execute(
        select(
            Instance.id,
            Instance.name,
            Instance.provider_id,
            Instance.environment,
            Instance.status,
            Instance.health,
            Instance.health_reason,
            Instance.last_checked_at,
            IntegrationProvider.name.label("provider_name"),
        )
        .outerjoin(IntegrationProvider, IntegrationProvider.id == Instance.provider_id)
        .where(Instance.workspace_id == workspace_id, Instance.status != "deleted")
        .order_by(Instance.name, Instance.id)
    )
    return tuple(
        Connection(
            id=row.id,
            name=row.name,
            provider_id=row.provider_id,
            provider_name=row.provider_name or row.provider_id.replace("-", " ").title(),
            environment=row.environment,
            status=row.status,
            health=row.health if row.status == "active" else row.status,
            health_reason=row.health_reason,
            last_checked_at=row.last_checked_at,
        )
        for row in rows
    )


def one(connections: tuple[Connection, ...], instance_id: str) -> Connection:
    """Raises NotFound, for a stranger's connection too."""
    for connection in connections:
        if connection.id == instance_id:
            return connection
    raise NotFound("There is no such connection in this workspace.", fix="It may have been removed.")


def checks(session: Session, instance_id: str, limit: int = 10) -> tuple[Check, ...]:
    """The newest runs of tests, newest first."""
    rows = session.scalars(
        select(ConnectionTest)
        .where(ConnectionTest.instance_id == instance_id)
        .order_by(ConnectionTest.created_at.desc())
        .limit(limit)
    )
    return tuple(
        Check(
            id=row.id,
            status=row.status,
            message=row.message,
            trigger=row.trigger,
            at=row.finished_at or row.created_at,
        )
        for row in rows
    )
