"""Contacts as this hub knows them, how far each connection was read, and what people asked to create or change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.clock import now
from webapp.core.database import UTCDateTime
from webapp.extensions import Model
from webapp.usage.models import BigId


class CrmContact(Model):
    """A person as one connection's CRM has them. The vendor's id is the key: an address may change or be shared.

    `workspace_id` and `environment` are those of the connection, so that a list reads one index. `sort_name` and
    `search_text` are folded to lower case. `more` holds the vendor's further fields by the vendor's own names.

    `base` is None unless something was edited here that the vendor does not have yet: then the last common value of
    each such field. What stands in the other columns is what people see, edits included.
    """

    __tablename__ = "crm_contacts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    workspace_id: Mapped[str] = mapped_column(String(40))
    environment: Mapped[str] = mapped_column(String(10))
    instance_id: Mapped[str] = mapped_column(ForeignKey("integration_instances.id", ondelete="CASCADE"))
    remote_id: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text, default="")
    first_name: Mapped[str] = mapped_column(Text, default="")
    last_name: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(Text, default="")
    title: Mapped[str] = mapped_column(Text, default="")
    company: Mapped[str] = mapped_column(Text, default="")
    owner: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(Text, default="")
    sort_name: Mapped[str] = mapped_column(Text, default="")
    search_text: Mapped[str] = mapped_column(Text, default="")
    archived: Mapped[bool] = mapped_column(default=False)
    remote_created_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    remote_updated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    synced_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    more: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    base: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))

    __table_args__ = (
        UniqueConstraint("instance_id", "remote_id"),
        Index("ix_crm_contacts_list", "workspace_id", "environment", "archived", "sort_name", "id"),
    )

    @property
    def name(self) -> str:
        """What to call this person: the name, else the address, else the vendor's id."""
        return f"{self.first_name} {self.last_name}".strip() or self.email or self.remote_id


class CrmSync(Model):
    """How far one kind of record (`object`: contact) of one connection has been read.

    `status`: idle, running (asked for or at work), failed. `cursor` is the provider's own, complete in itself, and
    moves in the same transaction as the rows that came with it. Whoever holds `lease` until `lease_until` reads;
    `due_at` is when anyone shall. `pages`, `records` and `removed` count this round, `contacts` what is there.
    `direction`: read (the vendor's state is shown), both (edits made here are sent as well). `wins`: whose value is
    kept where both changed: crm or hub. `finished_at` is the end of the last round that caught up. `error…` say what
    stopped the last one ("" for nothing), `failures` how often in a row.
    """

    __tablename__ = "crm_syncs"

    instance_id: Mapped[str] = mapped_column(
        ForeignKey("integration_instances.id", ondelete="CASCADE"), primary_key=True
    )
    object: Mapped[str] = mapped_column(String(20), primary_key=True)
    direction: Mapped[str] = mapped_column(String(10), default="read", server_default="read")
    wins: Mapped[str] = mapped_column(String(10), default="crm", server_default="crm")
    cursor: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(10), default="idle")
    lease: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now, index=True)
    pages: Mapped[int] = mapped_column(default=0)
    records: Mapped[int] = mapped_column(BigInteger, default=0)
    removed: Mapped[int] = mapped_column(BigInteger, default=0)
    contacts: Mapped[int] = mapped_column(BigInteger, default=0)
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(500), default="")
    error_fix: Mapped[str] = mapped_column(String(500), default="")
    error_fix_url: Mapped[str] = mapped_column(String(500), default="")
    error_category: Mapped[str] = mapped_column(String(30), default="")
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class CrmCreation(Model):
    """One contact that somebody asked to create at the vendor: the form's own key makes it happen once at most.

    `status`: asking, created, refused (nothing was made; the same form may be sent again), unknown (we asked and got
    no answer, or this process ended meanwhile). What was typed is not kept.
    """

    __tablename__ = "crm_creations"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    instance_id: Mapped[str] = mapped_column(ForeignKey("integration_instances.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(10), default="asking")
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    message: Mapped[str] = mapped_column(String(500), default="")
    fix: Mapped[str] = mapped_column(String(500), default="")
    fix_url: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class CrmOutbox(Model):
    """That a contact's edits are to be sent, and what became of it: one row for each contact that was ever edited.

    What is sent is worked out from the contact itself (`base` beside its values) when it is sent. `status`: waiting,
    sending, sent, failed (a person has to do something), settled (nothing had to be sent any more). `asked`: the
    vendor was asked to write, and may have. `actor` is who edited last. `message` and `fix` are for people.
    """

    __tablename__ = "crm_outbox"

    contact_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("crm_contacts.id", ondelete="CASCADE"), primary_key=True
    )
    instance_id: Mapped[str] = mapped_column(ForeignKey("integration_instances.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(10), default="waiting")
    asked: Mapped[bool] = mapped_column(default=False)
    actor: Mapped[str] = mapped_column(String(200), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    message: Mapped[str] = mapped_column(String(500), default="")
    fix: Mapped[str] = mapped_column(String(500), default="")
    fix_url: Mapped[str] = mapped_column(String(500), default="")
    edited_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (Index("ix_crm_outbox_status_due_at", "status", "due_at"),)


class CrmHistory(Model):
    """What happened to one contact. `kind`: edited, sent, received, conflict, refused, taken_back, removed, restored.

    `changes`: [[field, value before, value after], …]; of a conflict [field, value here, value there, who won].
    `actor` is the person's name, "" for the vendor's side.
    """

    __tablename__ = "crm_history"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    contact_id: Mapped[int] = mapped_column(BigId, ForeignKey("crm_contacts.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now, index=True)
    actor: Mapped[str] = mapped_column(String(200), default="")
    changes: Mapped[list[list[str]]] = mapped_column(JSON, default=list)

    __table_args__ = (Index("ix_crm_history_contact", "contact_id", "id"),)
