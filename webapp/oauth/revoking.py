"""Gives the access back when a connection is removed: at the vendor where it can be told, and here in any case."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from providers.kit.contract import Field
from providers.kit.errors import AuthenticationFailed, InvalidConfiguration, ProviderError, RefusedByPolicy
from webapp.catalog.service import manifest_for, registry
from webapp.core.clock import now
from webapp.core.crypto import CannotDecrypt
from webapp.core.errors import ProductError
from webapp.instances import secrets, tokens
from webapp.instances.lifecycle import note
from webapp.instances.models import Instance
from webapp.oauth.models import OAuthGrant
from webapp.oauth.plan import plan_of
from webapp.usage.service import CallMeter

log = structlog.get_logger(__name__)
JOB = "jobs.oauth.revoke"
ATTEMPTS = 6
CLAIMED_FOR = timedelta(minutes=5)
EVENTS_FIRST = timedelta(minutes=2)
"""Ending deliveries at the vendor still needs the access."""


def waiting(session: Session) -> list[str]:
    """Removed connections whose access was not given back yet."""
    return list(
        session.scalars(
            select(OAuthGrant.instance_id)
            .join(Instance, Instance.id == OAuthGrant.instance_id)
            .where(
                Instance.deleted_at.is_not(None),
                OAuthGrant.revoked_at.is_(None),
                or_(OAuthGrant.revoke_next_at.is_(None), OAuthGrant.revoke_next_at <= now()),
            )
            .limit(500)
        )
    )


def revoke(session: Session, instance_id: str) -> bool:
    """For a job: commits before it calls and at the end. True when the access is gone here. Never raises for what
    the vendor says: best effort, and recorded."""
    if not _claim(session, instance_id):
        return False
    instance = session.get_one(Instance, instance_id)
    meter = CallMeter(instance)
    said, again = _told(session, instance, meter)
    instance = session.get_one(Instance, instance_id, populate_existing=True)
    grant = session.get_one(OAuthGrant, instance_id, populate_existing=True)
    meter.flush(session)
    if instance.deleted_at is None or (again and grant.revoke_attempts < ATTEMPTS):
        session.commit()
        return False
    grant.revoked_at, grant.next_refresh_at = now(), None
    _forget(session, instance)
    note(session, instance, "connection.revoke_failed" if again else "connection.revoked", {"at_vendor": said})
    session.commit()
    return True


def _claim(session: Session, instance_id: str) -> bool:
    at = now()
    query = select(OAuthGrant).where(OAuthGrant.instance_id == instance_id).with_for_update()
    grant = session.scalar(query.execution_options(populate_existing=True))
    instance = session.get(Instance, instance_id, populate_existing=True)
    due = grant is not None and (grant.revoke_next_at is None or grant.revoke_next_at <= at)
    if grant is None or instance is None or instance.deleted_at is None or grant.revoked_at is not None or not due:
        session.commit()
        return False
    if instance.webhook_status == "removing" and at - instance.deleted_at < EVENTS_FIRST:
        grant.revoke_next_at = instance.deleted_at + EVENTS_FIRST
        session.commit()
        return False
    grant.revoke_attempts += 1
    grant.revoke_next_at = at + CLAIMED_FOR * 2 ** (grant.revoke_attempts - 1)
    session.commit()
    return True


def _told(session: Session, instance: Instance, meter: CallMeter) -> tuple[str, bool]:
    """(what came of telling the vendor, whether to try again). Ends the transaction."""
    if _used_elsewhere(session, instance):
        session.commit()
        return "kept, since another connection here uses the same account", False
    try:
        plan = plan_of(session, instance, meter=meter)
        token = plan.provider.connection.tokens.load()
        session.commit()
        if not (token.access_token or token.refresh_token):
            return "nothing to give back", False
        done = plan.client("revoke token", (token.access_token, token.refresh_token)).revoke(token)
        return ("done" if done else "not offered by the vendor"), False
    except AuthenticationFailed:
        return "ended there already", False
    except (InvalidConfiguration, RefusedByPolicy, ProductError, CannotDecrypt) as error:
        session.rollback()
        return f"not possible: {type(error).__name__}", False
    except ProviderError as error:
        log.warning("an access could not be given back", instance=instance.id, category=error.category)
        return f"no good answer: {error.category}", True


def _used_elsewhere(session: Session, instance: Instance) -> bool:
    """Vendors end what a person gave to an app as a whole: another connection's access would end with it."""
    if not instance.account_id or instance.environment == "sandbox":
        return False
    other = aliased(Instance)
    found = session.scalar(
        select(other.id)
        .where(
            other.provider_id == instance.provider_id,
            other.account_id == instance.account_id,
            other.sign_in_app == instance.sign_in_app,
            other.deleted_at.is_(None),
            other.id != instance.id,
        )
        .limit(1)
    )
    return found is not None


def _forget(session: Session, instance: Instance) -> None:
    fields = [one for one in _fields(instance) if one.name in tokens.PARTS]
    tokens.forget_companions(session, instance, fields)
    secrets.retire_fields(session, instance, [one for one in fields if one.name == tokens.TOKEN])
    instance.health, instance.health_changed_at = "needs_reconnect", now()
    instance.health_reason = "Its access was given back when it was removed. Sign in again."


def _fields(instance: Instance) -> tuple[Field, ...]:
    """() where the provider's folder is gone."""
    found = registry()
    return manifest_for(instance).fields if instance.provider_id in found else ()
