"""Drafts of custom integrations, every saved state of them, and the versions people decide about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.clock import now
from webapp.core.database import UTCDateTime
from webapp.core.identifiers import new_id
from webapp.extensions import Model

RUNNING = ("published", "replaced", "deprecated")
"""States in which connections made with a version go on."""


class CustomIntegration(Model):
    """One integration in the making.

    `provider_id` is what its versions are called when they run; `revision` is the number of the `CustomRevision` that
    stands, moved by saving, undoing and redoing; `step` is where the wizard is. `notes`: what an import understood
    and what it did not, as lists of sentences. `evidence`: how the document's tests last went, and at which revision.
    """

    __tablename__ = "custom_integrations"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("cus"))
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    provider_id: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    step: Mapped[str] = mapped_column(String(20), default="template")
    revision: Mapped[int] = mapped_column(default=1)
    notes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class CustomRevision(Model):
    """The document after one change. `document` may be incomplete; `what` says the change in words."""

    __tablename__ = "custom_revisions"

    integration_id: Mapped[str] = mapped_column(
        ForeignKey("custom_integrations.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    what: Mapped[str] = mapped_column(String(200), default="")
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class CustomVersion(Model):
    """What was submitted: it never changes, only what was decided about it does.

    `state`: submitted, changes_requested, superseded, approved, rejected, taken_back, published, replaced,
    deprecated, withdrawn.
    `digest` is SHA-256 of the canonical JSON; `seal` is that digest sealed with the workspace's key for this row, so
    a document changed in the database is noticed. `audience` is `workspace` or `all` once published.
    `changed_at` moves with every decision: running processes notice by it.
    """

    __tablename__ = "custom_versions"
    __table_args__ = (
        UniqueConstraint("integration_id", "number"),
        Index("ix_custom_versions_state_changed_at", "state", "changed_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("ver"))
    integration_id: Mapped[str] = mapped_column(ForeignKey("custom_integrations.id", ondelete="CASCADE"))
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)
    provider_id: Mapped[str] = mapped_column(String(60), index=True)
    number: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), default="submitted")
    audience: Mapped[str] = mapped_column(String(10), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    submitted_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    submitted_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    reviewed_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    review_note: Mapped[str] = mapped_column(Text, default="")
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    replacement: Mapped[str] = mapped_column(String(60), default="")
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class CustomComment(Model):
    """A reviewer's or the author's words about one line of a version: `pointer` (RFC 6901), "" is the whole."""

    __tablename__ = "custom_comments"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("com"))
    version_id: Mapped[str] = mapped_column(ForeignKey("custom_versions.id", ondelete="CASCADE"), index=True)
    pointer: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
