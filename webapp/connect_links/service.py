"""What staff do with links: make, send, renew, take back. Audited; the caller commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.accounts.service import normal_email
from webapp.audit.service import record
from webapp.catalog import service as catalog
from webapp.config import Settings
from webapp.connect_links.models import ConnectLink, ConnectLinkEvent, ConnectLinkItem
from webapp.connect_links.state import DONE, EXPIRED, OPEN, REVOKED, state_of, vouched_for
from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.identifiers import digest, new_token
from webapp.instances import service as instances
from webapp.instances.drafts import environment_problem
from webapp.instances.models import Instance
from webapp.mail import service as mail
from webapp.workspaces.models import Workspace

USUAL_DAYS, MOST_DAYS = 7, 30
MOST_OPEN = 100
MOST_PROVIDERS = 12
LONGEST_MESSAGE = 1000
KEPT = timedelta(days=180)
PURPOSE = "connect-link"


def create(
    session: Session,
    *,
    workspace_id: str,
    created_by: str,
    client_name: str,
    provider_ids: Iterable[str],
    environment: str,
    message: str = "",
    days: int = USUAL_DAYS,
    email: str = "",
) -> tuple[ConnectLink, str]:
    """The link and its token, which can't be read again. Raises Invalid with every problem, Conflict (too many)."""
    wanted = tuple(dict.fromkeys(provider_ids))
    client_name, message = " ".join(client_name.split()), message.strip().replace("\r\n", "\n")
    problems = _problems(session, client_name, wanted, environment, message, days)
    try:
        email = normal_email(email) if email.strip() else ""
    except Invalid as error:
        problems |= error.fields
    if problems:
        raise Invalid("Some values need your attention.", fields=problems)
    _check_room(session, workspace_id)
    token = new_token()
    link = ConnectLink(
        workspace_id=workspace_id,
        created_by=created_by,
        token_digest=digest(token),
        client_name=client_name,
        email=email,
        message=message,
        environment=environment,
        days=days,
        expires_at=now() + timedelta(days=days),
        items=[ConnectLinkItem(position=n, provider_id=one) for n, one in enumerate(wanted, start=1)],
    )
    session.add(link)
    session.flush()
    note(session, link, "created", {"providers": list(wanted), "environment": environment, "days": days})
    return link, token


def _problems(
    session: Session, client_name: str, wanted: tuple[str, ...], environment: str, message: str, days: int
) -> dict[str, str]:
    found: dict[str, str] = {}
    if not 0 < len(client_name) <= 120 or not client_name.isprintable():
        found["client_name"] = "Say whom it is for, in at most 120 characters."
    if not 1 <= days <= MOST_DAYS:
        found["days"] = f"Choose from 1 to {MOST_DAYS} days."
    if len(message) > LONGEST_MESSAGE or not all(c.isprintable() or c in "\n\t" for c in message):
        found["message"] = f"Use at most {LONGEST_MESSAGE} characters that can be read."
    if not 1 <= len(wanted) <= MOST_PROVIDERS:
        found["provider_ids"] = (
            f"Choose at most {MOST_PROVIDERS}." if wanted else "Choose at least one account to ask for."
        )
        return found
    for one in wanted:
        if one not in catalog.registry() or not catalog.enabled(session, one):
            found["provider_ids"] = f"{one[:60]} can't be connected here."
            break
        said = environment_problem(catalog.manifest_of(one), environment)
        if said:
            found["environment"] = said
            break
    return found


def _check_room(session: Session, workspace_id: str) -> None:
    count = session.scalar(
        select(func.count()).where(
            ConnectLink.workspace_id == workspace_id,
            ConnectLink.done_at.is_(None),
            ConnectLink.revoked_at.is_(None),
            ConnectLink.expired_at.is_(None),
            ConnectLink.expires_at > now(),
        )
    )
    if (count or 0) >= MOST_OPEN:
        raise Conflict(
            f"This workspace has {MOST_OPEN} open links already.", fix="Take back those that nobody needs any more."
        )


def link_of(session: Session, *, workspace_id: str, link_id: str) -> ConnectLink:
    """The workspace's own link. Raises NotFound."""
    link = session.scalar(
        select(ConnectLink).where(ConnectLink.id == link_id, ConnectLink.workspace_id == workspace_id)
    )
    if link is None:
        raise NotFound
    return link


def address_of(token: str) -> str:
    settings: Settings = current_app.config["SETTINGS"]
    return f"{settings.public_url}/connect/{token}"


def mail_to_client(session: Session, link: ConnectLink, token: str) -> bool:
    """False where there is no address, or no way to send mail."""
    if not link.email or not mail.can_send():
        return False
    workspace = session.get_one(Workspace, link.workspace_id)
    maker = session.get(User, link.created_by) if link.created_by else None
    who = f"{maker.display_name} of {workspace.name}" if maker else workspace.name
    names = ", ".join(catalog.manifest_of(one.provider_id).name for one in link.items)
    own_words = f"They write:\n\n{link.message}\n\n" if link.message else ""
    mail.send(
        session,
        to=link.email,
        subject=f"{workspace.name} asks you to connect {names}",
        text=f"Hello {link.client_name},\n\n{who} asks you to connect: {names}.\n\n{own_words}"
        f"Open this page to see what it is about, and decide there. You need no account:\n\n{address_of(token)}\n\n"
        f"The link works for {link.days} day{'' if link.days == 1 else 's'} and for one person. Do not pass it on. "
        "If you do not know who is asking, do nothing.\n",
        purpose=PURPOSE,
        workspace_id=link.workspace_id,
        useless_after=link.expires_at,
    )
    link.mailed_at = now()
    log_event(session, link, "mailed")
    return True


def renew(session: Session, link: ConnectLink, *, by: str) -> str:
    """A new token, and the time begins anew; the old one stops working at once, wherever it is open. What is
    connected stays. `by` vouches for it from now on. Raises Conflict (it is done, or was taken back)."""
    state = state_of(link)
    if state in (DONE, REVOKED):
        raise Conflict(
            "Everything this link asked for is connected." if state == DONE else "This link was taken back.",
            fix="Make a new one.",
        )
    if state == EXPIRED:
        _check_room(session, link.workspace_id)
        _forget_unfinished(session, link)
    token = new_token()
    link.token_digest, link.expires_at, link.expired_at = digest(token), now() + timedelta(days=link.days), None
    link.visit_digest, link.visit_until, link.opened_at = None, None, None
    link.created_by = by
    note(session, link, "renewed")
    return token


def revoke(session: Session, link: ConnectLink, *, why: str = "") -> None:
    """Ends it at once. What was connected by it stays; what was only begun is removed. Does nothing twice."""
    if state_of(link) in (DONE, REVOKED):
        return
    link.revoked_at = now()
    _close(session, link, "revoked", {"why": why} if why else {})


def sweep(session: Session) -> int:
    """Ends links whose time is over or whose maker may no longer connect accounts; forgets old ones. Returns how
    many ended."""
    ended = 0
    rows = session.scalars(
        select(ConnectLink).where(
            ConnectLink.done_at.is_(None), ConnectLink.revoked_at.is_(None), ConnectLink.expired_at.is_(None)
        )
    )
    for link in rows.all():
        if state_of(link) not in OPEN:
            link.expired_at = now()
            _close(session, link, "expired", {})
        elif not vouched_for(session, link):
            revoke(session, link, why="whoever made it may no longer connect accounts here")
        else:
            continue
        ended += 1
    session.execute(delete(ConnectLink).where(ConnectLink.expires_at < now() - KEPT))
    return ended


def _close(session: Session, link: ConnectLink, kind: str, details: dict[str, str]) -> None:
    link.visit_digest, link.visit_until = None, None
    _forget_unfinished(session, link)
    note(session, link, kind, details)


def _forget_unfinished(session: Session, link: ConnectLink) -> None:
    for item in link.items:
        row = session.get(Instance, item.instance_id) if item.instance_id and not item.connected_at else None
        if row is not None and row.status == "draft":
            instances.delete(session, row)
        if not item.connected_at:
            item.instance_id = None


def note(session: Session, link: ConnectLink, kind: str, details: Mapping[str, object] | None = None, *,
         provider_id: str = "", network: str = "") -> None:  # fmt: skip
    """Into the link's own log and the audit log: names only, never the token."""
    log_event(session, link, kind, provider_id=provider_id, network=network)
    record(
        session,
        f"connect_link.{kind}",
        object_kind="connect_link",
        object_id=link.id,
        object_name=link.client_name,
        workspace_id=link.workspace_id,
        details=dict(details or {}) | ({"provider": provider_id} if provider_id else {}),
    )


def log_event(session: Session, link: ConnectLink, kind: str, *, provider_id: str = "", network: str = "") -> None:
    session.add(ConnectLinkEvent(link_id=link.id, kind=kind, provider_id=provider_id, network=network))
    session.flush()
