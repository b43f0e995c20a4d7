"""Turns stored events into what they mean, exactly once, in batches.

A batch is taken by lease and committed; its events are told in our words outside of any transaction; then effects,
statuses, usage and rollups are written in one transaction, only for events whose lease still holds. A worker that is
killed anywhere leaves nothing half done: what it took is due again when its lease runs out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import cast

import orjson
import structlog
from sqlalchemy.orm import Session

from providers.kit.capabilities import ReceivesWebhooks
from providers.kit.contract import InboundEvent, InboundRequest
from providers.kit.errors import ProviderError
from providers.kit.redaction import redact
from webapp.catalog import service as catalog
from webapp.core.errors import NotFound
from webapp.webhooks import leases, ledger
from webapp.webhooks.deposits import printable, usable_id
from webapp.webhooks.leases import Taken
from webapp.webhooks.outcomes import MOST_ATTEMPTS, Outcome, retry_at

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Drained:
    """`more`: there was still something due when time or limit ran out."""

    processed: int = 0
    failed: int = 0
    more: bool = False


def drain(session: Session, *, limit: int = 100_000, seconds: float = 60.0) -> Drained:
    """Works on what is due until nothing is, or `limit` events or `seconds` are spent. Commits batch by batch."""
    give_up = time.monotonic() + seconds
    processed = failed = 0
    while processed + failed < limit and time.monotonic() < give_up:
        taken = leases.take(session, limit - processed - failed)
        if not taken:
            if leases.anything_due(session):
                session.commit()
                continue
            session.commit()
            return Drained(processed=processed, failed=failed)
        outcomes = [tell(one) for one in taken]
        good, bad = ledger.write(session, outcomes, retry_at=retry_at)
        session.commit()
        processed, failed = processed + good, failed + bad
        session.expunge_all()
    return Drained(processed=processed, failed=failed, more=True)


def tell(taken: Taken) -> Outcome:
    """One event in our words. Never raises: what its provider stumbles over is this event's own failure."""
    if taken.attempts > MOST_ATTEMPTS and taken.replay_by is None:
        return Outcome(taken=taken, error="Working on it ended the worker again and again, so it was put aside.")
    if taken.purged:
        return Outcome(taken=taken, error="Its content was removed after 30 days, so it can't be read again.")
    try:
        provider = cast(ReceivesWebhooks, catalog.class_for(taken))
        return Outcome(taken=taken, activity=provider.describe(event_of(provider, taken)))
    except NotFound:
        return Outcome(taken=taken, error="The folder of this provider is missing on this server.")
    except ProviderError as error:
        return Outcome(taken=taken, error=redact(f"{error} {error.fix}".strip())[:500])
    except Exception as error:
        log.warning("an event could not be read", provider=taken.provider_id, error=type(error).__name__)
        words = f"We could not make sense of this event ({type(error).__name__}): {error}"
        return Outcome(taken=taken, error=printable(redact(words), 500))


def event_of(provider: ReceivesWebhooks, taken: Taken) -> InboundEvent:
    """The event as the provider read it when it arrived. Raises ProviderError."""
    if not taken.whole:
        return InboundEvent(
            external_id=taken.external_id,
            type=taken.type,
            payload=orjson.loads(taken.body),
            created_at=taken.created_at,
        )
    request = InboundRequest(method="POST", url="", headers=taken.headers, query={}, body=taken.body)
    events = provider.read(request)
    return next((one for one in events if usable_id(one.external_id) == taken.external_id), events[0])
