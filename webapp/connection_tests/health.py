"""How well a connection is: a pure state machine that a network blip does not flip.

| what a check found | next state |
|---|---|
| all lines passed | healthy |
| passed with warnings | degraded, with the warning's words |
| the key was refused or a setting cannot be right, twice in a row | needs_reconnect |
| … once | as before: looked at again soon |
| no answer, too many calls, three times in a row | degraded |
| … once or twice | as before: looked at again soon |
| a permission is missing or anything else failed, twice in a row | degraded |
| we could not check | as before |

A blip says nothing about a key: it neither adds to nor clears refusals, and does not lift a connection out of
needs_reconnect. 408, 409, 423, 425, 429 and 5xx are blips whatever a vendor calls them: no dead key.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from providers.kit.contract import StepOutcome, StepStatus
from providers.kit.errors import (
    AuthenticationFailed,
    InvalidConfiguration,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
)

REFUSALS, BLIPS = 2, 3
PASSING_STATUSES = frozenset({408, 409, 423, 425, 429})
EVERY = timedelta(hours=1)
EVERY_DEGRADED = timedelta(minutes=10)
AGAIN_SOON = timedelta(minutes=2)


class Health(StrEnum):
    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    NEEDS_RECONNECT = "needs_reconnect"


class Finding(StrEnum):
    GOOD = "good"
    WARNED = "warned"
    REFUSED = "refused"
    FORBIDDEN = "forbidden"
    BLIP = "blip"
    BROKEN = "broken"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What one check found; `words` are for people."""

    finding: Finding
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class HealthState:
    """`failures` counts definite failures in a row, `blips` failures that may pass by themselves."""

    health: Health = Health.UNKNOWN
    reason: str = ""
    failures: int = 0
    blips: int = 0


def signal_of(outcomes: Iterable[StepOutcome]) -> Signal:
    """What the lines of one check say together: the first failed line decides, then the first warning."""
    warned = None
    for one in outcomes:
        if one.status is StepStatus.FAILED:
            return Signal(finding=_finding(one.error), words=_words(one))
        if one.status is StepStatus.WARNING and one.degrades and warned is None:
            warned = one
    if warned is not None:
        return Signal(finding=Finding.WARNED, words=_words(warned))
    return Signal(finding=Finding.GOOD)


def _words(outcome: StepOutcome) -> str:
    return f"{outcome.message} {outcome.fix}".strip()[:500]


def _finding(error: Exception | None) -> Finding:
    if error is None:
        return Finding.BROKEN
    if not isinstance(error, ProviderError):
        return Finding.UNCHECKED
    if error.retryable or isinstance(error, OutcomeUnknown):
        return Finding.BLIP
    if error.status is not None and (error.status in PASSING_STATUSES or error.status >= 500):
        return Finding.BLIP
    if isinstance(error, AuthenticationFailed | InvalidConfiguration):
        return Finding.REFUSED
    if isinstance(error, PermissionMissing):
        return Finding.FORBIDDEN
    return Finding.BROKEN


def after(state: HealthState, signal: Signal) -> HealthState:
    """The state after one more check."""
    match signal.finding:
        case Finding.GOOD:
            return HealthState(health=Health.HEALTHY)
        case Finding.WARNED:
            return HealthState(health=Health.DEGRADED, reason=signal.words)
        case Finding.UNCHECKED:
            return state
        case Finding.BLIP:
            return _after_blip(state, signal)
        case _:
            return _after_failure(state, signal)


def _after_blip(state: HealthState, signal: Signal) -> HealthState:
    blips = state.blips + 1
    if blips < BLIPS or state.health is Health.NEEDS_RECONNECT:
        return replace(state, blips=blips)
    return replace(state, health=Health.DEGRADED, reason=signal.words, blips=blips)


def _after_failure(state: HealthState, signal: Signal) -> HealthState:
    failures = state.failures + 1
    if failures < REFUSALS:
        return replace(state, failures=failures, blips=0)
    health = Health.NEEDS_RECONNECT if signal.finding is Finding.REFUSED else Health.DEGRADED
    return HealthState(health=health, reason=signal.words, failures=failures)


def next_check_in(state: HealthState, draw: random.Random | None = None) -> timedelta:
    """When to look again: hourly when well, sooner when not sure or degraded; a fifth earlier or later, so that
    connections made together are not checked together."""
    if (state.failures or state.blips) and state.health in (Health.HEALTHY, Health.UNKNOWN):
        base = AGAIN_SOON
    elif state.health is Health.DEGRADED:
        base = EVERY_DEGRADED
    else:
        base = EVERY
    return base * (draw or random).uniform(0.8, 1.2)
