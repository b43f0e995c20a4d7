"""A new account for somebody who was proven elsewhere. The caller commits."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.accounts.service import consume_setup_link, create_user
from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid
from webapp.social_sign_in.carried import Carried
from webapp.social_sign_in.models import SignInAttempt
from webapp.social_sign_in.service import link
from webapp.social_sign_in.tickets import invitation, lets_in
from webapp.workspaces.service import accept_invitation, create_workspace


@dataclass(frozen=True, kw_only=True)
class Joined:
    user: User
    workspace_id: str


def join(session: Session, attempt: SignInAttempt, what: Carried, *, name: str, email: str, workspace: str) -> Joined:
    """Creates the person without a password, links the account elsewhere, and gives them their place: the one they
    are invited to, else a workspace of their own. Raises Invalid, Conflict, Forbidden."""
    found = invitation(session, what)
    if what.kind and not lets_in(session, what):
        raise Conflict("The link that you came with can't be used any more.", fix="Ask for a new one.")
    try:
        user = create_user(
            session,
            email=(found.email if found else "") or email,
            password=None,
            name=name,
            is_admin=what.kind == "set-up",
        )
    except Conflict as error:
        said = f"{error} Sign in as you did before, then link this account under Settings."
        raise Invalid(said, fields={"email": said}) from error
    link(session, user, attempt, tell=False).last_used_at = now()
    if found is not None:
        accept_invitation(session, found, user)
        workspace_id = found.workspace_id
    else:
        workspace_id = create_workspace(session, name=workspace, owner=user).id
    if what.kind == "set-up":
        consume_setup_link(session)
    attempt.finished_at = now()
    return Joined(user=user, workspace_id=workspace_id)
