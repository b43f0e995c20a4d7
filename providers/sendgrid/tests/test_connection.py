"""The connection test: green with the sandbox's key, and each thing that is missing is named in its own line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from providers.kit.contract import Environment, StepOutcome, WebhookState
from providers.kit.errors import AuthenticationFailed, InvalidConfiguration, ProviderError
from providers.kit.faults import Fault, set_fault
from providers.kit.http import DoorPolicy
from providers.kit.registry import Registered, Registry
from providers.kit.steps import run_steps
from providers.kit.testing import NOW, Bench

from ..manifest import CONNECTION_TEST, SEND_TEST, WEBHOOK_TEST
from ..permissions import ALL_SCOPES, PURPOSES
from ..sandbox import EU_KEY, FULL_ACCESS_KEY, RATE_LIMITED_KEY, SENDING_ONLY_KEY, USED_UP_KEY

ADDRESS = "https://hub.example.com/webhooks/x/y"


def run(provider: Any, test_id: str = CONNECTION_TEST, **inputs: str) -> dict[str, StepOutcome]:
    return {step.name: outcome for step, outcome in run_steps(provider.steps(test_id, inputs))}


def statuses(outcomes: dict[str, StepOutcome]) -> dict[str, str]:
    return {name: str(one.status) for name, one in outcomes.items()}


def key_with(bench: Bench, scopes: list[str]) -> str:
    """A key made in the sandbox, with these permissions."""
    answer = bench.open().client.call(  # type: ignore[attr-defined]
        "POST", "/v3/api_keys", "create key", json={"name": "narrow", "scopes": scopes}
    )
    return str(answer.json()["api_key"])


def test_all_is_well_with_the_sandboxs_key(bench: Bench) -> None:
    provider: Any = bench.open()
    made = provider.register_webhook(ADDRESS, ())
    state = WebhookState(address=ADDRESS, secret_set=True, registration_id=made.id, last_received_at=NOW)
    outcomes = run(bench.open(webhook=state))
    assert set(statuses(outcomes).values()) == {"passed"}, outcomes
    assert outcomes["key"].account
    assert outcomes["key"].account.id == "7"
    assert "Nothing was sent" in outcomes["send"].message


def test_the_check_of_sending_leaves_no_mail_behind(bench: Bench) -> None:
    run(bench.open())
    assert bench.state.read()["mail"] == {}


@pytest.mark.parametrize("scope", [one for one in ALL_SCOPES if one != "mail.send"])
def test_each_missing_permission_is_named_in_the_line_of_its_purpose(bench: Bench, scope: str) -> None:
    key = key_with(bench, [one for one in ALL_SCOPES if one != scope])
    outcomes = run(bench.open({"api_key": key}))
    purpose = next(one for one in PURPOSES if scope in one.scopes)
    assert outcomes[purpose.name].status == "warning"
    assert scope in outcomes[purpose.name].message
    assert purpose.console in outcomes[purpose.name].fix
    assert not outcomes[purpose.name].degrades
    others = {one.name for one in PURPOSES} - {purpose.name}
    assert {str(outcomes[name].status) for name in others} == {"passed"}


def test_a_key_that_may_not_send_fails_in_that_line_alone(bench: Bench) -> None:
    key = key_with(bench, [one for one in ALL_SCOPES if one != "mail.send"])
    outcomes = run(bench.open({"api_key": key}))
    assert [name for name, one in outcomes.items() if one.status == "failed"] == ["send"]
    assert "Mail Send" in outcomes["send"].fix


def test_a_sending_only_key_passes_what_it_is_for(bench: Bench) -> None:
    outcomes = run(bench.open({"api_key": SENDING_ONLY_KEY}))
    assert outcomes["send"].status == "passed"
    assert outcomes["sender"].status == "skipped"
    assert outcomes["quota"].status == "skipped"
    assert not [name for name, one in outcomes.items() if one.status == "failed"]
    assert outcomes["key"].account
    assert outcomes["key"].account.id.startswith("key-")


def test_a_wrong_key_is_told(bench: Bench) -> None:
    outcomes = run(bench.open({"api_key": "SG.sandbox_nobody.knows-this-key-at-all"}))
    assert outcomes["reach"].status == "passed"
    assert outcomes["key"].status == "failed"
    assert "does not know this API key" in outcomes["key"].message
    with pytest.raises(AuthenticationFailed):
        bench.open({"api_key": "SG.sandbox_nobody.knows-this-key-at-all"}).identify()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("key", "region", "right"),
    [(EU_KEY, "us", "European Union"), (FULL_ACCESS_KEY, "eu", "United States")],
)
def test_a_key_of_the_other_region_is_told(bench: Bench, key: str, region: str, right: str) -> None:
    provider: Any = bench.open({"api_key": key, "region": region})
    outcomes = run(provider)
    assert outcomes["key"].status == "failed"
    assert right in outcomes["key"].message
    assert right in outcomes["key"].fix
    with pytest.raises(InvalidConfiguration) as caught:
        bench.open({"api_key": key, "region": region}).identify()  # type: ignore[attr-defined]
    assert caught.value.field == "region"


def test_the_eu_region_is_reached_at_its_own_host(bench: Bench) -> None:
    provider: Any = bench.open({"api_key": EU_KEY, "region": "eu"})
    assert run(provider)["key"].status == "passed"
    assert {str(one.url).split("/")[2] for one in bench.transport.calls} == {"api.eu.sendgrid.com"}


def test_a_moved_base_address_takes_both_regions_with_it(entry: Registered, bench: Bench) -> None:
    provider = Registry({entry.id: entry}).open(
        entry.id,
        configuration={"api_key": EU_KEY, "region": "eu"},
        environment=Environment.LIVE,
        policy=DoorPolicy(),
        on_call=bench.records.append,
        now=bench.now,
        transport=bench.transport,
        api_base_override="https://mock.example.net",
    )
    provider.client.user()  # type: ignore[attr-defined]
    assert bench.transport.calls[0].url == "https://mock.example.net/v3/user/username"


@pytest.mark.parametrize(
    ("sender", "status", "words"),
    [
        ("hello@example.com", "passed", "example.com is authenticated"),
        ("studio@example.org", "passed", "single sender"),
        ("a@news.example.com", "failed", "CNAME em2.news.example.com = u72.wl.sendgrid.net"),
        ("a@unknown.example", "failed", "is not in this SendGrid account"),
        ("", "passed", "example.com, studio@example.org"),
    ],
)
def test_the_sender_is_looked_up(bench: Bench, sender: str, status: str, words: str) -> None:
    outcome = run(bench.open({"from_address": sender}))["sender"]
    assert outcome.status == status
    assert words in outcome.message


@pytest.mark.parametrize(("left", "status"), [(40_000, "passed"), (900, "warning"), (0, "failed")])
def test_what_the_plan_still_allows_is_told(bench: Bench, left: int, status: str) -> None:
    bench.open().identify()  # type: ignore[attr-defined]
    bench.state.read()["credits"] = left
    outcome = run(bench.open())["quota"]
    assert outcome.status == status
    assert f"{left:,} of 50,000" in outcome.message


def test_a_used_up_plan_is_not_taken_for_a_wrong_key(bench: Bench) -> None:
    outcomes = run(bench.open({"api_key": USED_UP_KEY}), SEND_TEST, to="a@example.org", subject="s", text="t")
    assert outcomes["key"].status == "passed"
    assert "used up its e-mails" in outcomes["send"].message


def test_too_many_calls_are_told_with_the_seconds_to_wait(bench: Bench) -> None:
    outcomes = run(bench.open({"api_key": RATE_LIMITED_KEY}))
    assert "too many calls" in outcomes["reach"].message + outcomes["key"].message
    with pytest.raises(ProviderError) as caught:
        bench.open({"api_key": RATE_LIMITED_KEY}).identify()  # type: ignore[attr-defined]
    assert getattr(caught.value, "retry_after", 0) == 60


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.GARBAGE])
def test_what_is_not_sendgrid_does_not_pass_for_it(bench: Bench, fault: Fault) -> None:
    bench.transport.strict = False
    bench.transport.description = None
    set_fault(bench.state.read(), fault)
    outcomes = run(bench.open())
    assert outcomes["reach"].status == "failed"
    assert outcomes["reach"].fix


@pytest.mark.parametrize(("skew", "status"), [(0, "passed"), (120, "warning"), (3600, "failed")])
def test_a_wrong_clock_is_told(bench: Bench, skew: int, status: str) -> None:
    provider: Any = bench.open()
    assert provider.client.scopes
    bench.moment = NOW + timedelta(seconds=skew)
    assert run(provider)["clock"].status == status


def test_the_sending_test_needs_no_default_sender(bench: Bench) -> None:
    outcomes = run(bench.open({"from_address": ""}), SEND_TEST, to="a@example.org", subject="s", text="t")
    assert set(statuses(outcomes).values()) == {"passed"}
    (mail,) = bench.state.read()["mail"].values()
    assert mail["body"]["from"] == {"email": "studio@example.org", "name": "Example Studio"}


def test_the_sending_test_says_when_nobody_is_named(bench: Bench) -> None:
    outcomes = run(bench.open(), SEND_TEST, to=" ", subject="s", text="t")
    assert outcomes["send"].status == "failed"
    assert outcomes["send"].fix == "Fill in “To”."


def test_event_delivery_is_told_line_by_line(bench: Bench) -> None:
    provider: Any = bench.open()
    assert statuses(run(provider, WEBHOOK_TEST))["address"] == "failed"
    made = provider.register_webhook(ADDRESS, ())
    state = WebhookState(address=ADDRESS, secret_set=True, registration_id=made.id, last_received_at=NOW)
    webhook = bench.state.read()["webhooks"][made.id]
    webhook["public_key"] = ""
    assert "signature is switched off" in run(bench.open(webhook=state), WEBHOOK_TEST)["registered"].message
    webhook["enabled"] = False
    webhook["public_key"] = "x"
    assert "switched off in SendGrid" in run(bench.open(webhook=state), WEBHOOK_TEST)["registered"].message
    webhook["url"] = "https://elsewhere.example"
    assert "another address" in run(bench.open(webhook=state), WEBHOOK_TEST)["registered"].message
    provider.unregister_webhook(made.id)
    assert "was removed" in run(bench.open(webhook=state), WEBHOOK_TEST)["registered"].message
    refused = WebhookState(
        address=ADDRESS, secret_set=True, last_refused_at=NOW, last_refused_reason="mismatch", last_received_at=None
    )
    outcomes = run(bench.open(webhook=refused), WEBHOOK_TEST)
    assert outcomes["registered"].status == "warning"
    assert "mismatch" in outcomes["delivery"].message
    assert run(bench.open(webhook=refused))["events"].status == "warning"
