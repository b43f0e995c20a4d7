"""Deliveries from vendors: stored before they are acknowledged, applied exactly once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.clock import now
from webapp.core.database import UTCDateTime
from webapp.extensions import Model

BigId = BigInteger().with_variant(Integer, "sqlite")
_DUE = text("due_at IS NOT NULL")
_OPEN = text("status IN ('held', 'failed', 'dead')")
"""Only rows that need a look are in these two indexes: they stay small however many events there are."""
_ONCE = text("replay_key IS NOT NULL")


class WebhookEvent(Model):
    """One event. `status`: waiting, held (connection paused), processed, failed (is tried again), dead.

    `sequence` orders arrival; `id` (`evt_`, the time, 64 random bits) is what people and programs see.
    `(instance_id, external_id)` is the key that de-duplicates; `(instance_id, replay_key)` keeps out another event
    with a proof that was used (docs/adr/0033-replay-keys.md). `duplicates` counts further copies, `conflict` says
    that a copy had another body. `due_at` is when it may be tried (None: never); a worker that takes it sets both
    `due_at` and `lease_until` to the end of its lease, so that `lease_until` also says whose lease it is.
    `whole`: `body` is the delivery as it arrived; else one event of a batch. `replay_by` asked for another try.
    `counted`: it has its row in `integration_usage`.
    `source`: delivery or sample. `purged_at`: when body and headers were thrown away.
    """

    __tablename__ = "webhook_events"

    sequence: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(40), unique=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    instance_id: Mapped[str] = mapped_column(ForeignKey("integration_instances.id", ondelete="CASCADE"))
    provider_id: Mapped[str] = mapped_column(String(60))
    external_id: Mapped[str] = mapped_column(String(200))
    replay_key: Mapped[str | None] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(120), default="")
    body: Mapped[bytes] = mapped_column(LargeBinary)
    body_digest: Mapped[str] = mapped_column(String(64), default="")
    headers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    created_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    duplicates: Mapped[int] = mapped_column(default=0)
    conflict: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(String(10), default="delivery")
    whole: Mapped[bool] = mapped_column(default=True)
    purged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    status: Mapped[str] = mapped_column(String(10), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=now)
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str] = mapped_column(String(500), default="")
    processed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    counted: Mapped[bool] = mapped_column(default=False)
    replay_by: Mapped[str | None] = mapped_column(String(40))

    sentence: Mapped[str] = mapped_column(String(300), default="")
    tone: Mapped[str] = mapped_column(String(10), default="neutral")
    icon: Mapped[str] = mapped_column(String(40), default="webhook")

    __table_args__ = (
        UniqueConstraint("instance_id", "external_id"),
        Index(
            "uq_webhook_events_replay",
            "instance_id",
            "replay_key",
            unique=True,
            sqlite_where=_ONCE,
            postgresql_where=_ONCE,
        ),
        Index("ix_webhook_events_due", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_webhook_events_open", "instance_id", "status", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_webhook_events_list", "workspace_id", "sequence"),
        Index("ix_webhook_events_instance_list", "instance_id", "sequence"),
    )


class WebhookEffect(Model):
    """What an event did, written in the transaction that marks it processed: the ledger of exactly-once.

    Deliberately without a unique key: a second effect must show up in `toolkit events list --effects`, not hide.
    It is the claim on the event row (status and lease, in one transaction) that prevents it.
    """

    __tablename__ = "webhook_effects"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    event_sequence: Mapped[int] = mapped_column(ForeignKey("webhook_events.sequence", ondelete="CASCADE"), index=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    instance_id: Mapped[str] = mapped_column(ForeignKey("integration_instances.id", ondelete="CASCADE"))
    provider_id: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(60))
    sentence: Mapped[str] = mapped_column(String(300))
    tone: Mapped[str] = mapped_column(String(10), default="neutral")
    icon: Mapped[str] = mapped_column(String(40), default="activity")
    object_type: Mapped[str] = mapped_column(String(40), default="")
    object_id: Mapped[str] = mapped_column(String(200), default="")
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="")
    person: Mapped[str] = mapped_column(String(200), default="")
    url: Mapped[str] = mapped_column(String(500), default="")
    occurred_at: Mapped[datetime] = mapped_column(UTCDateTime)
    applied_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    __table_args__ = (Index("ix_webhook_effects_feed", "workspace_id", "applied_at"),)


class WebhookObject(Model):
    """The latest that is known of a vendor's object. An older event that arrives late changes nothing here."""

    __tablename__ = "webhook_objects"

    instance_id: Mapped[str] = mapped_column(
        ForeignKey("integration_instances.id", ondelete="CASCADE"), primary_key=True
    )
    object_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    sentence: Mapped[str] = mapped_column(String(300))
    occurred_at: Mapped[datetime] = mapped_column(UTCDateTime)
    event_sequence: Mapped[int] = mapped_column(BigId)


class WebhookRefusal(Model):
    """Deliveries we refused, counted per instance, reason and hour: the owner sees them with the likely cause."""

    __tablename__ = "webhook_refusals"

    instance_id: Mapped[str] = mapped_column(
        ForeignKey("integration_instances.id", ondelete="CASCADE"), primary_key=True
    )
    hour: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    reason: Mapped[str] = mapped_column(String(20), primary_key=True)
    count: Mapped[int] = mapped_column(default=1)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    message: Mapped[str] = mapped_column(String(300), default="")
    fix: Mapped[str] = mapped_column(String(500), default="")


class WebhookAttempt(Model):
    """One try at processing an event that did not simply work the first time."""

    __tablename__ = "webhook_attempts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    event_sequence: Mapped[int] = mapped_column(ForeignKey("webhook_events.sequence", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    ok: Mapped[bool]
    error: Mapped[str] = mapped_column(String(500), default="")
    requested_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
