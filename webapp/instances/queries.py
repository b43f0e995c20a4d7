"""What pages and programs see of connections. Of a secret only whether it is set, and the last four."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from providers.kit.contract import Environment, Field, Manifest
from webapp.catalog import service as catalog
from webapp.catalog.views import CATEGORY_LABELS
from webapp.core.errors import BadRequest
from webapp.core.pagination import decode_cursor, encode_cursor
from webapp.instances import secrets
from webapp.instances.addresses import webhook_url
from webapp.instances.delivery import Registration, registration
from webapp.instances.models import Instance
from webapp.instances.service import instance_of

STATUSES = ("draft", "active", "paused", "deleted")
HEALTHS = ("healthy", "degraded", "needs_reconnect", "unknown")
HEALTH_WORDS = {
    "healthy": "Healthy",
    "degraded": "Needs a look",
    "needs_reconnect": "Reconnect",
    "unknown": "Not checked yet",
}


@dataclass(frozen=True, kw_only=True)
class InstanceCard:
    """One line of the list of connections. `status` is `deleted` for what was removed."""

    id: str
    provider_id: str
    provider_name: str
    category: str
    name: str
    description: str
    environment: str
    status: str
    health: str
    health_reason: str
    account_name: str
    webhook_url: str
    last_checked_at: datetime | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None

    @property
    def sandbox(self) -> bool:
        return self.environment == Environment.SANDBOX

    @property
    def health_label(self) -> str:
        return HEALTH_WORDS.get(self.health, self.health)

    @property
    def category_label(self) -> str:
        return CATEGORY_LABELS.get(self.category, self.category.title())


@dataclass(frozen=True, kw_only=True)
class InstancePage:
    cards: tuple[InstanceCard, ...]
    total: int
    next_cursor: str


@dataclass(frozen=True, kw_only=True)
class FieldView:
    """One field with what is stored: `value` of a plain one; of a secret only `set` and `last4`."""

    field: Field
    value: str
    set: bool
    last4: str
    overlap_until: datetime | None


@dataclass(frozen=True, kw_only=True)
class InstanceView:
    """A connection's own page."""

    card: InstanceCard
    manifest: Manifest
    fields: tuple[FieldView, ...]
    missing: tuple[str, ...]
    template_id: str
    wizard_step: str
    account_id: str
    account_detail: str
    uses_server_credentials: bool
    webhook: Registration
    webhook_events: tuple[str, ...]
    webhook_last_received_at: datetime | None
    health_changed_at: datetime | None
    next_check_at: datetime | None


def configuration_view(instance: Instance) -> dict[str, Any]:
    """By field name: plain values, and of a secret `{"set": …, "last4": …}`. Raises NotFound."""
    in_use = secrets.current(instance)
    view: dict[str, Any] = {}
    for one in catalog.manifest_for(instance).fields:
        if one.secret:
            row = in_use.get(one.name)
            view[one.name] = {"set": row is not None, "last4": row.last4 if row else ""}
        elif instance.configuration.get(one.name) or one.default:
            view[one.name] = instance.configuration.get(one.name, one.default)
    return view


def field_views(instance: Instance) -> tuple[FieldView, ...]:
    """Every field of the provider, in the manifest's order."""
    in_use = secrets.current(instance)
    views = []
    for one in catalog.manifest_for(instance).fields:
        row = in_use.get(one.name)
        value = "" if one.secret else str(instance.configuration.get(one.name, one.default))
        older = [each.retires_at for each in secrets.versions_of(instance, one.name) if each is not row]
        ends = [at for at in older if at is not None and row is not None and at > row.created_at]
        views.append(
            FieldView(
                field=one,
                value=value,
                set=row is not None if one.secret else bool(value),
                last4=row.last4 if row else "",
                overlap_until=max(ends, default=None),
            )
        )
    return tuple(views)


def card_of(instance: Instance) -> InstanceCard:
    """A row as a list shows it; also when its provider's folder is gone."""
    known = instance.provider_id in catalog.registry()
    manifest = catalog.manifest_for(instance) if known else None
    return InstanceCard(
        id=instance.id,
        provider_id=instance.provider_id,
        provider_name=manifest.name if manifest else instance.provider_id,
        category=manifest.category.value if manifest else "custom",
        name=instance.name,
        description=instance.description,
        environment=instance.environment,
        status="deleted" if instance.deleted_at else instance.status,
        health=instance.health,
        health_reason=instance.health_reason,
        account_name=instance.account_name,
        webhook_url=webhook_url(instance),
        last_checked_at=instance.last_checked_at,
        created_at=instance.created_at,
        updated_at=instance.updated_at,
        deleted_at=instance.deleted_at,
    )


def listing(
    session: Session,
    *,
    workspace_id: str,
    category: str = "",
    status: str = "",
    health: str = "",
    provider_id: str = "",
    environment: str = "",
    text: str = "",
    cursor: str = "",
    limit: int = 50,
) -> InstancePage:
    """Connections of one workspace, newest first. Removed ones only for `status="deleted"`. Raises BadRequest."""
    chosen = [Instance.workspace_id == workspace_id, *_filters(category, status, health, provider_id, environment)]
    if text.strip():
        pattern = f"%{_literal(text.strip()[:100].lower())}%"
        columns = (Instance.name, Instance.account_name, Instance.provider_id, Instance.description)
        chosen.append(or_(*(func.lower(column).like(pattern, escape="\\") for column in columns)))
    query = select(Instance).where(*chosen)
    position = decode_cursor(cursor, (str, str))
    if position:
        at, last_id = _moment(str(position[0])), str(position[1])
        query = query.where(or_(Instance.created_at < at, and_(Instance.created_at == at, Instance.id < last_id)))
    rows = session.scalars(query.order_by(Instance.created_at.desc(), Instance.id.desc()).limit(limit + 1)).all()
    page = rows[:limit]
    more = len(rows) > limit
    return InstancePage(
        cards=tuple(card_of(row) for row in page),
        total=session.scalar(select(func.count()).select_from(Instance).where(*chosen)) or 0,
        next_cursor=encode_cursor(page[-1].created_at.isoformat(), page[-1].id) if more else "",
    )


def _filters(
    category: str, status: str, health: str, provider_id: str, environment: str
) -> list[ColumnElement[bool]]:
    if status and status not in STATUSES:
        raise BadRequest(f"status must be one of {', '.join(STATUSES)}.")
    if health and health not in HEALTHS:
        raise BadRequest(f"health must be one of {', '.join(HEALTHS)}.")
    chosen: list[ColumnElement[bool]] = [
        Instance.deleted_at.is_not(None) if status == "deleted" else Instance.deleted_at.is_(None)
    ]
    if status and status != "deleted":
        chosen.append(Instance.status == status)
    if health:
        chosen.append(Instance.health == health)
    if provider_id:
        chosen.append(Instance.provider_id == provider_id)
    if environment:
        chosen.append(Instance.environment == environment)
    if category:
        ids = [one.id for one in catalog.registry() if one.manifest.category.value == category]
        chosen.append(Instance.provider_id.in_(ids))
    return chosen


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("The cursor is not one of ours.", fix="Use nextCursor from the page before.") from error
    if at.tzinfo is None:
        raise BadRequest("The cursor is not one of ours.", fix="Use nextCursor from the page before.")
    return at


def detail(session: Session, *, workspace_id: str, instance_id: str, deleted: bool = False) -> InstanceView:
    """Raises NotFound."""
    return view_of(instance_of(session, workspace_id=workspace_id, instance_id=instance_id, deleted=deleted))


def view_of(instance: Instance) -> InstanceView:
    """Raises NotFound when the provider's folder is gone."""
    manifest = catalog.manifest_for(instance)
    fields = field_views(instance)
    served = catalog.server_credentials(manifest) if instance.uses_server_credentials else {}
    return InstanceView(
        card=card_of(instance),
        manifest=manifest,
        fields=fields,
        missing=tuple(
            one.field.name
            for one in fields
            if one.field.required and not one.set and not one.field.default and one.field.name not in served
        ),
        template_id=instance.template_id,
        wizard_step=instance.wizard_step,
        account_id=instance.account_id or "",
        account_detail=instance.account_detail,
        uses_server_credentials=instance.uses_server_credentials,
        webhook=registration(instance),
        webhook_events=tuple(instance.webhook_events),
        webhook_last_received_at=instance.webhook_last_received_at,
        health_changed_at=instance.health_changed_at,
        next_check_at=instance.next_check_at,
    )


def drafts(session: Session, *, workspace_id: str) -> tuple[InstanceCard, ...]:
    """Wizards that were begun and not finished, newest first."""
    return listing(session, workspace_id=workspace_id, status="draft", limit=20).cards


def needing_attention(session: Session, *, workspace_id: str, limit: int = 20) -> tuple[InstanceCard, ...]:
    """Active connections that are not well: those to reconnect first."""
    rows = session.scalars(
        select(Instance)
        .where(
            Instance.workspace_id == workspace_id,
            Instance.deleted_at.is_(None),
            Instance.status == "active",
            Instance.health.in_(("needs_reconnect", "degraded")),
        )
        .order_by(Instance.health.desc(), Instance.health_changed_at.desc())
        .limit(limit)
    )
    return tuple(card_of(row) for row in rows)


def with_secrets(session: Session, ids: list[str]) -> list[Instance]:
    """These connections with their secrets, in two queries: for whoever opens many."""
    query = select(Instance).where(Instance.id.in_(ids)).options(selectinload(Instance.secrets))
    return list(session.scalars(query))
