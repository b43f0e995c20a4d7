"""Codes for the day when the phone and the passkeys are lost: each works once, we keep only digests."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from webapp.accounts.models import RecoveryCode
from webapp.core.clock import now
from webapp.core.identifiers import digest

MADE = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 16
"""79 random bits: a plain digest of it can't be guessed back."""


def renew(session: Session, user_id: str) -> Sequence[str]:
    """New codes, to be shown once; those before no longer work."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    plain = ["".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(MADE)]
    session.add_all(RecoveryCode(digest=_digest(user_id, code), user_id=user_id) for code in plain)
    session.flush()
    return ["-".join(code[start : start + 4] for start in range(0, _LENGTH, 4)) for code in plain]


def take(session: Session, user_id: str, code: str) -> bool:
    """Uses a code up. The caller commits."""
    taken = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.digest == _digest(user_id, code),
            RecoveryCode.user_id == user_id,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now())
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def left(session: Session, user_id: str) -> int:
    return (
        session.scalar(select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)))
        or 0
    )


def forget(session: Session, user_id: str) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _digest(user_id: str, code: str) -> str:
    plain = "".join(c for c in code.lower() if c.isalnum())[:100]
    return digest(f"{user_id}:{plain}")
