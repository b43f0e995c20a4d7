"""Drafts: every save is a revision, so that nothing is lost and everything can be undone. The caller commits.

Two people may have one draft open: who saves says which revision they saw, and a save over another's is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.audit.service import record
from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.identifiers import new_id
from webapp.custom.models import RUNNING, CustomIntegration, CustomRevision, CustomVersion

MAX_BYTES = 2 * 1024 * 1024
MAX_REVISIONS = 200
MAX_DRAFTS = 200


def create(
    session: Session,
    *,
    workspace_id: str,
    user_id: str | None,
    name: str,
    document: Mapping[str, Any],
    what: str = "Started",
    notes: Mapping[str, Any] | None = None,
) -> CustomIntegration:
    """A new draft; its document gets an id of its own that no other integration here has. Raises Invalid."""
    name = " ".join(name.split())
    if not name or len(name) > 120:
        raise Invalid("The name does not fit.", fields={"name": "Give it a name of at most 120 characters."})
    if len(listed(session, workspace_id)) >= MAX_DRAFTS:
        raise Invalid(f"This workspace has {MAX_DRAFTS} custom integrations, the most there may be.",
                      fix="Delete some that nobody needs.")  # fmt: skip
    row = CustomIntegration(workspace_id=workspace_id, provider_id=_free_id(session, name), name=name,
                            created_by=user_id, notes=dict(notes or {}))  # fmt: skip
    session.add(row)
    session.flush()
    content = _checked({**document, "id": row.provider_id, "name": name})
    session.add(CustomRevision(integration_id=row.id, number=1, document=content, what=what[:200], author_id=user_id))
    record(session, "custom.started", object_kind="custom_integration", object_id=row.id, object_name=name,
           workspace_id=workspace_id)  # fmt: skip
    session.flush()
    return row


def _free_id(session: Session, name: str) -> str:
    """`custom-` keeps it apart from every built-in provider, now and later."""
    base = "custom-" + (re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40] or "integration")
    taken = set(session.scalars(select(CustomIntegration.provider_id).where(
        CustomIntegration.provider_id.startswith(base, autoescape=True))))  # fmt: skip
    return base if base not in taken else f"{base}-{new_id('x')[2:8]}"


def of_workspace(
    session: Session, workspace_id: str, integration_id: str, *, deleted: bool = False
) -> CustomIntegration:
    """Raises NotFound, also for another workspace's."""
    row = session.get(CustomIntegration, integration_id)
    if row is None or row.workspace_id != workspace_id or (row.deleted_at is not None and not deleted):
        raise NotFound
    return row


def listed(session: Session, workspace_id: str) -> list[CustomIntegration]:
    """The workspace's own, what was changed last first."""
    return list(
        session.scalars(
            select(CustomIntegration)
            .where(CustomIntegration.workspace_id == workspace_id, CustomIntegration.deleted_at.is_(None))
            .order_by(CustomIntegration.updated_at.desc(), CustomIntegration.id)
        )
    )


def removed(session: Session, workspace_id: str) -> list[CustomIntegration]:
    """The workspace's deleted ones, the last deleted first."""
    return list(
        session.scalars(
            select(CustomIntegration)
            .where(CustomIntegration.workspace_id == workspace_id, CustomIntegration.deleted_at.is_not(None))
            .order_by(CustomIntegration.deleted_at.desc(), CustomIntegration.id)
            .limit(20)
        )
    )


def revision_of(session: Session, integration: CustomIntegration) -> CustomRevision:
    """The revision that stands."""
    return session.get_one(CustomRevision, (integration.id, integration.revision))


def document_of(session: Session, integration: CustomIntegration) -> dict[str, Any]:
    """The document that stands, as what JSON would hold; perhaps not complete yet."""
    return dict(revision_of(session, integration).document)


def history(session: Session, integration: CustomIntegration) -> list[CustomRevision]:
    """All kept revisions, the newest first."""
    return list(
        session.scalars(
            select(CustomRevision)
            .where(CustomRevision.integration_id == integration.id)
            .order_by(CustomRevision.number.desc())
        )
    )


def save(
    session: Session,
    integration: CustomIntegration,
    *,
    document: Mapping[str, Any],
    seen: int,
    user_id: str | None,
    what: str,
) -> int:
    """The number of the new revision; where nothing changed, of the one that stands.

    `seen` is the revision the person had before them. Raises Conflict (somebody else saved since), Invalid.
    """
    content = _checked({**document, "id": integration.provider_id})
    if integration.revision == seen and revision_of(session, integration).document == content:
        return seen
    number = seen + 1
    _move(session, integration, seen=seen, number=number)
    session.execute(
        delete(CustomRevision).where(
            CustomRevision.integration_id == integration.id,
            ~CustomRevision.number.between(number - MAX_REVISIONS, seen),
        )
    )
    session.add(
        CustomRevision(
            integration_id=integration.id, number=number, document=content, what=what[:200], author_id=user_id
        )
    )
    name = content.get("name")
    if isinstance(name, str) and name.strip():
        integration.name = name.strip()[:120]
    try:
        session.flush()
    except IntegrityError as error:
        raise _conflict(session, integration) from error
    return number


def undo(session: Session, integration: CustomIntegration, *, seen: int, user_id: str | None) -> int:
    """Back to the revision before. Raises Conflict, Invalid (there is none)."""
    return _step(session, integration, seen=seen, number=seen - 1, nothing="There is nothing to undo.")


def redo(session: Session, integration: CustomIntegration, *, seen: int, user_id: str | None) -> int:
    """Forward to what was undone. Raises Conflict, Invalid (there is none)."""
    return _step(session, integration, seen=seen, number=seen + 1, nothing="There is nothing to redo.")


def can_undo(session: Session, integration: CustomIntegration) -> tuple[bool, bool]:
    """(undo, redo)."""
    numbers = set(
        session.scalars(
            select(CustomRevision.number).where(
                CustomRevision.integration_id == integration.id,
                CustomRevision.number.in_((integration.revision - 1, integration.revision + 1)),
            )
        )
    )
    return integration.revision - 1 in numbers, integration.revision + 1 in numbers


def _step(session: Session, integration: CustomIntegration, *, seen: int, number: int, nothing: str) -> int:
    target = session.get(CustomRevision, (integration.id, number))
    if target is None:
        raise Invalid(nothing)
    _move(session, integration, seen=seen, number=number)
    name = target.document.get("name")
    if isinstance(name, str) and name.strip():
        integration.name = name.strip()[:120]
    session.flush()
    return number


def _move(session: Session, integration: CustomIntegration, *, seen: int, number: int) -> None:
    """One statement decides who was first, on any database."""
    moved = session.execute(
        update(CustomIntegration)
        .where(CustomIntegration.id == integration.id, CustomIntegration.revision == seen)
        .values(revision=number, updated_at=now())
        .execution_options(synchronize_session=False)
    )
    if not moved.rowcount:  # type: ignore[attr-defined]
        raise _conflict(session, integration)
    session.refresh(integration)


def _conflict(session: Session, integration: CustomIntegration) -> Conflict:
    session.refresh(integration)
    last = session.get(CustomRevision, (integration.id, integration.revision))
    author = session.get(User, last.author_id) if last and last.author_id else None
    who = author.display_name if author else "Somebody else"
    return Conflict(
        f"{who} changed this draft while you had it open"
        + (f": {last.what[:1].lower()}{last.what[1:]}." if last and last.what else "."),
        fix="Nothing was overwritten. Look at what it is now, then make your change again.",
    )


def go_to_step(session: Session, integration: CustomIntegration, step: str) -> None:
    """Remembers where the wizard is, so that it opens there again."""
    integration.step = step[:20]
    session.flush()


def remove(session: Session, integration: CustomIntegration) -> None:
    """Takes the draft out of the list. Raises Conflict while a version of it is in use."""
    running = (
        select(func.count())
        .select_from(CustomVersion)
        .where(CustomVersion.integration_id == integration.id, CustomVersion.state.in_(RUNNING))
    )
    if session.scalar(running):
        raise Conflict("This integration is published.", fix="Ask an admin to withdraw it first.")
    integration.deleted_at = now()
    record(session, "custom.deleted", object_kind="custom_integration", object_id=integration.id,
           object_name=integration.name, workspace_id=integration.workspace_id)  # fmt: skip
    session.flush()


def restore(session: Session, integration: CustomIntegration) -> None:
    integration.deleted_at = None
    record(session, "custom.restored", object_kind="custom_integration", object_id=integration.id,
           object_name=integration.name, workspace_id=integration.workspace_id)  # fmt: skip
    session.flush()


def count(session: Session, workspace_id: str) -> int:
    return session.scalar(
        select(func.count())
        .select_from(CustomIntegration)
        .where(CustomIntegration.workspace_id == workspace_id, CustomIntegration.deleted_at.is_(None))
    ) or 0  # fmt: skip


def _checked(document: Mapping[str, Any]) -> dict[str, Any]:
    """Raises Invalid: too large, or nothing that JSON could hold."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid("The document holds something that JSON cannot.", fix="Export it as JSON and look.") from error
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise Invalid("The document is larger than 2 MiB.", fix="Shorten its samples.")
    return dict(json.loads(text))
