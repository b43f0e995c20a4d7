"""Periodic work on the installation itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute

from jobs import job
from webapp.accounts.models import AccountLink, ResetRequest, UserSession
from webapp.accounts.service import ABSOLUTE
from webapp.audit import anchor
from webapp.audit.service import record
from webapp.connection_tests.models import ConnectionTest
from webapp.core.clock import now
from webapp.core.database import reading
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.mail.models import OutgoingMail
from webapp.notices.models import Notice
from webapp.outbound.models import OutboundRefusal
from webapp.social_sign_in.models import SignInAttempt
from webapp.workspaces.models import Invitation

log = structlog.get_logger(__name__)

RECOVERABLE = timedelta(days=30)
KEPT = timedelta(days=90)
_BATCH = 200


@job
def anchor_audit() -> bool:
    """Keeps the signed head of the audit chain outside the database. False when nothing was written."""
    settings = current_app.config["SETTINGS"]
    keyring = current_app.extensions["keyring"]
    with reading():
        fault = anchor.check(db.session(), keyring, settings.data_dir)
        if fault:
            log.error("the audit log does not fit its anchor; type: toolkit audit verify", entry=fault.sequence)
            return False
        return anchor.write(db.session(), keyring, settings.data_dir)


@job
def purge() -> int:
    """Removes what nobody can use any more, in short transactions; returns how many rows.

    Deleted connections after 30 days, with their keys; sessions a week after they ended; sign-ins elsewhere a day
    after they ran out, invitations 30 days; finished tests, refused calls out and
    notices after 90 days, what is left of mail 30. Deliveries have a job of their own.
    """
    moment = now()
    gone = _purge_instances(moment - RECOVERABLE)
    gone += _remove(UserSession.id, UserSession.created_at < moment - ABSOLUTE - timedelta(days=7))
    gone += _remove(Invitation.id, Invitation.expires_at < moment - RECOVERABLE)
    gone += _remove(SignInAttempt.id, SignInAttempt.expires_at < moment - timedelta(days=1))
    gone += _remove(
        ConnectionTest.id, ConnectionTest.finished_at.is_not(None) & (ConnectionTest.finished_at < moment - KEPT)
    )
    gone += _remove(AccountLink.id, AccountLink.expires_at < moment - RECOVERABLE)
    gone += _remove(ResetRequest.id, ResetRequest.created_at < moment - timedelta(days=1))
    gone += _remove(OutgoingMail.id, OutgoingMail.created_at < moment - RECOVERABLE)
    gone += _remove(OutboundRefusal.id, OutboundRefusal.last_at < moment - KEPT)
    gone += _remove(Notice.id, Notice.created_at < moment - KEPT)
    return gone


def _purge_instances(before: datetime) -> int:
    gone = 0
    while True:
        rows = db.session.scalars(select(Instance).where(Instance.deleted_at < before).limit(_BATCH)).all()
        for row in rows:
            record(
                db.session(),
                "instance.purged",
                object_kind="instance",
                object_id=row.id,
                object_name=row.name,
                workspace_id=row.workspace_id,
            )
        ids = [row.id for row in rows]
        db.session.execute(delete(Instance).where(Instance.id.in_(ids)))
        db.session.commit()
        gone += len(ids)
        if len(ids) < _BATCH:
            return gone


def _remove(key: InstrumentedAttribute[Any], condition: Any) -> int:
    """Deletes matching rows in batches, committing each: no long hold on SQLite's write lock."""
    gone = 0
    while True:
        keys = db.session.scalars(select(key).where(condition).limit(_BATCH)).all()
        db.session.execute(delete(key.class_).where(key.in_(keys)))
        db.session.commit()
        gone += len(keys)
        if len(keys) < _BATCH:
            return gone
