"""Links that let their holder do one thing once: choose a new password, or confirm an address. The caller commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import current_app
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.accounts import service
from webapp.accounts.models import AccountLink, ResetRequest, User
from webapp.audit.service import record
from webapp.config import Settings
from webapp.core.clock import now
from webapp.core.errors import Conflict, NotFound
from webapp.core.identifiers import digest, new_token
from webapp.core.queue import ring
from webapp.mail import service as mail
from webapp.notices import service as notices

JOB = "jobs.accounts.answer_reset"
LASTS = timedelta(minutes=30)
BY_ADMIN_LASTS = timedelta(hours=24)
_MOST_AN_HOUR = 3
_PATHS = {"reset": "/reset/", "confirm": "/confirm-email/", "change": "/confirm-email/"}


def request_reset(session: Session, email: str) -> None:
    """Notes the wish, whoever has the address; a job looks for them."""
    row = ResetRequest(email=email.strip()[:254])
    session.add(row)
    session.flush()
    ring(session, JOB, row.id)


def answer_reset(session: Session, request_id: str) -> bool:
    """Mails a link if somebody has the address and did not get several already. True when it did."""
    wish = session.get(ResetRequest, request_id)
    if wish is None:
        return False
    user = service.user_by_email(session, wish.email)
    session.delete(wish)
    session.flush()
    if user is None or user.disabled_at is not None or _lately(session, user.id) >= _MOST_AN_HOUR:
        return False
    address = new_link(session, user, "reset")
    mail.send(
        session,
        to=user.email,
        subject="Choose a new password",
        text=f"Hello {user.display_name},\n\nsomeone, probably you, asked for a new password for {user.email}. "
        f"Choose it here within 30 minutes; the link works once:\n\n{address}\n\n"
        "If it was not you, do nothing: your password stays as it is.\n",
        purpose="password-reset",
        useless_after=now() + LASTS,
    )
    record(session, "user.reset_requested", object_kind="user", object_id=user.id, object_name=user.email)
    return True


def _lately(session: Session, user_id: str) -> int:
    return (
        session.scalar(
            select(func.count()).where(
                AccountLink.user_id == user_id,
                AccountLink.purpose == "reset",
                AccountLink.created_at > now() - timedelta(hours=1),
            )
        )
        or 0
    )


def waiting(session: Session) -> Sequence[str]:
    """Wishes whose bell was lost. Those of more than an hour are too old to be wished for."""
    return session.scalars(
        select(ResetRequest.id).where(ResetRequest.created_at > now() - timedelta(hours=1)).limit(100)
    ).all()


def new_link(session: Session, user: User, purpose: str, *, email: str = "", lasts: timedelta = LASTS) -> str:
    """The whole address; only a digest of it is kept. Those made before for the same purpose stop working."""
    _end(session, user.id, purpose)
    token = new_token()
    session.add(
        AccountLink(
            token_digest=digest(token),
            user_id=user.id,
            purpose=purpose,
            email=email or user.email,
            expires_at=now() + lasts,
        )
    )
    session.flush()
    settings: Settings = current_app.config["SETTINGS"]
    return f"{settings.public_url}{_PATHS[purpose]}{token}"


def link_by_admin(session: Session, user: User, *, by: str) -> str:
    """A reset link for an admin to hand over; the person is told. Works for a day."""
    address = new_link(session, user, "reset", lasts=BY_ADMIN_LASTS)
    record(session, "user.reset_link_made", object_kind="user", object_id=user.id, object_name=user.email)
    notices.tell(
        session,
        user_id=user.id,
        kind="reset-link-made",
        title="A link to choose a new password was made for you",
        text=f"{by} made it. If you did not ask for it, tell whoever runs this hub.",
        href="/settings/sessions",
    )
    return address


def open_link(session: Session, token: str, *purposes: str) -> AccountLink:
    """Looks, and uses nothing up: mail scanners open links. Raises NotFound, the same for every reason."""
    row = session.scalar(select(AccountLink).where(AccountLink.token_digest == digest(token)))
    if row is None or row.purpose not in purposes or row.used_at is not None or row.expires_at <= now():
        raise NotFound(
            "This link can't be used: it was used already, a newer one was made, or it is too old.",
            fix="Ask for a new one.",
        )
    return row


def _use(session: Session, row: AccountLink) -> User:
    """Raises NotFound: somebody was quicker."""
    taken = session.execute(
        update(AccountLink)
        .where(AccountLink.id == row.id, AccountLink.used_at.is_(None))
        .values(used_at=now())
        .execution_options(synchronize_session=False)
    )
    user = session.get(User, row.user_id)
    if not taken.rowcount or user is None or user.disabled_at is not None:  # type: ignore[attr-defined]  # it has it
        raise NotFound
    return user


def _end(session: Session, user_id: str, *purposes: str) -> None:
    session.execute(
        update(AccountLink)
        .where(AccountLink.user_id == user_id, AccountLink.purpose.in_(purposes), AccountLink.used_at.is_(None))
        .values(used_at=now())
        .execution_options(synchronize_session=False)
    )


def use_reset(session: Session, row: AccountLink, password: str) -> User:
    """Sets the password and ends every session. Raises Invalid, NotFound."""
    user = _use(session, row)
    service.change_password(session, user, password)
    if row.email.lower() == user.email.lower() and row.expires_at - row.created_at <= LASTS:
        user.email_verified_at = user.email_verified_at or now()  # the link went to that address and nowhere else
    _end(session, user.id, "reset", "change")
    return user


def ask_confirmation(session: Session, user: User) -> None:
    """Mails a link that confirms the account's own address."""
    address = new_link(session, user, "confirm")
    _mail_confirmation(session, to=user.email, name=user.display_name, address=address)


def ask_change(session: Session, user: User, email: str) -> None:
    """Mails a link to the new address; until it is used nothing changes. Raises Invalid. An address that somebody has
    already is told so by mail: the page must not say who has an account."""
    email = service.normal_email(email)
    taken = service.user_by_email(session, email)
    record(session, "user.email_change_requested", object_kind="user", object_id=user.id, object_name=user.email)
    if taken is not None:
        mail.send(
            session,
            to=taken.email,
            subject="You have an account already",
            text=f"Someone tried to use {taken.email} for another account here. It is yours already, and nothing was "
            "changed.\n",
            purpose="email-change",
        )
        return
    address = new_link(session, user, "change", email=email)
    _mail_confirmation(session, to=email, name=user.display_name, address=address)


def _mail_confirmation(session: Session, *, to: str, name: str, address: str) -> None:
    mail.send(
        session,
        to=to,
        subject="Confirm your e-mail address",
        text=f"Hello {name},\n\nconfirm within 30 minutes that {to} is yours; the link works once:\n\n{address}\n\n"
        "If you did not ask for this, do nothing.\n",
        purpose="email-confirmation",
        useless_after=now() + LASTS,
    )


def use_confirmation(session: Session, row: AccountLink) -> User:
    """Raises NotFound, Conflict (somebody took that address meanwhile)."""
    user = _use(session, row)
    before = user.email
    if row.purpose == "change" and before.lower() != row.email.lower():
        if service.user_by_email(session, row.email):
            raise Conflict("Someone signs in with this e-mail address by now.", fix="Choose another.")
        user.email = row.email
        record(session, "user.email_changed", object_kind="user", object_id=user.id, object_name=row.email,
               details={"before": before}, actor_kind="person", actor_id=user.id, actor_name=before)  # fmt: skip
        mail.send(
            session,
            to=before,
            subject="Your e-mail address was changed",
            text=f"Hello {user.display_name},\n\nyour account here now signs in with {row.email}. If this was not "
            "you, tell whoever runs this hub at once.\n",
            purpose="email-changed",
        )
        _end(session, user.id, "reset", "confirm")
    elif row.email.lower() != before.lower():
        raise NotFound
    user.email_verified_at = now()
    return user
