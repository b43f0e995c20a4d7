"""Puts an approved version into the catalogue, and takes it out again. The caller commits.

This process serves what was decided as soon as it is committed, others within two seconds.
"""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.orm import Session

from webapp.catalog import service
from webapp.catalog.audience import only_for
from webapp.catalog.models import IntegrationProvider
from webapp.core.clock import now
from webapp.custom import versions
from webapp.custom.models import CustomVersion


def publish(session: Session, row: CustomVersion, *, user_id: str, audience: str) -> None:
    """To its own workspace (`workspace`) or to `all`. An admin's decision to turn the provider off stands.

    Raises Conflict, Invalid.
    """
    versions.publish(session, row, user_id=user_id, audience=audience)
    only_for(session, row.provider_id, frozenset({row.workspace_id} if audience == "workspace" else ()))
    provider = session.get(IntegrationProvider, row.provider_id)
    if provider is None:
        provider = IntegrationProvider(id=row.provider_id, source="custom")
        session.add(provider)
    provider.name = str(row.document.get("name", row.provider_id))[:120]
    provider.category = str(row.document.get("category", "custom"))[:20]
    provider.removed_at = None
    session.flush()
    _follow(session)


def deprecate(session: Session, row: CustomVersion, *, user_id: str, replacement: str = "", note: str = "") -> None:
    """Nothing new is connected; what is connected goes on. Raises Conflict."""
    versions.deprecate(session, row, user_id=user_id, replacement=replacement, note=note)
    _follow(session)


def withdraw(session: Session, row: CustomVersion, *, user_id: str, note: str) -> None:
    """The kill switch: nothing of it is called any more. Raises Conflict, Invalid."""
    versions.withdraw(session, row, user_id=user_id, note=note)
    provider = session.get(IntegrationProvider, row.provider_id)
    if provider is not None:
        provider.removed_at = now()
    _follow(session)


def _follow(session: Session) -> None:
    """Forgets what this process knows once the decision is committed."""
    published = service.published_documents()
    event.listen(session, "after_commit", lambda _: published.forget(), once=True)
