"""Which providers exist here and what an admin decided about them. The caller commits."""

from __future__ import annotations

from functools import cache
from typing import Protocol

from flask import current_app
from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from providers.kit.contract import Manifest, Provider
from providers.kit.registry import Registered, Registry
from webapp.audit.service import record
from webapp.catalog.models import CatalogSearch, IntegrationProvider
from webapp.catalog.published import Published, of_app
from webapp.config import Settings
from webapp.core.clock import now
from webapp.core.errors import Invalid, NotFound
from webapp.extensions import Model

MAX_SEARCH = 100
IN_USE = ("active", "paused")


@cache
def _discovered() -> Registry:
    return Registry.discover()


def builtin() -> Registry:
    """The providers that are folders, discovered once; an application may bring its own: `extensions["registry"]`."""
    own: Registry | None = current_app.extensions.get("registry")
    return own if own is not None else _discovered()


def published_documents() -> Published:
    return of_app(builtin())


def registry() -> Registry:
    """Every provider of this installation: folders and published documents, as of at most two seconds ago."""
    return published_documents().current()


def entry(provider_id: str, version: int | None = None) -> Registered:
    """The provider as new connections get it, or the version that a connection stands on. Raises NotFound."""
    try:
        return published_documents().version(provider_id, version) if version else registry().entry(provider_id)
    except KeyError as error:
        raise NotFound("There is no such provider here.", fix="Look in the marketplace for what there is.") from error


def provider_class(provider_id: str, version: int | None = None) -> type[Provider]:
    """Raises NotFound."""
    return entry(provider_id, version).provider


def manifest_of(provider_id: str, version: int | None = None) -> Manifest:
    """Raises NotFound."""
    return entry(provider_id, version).manifest


def provider_of_test(test_id: str) -> Manifest:
    """The manifest that lists this test. Raises NotFound."""
    for one in registry():
        if any(test.id == test_id for test in one.manifest.tests):
            return one.manifest
    raise NotFound(f"There is no test {test_id[:80]!r}.", fix="GET /api/integrations/test lists the tests there are.")


class Pinned(Protocol):
    """Anything that stands on a provider, perhaps on one version of it: a connection."""

    @property
    def provider_id(self) -> str: ...
    @property
    def provider_version(self) -> int | None: ...


def entry_for(one: Pinned) -> Registered:
    """Raises NotFound."""
    return entry(one.provider_id, one.provider_version)


def class_for(one: Pinned) -> type[Provider]:
    """Raises NotFound."""
    return entry_for(one).provider


def manifest_for(one: Pinned) -> Manifest:
    """Raises NotFound."""
    return entry_for(one).manifest


def synchronise(session: Session) -> tuple[int, int]:
    """Makes the rows agree with the folders: (appeared or came back, went). Run at start, after the migration."""
    rows = {row.id: row for row in session.scalars(select(IntegrationProvider))}
    appeared = 0
    for one in registry():
        manifest, row = one.manifest, rows.get(one.id)
        if row is None:
            row = IntegrationProvider(id=one.id, name=manifest.name, category=manifest.category.value)
            session.add(row)
        appeared += row.removed_at is not None or one.id not in rows
        row.removed_at = None
        row.name, row.category, row.base_popularity = manifest.name, manifest.category.value, manifest.popularity
    gone = [row for row in rows.values() if row.source == "builtin" and row.id not in registry()]
    went = [row for row in gone if row.removed_at is None]
    for row in went:
        row.removed_at = now()
    session.flush()
    return appeared, len(went)


def row_of(session: Session, provider_id: str) -> IntegrationProvider:
    """The provider's row, made now if its folder appeared since the start. Raises NotFound."""
    manifest = manifest_of(provider_id)
    row = session.get(IntegrationProvider, provider_id)
    if row is None:
        row = IntegrationProvider(
            id=provider_id,
            name=manifest.name,
            category=manifest.category.value,
            base_popularity=manifest.popularity,
        )
        session.add(row)
        session.flush()
    return row


def set_enabled(session: Session, *, provider_id: str, enabled: bool, reason: str = "") -> None:
    """An admin's kill switch: nothing new is connected and nothing is called. Raises NotFound, Invalid."""
    row = row_of(session, provider_id)
    reason = " ".join(reason.split())
    if len(reason) > 300:
        raise Invalid("The reason is too long.", fields={"reason": "Use at most 300 characters."})
    row.enabled, row.disabled_reason = enabled, "" if enabled else reason
    action = "provider.enabled" if enabled else "provider.disabled"
    record(session, action, object_kind="provider", object_id=row.id, object_name=row.name)


def enabled(session: Session, provider_id: str) -> bool:
    """Whether an admin lets this provider be used. A provider without a row yet is enabled."""
    row = session.get(IntegrationProvider, provider_id)
    return row is None or row.enabled


def server_credentials(manifest: Manifest) -> dict[str, str]:
    """The agency's own credentials from the environment, by field name: never shown, only handed to the provider."""
    settings: Settings = current_app.config["SETTINGS"]
    found = {one.name: settings.value(one.env) for one in manifest.fields if one.env}
    return {name: value for name, value in found.items() if value}


def server_credentials_complete(manifest: Manifest) -> bool:
    """Whether the environment has every required field. (Which ones it has is nobody's business but the admin's.)"""
    have = server_credentials(manifest)
    required = [one.name for one in manifest.fields if one.required and not one.default]
    return bool(have) and all(name in have for name in required)


def offers_server_credentials(session: Session, provider_id: str) -> bool:
    """Whether an admin offers them, and they are there."""
    row = session.get(IntegrationProvider, provider_id)
    return row is not None and row.offers_server_credentials and server_credentials_complete(manifest_of(provider_id))


def offer_server_credentials(session: Session, *, provider_id: str, offered: bool) -> None:
    """Raises NotFound, Invalid (they are not set)."""
    row = row_of(session, provider_id)
    manifest = manifest_of(provider_id)
    if offered and not server_credentials_complete(manifest):
        names = ", ".join(one.env for one in manifest.fields if one.required and one.env)
        raise Invalid(f"The server has no credentials for {manifest.name}.", fix=f"Set {names} and start it again.")
    row.offers_server_credentials = offered
    action = "provider.credentials_offered" if offered else "provider.credentials_withdrawn"
    record(session, action, object_kind="provider", object_id=row.id, object_name=row.name)


def count_connections(session: Session, provider_id: str) -> int:
    """Counts what is connected and stores it: counted anew each time, so it can't drift. Raises NotFound.

    Instances are a feature above this one: their table is read by its name, their module is not imported.
    """
    row_of(session, provider_id)
    session.flush()
    instances = Model.metadata.tables["integration_instances"]
    count = (
        session.scalar(
            select(func.count()).where(
                instances.c.provider_id == provider_id,
                instances.c.deleted_at.is_(None),
                instances.c.status.in_(IN_USE),
            )
        )
        or 0
    )
    session.execute(
        update(IntegrationProvider).where(IntegrationProvider.id == provider_id).values(connections=count)
    )
    return count


def record_empty_search(session: Session, workspace_id: str, query: str) -> None:
    """Remembers what people look for and we do not have. An empty query is nothing to remember."""
    query = " ".join(query.lower().split())[:MAX_SEARCH]
    if not query or not query.isprintable():
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(CatalogSearch).values(query=query, workspace_id=workspace_id, count=1, last_at=now(), note="")
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[CatalogSearch.query, CatalogSearch.workspace_id],
            set_={"count": CatalogSearch.count + 1, "last_at": now()},
        )
    )
