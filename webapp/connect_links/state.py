"""What state a link is in, and whether it may still be used."""

from __future__ import annotations

from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.connect_links.models import ConnectLink
from webapp.core.clock import now
from webapp.core.permissions import Role
from webapp.workspaces.models import Membership

WAITING, OPENED, PARTLY, DONE, EXPIRED, REVOKED = "waiting", "opened", "partly", "done", "expired", "revoked"
OPEN = frozenset({WAITING, OPENED, PARTLY})


def state_of(link: ConnectLink) -> str:
    if link.revoked_at is not None:
        return REVOKED
    if link.done_at is not None:
        return DONE
    if link.expired_at is not None or link.expires_at <= now():
        return EXPIRED
    if any(one.connected_at for one in link.items):
        return PARTLY
    return OPENED if link.opened_at is not None else WAITING


def vouched_for(session: Session, link: ConnectLink) -> bool:
    """Whether whoever made it may still connect accounts there: a link is never worth more than its maker."""
    member = session.get(Membership, (link.workspace_id, link.created_by)) if link.created_by else None
    if member is None or Role.of(member.role) < Role.MEMBER:
        return False
    return session.get_one(User, member.user_id).disabled_at is None


def usable(session: Session, link: ConnectLink) -> bool:
    return state_of(link) in OPEN and vouched_for(session, link)
