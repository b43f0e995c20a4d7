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
    latency_us: Mapped[int] = mapped_column(BigInteger, default=0)
    items: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index("ix_integration_usage_feed", "workspace_id", "environment", "at"),
        Index("ix_integration_usage_instance", "instance_id", "at"),
    )


class UsageRollup(Model):
    """Exact counts of one bucket of time: they grow by what the same transaction put into `integration_usage`.

    `grain`: hour or day. `bucket` is its start in seconds since 1970 (UTC): a full hour, or midnight in the
    workspace's time zone. `level` says what `subject` is: workspace (""), provider (its id) or instance (its id), so
    that each page reads as few rows as it shows. `error_category` is "" for what went well. docs/adr/0020.
    """

    __tablename__ = "usage_rollups"

    workspace_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    grain: Mapped[str] = mapped_column(String(4), primary_key=True)
    level: Mapped[str] = mapped_column(String(9), primary_key=True)
    environment: Mapped[str] = mapped_column(String(10), primary_key=True)
    bucket: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    subject: Mapped[str] = mapped_column(String(60), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    error_category: Mapped[str] = mapped_column(String(30), primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(60))
    count: Mapped[int] = mapped_column(BigInteger, default=0)
    ok_count: Mapped[int] = mapped_column(BigInteger, default=0)
    items: Mapped[int] = mapped_column(BigInteger, default=0)
    latency_us: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = {"sqlite_with_rowid": False}


class LatencyHistogram(Model):
    """How many calls took how long in one bucket of time; histograms add up (`webapp.usage.histogram`).

    Only of `api_call` rows: how long a vendor took to answer us. Keys as in `UsageRollup`; `subject` stands before
    the time here since percentiles are always of one subject. `counts` is the JSON list [bucket, calls, bucket, …].
    """

    __tablename__ = "usage_latencies"

    workspace_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    grain: Mapped[str] = mapped_column(String(4), primary_key=True)
    level: Mapped[str] = mapped_column(String(9), primary_key=True)
    subject: Mapped[str] = mapped_column(String(60), primary_key=True)
    environment: Mapped[str] = mapped_column(String(10), primary_key=True)
    bucket: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    counts: Mapped[str] = mapped_column(Text, default="[]")

    __table_args__ = {"sqlite_with_rowid": False}


class IntegrationError(Model):
    """Failures of one instance with one cause, counted; `fix` says what to do. Resolved when it stops or by hand."""

    __tablename__ = "integration_errors"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("err"))
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    instance_id: Mapped[str] = mapped_column(ForeignKey("integration_instances.id", ondelete="CASCADE"))
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
