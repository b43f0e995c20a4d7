"""Sample events for sandbox connections: signed as the vendor would, taken in as the real ones are."""

from __future__ import annotations

import secrets as chance
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.capabilities import MakesSamples
from webapp.catalog.service import provider_class
from webapp.core.clock import now
from webapp.core.errors import Conflict, NotFound
from webapp.instances.models import Instance
from webapp.instances.secrets import webhook_secrets
from webapp.webhooks.ingest import accept
from webapp.webhooks.receipts import Receipt


def possible(instance: Instance) -> bool:
    """Only in the sandbox: made-up events never stand among real ones."""
    if instance.environment != "sandbox":
        return False
    try:
        return issubclass(provider_class(instance.provider_id), MakesSamples)
    except NotFound:
        return False


def send(session: Session, instance: Instance) -> Receipt:
    """Ends the session's transaction. Raises Conflict when this connection can't have samples or has no secret."""
    if not possible(instance):
        raise Conflict(
            "Sample events are only for sandbox connections.", fix="Connect the sandbox to try things out."
        )
    found = webhook_secrets(session, instance.id)
    if not found:
        raise Conflict(
            "This connection has no signing secret yet, so a delivery could not prove itself.",
            fix="Open the connection's settings and set up its deliveries.",
        )
    key = instance.webhook_key
    provider = provider_class(instance.provider_id)
    kinds = [one.type for one in provider.manifest.webhook.events if one.default] if provider.manifest.webhook else []
    seed = chance.randbelow(1_000_000_000)
    kind = kinds[seed % len(kinds)] if kinds else "sample"
    request = cast(MakesSamples, provider).sample_delivery(kind, found[0], now(), seed)
    session.commit()
    return accept(request, key, source="sample")


def connections(session: Session, workspace_id: str) -> list[tuple[str, str]]:
    """(id, name) of the workspace's connections, for the filter."""
    rows = session.execute(
        select(Instance.id, Instance.name)
        .where(Instance.workspace_id == workspace_id, Instance.deleted_at.is_(None))
        .order_by(Instance.name)
        .limit(500)
    )
    return [(row.id, row.name) for row in rows]
