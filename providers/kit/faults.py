"""Making a stand-in fail on purpose, so that people and tests see what the hub says when a vendor does.

The fault lives in the stand-in's own state under `STATE_KEY`: `{"kind": "rate_limit", "left": 3}`; `left` None is
"until it is taken away". The vendor's own words for the first three come from `VendorStandIn.refuse`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

STATE_KEY = "_fault"
SLOW_SECONDS = 8.0


class Fault(StrEnum):
    BAD_KEY = "bad_key"
    MISSING_PERMISSION = "missing_permission"
    RATE_LIMIT = "rate_limit"
    SLOW = "slow"
    DOWN = "down"
    GARBAGE = "garbage"


FAULT_WORDS: dict[Fault, tuple[str, str]] = {
    Fault.BAD_KEY: ("The key is refused", "As if somebody had deleted the key at the service."),
    Fault.MISSING_PERMISSION: ("A permission is missing", "The key is good, but may not do this."),
    Fault.RATE_LIMIT: ("Too many calls", "The service asks us to slow down."),
    Fault.SLOW: ("Slow", f"Each answer takes {SLOW_SECONDS:.0f} seconds."),
    Fault.DOWN: ("Down", "The service answers with an error page."),
    Fault.GARBAGE: ("Nonsense", "A web page comes where data should be."),
}
"""A short name and what it means, in plain words."""

VENDOR_FAULTS = frozenset({Fault.BAD_KEY, Fault.MISSING_PERMISSION, Fault.RATE_LIMIT})


def set_fault(state: dict[str, Any], fault: Fault | None, times: int | None = None) -> None:
    """Makes the next `times` calls fail (None: all, until it is taken away); None takes the fault away."""
    if fault is None:
        state.pop(STATE_KEY, None)
    else:
        state[STATE_KEY] = {"kind": fault.value, "left": times}


def fault_of(state: dict[str, Any]) -> Fault | None:
    """The fault that is set, if any."""
    kept = state.get(STATE_KEY)
    return Fault(kept["kind"]) if kept else None


def take_fault(state: dict[str, Any]) -> Fault | None:
    """The fault that this call meets; counts down."""
    kept = state.get(STATE_KEY)
    if not kept:
        return None
    if kept["left"] is not None:
        kept["left"] -= 1
        if kept["left"] <= 0:
            state.pop(STATE_KEY)
    return Fault(kept["kind"])
