"""The state machine of health."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kit.contract import StepOutcome, failed, passed, warning
from providers.kit.errors import (
    AuthenticationFailed,
    InvalidConfiguration,
    OutcomeUnknown,
    PermissionMissing,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from webapp.connection_tests.health import (
    EVERY,
    EVERY_DEGRADED,
    Finding,
    Health,
    HealthState,
    Signal,
    after,
    next_check_in,
    signal_of,
)

WELL = HealthState(health=Health.HEALTHY)


def outcome(error: Exception) -> StepOutcome:
    return failed(str(error), fix="Do something.", error=error)


REFUSED = outcome(AuthenticationFailed("The key was refused.", status=401))
BLIP = outcome(Unavailable("No answer."))
SLOW = outcome(RateLimited("Too many calls."))


def health_after(*outcomes: StepOutcome, state: HealthState = WELL) -> Health:
    for one in outcomes:
        state = after(state, signal_of([one]))
    return state.health


def test_one_refusal_does_not_flip_and_two_do() -> None:
    assert health_after(REFUSED) is Health.HEALTHY
    assert health_after(REFUSED, REFUSED) is Health.NEEDS_RECONNECT


def test_a_success_between_two_refusals_starts_anew() -> None:
    assert health_after(REFUSED, passed("Fine."), REFUSED) is Health.HEALTHY


def test_two_blips_do_not_flip_and_three_do() -> None:
    assert health_after(BLIP, SLOW) is Health.HEALTHY
    assert health_after(BLIP, SLOW, BLIP) is Health.DEGRADED


def test_a_blip_between_two_refusals_says_nothing_about_the_key() -> None:
    assert health_after(REFUSED, BLIP, REFUSED) is Health.NEEDS_RECONNECT


def test_blips_do_not_lift_a_connection_out_of_reconnect() -> None:
    state = HealthState(health=Health.NEEDS_RECONNECT, reason="The key was refused.", failures=2)
    assert health_after(BLIP, BLIP, BLIP, BLIP, state=state) is Health.NEEDS_RECONNECT


@pytest.mark.parametrize("status", [408, 409, 423, 425, 429, 500, 503])
def test_some_statuses_are_never_a_dead_key(status: int) -> None:
    lying = outcome(AuthenticationFailed("Refused.", status=status))
    assert health_after(lying, lying) is Health.HEALTHY


@pytest.mark.parametrize(
    ("error", "finding"),
    [
        (InvalidConfiguration("Wrong region."), Finding.REFUSED),
        (PermissionMissing("May not read."), Finding.FORBIDDEN),
        (OutcomeUnknown("Who knows."), Finding.BLIP),
        (UnexpectedResponse("What?"), Finding.BROKEN),
        (ZeroDivisionError(), Finding.UNCHECKED),
    ],
)
def test_each_kind_of_error_is_one_finding(error: Exception, finding: Finding) -> None:
    assert signal_of([passed("Fine."), outcome(error)]).finding is finding


def test_a_warning_degrades_with_its_words_and_a_success_heals() -> None:
    state = after(WELL, signal_of([passed("Fine."), warning("No delivery yet.", fix="Send one.")]))
    assert (state.health, state.reason) == (Health.DEGRADED, "No delivery yet. Send one.")
    assert after(state, Signal(finding=Finding.GOOD)) == WELL


def test_a_missing_permission_degrades_and_does_not_ask_to_reconnect() -> None:
    missing = outcome(PermissionMissing("May not read."))
    assert health_after(missing, missing) is Health.DEGRADED


def test_our_own_fault_changes_nothing() -> None:
    assert health_after(*[outcome(ZeroDivisionError())] * 5) is Health.HEALTHY


@given(st.lists(st.sampled_from([BLIP, SLOW, REFUSED]), max_size=12))
def test_a_key_is_called_dead_only_after_two_refusals(outcomes: list[StepOutcome]) -> None:
    dead = health_after(*outcomes) is Health.NEEDS_RECONNECT
    assert dead == (outcomes.count(REFUSED) >= 2)


def test_the_next_look_is_hourly_and_sooner_when_not_well() -> None:
    draw = random.Random(1)
    assert 0.8 * EVERY <= next_check_in(WELL, draw) <= 1.2 * EVERY
    assert next_check_in(HealthState(health=Health.DEGRADED), draw) <= 1.2 * EVERY_DEGRADED
    assert next_check_in(HealthState(health=Health.HEALTHY, blips=1), draw) < EVERY_DEGRADED
