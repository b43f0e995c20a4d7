"""Where every way in ends: password, passkey, set-up, invitation, an account elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, session, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import devices
from webapp.accounts.identity import sign_in
from webapp.accounts.models import User
from webapp.accounts.second_factor import factors_of
from webapp.audit.service import record
from webapp.core.addresses import own_path
from webapp.core.clock import now
from webapp.core.identifiers import digest
from webapp.extensions import db

BOTH_FACTORS = frozenset({"passkey"})
"""Ways in that prove two things at once: the device, and its person by finger, face or PIN."""
_KEPT = "second_step"
_LASTS = 600


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """Somebody who proved one factor in this browser, and owes the second."""

    user: User
    how: str
    following: str
    workspace_id: str | None


def complete_sign_in(
    user: User, how: str, *, following: str = "", workspace_id: str | None = None
) -> ResponseReturnValue:
    """Asks for the second factor if the person has one, else begins the session. `how` they came in is a word for the
    audit log. Commits, and leads on to `following`."""
    if how in BOTH_FACTORS or not factors_of(db.session(), user.id).any:
        return finish_sign_in(user, how, following=following, workspace_id=workspace_id)
    session[_KEPT] = {
        "user": user.id,
        "how": how,
        "at": int(now().timestamp()),
        "following": own_path(following),
        "workspace": workspace_id,
        "mark": _mark(user),
    }
    db.session.commit()
    return redirect(url_for("accounts.second_step"), code=303)


def awaited() -> Awaited | None:
    """Who owes the second factor in this browser. For ten minutes, and not after the password was changed."""
    kept = session.get(_KEPT)
    if not kept or kept["at"] + _LASTS < now().timestamp():
        return None
    user = db.session.get(User, kept["user"])
    if user is None or user.disabled_at is not None or kept["mark"] != _mark(user):
        return None
    return Awaited(user=user, how=kept["how"], following=kept["following"], workspace_id=kept["workspace"])


def forget_awaited() -> None:
    session.pop(_KEPT, None)


def finish_sign_in(user: User, how: str, *, following: str, workspace_id: str | None) -> ResponseReturnValue:
    """Begins the session, whatever factors there are."""
    forget_awaited()
    sign_in(user, workspace_id=workspace_id)
    record(db.session(), "session.started", object_kind="user", object_id=user.id, object_name=user.email,
           actor_kind="person", actor_id=user.id, actor_name=user.email, details={"how": how})  # fmt: skip
    user_id = user.id
    db.session.commit()
    answer = redirect(own_path(following), code=303)
    devices.remember(answer, user_id)
    return answer


def _mark(user: User) -> str:
    return digest(f"second step of {user.id}: {user.password_hash}")[:16]
