"""What site admins see of the whole installation. Names and numbers only, never a value of a setting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from providers.kit.contract import Manifest
from webapp.accounts.models import User
from webapp.catalog import service
from webapp.catalog.models import CatalogSearch, IntegrationProvider
from webapp.catalog.queries import popularity
from webapp.catalog.views import CATEGORY_LABELS
from webapp.config import Settings
from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace

WISHES = 100


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A search that found nothing: how often, in how many workspaces, and when last."""

    query: str
    count: int
    workspaces: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class Overview:
    providers: int
    hidden: int
    connections: int
    unwell: int
    workspaces: int
    people: int
    admins: int
    wishes: tuple[Wish, ...]


@dataclass(frozen=True, kw_only=True)
class ProviderRow:
    """One provider and what was decided about it. `variables` are names: which of them this server has set."""

    id: str
    name: str
    category_label: str
    verified: bool
    enabled: bool
    reason: str
    variables: tuple[tuple[str, bool], ...]
    offers_credentials: bool
    may_offer: bool
    base_popularity: int
    popularity: int
    connections: int

    @property
    def any_variable(self) -> bool:
        return any(is_set for _name, is_set in self.variables)


@dataclass(frozen=True, kw_only=True)
class ProviderTable:
    """`gone` are names of providers whose folder is no longer there."""

    rows: tuple[ProviderRow, ...]
    gone: tuple[str, ...]
    wishes: tuple[Wish, ...]


def overview(session: Session) -> Overview:
    """The figures of the admin's first page, in six queries."""
    hidden = session.scalars(select(IntegrationProvider.id).where(IntegrationProvider.enabled.is_(False))).all()
    active = (Instance.deleted_at.is_(None), Instance.status.in_(service.IN_USE))
    unwell = func.count().filter(Instance.status == "active", Instance.health.in_(("degraded", "needs_reconnect")))
    connections = session.execute(select(func.count(), unwell).select_from(Instance).where(*active)).one()
    people = session.execute(
        select(func.count(), func.count().filter(User.is_admin)).select_from(User).where(User.disabled_at.is_(None))
    ).one()
    return Overview(
        providers=len(service.registry()),
        hidden=sum(one in service.registry() for one in hidden),
        connections=connections[0],
        unwell=connections[1],
        workspaces=session.scalar(select(func.count()).select_from(Workspace)) or 0,
        people=people[0],
        admins=people[1],
        wishes=wishes(session, limit=5),
    )


def wishes(session: Session, *, limit: int = WISHES) -> tuple[Wish, ...]:
    """What people looked for in vain, the most wanted first."""
    count, last_at = func.sum(CatalogSearch.count), func.max(CatalogSearch.last_at)
    rows = session.execute(
        select(CatalogSearch.query, count, func.count(), last_at)
        .group_by(CatalogSearch.query)
        .order_by(count.desc(), last_at.desc())
        .limit(limit)
    )
    return tuple(Wish(query=row[0], count=row[1], workspaces=row[2], last_at=row[3]) for row in rows)


def provider_table(session: Session) -> ProviderTable:
    """Every provider of the registry, by name, and what the database adds."""
    known = {row.id: row for row in session.scalars(select(IntegrationProvider))}
    settings: Settings = current_app.config["SETTINGS"]
    rows = [_row(one.manifest, known.get(one.id), settings) for one in service.registry()]
    return ProviderTable(
        rows=tuple(sorted(rows, key=lambda row: row.name.casefold())),
        gone=tuple(sorted(row.name for row in known.values() if row.removed_at is not None)),
        wishes=wishes(session),
    )


def _row(manifest: Manifest, row: IntegrationProvider | None, settings: Settings) -> ProviderRow:
    connections = row.connections if row else 0
    names = [one.env for one in manifest.asked_fields if one.env]
    if manifest.oauth:
        names += [name for name in (manifest.oauth.client_id_env, manifest.oauth.client_secret_env) if name]
    names.append(manifest.api_base_setting)
    return ProviderRow(
        id=manifest.id,
        name=manifest.name,
        category_label=CATEGORY_LABELS[manifest.category.value],
        verified=manifest.verified,
        enabled=row.enabled if row else True,
        reason=row.disabled_reason if row else "",
        variables=tuple((name, bool(settings.value(name))) for name in dict.fromkeys(names)),
        offers_credentials=row.offers_server_credentials if row else False,
        may_offer=service.server_credentials_complete(manifest),
        base_popularity=manifest.popularity,
        popularity=popularity(manifest.popularity, connections),
        connections=connections,
    )
