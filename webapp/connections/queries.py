"""What the pages of connections show. Never a secret: of those only the last four, their age and who set them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.catalog import service as catalog
from webapp.connection_tests import queries as tests
from webapp.connection_tests.queries import TestView
from webapp.core.clock import now
from webapp.core.pagination import decode_cursor, encode_cursor
from webapp.instances import service
from webapp.instances.models import Instance
from webapp.instances.queries import InstanceCard, card_of
from webapp.webhooks import queries as inbox
from webapp.webhooks.queries import EventView, RefusalView

STATES = {
    "": "All states",
    "healthy": "Healthy",
    "degraded": "Degraded",
    "needs_reconnect": "Needs reconnecting",
    "unknown": "Not checked yet",
    "paused": "Paused",
    "deleted": "Removed",
}
PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the list is narrowed to; "" does not matter. `state` is a key of STATES."""

    text: str = ""
    state: str = ""
    provider_id: str = ""
    environment: str = ""
    cursor: str = ""

    @property
    def any(self) -> bool:
        return bool(self.text or self.state or self.provider_id or self.environment)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the list. `state` is what the health badge shows."""

    card: InstanceCard
    state: str
    last_test: TestView | None
    last_delivery: datetime | None


@dataclass(frozen=True, kw_only=True)
class Listing:
    """`everything` counts what is connected under no filter; `providers` are those in use, for the filter."""

    rows: tuple[Row, ...]
    drafts: tuple[Row, ...]
    providers: tuple[tuple[str, str], ...]
    everything: int
    next_cursor: str


@dataclass(frozen=True, kw_only=True)
class HealthChange:
    """`after`: passed, warned, failed."""

    after: str
    at: datetime


def listing(session: Session, *, workspace_id: str, filters: Filters) -> Listing:
    """The connections of a workspace by name, and the wizards that were begun. Raises BadRequest (cursor)."""
    mine = Instance.workspace_id == workspace_id
    query = select(Instance).where(mine, *_conditions(filters))
    position = decode_cursor(filters.cursor, (str, str))
    name = func.lower(Instance.name)
    if position:
        query = query.where(or_(name > position[0], and_(name == position[0], Instance.id > position[1])))
    found = list(session.scalars(query.order_by(name, Instance.id).limit(PAGE + 1)))
    page, more = found[:PAGE], len(found) > PAGE
    latest = tests.latest_of(session, [one.id for one in page])
    kinds = session.execute(
        select(Instance.provider_id, func.count())
        .where(mine, Instance.deleted_at.is_(None), Instance.status != "draft")
        .group_by(Instance.provider_id)
    ).all()
    return Listing(
        rows=tuple(_row(one, latest.get(one.id)) for one in page),
        drafts=() if filters.any or filters.cursor else tuple(_row(one, None) for one in _drafts(session, mine)),
        providers=tuple(sorted(((id_, _name(id_)) for id_, _ in kinds), key=lambda pair: pair[1].lower())),
        everything=sum(count for _, count in kinds),
        next_cursor=encode_cursor(page[-1].name.lower(), page[-1].id) if more else "",
    )


def drafts_of(session: Session, *, workspace_id: str, provider_id: str) -> tuple[Row, ...]:
    """Wizards that were begun for this provider, newest first."""
    mine = and_(Instance.workspace_id == workspace_id, Instance.provider_id == provider_id)
    return tuple(_row(one, None) for one in _drafts(session, mine, limit=3))


def _drafts(session: Session, mine: ColumnElement[bool], limit: int = 20) -> Iterable[Instance]:
    return session.scalars(
        select(Instance)
        .where(mine, Instance.status == "draft", Instance.deleted_at.is_(None))
        .order_by(Instance.updated_at.desc())
        .limit(limit)
    )


def _row(instance: Instance, last_test: TestView | None) -> Row:
    return Row(
        card=card_of(instance),
        state=state_of(instance),
        last_test=last_test,
        last_delivery=instance.webhook_last_received_at,
    )


def state_of(instance: Instance) -> str:
    """What the health badge says: what is paused or a draft has no health."""
    return instance.status if instance.status in ("paused", "draft") else instance.health


def _name(provider_id: str) -> str:
    return catalog.manifest_of(provider_id).name if provider_id in catalog.registry() else provider_id


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    if filters.state == "deleted":
        chosen: list[ColumnElement[bool]] = [
            Instance.deleted_at > now() - timedelta(days=30),
        ]
    else:
        chosen = [Instance.deleted_at.is_(None), Instance.status != "draft"]
    if filters.state == "paused":
        chosen.append(Instance.status == "paused")
    elif filters.state not in ("", "deleted"):
        chosen += [Instance.status == "active", Instance.health == filters.state]
    if filters.provider_id:
        chosen.append(Instance.provider_id == filters.provider_id)
    if filters.environment:
        chosen.append(Instance.environment == filters.environment)
    if filters.text:
        columns = (Instance.name, Instance.account_name, Instance.provider_id, Instance.description)
        chosen.append(or_(*(column.icontains(filters.text[:100], autoescape=True) for column in columns)))
    return chosen


def deliveries(session: Session, instance: Instance, *, limit: int) -> tuple[EventView, ...]:
    """What arrived last, newest first."""
    return tuple(inbox.list_events(session, instance.workspace_id, instance.id, limit=limit)[0])


def refusals(session: Session, instance: Instance) -> tuple[RefusalView, ...]:
    """What was refused in the last week, by reason."""
    return tuple(inbox.refusals(session, instance.workspace_id, instance.id))


def health_changes(session: Session, instance: Instance, *, limit: int = 6) -> tuple[HealthChange, ...]:
    """What its checks found, newest first; checks in a row that found the same are one line, by the first of them."""
    found = tests.history(session, workspace_id=instance.workspace_id, instance_id=instance.id, limit=60).tests
    changes: list[HealthChange] = []
    for run in reversed(found):
        if run.test_id != f"{instance.provider_id}-connection" or not run.finished:
            continue
        now_is = "failed" if run.status != "passed" else "warned" if run.warnings else "passed"
        if not changes or changes[-1].after != now_is:
            changes.append(HealthChange(after=now_is, at=run.created_at))
    return tuple(reversed(changes[-limit:]))


def names(session: Session, user_ids: Iterable[str | None]) -> dict[str, str]:
    """How people are called, by id."""
    wanted = {one for one in user_ids if one}
    if not wanted:
        return {}
    return {one.id: one.display_name for one in session.scalars(select(User).where(User.id.in_(wanted)))}


def suggested_name(session: Session, *, workspace_id: str, workspace_name: str, provider_id: str) -> str:
    """ "Acme – Northwind", with a number when that is taken."""
    base = f"{_name(provider_id)} – {workspace_name}"[:110]
    taken = set(
        session.scalars(
            select(Instance.name).where(
                Instance.workspace_id == workspace_id, Instance.deleted_at.is_(None), Instance.name.startswith(base)
            )
        )
    )
    return next(name for n in range(1, len(taken) + 2) if (name := base if n == 1 else f"{base} {n}") not in taken)


def connection_test(session: Session, instance: Instance) -> TestView | None:
    """The newest run of the test that decides whether a connection works."""
    return tests.latest(session, instance.id, test_id=f"{instance.provider_id}-connection")


def mine(session: Session, *, workspace_id: str, instance_id: str) -> Instance:
    """Raises NotFound, also when the provider's folder is gone."""
    instance = service.instance_of(session, workspace_id=workspace_id, instance_id=instance_id)
    catalog.manifest_for(instance)
    return instance
