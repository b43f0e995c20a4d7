"""Whose account it is, what the key may do, and what each line of the tests says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from providers.kit import errors
from providers.kit.contract import Environment, StepOutcome, WebhookState
from providers.kit.faults import Fault, set_fault
from providers.kit.steps import run_steps
from providers.kit.testing import Bench
from providers.kit.testing.bench import NOW
from providers.kit.transport import Limits

from ..manifest import CONNECTION_TEST, MANIFEST, SEND_TEST, WEBHOOK_TEST
from ..sandbox import ANALYST_KEY, SENDING_KEY, Sandbox

WRONG_KEY = "0" * 32 + "-00000000-00000000"
INPUTS = {"to": "ada@example.com", "subject": "Hello", "text": "Hi"}
HOOK = "https://hub.example.com/webhooks/provider/key"


def run(provider: Any, test: str = CONNECTION_TEST, inputs: dict[str, str] = INPUTS) -> dict[str, StepOutcome]:
    return {step.name: outcome for step, outcome in run_steps(provider.steps(test, inputs))}


def states(outcomes: dict[str, StepOutcome]) -> dict[str, str]:
    return {name: str(one.status) for name, one in outcomes.items()}


def test_a_good_connection_passes_every_line(bench: Bench) -> None:
    outcomes = run(bench.open())
    assert set(states(outcomes).values()) == {"passed", "skipped"}
    assert states(outcomes)["webhook"] == "skipped"
    account = outcomes["key"].account
    assert account is not None
    assert (account.id, account.detail) == ("mg.example.com", "domain active, region US")


def test_a_wrong_key_fails_with_what_to_do(bench: Bench) -> None:
    provider: Any = bench.open({"api_key": WRONG_KEY})
    with pytest.raises(errors.AuthenticationFailed) as refusal:
        provider.identify()
    assert refusal.value.fix_url.startswith("https://app.mailgun.com/")
    assert states(run(provider))["key"] == "failed"


def test_a_sending_key_is_recognised_and_the_rest_is_said_to_be_unknown(bench: Bench) -> None:
    provider: Any = bench.open({"api_key": SENDING_KEY})
    outcomes = run(provider)
    assert states(outcomes)["key"] == "warning"
    assert "may only send" in outcomes["key"].message
    assert {states(outcomes)[name] for name in states(outcomes) if name.startswith("may-")} == {"skipped"}
    assert provider.identify().id == "mg.example.com"
    (domain,) = provider.domains()
    assert (domain.name, domain.status) == ("mg.example.com", "unknown")
    assert bench.state.read()["events"] == []  # finding it out sent nothing
    assert states(run(provider, SEND_TEST)) == {
        "key": "warning",
        "sender": "passed",
        "send": "passed",
        "outcome": "skipped",
    }
    with pytest.raises(errors.PermissionMissing) as refusal:
        provider.templates()
    assert refusal.value.permission == "templates"


def test_each_permission_that_is_missing_has_its_own_line(bench: Bench) -> None:
    outcomes = run(bench.open({"api_key": ANALYST_KEY}))
    missing = {name for name, state in states(outcomes).items() if state == "warning"}
    assert missing == {"may-templates", "may-suppressions", "may-routes", "may-webhooks"}
    for name in missing:
        assert name.removeprefix("may-") in outcomes[name].message
        assert outcomes[name].fix


def test_the_permissions_that_are_asked_for_are_those_of_the_manifest() -> None:
    asked = {step.name.removeprefix("may-") for step in _steps() if step.name.startswith("may-")}
    assert asked | {"messages", "domains"} == {one.scope for one in MANIFEST.permissions}


def _steps() -> Any:
    from .conftest import ENTRY

    return Bench(ENTRY).open().steps(CONNECTION_TEST, {})


def test_an_unknown_domain_is_the_fields_fault(bench: Bench) -> None:
    provider: Any = bench.open({"domain": "shop.example.org"})
    with pytest.raises(errors.InvalidConfiguration) as refusal:
        provider.identify()
    assert refusal.value.field == "domain"


def test_an_unverified_domain_names_the_missing_entries(bench: Bench) -> None:
    provider: Any = bench.open({"domain": "news.example.com"})
    outcome = run(provider)["domain"]
    assert outcome.status == "failed"
    assert "TXT mx._domainkey.news.example.com = k=rsa" in outcome.message
    provider.verify_domain("news.example.com")
    assert run(bench.open({"domain": "news.example.com"}))["domain"].status == "passed"


def test_a_disabled_domain_is_said_to_be_so(bench: Bench) -> None:
    run(bench.open())
    bench.state.read()["domains"]["mg.example.com"]["is_disabled"] = True
    assert "switched off" in run(bench.open())["domain"].message


@pytest.mark.parametrize(
    ("sender", "state"),
    [("", "skipped"), ("a@mg.example.com", "passed"), ("A <a@example.com>", "passed"), ("a@other.org", "warning")],
)
def test_the_default_sender_is_held_against_the_domain(bench: Bench, sender: str, state: str) -> None:
    assert states(run(bench.open({"from_address": sender})))["sender"] == state


def test_a_clock_that_is_wrong_is_noticed(bench: Bench) -> None:
    theirs = bench.transport.exchange

    def late(request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        response = theirs(request, limits)
        response.headers["date"] = "Mon, 23 Nov 2026 11:50:00 GMT"
        return response

    bench.transport.exchange = late  # type: ignore[method-assign]
    assert states(run(bench.open()))["clock"] == "failed"


# -------------------------------------------------------------------------------------------------- region


def in_region(bench: Bench, host: str) -> None:
    """The domain lives behind this host only; the other one does not know it."""
    theirs = bench.transport.exchange

    def exchange(request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        if f"//{host}/" in (request.url or ""):
            return theirs(request, limits)
        response = requests.Response()
        response.status_code = 401
        response._content = b"Forbidden"
        return response

    bench.transport.exchange = exchange  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("region", "host"), [("us", "api.mailgun.net"), ("eu", "api.eu.mailgun.net"), ("", "api.mailgun.net")]
)
def test_calls_go_to_the_region_that_was_chosen(bench: Bench, region: str, host: str) -> None:
    in_region(bench, host)
    provider: Any = bench.open({"region": region})
    assert provider.identify().id == "mg.example.com"
    assert {one.region for one in provider.domains()} == {region or "us"}


@pytest.mark.parametrize("key", [Sandbox.credentials()["api_key"], SENDING_KEY])
def test_a_domain_in_the_other_region_is_found_there(bench: Bench, key: str) -> None:
    in_region(bench, "api.eu.mailgun.net")
    provider: Any = bench.open({"api_key": key})
    with pytest.raises(errors.InvalidConfiguration) as refusal:
        provider.identify()
    assert refusal.value.field == "region"
    assert "European Union" in str(refusal.value) + refusal.value.fix


def test_a_base_address_of_ones_own_takes_all_calls(bench: Bench) -> None:
    provider: Any = bench.open({"region": "eu"})
    connection = provider.connection
    object.__setattr__(connection, "moved", True)
    object.__setattr__(connection, "api_base", "https://mock.example.com/below")
    theirs = bench.transport.exchange

    def exchange(request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        assert (request.url or "").startswith("https://mock.example.com/below/v")
        request.url = (request.url or "").replace("/below", "")
        return theirs(request, limits)

    bench.transport.exchange = exchange  # type: ignore[method-assign]
    provider.identify()
    page = provider.email_events(since=NOW - timedelta(days=1), limit=1)
    assert page.items == ()
    assert provider.client.elsewhere() is None


# ---------------------------------------------------------------------------------------- other tests


def test_the_send_test_sends_one_e_mail_and_says_what_became_of_it(bench: Bench) -> None:
    outcomes = run(bench.open(), SEND_TEST)
    assert set(states(outcomes).values()) == {"passed"}
    assert "delivered" in outcomes["outcome"].message
    bad = run(bench.open(), SEND_TEST, {**INPUTS, "to": "bounced@example.com"})
    assert bad["outcome"].status == "failed"
    assert states(run(bench.open({"from_address": ""}), SEND_TEST))["send"] == "skipped"
    assert states(run(bench.open(), SEND_TEST, {**INPUTS, "to": "nobody"}))["send"] == "failed"


def test_the_test_environment_sends_in_test_mode(bench: Bench) -> None:
    outcomes = run(bench.open(environment=Environment.TEST), SEND_TEST)
    assert "test mode" in outcomes["send"].message
    assert all(one["flags"]["is-test-mode"] for one in bench.state.read()["events"])


def webhook(**more: Any) -> WebhookState:
    return WebhookState(**{"address": HOOK, "secret_set": True, **more})


def test_event_delivery_is_checked_from_both_ends(bench: Bench) -> None:
    opener: Callable[[WebhookState], Any] = lambda state: bench.open(webhook=state)  # noqa: E731
    assert states(run(opener(WebhookState()), WEBHOOK_TEST))["address"] == "failed"
    by_hand = states(run(opener(webhook()), WEBHOOK_TEST))
    assert by_hand == {"address": "passed", "secret": "passed", "registered": "warning", "delivery": "warning"}
    provider: Any = bench.open()
    made = provider.register_webhook(HOOK, ())
    assert made.secret == Sandbox.credentials()["webhook_signing_key"]
    assert made.secret not in repr(made)
    arrived = webhook(registration_id=made.id, last_received_at=NOW)
    assert set(states(run(opener(arrived), WEBHOOK_TEST)).values()) == {"passed"}
    assert states(run(opener(arrived)))["webhook"] == "passed"
    refused = webhook(registration_id=made.id, last_received_at=NOW, last_refused_at=NOW + timedelta(minutes=1))
    assert states(run(opener(refused)))["webhook"] == "warning"
    provider.unregister_webhook(made.id)
    assert states(run(opener(arrived), WEBHOOK_TEST))["registered"] == "failed"
    assert states(run(opener(webhook(secret_set=False)), WEBHOOK_TEST))["secret"] == "failed"
    plain = webhook(address="http://hub.example.com/x")
    assert states(run(bench.open(environment=Environment.LIVE, webhook=plain), WEBHOOK_TEST))["address"] == "failed"


def test_registering_again_changes_the_events_instead_of_failing(bench: Bench) -> None:
    provider: Any = bench.open()
    provider.register_webhook(HOOK, ("opened", "clicked"))
    provider.register_webhook(HOOK, ("delivered",))
    hooks = bench.state.read()["webhooks"]["mg.example.com"]
    assert {name for name, urls in hooks.items() if urls} == {"delivered"}
    with pytest.raises(errors.InvalidRequest):
        provider.register_webhook(HOOK, ("never_heard_of",))


def test_other_addresses_stay_when_ours_is_removed(bench: Bench) -> None:
    provider: Any = bench.open()
    provider.register_webhook("https://other.example.com/hook", ("opened",))
    provider.register_webhook(HOOK, ("opened",))
    provider.unregister_webhook(HOOK)
    assert bench.state.read()["webhooks"]["mg.example.com"]["opened"] == ["https://other.example.com/hook"]


def test_without_the_signing_key_nothing_is_registered(bench: Bench) -> None:
    provider: Any = bench.open({"api_key": ANALYST_KEY, "webhook_signing_key": ""})
    with pytest.raises(errors.PermissionMissing) as refusal:
        provider.register_webhook(HOOK, ())
    assert refusal.value.code == "no_signing_key"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.BAD_KEY, errors.AuthenticationFailed),
        (Fault.MISSING_PERMISSION, errors.PermissionMissing),
        (Fault.RATE_LIMIT, errors.RateLimited),
        (Fault.DOWN, errors.Unavailable),
        (Fault.GARBAGE, errors.UnexpectedResponse),
    ],
)
def test_each_fault_is_named_and_no_secret_is_shown(bench: Bench, fault: Fault, kind: type) -> None:
    set_fault(bench.state.read(), fault)
    bench.transport.description = None  # a web page where data should be fits no description
    provider: Any = bench.open()
    with pytest.raises(kind) as refusal:
        provider.identify()
    assert str(refusal.value).endswith(".")
    outcomes = run(bench.open())
    assert any(one.status == "failed" and one.fix for one in outcomes.values())
    shown = repr(outcomes) + repr(bench.records) + str(refusal.value) + refusal.value.detail + repr(provider)
    for secret in (Sandbox.credentials()["api_key"], Sandbox.credentials()["webhook_signing_key"]):
        assert secret not in shown
