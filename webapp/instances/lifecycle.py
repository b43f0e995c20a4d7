"""A connection's life: draft, active, paused, removed (for 30 days) and gone. The caller commits."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.contract import Account, Environment, Manifest
from webapp.audit.service import record
from webapp.catalog import service as catalog
from webapp.core.clock import now
from webapp.core.errors import Conflict, Forbidden
from webapp.core.queue import ring
from webapp.instances import configuration as configurations
from webapp.instances import secrets
from webapp.instances.configuration import set_configuration
from webapp.instances.models import Instance, SandboxMemory
from webapp.instances.reach import EVERYTHING

RECOVERABLE = timedelta(days=30)
FIRST_CHECK = timedelta(minutes=60)


def usable_manifest(session: Session, provider_id: str) -> Manifest:
    """Raises NotFound, Forbidden."""
    manifest = catalog.manifest_of(provider_id)
    retired = catalog.published_documents().retired.get(provider_id)
    if retired is not None:
        raise Forbidden(
            f"{manifest.name} is being retired, so nothing new is connected to it.",
            fix=f"Connect {retired} instead." if retired else "Ask a site admin what to use instead.",
        )
    if not catalog.enabled(session, provider_id):
        reason = catalog.row_of(session, provider_id).disabled_reason
        raise Forbidden(
            f"{manifest.name} is turned off here{': ' + reason if reason else '.'}", fix="Ask a site admin about it."
        )
    return manifest


def account_conflict(session: Session, instance: Instance, account: Account) -> Instance | None:
    """Another connection of this workspace to the same account, or None. Each sandbox is an account of its own."""
    if instance.environment == Environment.SANDBOX:
        return None
    return session.scalar(
        select(Instance)
        .where(
            Instance.workspace_id == instance.workspace_id,
            Instance.provider_id == instance.provider_id,
            Instance.environment == instance.environment,
            Instance.account_id == account.id[:200],
            Instance.deleted_at.is_(None),
            Instance.id != instance.id,
        )
        .limit(1)
        .execution_options(**EVERYTHING)
    )


def finish(session: Session, instance: Instance, *, actor_id: str | None = None) -> None:
    """Draft to active, once every required value is there. Raises Invalid, Conflict."""
    if instance.status != "draft":
        raise Conflict(
            "This connection is set up already.", link=f"/integrations/{instance.id}", link_label="Open it"
        )
    usable_manifest(session, instance.provider_id)
    set_configuration(session, instance, {}, actor_id=actor_id, complete=True)
    instance.status, instance.wizard_step = "active", "done"
    instance.next_check_at = now() + FIRST_CHECK * random.uniform(0.1, 1.0)  # noqa: S311  (spreads load, guards nothing)
    note(session, instance, "instance.connected", {"environment": instance.environment})
    catalog.count_connections(session, instance.provider_id)


def pause(session: Session, instance: Instance) -> None:
    """No health checks and no calls until it is resumed; deliveries are stored and wait. Raises Conflict."""
    _switch(session, instance, "active", "paused", "instance.paused")
    instance.next_check_at = None


def resume(session: Session, instance: Instance) -> None:
    """Raises Conflict."""
    _switch(session, instance, "paused", "active", "instance.resumed")
    instance.next_check_at = now()


def delete(session: Session, instance: Instance) -> None:
    """Removes it from every list; `restore` brings it back for 30 days."""
    if instance.deleted_at is not None:
        return
    instance.deleted_at, instance.next_check_at = now(), None
    note(session, instance, "instance.deleted")
    if instance.sign_in_app:
        ring(session, "jobs.oauth.revoke", instance.id)
    catalog.count_connections(session, instance.provider_id)


def restore(session: Session, instance: Instance) -> None:
    """Raises Conflict: the account (or its key) was connected again meanwhile, or 30 days are over."""
    if instance.deleted_at is None:
        return
    if instance.deleted_at < now() - RECOVERABLE:
        raise Conflict("It was removed more than 30 days ago.", fix="Connect the account again.")
    if instance.account_id:
        again = account_conflict(session, instance, Account(id=instance.account_id, name=""))
        if again is not None:
            raise configurations.same_account(again, "This account was connected again meanwhile")
    configurations.refuse_known_secrets(session, instance, secrets.open_current(session, instance))
    instance.deleted_at = None
    if instance.status == "active":
        instance.next_check_at = now()
    note(session, instance, "instance.restored")
    catalog.count_connections(session, instance.provider_id)


def purge(session: Session, instance: Instance) -> None:
    """Removes it for good, with its secrets, tests and deliveries. Only what was deleted before. Raises Conflict."""
    if instance.deleted_at is None:
        raise Conflict("Remove the connection first; it can be brought back for 30 days.")
    note(session, instance, "instance.purged")
    session.delete(instance)
    session.flush()


def reset_sandbox(session: Session, instance: Instance) -> None:
    """The stand-in forgets everything."""
    session.execute(delete_rows(SandboxMemory).where(SandboxMemory.instance_id == instance.id))


def _switch(session: Session, instance: Instance, before: str, after: str, action: str) -> None:
    if instance.status == after:
        return
    if instance.status != before:
        raise Conflict("Finish setting up this connection first.", link=f"/integrations/{instance.id}")
    instance.status = after
    note(session, instance, action)
    session.flush()


def note(session: Session, row: Instance, action: str, details: Mapping[str, Any] | None = None) -> None:
    """One entry of the audit log about this connection."""
    record(
        session,
        action,
        object_kind="instance",
        object_id=row.id,
        object_name=row.name,
        workspace_id=row.workspace_id,
        details=details,
    )
