"""When a call may be made again, and how long to wait first."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

import requests
import tenacity

from providers.kit.errors import Unavailable

MAX_ATTEMPTS = 4
PASSING_STATUSES = frozenset({429, 502, 503, 504})
PASSING_CODES = frozenset({"no_connection", "timeout"})


class Retry(Enum):
    """AUTO: only what cannot be done twice by repeating it (GET, HEAD, OPTIONS, or an idempotency key).
    SAFE: the caller knows that repeating is harmless. NONE: once."""

    AUTO = "auto"
    SAFE = "safe"
    NONE = "none"


def retry_after(headers: object, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for (a number or an HTTP date), None without a usable one."""
    value = str(getattr(headers, "get", lambda *_: "")("Retry-After") or "").strip()
    if value.replace(".", "", 1).isdecimal() and len(value) < 10:
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def _worth_repeating(state: tenacity.RetryCallState) -> bool:
    outcome = state.outcome
    if outcome is None:
        return False
    error = outcome.exception()
    if error is not None:
        return isinstance(error, Unavailable) and error.code in PASSING_CODES
    response: requests.Response = outcome.result()
    return response.status_code in PASSING_STATUSES


_jitter = tenacity.wait_random_exponential(multiplier=0.25, max=5)


def _wait(state: tenacity.RetryCallState) -> float:
    asked = None
    if state.outcome is not None and not state.outcome.failed:
        asked = retry_after(state.outcome.result().headers)
    pause = _jitter(state)
    return pause if asked is None else asked + min(pause, 0.5)


def _last(state: tenacity.RetryCallState) -> requests.Response:
    assert state.outcome is not None
    result: requests.Response = state.outcome.result()
    return result


def repeat(attempt: Callable[[int], requests.Response], ends: float, keep: tuple[int, ...]) -> requests.Response:
    """Runs `attempt(number)` until it is good, hopeless, or `ends` (monotonic seconds) would pass first.

    Statuses in `keep` are taken as they are. Gives the last answer, or raises the last error.
    """

    def out_of_time(state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= MAX_ATTEMPTS or time.monotonic() + state.upcoming_sleep >= ends

    def again(state: tenacity.RetryCallState) -> bool:
        outcome = state.outcome
        if outcome is not None and not outcome.failed and outcome.result().status_code in keep:
            return False
        return _worth_repeating(state)

    number = 0

    def numbered() -> requests.Response:
        nonlocal number
        number += 1
        return attempt(number)

    retrying = tenacity.Retrying(retry=again, wait=_wait, stop=out_of_time, retry_error_callback=_last)
    return retrying(numbered)
