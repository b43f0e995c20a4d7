"""What one try at an event came to, and when the next one is due."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from providers.kit.contract import Activity
from webapp.webhooks.leases import Taken

LADDER = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
)
"""How long to wait after the first, second … failure. After the last one the event is dead until it is replayed."""

JITTER = 0.2
MOST_ATTEMPTS = len(LADDER) + 1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one try came to: an activity, or an error in words for the owner."""

    taken: Taken
    activity: Activity | None = None
    error: str = ""

    @property
    def ok(self) -> bool:
        return self.activity is not None


def retry_at(attempts: int, moment: datetime) -> datetime | None:
    """When to try again after this many failed attempts; None: never."""
    if attempts > len(LADDER):
        return None
    return moment + LADDER[attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (spreads load, no secret)
