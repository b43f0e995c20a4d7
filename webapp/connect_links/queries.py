"""What pages and programs see of links: never a token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.catalog import service as catalog
from webapp.connect_links.models import ConnectLink, ConnectLinkEvent
from webapp.connect_links.state import DONE, OPEN, REVOKED, state_of

SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class ItemView:
    """One account that is asked for. `instance_id` only once it is connected."""

    position: int
    provider_id: str
    provider_name: str
    instance_id: str | None
    connected_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EventView:
    at: datetime
    kind: str
    provider_name: str
    network: str


@dataclass(frozen=True, kw_only=True)
class LinkView:
    """`state`: waiting, opened, partly, done, expired, revoked. `made_by` is "" for somebody who is gone."""

    id: str
    client_name: str
    email: str
    message: str
    environment: str
    days: int
    state: str
    made_by: str
    created_at: datetime
    expires_at: datetime
    mailed_at: datetime | None
    opened_at: datetime | None
    items: tuple[ItemView, ...]

    @property
    def connected(self) -> int:
        return sum(one.connected_at is not None for one in self.items)

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def renewable(self) -> bool:
        return self.state not in (DONE, REVOKED)


def provider_name(provider_id: str) -> str:
    return catalog.manifest_of(provider_id).name if provider_id in catalog.registry() else provider_id


def view(session: Session, link: ConnectLink) -> LinkView:
    maker = session.get(User, link.created_by) if link.created_by else None
    return LinkView(
        id=link.id,
        client_name=link.client_name,
        email=link.email,
        message=link.message,
        environment=link.environment,
        days=link.days,
        state=state_of(link),
        made_by=maker.display_name if maker else "",
        created_at=link.created_at,
        expires_at=link.expires_at,
        mailed_at=link.mailed_at,
        opened_at=link.opened_at,
        items=tuple(
            ItemView(
                position=one.position,
                provider_id=one.provider_id,
                provider_name=provider_name(one.provider_id),
                instance_id=one.instance_id if one.connected_at else None,
                connected_at=one.connected_at,
            )
            for one in link.items
        ),
    )


def links(session: Session, workspace_id: str, *, limit: int = SHOWN) -> tuple[LinkView, ...]:
    """The newest first."""
    rows = session.scalars(
        select(ConnectLink)
        .where(ConnectLink.workspace_id == workspace_id)
        .order_by(ConnectLink.created_at.desc(), ConnectLink.id)
        .limit(limit)
    )
    return tuple(view(session, one) for one in rows)


def events(session: Session, link_id: str) -> tuple[EventView, ...]:
    """What became of a link, newest first."""
    rows = session.scalars(
        select(ConnectLinkEvent)
        .where(ConnectLinkEvent.link_id == link_id)
        .order_by(ConnectLinkEvent.id.desc())
        .limit(SHOWN)
    )
    return tuple(
        EventView(
            at=one.at,
            kind=one.kind,
            provider_name=provider_name(one.provider_id) if one.provider_id else "",
            network=one.network,
        )
        for one in rows
    )
