"""What lets somebody new in: an invitation, or the set-up link of an installation that belongs to nobody yet."""

from __future__ import annotations

from sqlalchemy.orm import Session

from webapp.accounts.service import setup_link_fits
from webapp.core.errors import NotFound
from webapp.social_sign_in.carried import Carried
from webapp.workspaces.models import Invitation
from webapp.workspaces.service import invitation_of

KINDS = ("invitation", "set-up")


def lets_in(session: Session, what: Carried) -> bool:
    if what.kind == "set-up":
        return setup_link_fits(session, what.ticket)
    return invitation(session, what) is not None


def invitation(session: Session, what: Carried) -> Invitation | None:
    """The open invitation that is carried, None when there is none (any more)."""
    if what.kind != "invitation" or not what.ticket:
        return None
    try:
        return invitation_of(session, what.ticket)
    except NotFound:
        return None
