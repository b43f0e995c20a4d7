"""Finds out who a request is from: a browser's session cookie or a program's bearer token."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flask import Flask, Request, g, request, session
from flask_login import UserMixin, current_user, login_user

from webapp.accounts import service
from webapp.accounts.models import User, UserSession
from webapp.core.clock import now
from webapp.core.errors import Forbidden, NotSignedIn
from webapp.core.permissions import SIGNED_IN, Actor, Role
from webapp.extensions import db, login_manager
from webapp.workspaces.models import Membership
from webapp.workspaces.service import memberships_of, token_of


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login carries no types
    """What Flask-Login keeps: a session row with its user; the cookie holds the session's token."""

    token: str
    row: UserSession

    @property
    def user(self) -> User:
        return self.row.user

    def get_id(self) -> str:
        return self.token


@login_manager.user_loader  # type: ignore[untyped-decorator]  # as above
def _load(token: str) -> SignedIn | None:
    row = service.session_of(db.session(), token)
    return SignedIn(token, row) if row else None


KEPT = "ways_in"
"""The one thing in the cookie that outlives signing in: which sign-ins elsewhere this browser has under way."""


def sign_in(user: User, *, workspace_id: str | None = None) -> None:
    """Begins a new session with a new id; whatever the cookie held before is gone, but for `KEPT`."""
    if workspace_id is None:
        rows = memberships_of(db.session(), user.id)
        workspace_id = rows[0].workspace_id if rows else None
    token = service.start_session(
        db.session(),
        user,
        ip=request.remote_addr or "",
        user_agent=request.user_agent.string,
        workspace_id=workspace_id,
    )
    row = service.session_of(db.session(), token)
    assert row is not None, "a session begun in this transaction is live"
    kept = session.get(KEPT)
    session.clear()
    if kept:
        session[KEPT] = kept
    login_user(SignedIn(token, row))
    session.permanent = True


def identify() -> None:
    """Sets `g.actor`, `g.user`, `g.workspace`, `g.memberships`, `g.time_zone`, `g.locale`. Raises NotSignedIn for a
    bearer token that is not (or no longer) good: a program must not be taken for a stranger silently."""
    g.actor = g.user = g.workspace = None
    g.memberships = ()
    g.seen_as = None
    header = request.headers.get("Authorization", "")
    if header and request.path.startswith("/api/"):
        _identify_program(header)
    elif current_user.is_authenticated:
        _identify_person(current_user.row)


def _identify_program(header: str) -> None:
    scheme, _, token = header.partition(" ")
    row = token_of(db.session(), token.strip()) if scheme.lower() == "bearer" else None
    member = db.session.get(Membership, (row.workspace_id, row.user_id)) if row else None
    if row is None or member is None:
        raise NotSignedIn("This token is not valid: it may be mistyped, revoked or expired.", fix="Create a new one.")
    g.user, g.workspace = row.user, row.workspace
    g.time_zone, g.locale = row.workspace.time_zone, "en"
    g.actor = Actor(
        kind="program",
        user_id=row.user_id,
        name=f"{row.name} ({row.user.email})"[:254],
        workspace_id=row.workspace_id,
        role=Role.of(member.role),
        scopes=frozenset(row.scopes),
        token_id=row.id,
    )


def _identify_person(row: UserSession) -> None:
    user = row.user
    g.memberships = memberships_of(db.session(), user.id)
    current = next((m for m in g.memberships if m.workspace_id == row.workspace_id), None)
    current = current or (g.memberships[0] if g.memberships else None)
    g.user, g.session_row = user, row
    g.workspace = current.workspace if current else None
    g.time_zone = user.time_zone or (g.workspace.time_zone if g.workspace else "UTC")
    g.locale = user.locale
    g.actor = Actor(
        kind="person",
        user_id=user.id,
        name=user.email,
        is_admin=user.is_admin,
        workspace_id=current.workspace_id if current else "",
        role=Role.of(current.role) if current else None,
        session_id=row.id,
    )
    _look_as_another(row)


def _look_as_another(row: UserSession) -> None:
    """Narrows the actor to what the role or person sees whom a manager looks at the workspace as (docs/adr/0053):
    never more than their own, and nothing once they are no manager, the other left, or the time is over."""
    who: Actor = g.actor
    if not row.seen_as or row.seen_as_until is None or row.seen_as_until <= now() or not who.may("members.view_as"):
        return
    assert who.role is not None, "who may look as another has a role"
    name = row.seen_as if row.seen_as in ("viewer", "member") else ""
    role, seen_as = (Role.of(name), "role") if name else (None, row.seen_as)
    if role is None:
        other = db.session.get(Membership, (who.workspace_id, row.seen_as))
        if other is None:
            return
        role, name = Role.of(other.role), other.user.name or other.user.email
    g.seen_as = SeenAs(name=f"a {name}" if seen_as == "role" else name, until=row.seen_as_until)
    g.actor = replace(who, role=min(role, who.role), is_admin=False, seen_as=seen_as)
    g.memberships = tuple(one for one in g.memberships if one.workspace_id == who.workspace_id)


@dataclass(frozen=True, kw_only=True)
class SeenAs:
    """As whom the pages are shown: `name` is a role's or a person's."""

    name: str
    until: datetime


def refuse_while_looking(permission: str, *, writes: bool) -> None:
    """Looking as another changes nothing and opens nothing personal, neither one's own nor theirs. Raises
    Forbidden."""
    who: Actor | None = g.get("actor")
    if who is None or not who.seen_as or request.endpoint in _STILL_OPEN:
        return
    if writes or permission == SIGNED_IN or request.endpoint in _WRITES_ON_GET:
        raise Forbidden(
            "You are looking at this workspace as somebody else sees it: nothing can be changed, and personal pages "
            "stay shut.",
            fix="End it with the button at the top of the page, then try again.",
        )


_WRITES_ON_GET = frozenset({"connections.sign_in_callback", "social_sign_in.callback"})
_STILL_OPEN = frozenset({"workspaces.view_as_end", "workspaces.settings", "home.index", "accounts.logout"})


def by_bearer(incoming: Request) -> bool:
    """Whether the request proves itself by a token and so needs no CSRF token."""
    return incoming.path.startswith("/api/") and bool(incoming.headers.get("Authorization"))


def touch() -> None:
    """Notes that the session or token was used, at most once a minute, in a transaction of its own."""
    row: UserSession | None = g.get("session_row")
    if row is not None and service.stale(row):
        db.session.rollback()
        found = db.session.get(UserSession, row.id)
        if found:
            found.last_seen_at = now()
        db.session.commit()


def init_app(app: Flask) -> None:
    login_manager.session_protection = None  # our session rows are bound, listed and revoked by ourselves
    login_manager.init_app(app)
