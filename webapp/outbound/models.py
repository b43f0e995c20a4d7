"""Rules of hosts, and refused calls out."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.clock import now
from webapp.core.database import UTCDateTime
from webapp.core.identifiers import new_id
from webapp.extensions import Model

INSTALLATION = "installation"
"""`OutboundRule.scope` of the rule that holds in every workspace."""


class OutboundRule(Model):
    """`scope` is a workspace's id or `INSTALLATION`. `mode`: only (nothing but `patterns`), never (all but them).
    No row: every public host."""

    __tablename__ = "outbound_rules"

    scope: Mapped[str] = mapped_column(String(40), primary_key=True)
    workspace_id: Mapped[str | None] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    mode: Mapped[str] = mapped_column(String(5))
    patterns: Mapped[list[str]] = mapped_column(JSON, default=list)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class OutboundRefusal(Model):
    """Calls that the door refused, counted per connection, host, operation, reason and day (UTC). `host` is "" when
    the address named none. Never a path, a query, a header or a body."""

    __tablename__ = "outbound_refusals"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("out"))
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    instance_id: Mapped[str] = mapped_column(String(40))
    provider_id: Mapped[str] = mapped_column(String(60))
    operation: Mapped[str] = mapped_column(String(80))
    method: Mapped[str] = mapped_column(String(10))
    host: Mapped[str] = mapped_column(String(253))
    code: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(500))
    day: Mapped[date] = mapped_column(Date)
    count: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (
        UniqueConstraint("instance_id", "host", "operation", "code", "day"),
        Index("ix_outbound_refusals_workspace", "workspace_id", "last_at"),
        Index("ix_outbound_refusals_last", "last_at"),
    )
