"""Webhooks at vendors, and tidying up after connections."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from jobs import job
from webapp.connection_tests.service import PURGE_BATCH, purge_routine
from webapp.core.database import reading
from webapp.core.queue import ring_now
from webapp.extensions import db
from webapp.instances import delivery, secrets
from webapp.instances.models import Instance
from webapp.usage.service import CallMeter


@job
def register_webhook(instance_id: str) -> None:
    """Sets up the delivery of events at the vendor."""
    _metered(instance_id, delivery.register_webhook)


@job
def unregister_webhook(instance_id: str) -> None:
    """Removes at the vendor what was set up there."""
    _metered(instance_id, delivery.unregister_webhook, removed_too=True)


@job
def sweep() -> int:
    """Rings again for what was asked for and forgotten; returns how many."""
    with reading():
        forgotten = delivery.forgotten(db.session())
        db.session.rollback()
    for name, instance_id in forgotten:
        ring_now(name, instance_id)
    return len(forgotten)


@job
def tidy() -> int:
    """Forgets retired secrets and routine checks of last week; returns how many."""
    session = db.session()
    gone = secrets.forget_retired(session)
    session.commit()
    while True:
        count = purge_routine(session)
        session.commit()
        gone += count
        if count < PURGE_BATCH:
            return gone


def _metered(instance_id: str, verb: Callable[..., delivery.Registration], *, removed_too: bool = False) -> None:
    session: Session = db.session()
    instance = session.get(Instance, instance_id)
    if instance is None or (instance.deleted_at is not None and not removed_too):
        return
    meter = CallMeter(instance)
    verb(session, instance, meter=meter)
    meter.flush(session)
    session.commit()
