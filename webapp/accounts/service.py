"""Verbs on people and their sessions. The caller commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.accounts.models import User, UserSession
from webapp.accounts.passwords import check_strength, hash_password
from webapp.audit.service import record
from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.identifiers import digest, new_token
from webapp.core.installation import fact, forget_fact, set_fact
from webapp.notices import service as notices

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
_SEEN_EVERY = timedelta(minutes=1)
_SETUP = "setup_link_digest"


def normal_email(email: str) -> str:
    """Raises Invalid."""
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        said = "This does not look like an e-mail address, such as ada@example.com."
        raise Invalid(said, fields={"email": said}) from error


def user_by_email(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))


def create_user(
    session: Session, *, email: str, password: str | None, name: str = "", is_admin: bool = False
) -> User:
    """`password` None: for somebody who signs in another way. Raises Invalid, Conflict."""
    email = normal_email(email)
    if password is not None:
        check_strength(password, email=email)
    if user_by_email(session, email):
        raise Conflict("Someone already signs in with this e-mail address.", fix="Sign in instead.")
    user = User(email=email, name=name.strip()[:120], is_admin=is_admin)
    user.password_hash = "" if password is None else hash_password(password)
    session.add(user)
    session.flush()
    record(session, "user.created", object_kind="user", object_id=user.id, object_name=email)
    return user


def change_password(session: Session, user: User, password: str) -> None:
    """Ends all sessions: whoever knew the old password is out. The person is told. Raises Invalid."""
    check_strength(password, email=user.email)
    user.password_hash = hash_password(password)
    revoke_all(session, user)
    record(session, "user.password_changed", object_kind="user", object_id=user.id, object_name=user.email)
    notices.tell(
        session,
        user_id=user.id,
        kind="password-changed",
        title="Your password was changed",
        text="Every other browser was signed out. If this was not you, ask for a new link under “Forgot your "
        "password?” at once, and look at your second factor.",
        href="/settings/security",
    )


def set_first_password(session: Session, user: User, password: str) -> None:
    """For somebody who had none. Raises Invalid, Conflict."""
    if user.password_hash:
        raise Conflict("You have a password already.", fix="Change it instead.")
    check_strength(password, email=user.email)
    user.password_hash = hash_password(password)
    record(session, "user.password_set", object_kind="user", object_id=user.id, object_name=user.email)


# ------------------------------------------------------------------------------------------------- sessions


def start_session(session: Session, user: User, *, ip: str, user_agent: str, workspace_id: str | None) -> str:
    """Returns the token for the cookie: it is never stored."""
    token = new_token()
    session.add(
        UserSession(
            token_digest=digest(token),
            user_id=user.id,
            workspace_id=workspace_id,
            ip=ip[:45],
            user_agent=user_agent[:300],
        )
    )
    session.flush()
    return token


def renew_session(session: Session, row: UserSession) -> str:
    """A new token for a session that goes on: the one before stops working. Returns it for the cookie."""
    token = new_token()
    row.token_digest = digest(token)
    session.flush()
    return token


def session_of(session: Session, token: str) -> UserSession | None:
    """The live session of a cookie's token, or None."""
    row = session.scalar(select(UserSession).where(UserSession.token_digest == digest(token)))
    moment = now()
    if (
        row is None
        or row.revoked_at is not None
        or row.user.disabled_at is not None
        or row.last_seen_at + IDLE < moment
        or row.created_at + ABSOLUTE < moment
    ):
        return None
    return row


def stale(row: UserSession) -> bool:
    """Whether `last_seen_at` is old enough to be worth a write."""
    return row.last_seen_at + _SEEN_EVERY < now()


def live_sessions(session: Session, user_id: str) -> Sequence[UserSession]:
    return session.scalars(
        select(UserSession)
        .where(
            UserSession.user_id == user_id, UserSession.revoked_at.is_(None), UserSession.last_seen_at > now() - IDLE
        )
        .order_by(UserSession.last_seen_at.desc())
    ).all()


def revoke_session(session: Session, user_id: str, session_id: str) -> None:
    """Raises NotFound."""
    row = session.scalar(select(UserSession).where(UserSession.id == session_id, UserSession.user_id == user_id))
    if row is None:
        raise NotFound
    row.revoked_at = now()
    record(session, "session.revoked", object_kind="session", object_id=row.id)


def revoke_all(session: Session, user: User, *, but: str = "") -> int:
    """Ends every session but the one with this id; returns how many."""
    result = session.execute(
        update(UserSession)
        .where(UserSession.user_id == user.id, UserSession.revoked_at.is_(None), UserSession.id != but)
        .values(revoked_at=now())
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


# ------------------------------------------------------------------------------------------------- first run


def anyone_exists(session: Session) -> bool:
    return session.scalar(select(User.id).limit(1)) is not None


def new_setup_link(session: Session) -> str:
    """A fresh one-time token for the set-up page; the one before it stops working."""
    token = new_token()
    set_fact(session, _SETUP, digest(token))
    return token


def setup_link_fits(session: Session, token: str) -> bool:
    return bool(token) and not anyone_exists(session) and fact(session, _SETUP) == digest(token)


def consume_setup_link(session: Session) -> None:
    forget_fact(session, _SETUP)
