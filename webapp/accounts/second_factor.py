"""What a person proves besides the password: which they have, who demands it, and losing all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from webapp.accounts import authenticator, recovery
from webapp.accounts.models import AuthenticatorApp, Passkey, User
from webapp.audit.service import record
from webapp.core.installation import fact, forget_fact, set_fact
from webapp.notices import service as notices

_ADMINS = "admins_need_second_factor"


@dataclass(frozen=True, kw_only=True)
class Factors:
    passkeys: bool
    app: bool

    @property
    def any(self) -> bool:
        return self.passkeys or self.app


def factors_of(session: Session, user_id: str) -> Factors:
    passkeys, app = session.execute(
        select(
            exists().where(Passkey.user_id == user_id),
            exists().where(AuthenticatorApp.user_id == user_id, AuthenticatorApp.confirmed_at.is_not(None)),
        )
    ).one()
    return Factors(passkeys=passkeys, app=app)


def added(session: Session, user: User, what: str, *, first: bool) -> Sequence[str]:
    """After a factor was set up: noted, told, and with the first one come recovery codes (shown once)."""
    record(session, "second_factor.added", object_kind="user", object_id=user.id, object_name=user.email,
           details={"what": what})  # fmt: skip
    notices.tell(
        session,
        user_id=user.id,
        kind="second-factor-added",
        title=f"{what} was added to your account",
        text="From now on signing in asks for it after the password. If this was not you, remove it and change your "
        "password at once.",
        href="/settings/security",
    )
    return recovery.renew(session, user.id) if first or not recovery.left(session, user.id) else ()


def removed(session: Session, user: User, what: str) -> None:
    """After a factor was taken away. With the last one go the recovery codes."""
    if not factors_of(session, user.id).any:
        recovery.forget(session, user.id)
    record(session, "second_factor.removed", object_kind="user", object_id=user.id, object_name=user.email,
           details={"what": what})  # fmt: skip
    notices.tell(
        session,
        user_id=user.id,
        kind="second-factor-removed",
        title=f"{what} was removed from your account",
        text="If this was not you, change your password at once and look where you are signed in.",
        href="/settings/security",
    )


def reset(session: Session, user: User, *, by: str) -> None:
    """Takes away everything but the password, for somebody who lost it all. The person is told."""
    session.execute(delete(Passkey).where(Passkey.user_id == user.id))
    authenticator.remove(session, user.id)
    recovery.forget(session, user.id)
    record(session, "second_factor.reset", object_kind="user", object_id=user.id, object_name=user.email)
    notices.tell(
        session,
        user_id=user.id,
        kind="second-factor-reset",
        title="Your second factor was reset",
        text=f"{by} removed your passkeys, authenticator app and recovery codes, so that you can sign in with your "
        "password alone. Set up a new second factor soon. If you did not ask for this, tell whoever runs this hub.",
        href="/settings/security",
    )


def demanded_of_admins(session: Session) -> bool:
    return fact(session, _ADMINS) == "yes"


def demand_of_admins(session: Session, *, demanded: bool) -> None:
    if demanded:
        set_fact(session, _ADMINS, "yes")
    else:
        forget_fact(session, _ADMINS)
    record(session, "security.changed", object_kind="installation",
           details={"admins_need_second_factor": demanded})  # fmt: skip


def warn_of_guessing(session: Session, *, user_id: str, kind: str) -> None:
    """Tells somebody that strangers guess at their password, or have it and guess at the code."""
    title = "Someone is guessing your password" if kind == "password" else "Someone may know your password"
    text = (
        "Many tries to sign in to your account failed, from several places. They are slowed down; devices where you "
        "signed in before are not. If your password is used elsewhere too, change it, and set up a second factor."
        if kind == "password"
        else "Somebody got past your password and failed at the second factor many times. If it was not you, change "
        "your password now."
    )
    notices.tell(session, user_id=user_id, kind=f"guessing-{kind}", title=title, text=text, href="/settings/security")
