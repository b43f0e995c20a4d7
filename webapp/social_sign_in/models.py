"""Accounts elsewhere that people sign in with, and sign-ins there that are under way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.clock import now
from webapp.core.database import UTCDateTime
from webapp.core.identifiers import new_id
from webapp.extensions import Model


class UserIdentity(Model):
    """An account elsewhere that opens an account here. Who it is, is the provider, its issuer ("" where the provider
    is one by itself) and the subject; name and e-mail are only what was told at the last sign-in."""

    __tablename__ = "user_identities"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("idt"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(String(60))
    issuer: Mapped[str] = mapped_column(String(255), default="")
    subject: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    email_verified: Mapped[bool] = mapped_column(default=False)
    linked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("provider", "issuer", "subject"),)


class SignInAttempt(Model):
    """Somebody was sent elsewhere to sign in. The address holds the state, this row only its digest; the browser's
    cookie holds the rest (`webapp.social_sign_in.carried`), so that no other browser can end it. Good once, for ten
    minutes. Afterwards it holds who came back, until they finished or the half hour is over."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("att"))
    state_digest: Mapped[str] = mapped_column(String(64), unique=True)
    provider: Mapped[str] = mapped_column(String(60))
    app_digest: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("user_sessions.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    outcome: Mapped[str] = mapped_column(String(30), default="")
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    issuer: Mapped[str] = mapped_column(String(255), default="")
    subject: Mapped[str] = mapped_column(String(255), default="")
    name: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    email_verified: Mapped[bool] = mapped_column(default=False)
