"""Stored deliveries as pages, programs and commands see them. Newest first, paged by position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.core.clock import now
from webapp.core.errors import NotFound
from webapp.core.pagination import decode_cursor, encode_cursor
from webapp.instances.models import Instance
from webapp.webhooks.models import WebhookAttempt, WebhookEffect, WebhookEvent, WebhookObject, WebhookRefusal
from webapp.webhooks.selection import Filters, conditions
from webapp.webhooks.service import REPLAYABLE

COUNTED_UP_TO = 10_000
_E = WebhookEvent


@dataclass(frozen=True, kw_only=True)
class EventView:
    """One delivery in a list. `sentence` is what it means in our words; "" until it was processed."""

    id: str
    external_id: str
    type: str
    status: str
    attempts: int
    received_at: datetime
    processed_at: datetime | None
    sentence: str
    tone: str
    icon: str
    last_error: str
    due_at: datetime | None
    duplicates: int
    conflict: bool
    source: str
    provider_id: str
    instance_id: str
    instance_name: str
    environment: str


@dataclass(frozen=True, kw_only=True)
class AttemptView:
    number: int
    at: datetime
    ok: bool
    error: str
    requested_by: str


@dataclass(frozen=True, kw_only=True)
class EventDetail:
    """One delivery in full. `body` is as it arrived (`whole`) or its part of a batch; empty when `purged_at`.

    `newer` says what is known of the same object since, if something is. `applied` counts its effects.
    """

    event: EventView
    body: bytes
    headers: dict[str, Any]
    whole: bool
    created_at: datetime | None
    purged_at: datetime | None
    object_type: str
    object_id: str
    url: str
    applied: int
    newer: str
    attempts: tuple[AttemptView, ...]

    @property
    def replayable(self) -> bool:
        return self.event.status in REPLAYABLE and self.purged_at is None


@dataclass(frozen=True, kw_only=True)
class RefusalView:
    """Refused deliveries of one connection for one reason, over the days asked for."""

    instance_id: str
    instance_name: str
    reason: str
    count: int
    last_at: datetime
    message: str
    fix: str


_SHOWN = (*(name for name in EventView.__dataclass_fields__ if name not in ("instance_name", "environment")),)


def _select() -> Select[Any]:
    columns = [getattr(_E, name) for name in _SHOWN]
    return select(*columns, Instance.name.label("instance_name"), Instance.environment).join(
        Instance, Instance.id == _E.instance_id
    )


def list_events(
    session: Session,
    workspace_id: str,
    instance_id: str = "",
    status: str = "",
    limit: int = 50,
    cursor: str = "",
) -> tuple[list[EventView], str]:
    """A page of deliveries and the cursor of the next one ("" at the end). Raises BadRequest for a bad cursor."""
    return page(session, workspace_id, Filters(instance_id=instance_id, status=status), limit=limit, cursor=cursor)


def page(
    session: Session, workspace_id: str, filters: Filters, *, limit: int = 50, cursor: str = ""
) -> tuple[list[EventView], str]:
    """As `list_events`, with every filter. Raises BadRequest."""
    query = _select().add_columns(_E.sequence).where(*conditions(workspace_id, filters))
    position = decode_cursor(cursor, (int,))
    if position:
        query = query.where(_E.sequence < position[0])
    rows = session.execute(query.order_by(_E.sequence.desc()).limit(limit + 1)).all()
    following = encode_cursor(rows[limit - 1].sequence) if len(rows) > limit else ""
    return [_view(row) for row in rows[:limit]], following


def _view(row: Any) -> EventView:
    return EventView(**{name: row._mapping[name] for name in EventView.__dataclass_fields__})


def anything_waiting(session: Session, workspace_id: str, instance_id: str = "") -> bool:
    """Whether something will change soon: an event is due within a minute."""
    query = select(_E.sequence).where(_E.due_at < now() + timedelta(minutes=1), _E.workspace_id == workspace_id)
    if instance_id:
        query = query.where(_E.instance_id == instance_id)
    return session.execute(query.limit(1)).first() is not None


def count_replayable(session: Session, workspace_id: str, filters: Filters) -> int:
    """How many a bulk replay would take, counted up to COUNTED_UP_TO."""
    query = (
        select(_E.sequence)
        .where(*conditions(workspace_id, filters), _E.status.in_(REPLAYABLE), _E.purged_at.is_(None))
        .limit(COUNTED_UP_TO)
    )
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def detail(session: Session, workspace_id: str, event_id: str) -> EventDetail:
    """Raises NotFound."""
    query = _select().add_columns(_E.sequence, _E.body, _E.headers, _E.whole, _E.created_at, _E.purged_at)
    row = session.execute(query.where(_E.id == event_id, _E.workspace_id == workspace_id)).one_or_none()
    if row is None:
        raise NotFound
    effects = session.scalars(select(WebhookEffect).where(WebhookEffect.event_sequence == row.sequence)).all()
    effect = effects[0] if effects else None
    return EventDetail(
        event=_view(row),
        body=row.body,
        headers=row.headers,
        whole=row.whole,
        created_at=row.created_at,
        purged_at=row.purged_at,
        object_type=effect.object_type if effect else "",
        object_id=effect.object_id if effect else "",
        url=effect.url if effect else "",
        applied=len(effects),
        newer=_newer(session, row, effect),
        attempts=_attempts(session, row.sequence),
    )


def _newer(session: Session, row: Any, effect: WebhookEffect | None) -> str:
    if effect is None or not effect.object_id:
        return ""
    known = session.get(WebhookObject, (row.instance_id, effect.object_type, effect.object_id))
    return known.sentence if known is not None and known.event_sequence != row.sequence else ""


def _attempts(session: Session, sequence: int) -> tuple[AttemptView, ...]:
    rows = session.execute(
        select(WebhookAttempt, User.name, User.email)
        .outerjoin(User, User.id == WebhookAttempt.requested_by)
        .where(WebhookAttempt.event_sequence == sequence)
        .order_by(WebhookAttempt.id)
    )
    return tuple(
        AttemptView(number=one.number, at=one.at, ok=one.ok, error=one.error, requested_by=name or email or "")
        for one, name, email in rows
    )


def refusals(session: Session, workspace_id: str, instance_id: str = "", *, days: int = 7) -> list[RefusalView]:
    """What was refused lately, newest first."""
    query = (
        select(WebhookRefusal, Instance.name)
        .join(Instance, Instance.id == WebhookRefusal.instance_id)
        .where(Instance.workspace_id == workspace_id, WebhookRefusal.hour >= now() - timedelta(days=days))
        .order_by(WebhookRefusal.last_at.desc())
        .limit(500)
    )
    if instance_id:
        query = query.where(WebhookRefusal.instance_id == instance_id)
    found: dict[tuple[str, str], RefusalView] = {}
    for row, name in session.execute(query):
        key = (row.instance_id, row.reason)
        newest = found.get(key)
        found[key] = RefusalView(
            instance_id=row.instance_id,
            instance_name=name,
            reason=row.reason,
            count=row.count + (newest.count if newest else 0),
            last_at=newest.last_at if newest else row.last_at,
            message=newest.message if newest else row.message,
            fix=newest.fix if newest else row.fix,
        )
    return list(found.values())


def statuses(session: Session, instance_id: str) -> Iterator[tuple[str, str]]:
    """(external id, status) of every event of a connection, in the order of arrival. Flat in memory."""
    rows = session.execute(
        select(_E.external_id, _E.status)
        .where(_E.instance_id == instance_id)
        .order_by(_E.sequence)
        .execution_options(yield_per=1000)
    )
    for row in rows:
        yield (row.external_id, row.status)


def effects(session: Session, instance_id: str) -> Iterator[tuple[str, int]]:
    """(external id, how many times its effect was applied) of every event of a connection."""
    rows = session.execute(
        select(_E.external_id, func.count(WebhookEffect.id))
        .outerjoin(WebhookEffect, WebhookEffect.event_sequence == _E.sequence)
        .where(_E.instance_id == instance_id)
        .group_by(_E.sequence, _E.external_id)
        .order_by(_E.sequence)
        .execution_options(yield_per=1000)
    )
    for row in rows:
        yield (row[0], row[1])
