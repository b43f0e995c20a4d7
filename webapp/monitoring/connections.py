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
        select(Instance, IntegrationProvider.name)
        .outerjoin(IntegrationProvider, IntegrationProvider.id == Instance.provider_id)
        .where(Instance.workspace_id == workspace_id, Instance.status != "deleted")
        .order_by(Instance.name, Instance.id)
    )
    return tuple(_connection(instance, name) for instance, name in rows)


def _connection(instance: Instance, provider_name: str | None) -> Connection:
    return Connection(
        id=instance.id,
        name=instance.name,
        provider_id=instance.provider_id,
        provider_name=provider_name or instance.provider_id.replace("-", " ").title(),
        environment=instance.environment,
        status=instance.status,
        health=instance.health if instance.status == "active" else instance.status,
        health_reason=instance.health_reason,
        last_checked_at=instance.last_checked_at,
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
