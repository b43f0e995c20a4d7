"""What the pages about contacts show, scoped to one workspace and one environment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from webapp.catalog.logos import provider_logo_url
from webapp.catalog.service import manifest_for, manifest_of
from webapp.core.errors import NotFound
from webapp.core.pagination import decode_cursor, encode_cursor
from webapp.crm.models import CrmContact, CrmOutbox, CrmSync
from webapp.crm.service import CONTACT, crm_providers
from webapp.crm.timeline import Happening, Outgoing, history, outgoing
from webapp.instances.models import Instance

ENVIRONMENTS = ("live", "test", "sandbox")
_C = CrmContact
_EXPORTED_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class ConnectionView:
    """A connection whose contacts are read. `state`: new, running, waiting (for the vendor's limits), fresh, failed,
    paused. `synced_at` is the end of the last whole round."""

    id: str
    name: str
    provider: str
    logo: str | None
    environment: str
    active: bool
    state: str
    contacts: int
    records: int
    synced_at: datetime | None
    due_at: datetime | None
    error: str
    error_fix: str
    error_fix_url: str
    both_ways: bool
    hub_wins: bool

    @property
    def moving(self) -> bool:
        """Whether it changes soon, so that a page looks again."""
        return self.state == "running"


@dataclass(frozen=True, kw_only=True)
class ContactRow:
    id: int
    name: str
    email: str
    phone: str
    company: str
    connection: str
    updated_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ContactDetail:
    """One contact with where it lives. `more` has only fields with a value, by the vendor's names, in order."""

    id: int
    name: str
    remote_id: str
    email: str
    first_name: str
    last_name: str
    phone: str
    title: str
    company: str
    owner: str
    url: str
    archived: bool
    created_at: datetime | None
    updated_at: datetime | None
    synced_at: datetime
    environment: str
    instance_id: str
    connection: str
    provider: str
    both_ways: bool
    outgoing: Outgoing
    history: tuple[Happening, ...]
    more: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """`removed`: those that are gone in the CRM, instead of those that are there."""

    environment: str
    instance_id: str = ""
    text: str = ""
    removed: bool = False


def connections(session: Session, workspace_id: str) -> tuple[ConnectionView, ...]:
    """The workspace's CRM connections, drafts left out, by name."""
    rows = session.execute(
        select(Instance, CrmSync)
        .outerjoin(CrmSync, (CrmSync.instance_id == Instance.id) & (CrmSync.object == CONTACT))
        .where(
            Instance.workspace_id == workspace_id,
            Instance.provider_id.in_(crm_providers()),
            Instance.status.in_(("active", "paused")),
            Instance.deleted_at.is_(None),
        )
        .order_by(Instance.name, Instance.id)
    )
    return tuple(_connection(instance, sync) for instance, sync in rows)


def _connection(instance: Instance, sync: CrmSync | None) -> ConnectionView:
    return ConnectionView(
        id=instance.id,
        name=instance.name,
        provider=manifest_for(instance).name,
        logo=provider_logo_url(instance.provider_id),
        environment=instance.environment,
        active=instance.status == "active",
        state=_state(instance, sync),
        contacts=sync.contacts if sync else 0,
        records=sync.records if sync and sync.started_at else 0,
        synced_at=sync.finished_at if sync else None,
        due_at=sync.due_at if sync else None,
        error=sync.error if sync else "",
        error_fix=sync.error_fix if sync else "",
        error_fix_url=sync.error_fix_url if sync else "",
        both_ways=sync is not None and sync.direction == "both",
        hub_wins=sync is not None and sync.wins == "hub",
    )


def _state(instance: Instance, sync: CrmSync | None) -> str:
    if instance.status != "active":
        return "paused"
    if sync is None:
        return "new"
    if sync.status == "idle":
        return "waiting" if sync.error else "fresh" if sync.finished_at else "new"
    return sync.status


def page(
    session: Session, workspace_id: str, filters: Filters, *, cursor: str = "", limit: int = 50
) -> tuple[tuple[ContactRow, ...], str]:
    """Contacts by name and the cursor of the next page ("" at the end). Raises BadRequest for a bad cursor."""
    query = _rows(workspace_id, filters)
    position = decode_cursor(cursor, (str, int))
    if position:
        query = query.where(tuple_(_C.sort_name, _C.id) > position)
    found = session.execute(query.limit(limit + 1)).all()
    following = encode_cursor(found[limit - 1].sort_name, found[limit - 1].id) if len(found) > limit else ""
    return tuple(_row(one) for one in found[:limit]), following


def _rows(workspace_id: str, filters: Filters) -> Select[Any]:
    query = (
        select(
            _C.id,
            _C.first_name,
            _C.last_name,
            _C.email,
            _C.remote_id,
            _C.phone,
            _C.title,
            _C.company,
            _C.owner,
            _C.url,
            _C.sort_name,
            _C.remote_updated_at,
            _C.synced_at,
            Instance.name.label("connection"),
        )
        .join(Instance, Instance.id == _C.instance_id)
        .where(
            _C.workspace_id == workspace_id,
            _C.environment == filters.environment,
            _C.archived if filters.removed else ~_C.archived,
            Instance.deleted_at.is_(None),
        )
        .order_by(_C.sort_name, _C.id)
    )
    if filters.instance_id:
        query = query.where(_C.instance_id == filters.instance_id)
    for word in filters.text.lower().split()[:5]:
        query = query.where(_C.search_text.contains(word, autoescape=True))
    return query  # type: ignore[return-value]  # narrower than any row


def _row(one: Any) -> ContactRow:
    return ContactRow(
        id=one.id,
        name=f"{one.first_name} {one.last_name}".strip() or one.email or one.remote_id,
        email=one.email,
        phone=one.phone,
        company=one.company,
        connection=one.connection,
        updated_at=one.remote_updated_at,
    )


def every(session: Session, workspace_id: str, filters: Filters) -> Iterator[Any]:
    """All rows that a list would page through, a few hundred at a time: for an export."""
    query, position = _rows(workspace_id, filters), None
    while True:
        after = query.where(tuple_(_C.sort_name, _C.id) > position) if position else query
        found = session.execute(after.limit(_EXPORTED_AT_ONCE)).all()
        yield from found
        if len(found) < _EXPORTED_AT_ONCE:
            return
        position = (found[-1].sort_name, found[-1].id)


def whole_page(
    session: Session, workspace_id: str, filters: Filters, *, cursor: str = "", limit: int = 50
) -> tuple[tuple[ContactDetail, ...], str]:
    """As `page`, with all that is known of each contact but its history: for programs."""
    rows, following = page(session, workspace_id, filters, cursor=cursor, limit=limit)
    found = {
        one[0].id: one
        for one in session.execute(
            _details().where(_C.id.in_([row.id for row in rows]), _C.workspace_id == workspace_id)
        )
    }
    return tuple(_detail(*found[row.id]) for row in rows if row.id in found), following


def detail(session: Session, workspace_id: str, contact_id: int) -> ContactDetail:
    """Raises NotFound, also for another workspace's."""
    found = session.execute(
        _details().where(_C.id == contact_id, _C.workspace_id == workspace_id, Instance.deleted_at.is_(None))
    ).one_or_none()
    if found is None:
        raise NotFound
    return _detail(*found, history=history(session, contact_id, manifest_of(found.provider_id).name))


def _details() -> Select[CrmContact, CrmOutbox, str, str, str]:
    return (
        select(_C, CrmOutbox, Instance.name, Instance.provider_id, CrmSync.direction)
        .join(Instance, Instance.id == _C.instance_id)
        .outerjoin(CrmOutbox, CrmOutbox.contact_id == _C.id)
        .outerjoin(CrmSync, (CrmSync.instance_id == _C.instance_id) & (CrmSync.object == CONTACT))
    )


def _detail(
    one: CrmContact,
    out: CrmOutbox | None,
    connection: str,
    provider_id: str,
    direction: str | None,
    *,
    history: tuple[Happening, ...] = (),
) -> ContactDetail:
    return ContactDetail(
        id=one.id,
        name=one.name,
        remote_id=one.remote_id,
        email=one.email,
        first_name=one.first_name,
        last_name=one.last_name,
        phone=one.phone,
        title=one.title,
        company=one.company,
        owner=one.owner,
        url=one.url if one.url.startswith("https://") else "",
        archived=one.archived,
        created_at=one.remote_created_at,
        updated_at=one.remote_updated_at,
        synced_at=one.synced_at,
        environment=one.environment,
        instance_id=one.instance_id,
        connection=connection,
        provider=manifest_of(provider_id).name,
        both_ways=direction == "both",
        outgoing=outgoing(one, out),
        history=history,
        more=_shown(one.more),
    )


def _shown(more: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)[:500]) for name, value in sorted(more.items()) if value not in (None, "", [], {}))


def connection_of(session: Session, workspace_id: str, instance_id: str) -> ConnectionView:
    """Raises NotFound."""
    for one in connections(session, workspace_id):
        if one.id == instance_id:
            return one
    raise NotFound


def environments_of(found: Sequence[ConnectionView]) -> tuple[str, ...]:
    """Those of which there is a connection, real ones first."""
    return tuple(name for name in ENVIRONMENTS if any(one.environment == name for one in found))
