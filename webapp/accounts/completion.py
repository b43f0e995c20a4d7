"""Where every way in ends: password, set-up, invitation, an account elsewhere."""

from __future__ import annotations

from flask import redirect
from flask.typing import ResponseReturnValue

from webapp.accounts.identity import sign_in
from webapp.accounts.models import User
from webapp.audit.service import record
from webapp.core.addresses import own_path
from webapp.extensions import db


def complete_sign_in(
    user: User, how: str, *, following: str = "", workspace_id: str | None = None
) -> ResponseReturnValue:
    """Begins the person's session, notes `how` they came in, commits, and leads on to `following`."""
    sign_in(user, workspace_id=workspace_id)
    record(db.session(), "session.started", object_kind="user", object_id=user.id, object_name=user.email,
           actor_kind="person", actor_id=user.id, actor_name=user.email, details={"how": how})  # fmt: skip
    db.session.commit()
    return redirect(own_path(following), code=303)
