"""Connections: one provider's account in one workspace, its secrets, and how well it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.clock import now
from webapp.core.database import UTCDateTime
from webapp.core.identifiers import new_id, new_token
from webapp.extensions import Model

_ONE_ACCOUNT = text("deleted_at IS NULL AND account_id IS NOT NULL AND environment <> 'sandbox'")


class Instance(Model):
    """A connected account, or the draft of one.

    `status`: draft (the wizard is not finished), active, paused, deleted (recoverable for 30 days).
    `health`: unknown, healthy, degraded, needs_reconnect. `configuration` holds plain values only; secrets are
    `SecretVersion` rows. `webhook_key` is the unguessable part of its delivery address.
    `account_id` with provider and environment is unique in a workspace while the instance is not deleted; each
    sandbox connection has a memory, and so an account, of its own.
    `provider_version`: of a custom integration, the published version it was made with or was moved to.
    `webhook_status`: "" (nothing asked), requested, registering, registered, manual, failed, removing.
    `sign_in_app`: whose app the kept token was given to by signing in: own (the connection's), server (the
    installation's), or "" for keys and pasted tokens.
    `restricted`: only who is named in `InstanceGrant` may use it, each as it says; else everybody as by their role.
    `health_failures` counts refusals in a row, `health_blips` failures that may pass by themselves.
    """

    __tablename__ = "integration_instances"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("ins"))
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    provider_id: Mapped[str] = mapped_column(String(60))
    provider_version: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(500), default="")
    environment: Mapped[str] = mapped_column(String(10), default="live")
    status: Mapped[str] = mapped_column(String(12), default="draft")
    configuration: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    uses_server_credentials: Mapped[bool] = mapped_column(default=False)
    sign_in_app: Mapped[str] = mapped_column(String(6), default="", server_default="")

    restricted: Mapped[bool] = mapped_column(default=False, server_default=false())

    template_id: Mapped[str] = mapped_column(String(60), default="")
    wizard_step: Mapped[str] = mapped_column(String(20), default="purpose")

    account_id: Mapped[str | None] = mapped_column(String(200))
    account_name: Mapped[str] = mapped_column(String(200), default="")
    account_detail: Mapped[str] = mapped_column(String(300), default="")

    webhook_key: Mapped[str] = mapped_column(String(64), unique=True, default=new_token)
    webhook_registration_id: Mapped[str] = mapped_column(String(200), default="")
    webhook_events: Mapped[list[str]] = mapped_column(JSON, default=list)
    webhook_status: Mapped[str] = mapped_column(String(12), default="")
    webhook_message: Mapped[str] = mapped_column(String(500), default="")
    webhook_changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    webhook_last_received_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    health: Mapped[str] = mapped_column(String(20), default="unknown")
    health_reason: Mapped[str] = mapped_column(String(500), default="")
    health_changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    health_failures: Mapped[int] = mapped_column(default=0)
    health_blips: Mapped[int] = mapped_column(default=0)
    last_checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    next_check_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)

    token_lease: Mapped[str | None] = mapped_column(String(16))
    token_lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)

    created_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    secrets: Mapped[list[SecretVersion]] = relationship(
        back_populates="instance", cascade="all, delete-orphan", lazy="select"
    )

    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        Index(
            "uq_integration_instances_account",
            "workspace_id",
            "provider_id",
            "environment",
            "account_id",
            unique=True,
            sqlite_where=_ONE_ACCOUNT,
            postgresql_where=_ONE_ACCOUNT,
        ),
        Index("ix_integration_instances_list", "workspace_id", "status", "provider_id"),
    )


class SecretVersion(Model):
    """One value of one secret field, sealed for exactly this row.

    The newest version that is not retired is used for calls; all versions not retired verify deliveries, and a
    version with `retires_at` in the past counts as retired, and its `sealed` is emptied soon after. `last4` is empty
    for short values.
    """

    __tablename__ = "integration_secrets"

    instance_id: Mapped[str] = mapped_column(
        ForeignKey("integration_instances.id", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    last4: Mapped[str] = mapped_column(String(4), default="")
    fingerprint: Mapped[str] = mapped_column(String(16), index=True)
    created_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    retires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    instance: Mapped[Instance] = relationship(back_populates="secrets")


class InstanceGrant(Model):
    """What somebody may do with one restricted connection: never more than their role allows.

    `subject_kind`: role (`subject` is its slug) or user (`subject` is the id; it goes before the role's row).
    `powers`: names from `webapp.core.permissions.POWERS`; an empty list names somebody who may nothing.
    """

    __tablename__ = "instance_grants"

    instance_id: Mapped[str] = mapped_column(
        ForeignKey("integration_instances.id", ondelete="CASCADE"), primary_key=True
    )
    subject_kind: Mapped[str] = mapped_column(String(4), primary_key=True)
    subject: Mapped[str] = mapped_column(String(40), primary_key=True)
    powers: Mapped[list[str]] = mapped_column(JSON, default=list)


class SandboxMemory(Model):
    """What the stand-in of one sandbox connection remembers."""

    __tablename__ = "sandbox_memories"

    instance_id: Mapped[str] = mapped_column(
        ForeignKey("integration_instances.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
