"""Runs of connection tests, line by line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.clock import now
from webapp.core.database import UTCDateTime
from webapp.core.identifiers import new_id
from webapp.extensions import Model


class ConnectionTest(Model):
    """One run. `status`: queued, running, passed, failed, error (we could not run it).

    `steps` is a list of {name, label, status, message, fix, fixUrl, durationMs}. `sealed_input` holds what the run
    needs besides the instance (a configuration that is only tested, the test's inputs) and is emptied at the end.
    `trigger`: person, program, schedule, wizard. A running row whose lease ran out is taken up again.
    """

    __tablename__ = "integration_tests"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("tst"))
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    instance_id: Mapped[str | None] = mapped_column(ForeignKey("integration_instances.id", ondelete="CASCADE"))
    provider_id: Mapped[str] = mapped_column(String(60))
    test_id: Mapped[str] = mapped_column(String(100))
    environment: Mapped[str] = mapped_column(String(10))
    trigger: Mapped[str] = mapped_column(String(12), default="person")
    status: Mapped[str] = mapped_column(String(10), default="queued")
    message: Mapped[str] = mapped_column(String(500), default="")
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    sealed_input: Mapped[str] = mapped_column(Text, default="")
    account: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    requested_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index("ix_integration_tests_instance", "instance_id", "created_at"),
        Index("ix_integration_tests_waiting", "status", "lease_until"),
        Index("ix_integration_tests_workspace", "workspace_id", "created_at"),
    )
