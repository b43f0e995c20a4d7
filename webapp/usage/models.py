"""Every call out, delivery in and sync, one row each; rollups that add up to exactly those rows; errors by cause."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.clock import now
from webapp.core.database import UTCDateTime
from webapp.core.identifiers import new_id
from webapp.extensions import Model

BigId = BigInteger().with_variant(Integer, "sqlite")


class UsageRecord(Model):
    """One thing that happened. `kind`: api_call, webhook, sync. `at` is milliseconds since 1970 (UTC).

    `error_category` is "" when it went well, else the `category` of a `ProviderError`.
    """

    __tablename__ = "integration_usage"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[int] = mapped_column(BigInteger)
    workspace_id: Mapped[str] = mapped_column(String(40))
    provider_id: Mapped[str] = mapped_column(String(60))
    instance_id: Mapped[str] = mapped_column(String(40))
    environment: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    operation: Mapped[str] = mapped_column(String(80), default="")
    ok: Mapped[bool]
    status: Mapped[int | None]
    error_category: Mapped[str] = mapped_column(String(30), default="")
    latency_us: Mapped[int] = mapped_column(default=0)
    items: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index("ix_integration_usage_time", "at"),
        Index("ix_integration_usage_feed", "workspace_id", "at"),
        Index("ix_integration_usage_instance", "instance_id", "at"),
    )


class UsageRollup(Model):
    """Exact counts per bucket of time. `grain`: hour or day; `bucket` is its start in seconds since 1970 (UTC).

    Counters only ever grow by what the same transaction inserted into `integration_usage`.
    """

    __tablename__ = "usage_rollups"

    grain: Mapped[str] = mapped_column(String(4), primary_key=True)
    bucket: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    instance_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    environment: Mapped[str] = mapped_column(String(10), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(40))
    provider_id: Mapped[str] = mapped_column(String(60))
    count: Mapped[int] = mapped_column(BigInteger, default=0)
    ok_count: Mapped[int] = mapped_column(BigInteger, default=0)
    items: Mapped[int] = mapped_column(BigInteger, default=0)
    latency_us: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (Index("ix_usage_rollups_workspace", "workspace_id", "grain", "bucket"),)


class LatencyBucket(Model):
    """How many calls took how long: log-spaced buckets that add up over time and instances.

    Calls counted in bucket n took from GROWTH**n to GROWTH**(n+1) microseconds (`webapp.usage.histogram`).
    """

    __tablename__ = "usage_latencies"

    grain: Mapped[str] = mapped_column(String(4), primary_key=True)
    bucket: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    instance_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    environment: Mapped[str] = mapped_column(String(10), primary_key=True)
    latency_bucket: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(String(40))
    provider_id: Mapped[str] = mapped_column(String(60))
    count: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (Index("ix_usage_latencies_workspace", "workspace_id", "grain", "bucket"),)


class IntegrationError(Model):
    """Failures of one instance with one cause, counted; `fix` says what to do. Resolved when it stops or by hand."""

    __tablename__ = "integration_errors"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("err"))
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    instance_id: Mapped[str | None] = mapped_column(ForeignKey("integration_instances.id", ondelete="CASCADE"))
    provider_id: Mapped[str] = mapped_column(String(60))
    environment: Mapped[str] = mapped_column(String(10))
    category: Mapped[str] = mapped_column(String(30))
    cause: Mapped[str] = mapped_column(String(120))
    message: Mapped[str] = mapped_column(String(500))
    fix: Mapped[str] = mapped_column(String(500), default="")
    fix_url: Mapped[str] = mapped_column(String(500), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    count: Mapped[int] = mapped_column(BigInteger, default=1)
    first_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (
        UniqueConstraint("instance_id", "category", "cause"),
        Index("ix_integration_errors_list", "workspace_id", "resolved_at", "last_at"),
    )
