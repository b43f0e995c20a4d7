"""Signing in elsewhere: `begin` notes who goes where, `claim` takes them back once, `arrive` asks who came, `decide`
says what it means here. The caller commits, but for `claim`."""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

import structlog
from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from providers.kit.errors import OutcomeUnknown, ProviderError, RateLimited, RefusedByPolicy, Unavailable
from providers.kit.oauth import Authorization
from providers.kit.vocabulary.social import Identity
from webapp.accounts.models import User
from webapp.accounts.service import user_by_email
from webapp.audit.service import record
from webapp.config import Settings
from webapp.core.clock import now
from webapp.core.errors import BadRequest, Conflict, NotFound
from webapp.core.identifiers import digest
from webapp.notices import service as notices
from webapp.social_sign_in.carried import Carried, carried, carry
from webapp.social_sign_in.models import SignInAttempt, UserIdentity
from webapp.social_sign_in.tickets import lets_in
from webapp.social_sign_in.ways import OpenedWay, Way, way_name, ways

log = structlog.get_logger(__name__)
LASTS = timedelta(minutes=10)
TO_FINISH = timedelta(minutes=30)
SIGN_IN, LINK, PROVE = "sign-in", "link", "prove"
CANCELLED = frozenset({"access_denied", "user_cancelled_login", "user_cancelled_authorize", "consent_required"})
PASSING = frozenset({"server_error", "temporarily_unavailable"})
AWAY = (Unavailable, RateLimited, OutcomeUnknown, RefusedByPolicy)


class NotOurs(BadRequest):
    """The state is nobody's, another way's or another browser's: never said which."""

    title = "This sign-in was not begun here"

    def __init__(self) -> None:
        super().__init__(
            "Nobody was signed in: this browser has no such sign-in under way.",
            fix="Begin again from the sign-in page, in one browser.",
            link="/login",
            link_label="To the sign-in page",
        )


def begin(
    session: Session,
    opened: OpenedWay,
    *,
    purpose: str,
    following: str = "",
    kind: str = "",
    ticket: str = "",
    user_id: str | None = None,
    session_id: str | None = None,
) -> Authorization:
    """Notes a sign-in and says where it is. May call out first: the session must have no transaction.
    Raises ProviderError."""
    nonce = secrets.token_urlsafe(32) if opened.openid else ""
    going = opened.authorize(opened.way.redirect_address, nonce=nonce)
    attempt = SignInAttempt(
        state_digest=digest(going.state),
        provider=opened.way.id,
        app_digest=opened.app_digest,
        purpose=purpose,
        user_id=user_id,
        session_id=session_id,
        expires_at=now() + LASTS,
    )
    session.add(attempt)
    session.flush()
    what = Carried(verifier=going.code_verifier, nonce=nonce, following=following, kind=kind, ticket=ticket)
    carry(attempt.id, what)
    return going


def claim(session: Session, *, state: str, way_id: str, session_id: str) -> SignInAttempt:
    """Takes a sign-in back, once in all processes, and commits. Its `outcome` is "late" or "again" where it can't be
    gone on with. `session_id`: of the person signed in here now, or "". Raises NotOurs."""
    attempt = session.scalar(select(SignInAttempt).where(SignInAttempt.state_digest == digest(state)))
    if attempt is None or attempt.provider != way_id or carried(attempt.id) is None:
        raise NotOurs
    if attempt.session_id is not None and attempt.session_id != session_id:
        raise NotOurs
    late = attempt.expires_at <= now()
    taken = session.execute(
        update(SignInAttempt)
        .where(SignInAttempt.id == attempt.id, SignInAttempt.used_at.is_(None))
        .values(used_at=now(), expires_at=now() + TO_FINISH)
        .execution_options(synchronize_session=False)
    )
    session.commit()
    session.refresh(attempt)
    if not taken.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise Conflict(
            "That sign-in was used already.",
            fix="If you are not signed in, begin again.",
            link="/login",
            link_label="To the sign-in page",
        )
    if late:
        attempt.outcome = "late"
    return attempt


def refusal(error: str) -> str:
    """The outcome of an answer that says no. What the address says besides is anybody's text."""
    if error in CANCELLED:
        return "cancelled"
    return "away" if error in PASSING else "refused"


def arrive(opened: OpenedWay, app_digest: str, *, code: str, issuer: str, what: Carried) -> Identity | str:
    """Who came, or the outcome that says why nobody did. Calls out: the session must have no transaction."""
    try:
        if opened.app_digest != app_digest or not opened.came_from(issuer):
            log.warning("an answer to a sign-in came from elsewhere", way=opened.way.id, issuer=issuer[:200])
            return "refused"
        person = opened.person(
            code, redirect_address=opened.way.redirect_address, verifier=what.verifier, nonce=what.nonce
        )
    except ProviderError as error:
        log.warning("a sign-in failed", way=opened.way.id, code=error.code, detail=error.detail, said=str(error))
        return "away" if isinstance(error, AWAY) else "refused"
    return person if 0 < len(person.subject) <= 255 else "refused"


def note(attempt: SignInAttempt, opened: OpenedWay, person: Identity) -> None:
    """Keeps with the attempt who came back."""
    attempt.issuer, attempt.subject = opened.issuer[:255], person.subject
    attempt.name = (person.name or person.username)[:120]
    attempt.email = person.email if len(person.email) <= 254 else ""
    attempt.email_verified = bool(attempt.email) and person.email_verified


def identity_of(session: Session, attempt: SignInAttempt) -> UserIdentity | None:
    return session.scalar(
        select(UserIdentity).where(
            UserIdentity.provider == attempt.provider,
            UserIdentity.issuer == attempt.issuer,
            UserIdentity.subject == attempt.subject,
        )
    )


def decide(session: Session, attempt: SignInAttempt, what: Carried) -> tuple[str, User | None]:
    """What a proven identity means here: the outcome, and whom it signs in for "signed_in"."""
    known = identity_of(session, attempt)
    if attempt.purpose == PROVE:
        return ("proved" if known and known.user_id == attempt.user_id else "other_person"), None
    if attempt.purpose == LINK:
        if known is not None:
            return ("linked" if known.user_id == attempt.user_id else "taken"), None
        return _linked(session, attempt), None
    if known is not None:
        user = session.get_one(User, known.user_id)
        if user.disabled_at is not None:
            return "disabled", None
        known.last_used_at = now()
        known.name, known.email, known.email_verified = attempt.name, attempt.email, attempt.email_verified
        return "signed_in", user
    if attempt.email_verified and user_by_email(session, attempt.email) is not None:
        return "exists", None
    return _for_strangers(session, what), None


def _for_strangers(session: Session, what: Carried) -> str:
    settings: Settings = current_app.config["SETTINGS"]
    if what.kind == "set-up":
        return "new" if lets_in(session, what) else "uninvited"
    if settings.signup == "closed":
        return "closed"
    if what.kind == "invitation":
        return "new" if lets_in(session, what) else "invitation_over"
    return "new" if settings.signup == "open" else "uninvited"


def _linked(session: Session, attempt: SignInAttempt) -> str:
    user = session.get_one(User, attempt.user_id)
    try:
        link(session, user, attempt)
    except Conflict:
        return "taken"
    return "linked"


def link(session: Session, user: User, attempt: SignInAttempt, *, tell: bool = True) -> UserIdentity:
    """Lets the proven account elsewhere open this person's, who is told unless they only just joined by it. Raises
    Conflict: it opens another's."""
    row = UserIdentity(
        user_id=user.id,
        provider=attempt.provider,
        issuer=attempt.issuer,
        subject=attempt.subject,
        name=attempt.name,
        email=attempt.email,
        email_verified=attempt.email_verified,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Conflict(
            f"This {way_name(attempt.provider)} account signs somebody else in here.",
            fix="Use another account there, or have it unlinked from the other account first.",
        ) from error
    _record(session, "identity.linked", row)
    if tell:
        _tell(session, row, linked=True)
    return row


def unlink(session: Session, user_id: str, identity_id: str, *, usable: tuple[Way, ...]) -> UserIdentity:
    """Raises NotFound, Conflict (the last way in stays). `usable`: the ways this installation offers now."""
    user = session.scalars(select(User).where(User.id == user_id).with_for_update()).one()
    rows = session.scalars(select(UserIdentity).where(UserIdentity.user_id == user_id)).all()
    row = next((one for one in rows if one.id == identity_id), None)
    if row is None:
        raise NotFound
    left = [one for one in rows if one is not row and opens(one, usable)]
    if not user.password_hash and not left:
        raise Conflict(
            "This is your only way in, so it was not unlinked.",
            fix="Set a password, or link another account, first.",
            link="/settings/sign-in",
            link_label="Back",
        )
    session.delete(row)
    _record(session, "identity.unlinked", row)
    _tell(session, row, linked=False)
    return row


def opens(row: UserIdentity, usable: tuple[Way, ...]) -> bool:
    """Whether this identity can sign anybody in as the installation is set up today."""
    found = next((one for one in usable if one.id == row.provider), None)
    if found is None:
        return False
    return not found.login or _same(found.login.issuer, row.issuer)


def _same(configured: str, issuer: str) -> bool:
    return configured.rstrip("/") == issuer.rstrip("/") and bool(urlsplit(issuer).hostname)


def identities(session: Session, user_id: str) -> list[UserIdentity]:
    return list(
        session.scalars(select(UserIdentity).where(UserIdentity.user_id == user_id).order_by(UserIdentity.linked_at))
    )


def ways_of(session: Session, user_id: str) -> list[Way]:
    """The ways that open this person's account today."""
    offered, rows = ways(), identities(session, user_id)
    return [one for one in offered if any(opens(row, (one,)) for row in rows)]


def refused(session: Session, attempt: SignInAttempt, outcome: str) -> None:
    """Into the audit log: who tried, as far as it is known, and why not."""
    record(session, "identity.refused", object_kind="identity", object_name=way_name(attempt.provider),
           details={"outcome": outcome, "purpose": attempt.purpose})  # fmt: skip


def _record(session: Session, action: str, row: UserIdentity) -> None:
    session.flush()
    name = f"{way_name(row.provider)} ({row.email or row.name or row.subject})"
    record(session, action, object_kind="identity", object_id=row.id, object_name=name)


def _tell(session: Session, row: UserIdentity, *, linked: bool) -> None:
    """Another way in is what a thief would add, so its person hears of it, also by mail."""
    way = way_name(row.provider)
    whose = f"The {way} account {row.email or row.name or row.subject}"
    done = "was linked to yours and signs you in from now on." if linked else "was unlinked from yours."
    notices.tell(
        session,
        user_id=row.user_id,
        kind="identity-linked" if linked else "identity-unlinked",
        title=f"You can now sign in with {way}" if linked else f"{way} no longer signs you in",
        text=f"{whose} {done} If it was not you, unlink what you do not know, choose a new password, and tell "
        "whoever runs this hub.",
        href="/settings/sign-in",
    )
