"""Sign-ins under way, and what was granted in those that ended well. Tokens are secrets of the connection."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.clock import now
from webapp.core.database import UTCDateTime
from webapp.extensions import Model


class SignIn(Model):
    """Somebody was sent to a vendor. The address holds the state, this row only its digest; it is good once, for ten
    minutes, in the same session: that of a person, or (`visit_digest`) of a client's browser going through a link.
    `app_digest` marks the app and the address that the code may be given to."""

    __tablename__ = "oauth_sign_ins"

    state_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    instance_id: Mapped[str] = mapped_column(ForeignKey("integration_instances.id", ondelete="CASCADE"), index=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("user_sessions.id", ondelete="CASCADE"))
    visit_digest: Mapped[str] = mapped_column(String(64), default="", server_default="")
    provider_id: Mapped[str] = mapped_column(String(60))
    purpose: Mapped[str] = mapped_column(String(10))
    """connect (a draft) or reconnect."""
    return_to: Mapped[str] = mapped_column(String(20))
    app_digest: Mapped[str] = mapped_column(String(64))
    sealed_verifier: Mapped[str] = mapped_column(Text, default="")
    asked: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class OAuthGrant(Model):
    """What a vendor lets a connection do since somebody signed in there, and how keeping it fresh goes.

    `granted` is what the vendor said; where it says nothing (RFC 6749, 5.1) that is what was asked.
    `ends_at` is that of the token we know of: another end means that a call refreshed it meanwhile.
    `next_refresh_at` None: nothing to refresh. `failures` in a row since `failing_since`; `exhausted_at`: they went
    on for so long that somebody must sign in again. `revoked_at`: the access was given back; `revoke_attempts`
    counts how often we tried.
    """

    __tablename__ = "oauth_grants"

    instance_id: Mapped[str] = mapped_column(
        ForeignKey("integration_instances.id", ondelete="CASCADE"), primary_key=True
    )
    granted_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    granted_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    asked: Mapped[list[str]] = mapped_column(JSON, default=list)
    granted: Mapped[list[str]] = mapped_column(JSON, default=list)

    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    refreshed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    next_refresh_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    exhausted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    problem: Mapped[str] = mapped_column(String(500), default="")

    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoke_attempts: Mapped[int] = mapped_column(default=0)
    revoke_next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
