"""Who may write rollups when. On SQLite the write lock says it; PostgreSQL needs a lock of our own."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

_KEY = 7_230_190_441_001
_SHARED = text("SELECT pg_advisory_xact_lock_shared(:key)")
_ALONE = text("SELECT pg_advisory_xact_lock(:key)")


def share_rollups(session: Session) -> None:
    """Adds to rollups beside others who add, until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_SHARED, {"key": _KEY})


def own_rollups(session: Session) -> None:
    """Waits until nobody adds, and lets nobody add until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_ALONE, {"key": _KEY})
