"""Verbs on notices. The caller commits."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.config import Settings
from webapp.core.addresses import own_path
from webapp.core.clock import now
from webapp.core.errors import NotFound
from webapp.mail import service as mail
from webapp.notices.models import Notice


def tell(
    session: Session, *, user_id: str, kind: str, title: str, text: str, href: str = "", by_mail: bool = True
) -> None:
    """Puts a notice on someone's page, and mails them a copy where mail is set up. `href` is a path of ours."""
    user = session.get_one(User, user_id)
    href = own_path(href, default="")
    session.add(Notice(user_id=user_id, kind=kind[:40], title=title[:200], text=text, href=href[:500]))
    session.flush()
    _count_unread(session, user_id)
    if by_mail and mail.can_send() and user.disabled_at is None:
        mail.send(session, to=user.email, subject=title, text=_letter(user, text, href), purpose=kind[:40])


def _letter(user: User, text: str, href: str) -> str:
    settings: Settings = current_app.config["SETTINGS"]
    parts = [f"Hello {user.display_name},", text]
    if href:
        parts.append(settings.public_url + href)
    parts.append(f"You also find this among your notices: {settings.public_url}/notices")
    return "\n\n".join(parts) + "\n"


def mark_read(session: Session, *, user_id: str, notice_id: str) -> Notice:
    """Raises NotFound, also for another person's."""
    row = session.get(Notice, notice_id)
    if row is None or row.user_id != user_id:
        raise NotFound
    row.read_at = row.read_at or now()
    session.flush()
    _count_unread(session, user_id)
    return row


def _count_unread(session: Session, user_id: str) -> None:
    unread = select(func.count()).where(Notice.user_id == user_id, Notice.read_at.is_(None)).scalar_subquery()
    session.execute(update(User).where(User.id == user_id).values(unread_notices=unread))


def mark_all_read(session: Session, *, user_id: str) -> int:
    """Returns how many were new."""
    result = session.execute(
        update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None)).values(read_at=now())
    )
    _count_unread(session, user_id)
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it
