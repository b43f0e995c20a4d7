"""Sets up the delivery of events through the vendor's API where it has one, and says how by hand where not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from providers.kit.capabilities import RegistersWebhooks
from providers.kit.contract import Environment, Manifest, Provider
from providers.kit.errors import NotFoundAtVendor, ProviderError
from providers.kit.metering import CallRecord
from webapp.audit.service import record
from webapp.catalog.service import entry_for, manifest_for
from webapp.core.clock import now
from webapp.core.crypto import CannotDecrypt
from webapp.core.errors import Invalid, ProductError
from webapp.core.queue import ring
from webapp.instances import secrets
from webapp.instances.addresses import address_at_vendor, public_address_problem, webhook_url
from webapp.instances.models import Instance
from webapp.instances.opening import open_provider

log = structlog.get_logger(__name__)
JOB, REMOVAL_JOB = "jobs.instances.register_webhook", "jobs.instances.unregister_webhook"
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """How setting up deliveries stands. `steps` are the manual way, shown for `manual` and `failed`."""

    status: str
    message: str
    address: str
    steps: tuple[str, ...]
    can_register: bool


def registration(instance: Instance) -> Registration:
    """How it stands, for pages and the API."""
    manifest = manifest_for(instance)
    return Registration(
        status=instance.webhook_status,
        message=instance.webhook_message,
        address=webhook_url(instance),
        steps=manifest.webhook.steps if manifest.webhook else (),
        can_register=issubclass(entry_for(instance).provider, RegistersWebhooks),
    )


def request_webhook(session: Session, instance: Instance) -> Registration:
    """Asks a job to set up deliveries through the vendor's API; says so at once where that can't work.
    The caller commits. Raises Invalid (the provider sends no events)."""
    manifest = manifest_for(instance)
    if manifest.webhook is None:
        raise Invalid(f"{manifest.name} sends no events.")
    manual = _manual_reason(instance, manifest)
    if manual:
        _note(instance, "manual", manual)
    else:
        _note(instance, "requested", f"Setting it up at {manifest.name} …")
        ring(session, JOB, instance.id)
    session.flush()
    return registration(instance)


def request_webhook_removal(session: Session, instance: Instance) -> None:
    """Asks a job to remove at the vendor what we set up there. The caller commits."""
    if instance.webhook_registration_id:
        _note(instance, "removing", "Removing it …")
        ring(session, REMOVAL_JOB, instance.id)
        session.flush()


def _manual_reason(instance: Instance, manifest: Manifest) -> str:
    if not issubclass(entry_for(instance).provider, RegistersWebhooks):
        return f"{manifest.name} can't be told by us where to deliver. Copy the address and set it up there."
    if instance.environment == Environment.SANDBOX:
        return ""
    problem = public_address_problem()
    return f"{problem} Or set it up at {manifest.name} by hand, with an address that leads here." if problem else ""


def register_webhook(session: Session, instance: Instance, *, meter: Callable[[CallRecord], None]) -> Registration:
    """Sets up deliveries at the vendor and keeps the signing secret it answers with. For a job: commits before the
    call and after it, and does nothing when another worker is at it. Never raises for what the vendor says."""
    if not _claim(session, instance, "requested", "registering"):
        return registration(instance)
    try:
        provider = _open(session, instance, meter)
        url, events = address_at_vendor(instance), tuple(instance.webhook_events)
        session.commit()
        assert isinstance(provider, RegistersWebhooks)  # `request_webhook` asked the class
        made = provider.register_webhook(url, events)
    except (ProviderError, ProductError, CannotDecrypt) as error:
        return _failed(session, instance, error)
    session.refresh(instance)
    manifest = manifest_for(instance)
    assert manifest.webhook is not None
    if made.secret:
        field = manifest.field(manifest.webhook.secret_field)
        secrets.replace_secret(session, instance, field=field, value=made.secret)
    instance.webhook_registration_id = made.id[:200]
    instance.webhook_events = list(made.events or events)
    _note(instance, "registered", f"{manifest.name} delivers events to this address.")
    _record(session, instance, "webhook.registered")
    session.commit()
    return registration(instance)


def unregister_webhook(session: Session, instance: Instance, *, meter: Callable[[CallRecord], None]) -> Registration:
    """Removes at the vendor what we set up. For a job, as `register_webhook`. Gone already is as good as removed."""
    registered = instance.webhook_registration_id
    if not registered:
        return registration(instance)
    try:
        provider = _open(session, instance, meter)
        session.commit()
        if isinstance(provider, RegistersWebhooks):
            provider.unregister_webhook(registered)
    except NotFoundAtVendor:
        pass
    except (ProviderError, ProductError, CannotDecrypt) as error:
        return _failed(session, instance, error)
    session.refresh(instance)
    instance.webhook_registration_id = ""
    _note(instance, "", "")
    _record(session, instance, "webhook.unregistered")
    session.commit()
    return registration(instance)


def forgotten(session: Session) -> list[tuple[str, str]]:
    """(job, instance id) of what was asked for and whose bell was lost or whose worker died."""
    before = now() - LEASE
    rows = session.execute(
        select(Instance.id, Instance.webhook_status).where(
            Instance.webhook_status.in_(("requested", "registering", "removing")),
            Instance.webhook_changed_at < before,
            or_(Instance.deleted_at.is_(None), Instance.webhook_status == "removing"),
        )
    )
    return [(REMOVAL_JOB if status == "removing" else JOB, instance_id) for instance_id, status in rows]


def _claim(session: Session, instance: Instance, before: str, during: str) -> bool:
    result = session.execute(
        update(Instance)
        .where(
            Instance.id == instance.id,
            or_(
                Instance.webhook_status == before,
                and_(Instance.webhook_status == during, Instance.webhook_changed_at < now() - LEASE),
            ),
        )
        .values(webhook_status=during, webhook_changed_at=now())
        .execution_options(synchronize_session=False)
    )
    session.commit()
    session.refresh(instance)
    return bool(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def _open(session: Session, instance: Instance, meter: Callable[[CallRecord], None]) -> Provider:
    return open_provider(session, instance, meter=meter)


def _failed(session: Session, instance: Instance, error: Exception) -> Registration:
    session.rollback()
    session.refresh(instance)
    if isinstance(error, CannotDecrypt):
        said = "The stored key can't be opened. Enter it again."
    else:
        said = f"{error} {getattr(error, 'fix', '')}".strip()
    log.warning("webhook could not be set up", instance=instance.id, category=getattr(error, "category", "product"))
    _note(instance, "failed", said[:500])
    session.commit()
    return registration(instance)


def _note(instance: Instance, status: str, message: str) -> None:
    instance.webhook_status, instance.webhook_message, instance.webhook_changed_at = status, message[:500], now()


def _record(session: Session, instance: Instance, action: str) -> None:
    record(
        session,
        action,
        object_kind="instance",
        object_id=instance.id,
        object_name=instance.name,
        workspace_id=instance.workspace_id,
    )
