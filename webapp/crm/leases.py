"""Who reads a connection: whoever holds its lease. A worker that was taken for dead can save nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from webapp.core.clock import now
from webapp.core.identifiers import new_id
from webapp.crm.models import CrmSync

LASTS = timedelta(minutes=2)
"""Longer than one page may take, with the door's own tries."""


class LeaseLost(Exception):
    """Another worker reads this connection now."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    instance_id: str
    object: str
    token: str


def claim(session: Session, instance_id: str, what: str) -> Lease | None:
    """Takes the connection's lease; None while another worker has it. The caller commits."""
    moment = now()
    held = Lease(instance_id=instance_id, object=what, token=new_id("lea"))
    result = session.execute(
        update(CrmSync)
        .where(
            CrmSync.instance_id == instance_id,
            CrmSync.object == what,
            or_(CrmSync.lease_until.is_(None), CrmSync.lease_until < moment),
        )
        .values(lease=held.token, lease_until=moment + LASTS, status="running")
        .execution_options(synchronize_session=False)
    )
    return held if result.rowcount else None  # type: ignore[attr-defined]  # an UPDATE's result has it


def save(session: Session, held: Lease, **values: Any) -> None:
    """Changes the row while the lease is held, and renews it. The caller commits. Raises LeaseLost."""
    values.setdefault("lease_until", now() + LASTS)
    result = session.execute(
        update(CrmSync)
        .where(CrmSync.instance_id == held.instance_id, CrmSync.object == held.object, CrmSync.lease == held.token)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if not result.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result has it
        session.rollback()
        raise LeaseLost
