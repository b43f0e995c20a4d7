"""What a client does with a link: open it, begin, and finish each account. The caller commits."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from webapp.catalog import service as catalog
from webapp.connect_links.models import ConnectLink, ConnectLinkItem
from webapp.connect_links.service import note
from webapp.connect_links.state import usable
from webapp.connection_tests import judging, queries
from webapp.core.clock import now
from webapp.core.errors import Conflict, NotFound
from webapp.core.identifiers import digest, new_token
from webapp.instances import service as instances
from webapp.instances.models import Instance
from webapp.notices import service as notices

VISIT = timedelta(hours=2)
"""How long one browser has the link for itself after it went on last."""


class NotUsable(NotFound):
    """Unknown, expired, taken back, used up, or open in another browser: never said which."""

    title = "This link can't be used"

    def __init__(self) -> None:
        super().__init__(
            "It may be mistyped, too old or taken back, everything may be connected already, or it is open in "
            "another browser.",
            fix="If you began in another browser, go on there, or wait two hours. Otherwise ask whoever sent it "
            "for a new one. What was connected stays connected.",
        )


def open_link(session: Session, token: str) -> ConnectLink:
    """Looks, and uses nothing up: mail scanners open links. Raises NotUsable."""
    link = session.scalar(select(ConnectLink).where(ConnectLink.token_digest == digest(token)))
    if link is None or not usable(session, link):
        raise NotUsable
    return link


def begin(session: Session, link: ConnectLink, *, held: str, address: str) -> str:
    """Binds the link to one browser and gives the token for its cookie. `held`: what the browser's cookie has now.
    Raises NotUsable: another browser has it."""
    token = new_token()
    taken = session.execute(
        update(ConnectLink)
        .where(
            ConnectLink.id == link.id,
            or_(
                ConnectLink.visit_until.is_(None),
                ConnectLink.visit_until <= now(),
                ConnectLink.visit_digest == digest(held),
            ),
        )
        .values(visit_digest=digest(token), visit_until=now() + VISIT)
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise NotUsable
    session.refresh(link)
    link.opened_at = link.opened_at or now()
    note(session, link, "opened", network=neighbourhood(address))
    return token


def visit(session: Session, link_id: str, held: str, *, also_done: bool = False) -> ConnectLink:
    """The link that this browser goes through. Raises NotUsable. `also_done`: for the last page."""
    link = session.get(ConnectLink, link_id)
    if link is None or not held or link.visit_digest != digest(held):
        raise NotUsable
    if link.visit_until is None or link.visit_until <= now():
        raise NotUsable
    if not usable(session, link) and not (also_done and link.done_at is not None and link.revoked_at is None):
        raise NotUsable
    return link


def visit_by_digest(session: Session, visit_digest: str) -> ConnectLink | None:
    """For a sign-in that comes back: which link it was begun for."""
    return session.scalar(select(ConnectLink).where(ConnectLink.visit_digest == visit_digest))


def go_on(link: ConnectLink) -> None:
    """Whoever works on it keeps it, until the link itself ends."""
    link.visit_until = now() + VISIT


def item_of(link: ConnectLink, position: int) -> ConnectLinkItem:
    """One that is still to be connected. Raises NotFound."""
    found = next((one for one in link.items if one.position == position), None)
    if found is None:
        raise NotFound
    return found


def start(session: Session, link: ConnectLink, item: ConnectLinkItem) -> Instance:
    """The draft for one account, begun if there is none. Raises Conflict (it is connected), Forbidden, Invalid."""
    if item.connected_at is not None:
        raise Conflict("This account is connected already.", fix="There is nothing left to do for it.")
    found = draft_of(session, item)
    if found is not None:
        return found
    manifest = catalog.manifest_of(item.provider_id)
    row = instances.start_draft(
        session,
        workspace_id=link.workspace_id,
        provider_id=item.provider_id,
        environment=link.environment,
        name=f"{manifest.name} – {link.client_name}"[:120],
        description=f"Connected by {link.client_name} through a link."[:500],
        created_by=link.created_by,
    )
    instances.update(session, row, wizard_step="credentials")
    item.instance_id = row.id
    session.flush()
    return row


def draft_of(session: Session, item: ConnectLinkItem) -> Instance | None:
    """What was begun for it and is neither finished nor removed."""
    row = session.get(Instance, item.instance_id) if item.instance_id else None
    return row if row is not None and row.deleted_at is None and row.status == "draft" else None


def finish_item(session: Session, link: ConnectLink, item: ConnectLinkItem, *, address: str) -> None:
    """The client says: this account it is. Raises Conflict (not tested as it is now)."""
    row = draft_of(session, item)
    latest = queries.latest(session, row.id, test_id=f"{row.provider_id}-connection") if row else None
    if row is None or not judging.usable(row, latest):
        raise Conflict("This account has not been tested as it is now.", fix="Run the test first.")
    instances.finish(session, row)
    item.connected_at = now()
    note(session, link, "connected", provider_id=item.provider_id, network=neighbourhood(address))
    if all(one.connected_at for one in link.items):
        _finish(session, link)


def _finish(session: Session, link: ConnectLink) -> None:
    link.done_at = now()
    note(session, link, "finished")
    names = ", ".join(catalog.manifest_of(one.provider_id).name for one in link.items)
    if link.created_by:
        notices.tell(
            session,
            user_id=link.created_by,
            kind="connect-link-done",
            title=f"{link.client_name} has connected everything",
            text=f"{names}: connected through your link, tested, and watched from now on. Messages from the vendor "
            "(events) can be set up on the connection's page.",
            href=f"/connect-links/{link.id}",
        )


def neighbourhood(address: str) -> str:
    """Enough to tell one place from another, too little to tell who it was: 203.0.113.0/24, 2001:db8::/48."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    found = mapped or found
    if found.is_loopback:
        return "this server"
    if found.is_private:
        return "a private network"
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))
