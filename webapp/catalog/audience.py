"""Who is shown a provider: everybody, some workspaces only, or everybody but some. The caller commits."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.audit.service import record
from webapp.catalog.models import ProviderAudience
from webapp.core.errors import NotFound


def unseen(session: Session, workspace_id: str) -> frozenset[str]:
    """The ids of the providers that this workspace is not shown."""
    only: dict[str, set[str]] = {}
    hidden: set[str] = set()
    for row in session.scalars(select(ProviderAudience)):
        if row.kind == "only":
            only.setdefault(row.provider_id, set()).add(row.workspace_id)
        elif row.workspace_id == workspace_id:
            hidden.add(row.provider_id)
    return frozenset(hidden | {provider for provider, those in only.items() if workspace_id not in those})


def check_shown(session: Session, workspace_id: str, provider_id: str) -> None:
    """Raises NotFound, like for a provider that does not exist."""
    if provider_id in unseen(session, workspace_id):
        raise NotFound("There is no such provider here.", fix="Look in the marketplace for what there is.")


def only_for(session: Session, provider_id: str, workspace_ids: frozenset[str]) -> None:
    """Shows it to these workspaces alone; to everybody when there are none."""
    session.execute(
        delete(ProviderAudience).where(ProviderAudience.provider_id == provider_id, ProviderAudience.kind == "only")
    )
    session.execute(
        delete(ProviderAudience).where(
            ProviderAudience.provider_id == provider_id, ProviderAudience.workspace_id.in_(workspace_ids)
        )
    )
    session.add_all(
        ProviderAudience(provider_id=provider_id, workspace_id=one, kind="only") for one in sorted(workspace_ids)
    )
    session.flush()


def hide(session: Session, provider_id: str, workspace_id: str, *, hidden: bool, name: str = "") -> None:
    """An admin's decision for one workspace. What is connected already goes on."""
    row = session.get(ProviderAudience, (provider_id, workspace_id))
    if hidden and row is None:
        session.add(ProviderAudience(provider_id=provider_id, workspace_id=workspace_id, kind="hidden"))
    elif not hidden and row is not None and row.kind == "hidden":
        session.delete(row)
    action = "provider.hidden" if hidden else "provider.shown"
    record(session, action, object_kind="provider", object_id=provider_id, object_name=name or provider_id,
           workspace_id=workspace_id)  # fmt: skip
    session.flush()


def hidden_from(session: Session, provider_id: str) -> frozenset[str]:
    """The workspaces it is hidden from."""
    return frozenset(
        session.scalars(
            select(ProviderAudience.workspace_id).where(
                ProviderAudience.provider_id == provider_id, ProviderAudience.kind == "hidden"
            )
        )
    )
