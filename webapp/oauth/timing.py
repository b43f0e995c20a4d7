"""When an access is refreshed, and how long to wait after a failure. No database."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from providers.kit.errors import ProviderError, RateLimited
from providers.kit.tokens import Token
from webapp.core.clock import now
from webapp.oauth.models import OAuthGrant

AHEAD = timedelta(minutes=30)
AHEAD_OF_LONG = timedelta(days=7)
LONG = timedelta(days=21)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
MOST_ASKED = timedelta(days=1)
EXHAUSTED_AFTER = timedelta(days=4)


def refresh_at(ends: datetime, at: datetime) -> datetime:
    """Half an hour ahead, a week for those that last for weeks, and never more than a third of what is left: one
    that lasts for half an hour would else be refreshed without pause."""
    left = ends - at
    return ends - min(AHEAD_OF_LONG if left >= LONG else AHEAD, left / 3)


def worked(grant: OAuthGrant, token: Token) -> None:
    """There is a fresh token: what went wrong is over. One that can't be refreshed is looked at when it ends."""
    at = now()
    grant.ends_at, grant.refreshed_at, grant.problem = token.expires_at, at, ""
    grant.failures, grant.failing_since, grant.exhausted_at = 0, None, None
    grant.next_refresh_at = None
    if token.expires_at is not None:
        grant.next_refresh_at = refresh_at(token.expires_at, at) if token.refresh_token else token.expires_at


def pause_after(failures: int, error: Exception, draw: random.Random | None = None) -> timedelta:
    """Doubles up to six hours, a fifth more or less; longer where the vendor asks for that, a day at most."""
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(failures - 1, 12), LONGEST_PAUSE) * (draw or random).uniform(
        0.8, 1.2
    )
    if isinstance(error, RateLimited) and error.retry_after:
        return min(max(pause, timedelta(seconds=error.retry_after)), MOST_ASKED)
    return pause


def failed(grant: OAuthGrant, error: Exception) -> bool:
    """Notes a failure that may pass; True when they have just gone on for too long."""
    at = now()
    grant.failures += 1
    grant.failing_since = grant.failing_since or at
    said = f"{error} {error.fix}".strip() if isinstance(error, ProviderError) else "We could not ask."
    grant.problem = said[:500]
    grant.next_refresh_at = at + pause_after(grant.failures, error)
    over = grant.exhausted_at is None and at - grant.failing_since >= EXHAUSTED_AFTER
    if over:
        grant.exhausted_at = at
    return over


def ended(grant: OAuthGrant, reason: str) -> None:
    """The access is gone for good: only signing in again helps."""
    grant.problem, grant.next_refresh_at = reason[:500], None
    grant.exhausted_at = grant.exhausted_at or now()
