"""What this installation knows about providers beyond their manifests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.clock import now
from webapp.core.database import UTCDateTime
from webapp.extensions import Model


class IntegrationProvider(Model):
    """One provider of the registry: an admin's decisions and what is really used here.

    `source` is `builtin` (a folder) or `custom` (a document). `connections` counts instances in use.
    """

    __tablename__ = "integration_providers"

    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    category: Mapped[str] = mapped_column(String(20), index=True)
    source: Mapped[str] = mapped_column(String(12), default="builtin")
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str] = mapped_column(String(300), default="")
    offers_server_credentials: Mapped[bool] = mapped_column(default=False)
    base_popularity: Mapped[int] = mapped_column(default=50)
    connections: Mapped[int] = mapped_column(default=0)
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    document: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class ProviderAudience(Model):
    """Who is shown a provider. Rows of `kind` `only`: nobody but these workspaces; `hidden`: not this workspace."""

    __tablename__ = "integration_provider_audiences"

    provider_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    kind: Mapped[str] = mapped_column(String(6))


class CatalogSearch(Model):
    """A search that found nothing: what people look for and we do not have."""

    __tablename__ = "catalog_searches"

    query: Mapped[str] = mapped_column(String(100), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    count: Mapped[int] = mapped_column(default=1)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    note: Mapped[str] = mapped_column(Text, default="")
