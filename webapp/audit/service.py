"""Writes the audit chain, in the transaction of the act itself, and proves it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from flask import current_app, g, has_request_context, request
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from webapp.audit.models import AuditEntry
from webapp.core.clock import now
from webapp.core.crypto import Keyring
from webapp.core.permissions import current_actor

_LOCK = 0x746F6F6C  # "tool": PostgreSQL's advisory lock for the chain's one tail
GENESIS = "0" * 64


def record(
    session: Session,
    action: str,
    *,
    object_kind: str = "",
    object_id: str = "",
    object_name: str = "",
    workspace_id: str | None = None,
    details: Mapping[str, Any] | None = None,
    actor_kind: str | None = None,
    actor_id: str = "",
    actor_name: str = "",
) -> AuditEntry:
    """Adds one entry. The actor and address come from the request unless given; `details` never holds a secret."""
    who = current_actor() if has_request_context() else None
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    session.flush()
    tail = session.execute(
        select(AuditEntry.sequence, AuditEntry.digest).order_by(AuditEntry.sequence.desc()).limit(1)
    ).first()
    keyring: Keyring = current_app.extensions["keyring"]
    entry = AuditEntry(
        sequence=(tail.sequence if tail else 0) + 1,
        at=now(),
        actor_kind=actor_kind or (who.kind if who else "system"),
        actor_id=actor_id or (who.user_id if who else ""),
        actor_name=actor_name or (who.name if who else ""),
        workspace_id=workspace_id if workspace_id is not None else (who.workspace_id if who else ""),
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        object_name=object_name[:200],
        ip=(request.remote_addr or "") if has_request_context() else "",
        request_id=g.get("request_id", "") if has_request_context() else "",
        details=dict(details or {}),
        key_id=keyring.primary_id,
        previous=tail.digest if tail else GENESIS,
    )
    entry.digest = _digest(entry, keyring)
    session.add(entry)
    session.flush()
    return entry


def _digest(entry: AuditEntry, keyring: Keyring) -> str:
    facts = [
        entry.sequence,
        entry.at.isoformat(timespec="microseconds"),
        entry.actor_kind,
        entry.actor_id,
        entry.actor_name,
        entry.workspace_id,
        entry.action,
        entry.object_kind,
        entry.object_id,
        entry.object_name,
        entry.ip,
        entry.request_id,
        entry.details,
        entry.key_id,
    ]
    body = entry.previous.encode() + orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)
    return hmac.new(keyring.audit_key(entry.key_id), body, hashlib.sha256).hexdigest()


@dataclass(frozen=True, kw_only=True)
class ChainFault:
    sequence: int
    what: str


def verify(session: Session, keyring: Keyring) -> Iterator[ChainFault]:
    """Every place where the chain does not hold: a changed entry, a missing one, a key that is gone."""
    previous, expected = GENESIS, 1
    query = select(AuditEntry).order_by(AuditEntry.sequence).execution_options(yield_per=1000)
    for entry in session.scalars(query):
        if entry.sequence != expected:
            yield ChainFault(sequence=expected, what=f"entries {expected} to {entry.sequence - 1} are missing")
        elif entry.previous != previous:
            yield ChainFault(sequence=entry.sequence, what="does not follow from the entry before it")
        try:
            if not hmac.compare_digest(_digest(entry, keyring), entry.digest):
                yield ChainFault(sequence=entry.sequence, what="was changed after it was written")
        except KeyError:
            yield ChainFault(sequence=entry.sequence, what=f"was written under the key {entry.key_id}, which is gone")
        previous, expected = entry.digest, entry.sequence + 1


def head(session: Session) -> tuple[int, str]:
    """(sequence, digest) of the newest entry: what an anchor outside the database keeps; (0, GENESIS) if none."""
    row = session.execute(
        select(AuditEntry.sequence, AuditEntry.digest).order_by(AuditEntry.sequence.desc()).limit(1)
    ).first()
    return (row.sequence, row.digest) if row else (0, GENESIS)
