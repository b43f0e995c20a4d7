"""Refreshes access before it ends: many connections in one job, a few calls side by side.

The main thread alone uses the session: it claims a batch, opens the connections and ends the transaction; threads ask
the vendors (each under its connection's lease, and a new token is stored before the lease ends, so that a refresh
token good for one use is never lost); the main thread notes what came of it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from providers.kit.errors import AuthenticationFailed, ProviderError
from providers.kit.tokens import KeptToken, Token
from webapp.core.clock import now
from webapp.core.crypto import CannotDecrypt
from webapp.core.errors import ProductError
from webapp.extensions import db
from webapp.instances.configuration import look_anew
from webapp.instances.lifecycle import note
from webapp.instances.models import Instance
from webapp.oauth import timing
from webapp.oauth.models import OAuthGrant
from webapp.oauth.plan import Plan, plan_of
from webapp.usage.service import CallMeter

log = structlog.get_logger(__name__)
THREADS, BATCH, MOST = 8, 32, 2_000
CLAIMED_FOR = timedelta(minutes=5)
PUT_OFF = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, repr=False)
class Attempt:
    """One connection that is ready to be asked for: nothing of the database in it."""

    instance_id: str
    plan: Plan
    token: Token
    meter: CallMeter


@dataclass(frozen=True, kw_only=True, repr=False)
class Outcome:
    attempt: Attempt
    token: Token | None = None
    error: Exception | None = None


def refresh_due(*, most: int = MOST) -> int:
    """Refreshes what is due. Commits for itself. Returns how many were looked at."""
    session, looked_at = db.session(), 0
    with ThreadPoolExecutor(THREADS, thread_name_prefix="refresh") as pool:
        while looked_at < most:
            ids = _claim(session)
            if not ids:
                return looked_at
            attempts = [one for one in (_open(session, instance_id) for instance_id in ids) if one is not None]
            session.commit()
            session.expunge_all()
            for outcome in pool.map(_ask, attempts):
                _note(session, outcome)
                session.commit()
            session.expunge_all()
            looked_at += len(ids)
    return looked_at


def _claim(session: Session) -> list[str]:
    """Takes those that are due by moving their time on: two jobs never take the same, and what a killed worker had
    is due again soon."""
    due = (
        select(OAuthGrant.instance_id)
        .join(Instance, Instance.id == OAuthGrant.instance_id)
        .where(
            OAuthGrant.next_refresh_at <= now(),
            OAuthGrant.revoked_at.is_(None),
            Instance.status == "active",
            Instance.deleted_at.is_(None),
        )
        .order_by(OAuthGrant.next_refresh_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=OAuthGrant)
    )
    ids = list(session.scalars(due))
    if ids:
        session.execute(
            update(OAuthGrant)
            .where(OAuthGrant.instance_id.in_(ids))
            .values(next_refresh_at=now() + CLAIMED_FOR)
            .execution_options(synchronize_session=False)
        )
    session.commit()
    return ids


def _open(session: Session, instance_id: str) -> Attempt | None:
    """None for what needs no call, or can't be opened now."""
    instance, grant = session.get_one(Instance, instance_id), session.get_one(OAuthGrant, instance_id)
    if not instance.sign_in_app:  # a token was pasted since
        grant.next_refresh_at = None
        return None
    meter = CallMeter(instance)
    try:
        plan = plan_of(session, instance, meter=meter)
    except (ProductError, ProviderError, CannotDecrypt) as error:
        log.warning("an access could not be refreshed", instance=instance_id, error=type(error).__name__)
        grant.next_refresh_at = now() + PUT_OFF
        return None
    token = plan.provider.connection.tokens.load()
    if not token.refresh_token:
        _without_refresh(session, instance, grant, token)
        return None
    if token.expires_at != grant.ends_at and (token.expires_at is None or token.expires_at > now()):
        _refreshed(instance, grant, token)  # by a call, before its time came
        return None
    return Attempt(instance_id=instance_id, plan=plan, token=token, meter=meter)


def _refreshed(instance: Instance, grant: OAuthGrant, token: Token) -> None:
    was_over = grant.exhausted_at is not None
    timing.worked(grant, token)
    if was_over and instance.health == "needs_reconnect":
        look_anew(instance)


def _without_refresh(session: Session, instance: Instance, grant: OAuthGrant, token: Token) -> None:
    if token.expires_at is not None and token.expires_at > now():
        grant.next_refresh_at = token.expires_at
        return
    _ask_to_sign_in(session, instance, grant, "The access has run out, and it can't be renewed without you.", token)


def _ask(attempt: Attempt) -> Outcome:
    """In a thread: asks the vendor for a fresh token and stores it."""
    plan, before = attempt.plan, attempt.token
    client = plan.client("renew token", (before.access_token, before.refresh_token))

    def renew(token: Token) -> Token:
        fresh = client.refresh(token)
        return replace(fresh, extra={**token.extra, **fresh.extra}, scopes=fresh.scopes or token.scopes)

    kept = KeptToken(plan.provider.connection.tokens, renew, now)
    try:
        return Outcome(attempt=attempt, token=kept.renewed(before.access_token))
    except Exception as error:  # noted by the main thread; a database that is busy must not end the batch either
        return Outcome(attempt=attempt, error=error)


def _note(session: Session, outcome: Outcome) -> None:
    attempt, error = outcome.attempt, outcome.error
    instance = session.get(Instance, attempt.instance_id)
    grant = session.get(OAuthGrant, attempt.instance_id)
    if instance is None or grant is None or instance.deleted_at is not None:
        return
    attempt.meter.flush(session)
    if outcome.token is not None:
        _refreshed(instance, grant, outcome.token)
        if outcome.token.scopes:
            grant.granted = list(outcome.token.scopes)
        return
    log.warning("an access was not refreshed", instance=instance.id, error=type(error).__name__)
    if isinstance(error, AuthenticationFailed):
        said = f"{attempt.plan.provider.manifest.name} does not renew our access any more."
        _ask_to_sign_in(session, instance, grant, said, attempt.token, code=error.code)
        return
    assert error is not None
    if timing.failed(grant, error):
        said = f"For four days the access could not be renewed. {grant.problem}"
        _mark(session, instance, said[:500], "went on for four days")


def _ask_to_sign_in(
    session: Session, instance: Instance, grant: OAuthGrant, said: str, token: Token, *, code: str = ""
) -> None:
    timing.ended(grant, said)
    _mark(session, instance, said, code or "ended")
    # Until then the access in hand still works, and a check would call the connection well.
    if token.expires_at is not None and token.expires_at > now():
        instance.next_check_at = token.expires_at + timedelta(minutes=1)


def _mark(session: Session, instance: Instance, said: str, why: str) -> None:
    """The connection's own state for this: it keeps its id, history and schedules, and waits for somebody."""
    instance.health, instance.health_changed_at = "needs_reconnect", now()
    instance.health_reason = f"{said} Sign in again: history, settings and schedules stay."[:500]
    instance.health_failures, instance.health_blips = 2, 0
    note(session, instance, "connection.refresh_failed", {"reason": why})
