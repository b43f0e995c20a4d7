"""The connection test and the token's fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from providers.kit.contract import Environment, StepStatus, WebhookState
from providers.kit.errors import AuthenticationFailed, QuotaExceeded, RateLimited
from providers.kit.testing import NOW, Bench

from ..manifest import ACCESS_TOKEN, CLIENT_SECRET, PERMISSIONS
from ..provider import HubSpot
from ..sandbox import Sandbox
from ..sandbox_access import CONTACTS_ONLY_TOKEN, RATE_LIMITED_TOKEN, READ_ONLY_TOKEN, USED_UP_TOKEN

Run = Callable[..., dict[str, Any]]
ADDRESS = "https://hub.example.com/webhooks/hubspot/key"


def states(outcomes: dict[str, Any]) -> dict[str, str]:
    return {name: outcome.status.value for name, outcome in outcomes.items()}


def test_a_good_connection_passes_line_by_line_and_asks_two_questions(bench: Bench, run: Run) -> None:
    outcomes = run(bench.open(), "connection")
    assert set(states(outcomes).values()) == {"passed", "skipped"}
    assert states(outcomes)["webhook"] == "skipped"
    assert outcomes["key"].account == bench.open().identify()
    assert "249,999 of 250,000" in outcomes["quota"].message
    assert len(bench.transport.calls) == 3  # account, scopes; account again for identify


def test_each_permission_has_a_line_of_its_own(bench: Bench, run: Run) -> None:
    outcomes = run(bench.open(), "connection")
    assert {"contacts-read", "contacts-write", "companies-read", "deals-write", "owners-read"} <= outcomes.keys()
    assert "schemas-contacts-read" in outcomes
    assert all(any(one.scope in outcome.message for outcome in outcomes.values()) for one in PERMISSIONS)


def test_a_missing_permission_is_named_in_its_line(bench: Bench, run: Run) -> None:
    outcomes = run(bench.open({"access_token": READ_ONLY_TOKEN}), "connection")
    failed = {name for name, one in outcomes.items() if one.status is StepStatus.FAILED}
    assert failed == {"contacts-write"}
    assert "crm.objects.contacts.write" in outcomes["contacts-write"].fix
    warned = {name for name, one in outcomes.items() if one.status is StepStatus.WARNING}
    assert warned == {"companies-write", "deals-write"}
    assert not outcomes["deals-write"].degrades


def test_a_token_for_contacts_alone_is_good_enough(bench: Bench, run: Run) -> None:
    outcomes = run(bench.open({"access_token": CONTACTS_ONLY_TOKEN}), "connection")
    assert "failed" not in states(outcomes).values()
    assert states(outcomes)["companies-read"] == "warning"


def test_where_hubspot_does_not_tell_the_scopes_they_are_tried(bench: Bench, run: Run) -> None:
    provider = bench.open({"access_token": READ_ONLY_TOKEN})
    provider.client.granted_scopes = lambda: None  # type: ignore[attr-defined,method-assign]
    outcomes = run(provider, "connection")
    assert states(outcomes)["contacts-read"] == "passed"
    assert states(outcomes)["contacts-write"] == "skipped"
    provider = bench.open({"access_token": CONTACTS_ONLY_TOKEN})
    provider.client.granted_scopes = lambda: None  # type: ignore[attr-defined,method-assign]
    assert states(run(provider, "connection"))["deals-read"] == "warning"


def test_a_wrong_token_fails_its_line_and_the_lines_that_need_it_are_left_out(bench: Bench, run: Run) -> None:
    provider = bench.open({"access_token": "pat-na1-99999999-9999-9999-9999-999999999999"})
    outcomes = run(provider, "connection")
    assert states(outcomes)["reach"] == "passed"
    assert states(outcomes)["key"] == "failed"
    assert states(outcomes)["contacts-read"] == "skipped"
    assert outcomes["key"].fix
    with pytest.raises(AuthenticationFailed):
        provider.identify()


def test_too_many_calls_and_a_used_up_day_are_told_apart(bench: Bench) -> None:
    with pytest.raises(RateLimited) as slow:
        bench.open({"access_token": RATE_LIMITED_TOKEN}).identify()
    assert slow.value.retry_after == 60
    with pytest.raises(QuotaExceeded):
        bench.open({"access_token": USED_UP_TOKEN}).identify()


def test_a_nearly_used_up_day_is_a_warning(bench: Bench, run: Run) -> None:
    provider = bench.open()
    provider.identify()
    bench.state.read()["calls"]["today"] = 240_000
    outcome = run(provider, "connection")["quota"]
    assert outcome.status is StepStatus.WARNING
    assert "9,999 of 250,000" in outcome.message


def test_a_wrong_clock_is_noticed_before_events_are_refused(bench: Bench, run: Run) -> None:
    provider = bench.open()
    for minutes, expected in ((0.5, "passed"), (2, "warning"), (20, "failed")):
        late = replace(provider.connection, now=lambda minutes=minutes: NOW + timedelta(minutes=minutes))
        assert states(run(HubSpot(late), "connection"))["clock"] == expected


def test_allowances_say_when_they_begin_anew(hubspot: HubSpot) -> None:
    daily, pace = hubspot.allowances()
    assert (daily.limit, daily.remaining) == (250_000, 249_999)
    assert daily.resets_at is not None
    assert daily.resets_at.isoformat() == "2026-11-23T23:00:00+00:00"  # midnight in Berlin
    assert pace.limit == 100
    assert pace.resets_at == NOW + timedelta(seconds=10)


def test_a_contact_of_the_specification_is_created_and_a_second_time_left_alone(bench: Bench, run: Run) -> None:
    contact = {"email": "user@example.com", "firstname": "John", "lastname": "Doe"}
    outcomes = run(bench.open(), "create-contact", {"contact": contact})
    assert set(states(outcomes).values()) == {"passed"}
    assert "John Doe" in outcomes["read"].message
    again = run(bench.open(), "create-contact", {"contact": {**contact, "firstname": "Jim"}})
    assert states(again)["create"] == "warning"
    assert "John Doe" in again["read"].message


@pytest.mark.parametrize("contact", ["{", "[]", "7", "{}", '{"email": " "}', None, {"email": 4}])
def test_a_contact_that_cannot_be_understood_is_not_sent(bench: Bench, run: Run, contact: Any) -> None:
    outcomes = run(bench.open(), "create-contact", {"contact": contact})
    assert states(outcomes) == {"key": "passed", "values": "failed", "create": "skipped", "read": "skipped"}
    assert "ada@example.com" in outcomes["values"].fix


def test_the_state_of_deliveries_is_told_in_words(bench: Bench, run: Run) -> None:
    nothing = WebhookState(address=ADDRESS, secret_set=True)
    assert states(run(bench.open(webhook=nothing), "webhook")) == {
        "address": "passed",
        "secret": "passed",
        "delivery": "warning",
    }
    good = replace(nothing, last_received_at=NOW)
    assert set(states(run(bench.open(webhook=good), "webhook")).values()) == {"passed"}
    assert states(run(bench.open(webhook=good), "connection"))["webhook"] == "passed"
    refused = replace(good, last_refused_at=NOW + timedelta(minutes=1), last_refused_reason="mismatch")
    outcome = run(bench.open(webhook=refused), "webhook")["delivery"]
    assert "refused" in outcome.message
    assert "target URL" in outcome.fix
    assert states(run(bench.open(webhook=replace(nothing, secret_set=False)), "webhook"))["secret"] == "failed"
    plain = WebhookState(address="http://hub.local/hook", secret_set=True)
    live = bench.open(webhook=plain, environment=Environment.LIVE)
    assert states(run(live, "webhook"))["address"] == "failed"


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("pat-na1-11111111-2222-3333-4444-555555555555", True),
        ("pat-eu1-11111111-2222-3333-4444-555555555555", True),
        ("C" * 120, True),
        ("pat-", False),
        ("11111111-2222-3333-4444-555555555555", False),
        ("pat-na1-1111 2222", False),
    ],
)
def test_a_token_is_known_by_its_form(value: str, fits: bool) -> None:
    assert ACCESS_TOKEN.matches(value) is fits


def test_the_stand_ins_credentials_fit_the_form() -> None:
    values = Sandbox.credentials()
    assert ACCESS_TOKEN.matches(values["access_token"])
    assert CLIENT_SECRET.matches(values["client_secret"])
