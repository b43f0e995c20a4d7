"""What the page of notices shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.notices.models import Notice

SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class NoticeView:
    id: str
    title: str
    text: str
    href: str
    created_at: datetime
    unread: bool


def newest(session: Session, user_id: str) -> Sequence[NoticeView]:
    rows = session.scalars(
        select(Notice)
        .where(Notice.user_id == user_id)
        .order_by(Notice.created_at.desc(), Notice.id.desc())
        .limit(SHOWN)
    )
    return [
        NoticeView(
            id=row.id,
            title=row.title,
            text=row.text,
            href=row.href,
            created_at=row.created_at,
            unread=row.read_at is None,
        )
        for row in rows
    ]
