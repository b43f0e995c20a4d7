"""Links by which a client connects accounts without having an account here, what they are for, and what was done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.clock import now
from webapp.core.database import UTCDateTime
from webapp.core.identifiers import new_id
from webapp.extensions import Model


class ConnectLink(Model):
    """A link for one client. Its address holds a token, this row only the digest.

    `visit_digest` is that of the token in the cookie of the one browser that goes through it, until `visit_until`.
    `done_at`, `revoked_at` and `expired_at` end it for good, but that an expired one can be renewed.
    """

    __tablename__ = "connect_links"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("lnk"))
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    created_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    client_name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), default="")
    message: Mapped[str] = mapped_column(String(1000), default="")
    environment: Mapped[str] = mapped_column(String(10))
    days: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    mailed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    visit_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    visit_until: Mapped[datetime | None] = mapped_column(UTCDateTime)

    items: Mapped[list[ConnectLinkItem]] = relationship(
        cascade="all, delete-orphan", order_by="ConnectLinkItem.position", lazy="selectin"
    )

    __table_args__ = (
        Index("ix_connect_links_workspace", "workspace_id", "created_at"),
        Index("ix_connect_links_open", "expires_at", "done_at", "revoked_at", "expired_at"),
    )


class ConnectLinkItem(Model):
    """One provider that is asked for. `instance_id`: the connection that was begun for it."""

    __tablename__ = "connect_link_items"

    link_id: Mapped[str] = mapped_column(ForeignKey("connect_links.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(60))
    instance_id: Mapped[str | None] = mapped_column(ForeignKey("integration_instances.id", ondelete="SET NULL"))
    connected_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ConnectLinkEvent(Model):
    """What became of a link. `kind`: created, mailed, opened, connected, finished, revoked, expired, renewed.
    `network` is the neighbourhood of the client's address and never the address itself."""

    __tablename__ = "connect_link_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[str] = mapped_column(ForeignKey("connect_links.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    kind: Mapped[str] = mapped_column(String(12))
    provider_id: Mapped[str] = mapped_column(String(60), default="")
    network: Mapped[str] = mapped_column(String(60), default="")
