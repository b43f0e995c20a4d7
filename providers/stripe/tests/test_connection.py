"""The tests an agency runs, line by line, against the stand-in and Stripe's description."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest

from providers.kit.contract import Environment, StepStatus, WebhookState
from providers.kit.errors import InvalidConfiguration
from providers.stripe.sandbox import RESTRICTED_KEY, SECRET_KEY

ADDRESS = "https://hub.example/webhooks/stripe/abc"


def statuses(outcomes: dict[str, Any]) -> dict[str, str]:
    return {name: outcome.status.value for name, outcome in outcomes.items()}


def assert_helpful(outcomes: dict[str, Any]) -> None:
    """Each line that failed says what to do and where, and no line tells a secret."""
    for name, outcome in outcomes.items():
        if outcome.status is StepStatus.FAILED:
            assert outcome.fix, name
            assert outcome.fix_url.startswith("https://"), name
        for secret in (SECRET_KEY, RESTRICTED_KEY, "sk_live_", "whsec_Sandbox"):
            assert secret not in f"{outcome.message} {outcome.fix} {outcome.fix_url} {outcome.error!r}"
            assert secret not in getattr(outcome.error, "detail", "")


def test_a_good_connection_passes_line_by_line(world, run) -> None:
    now = world.open().connection.now()
    seen = WebhookState(address=ADDRESS, secret_set=True, last_received_at=now - timedelta(minutes=3))
    world.open().register_webhook(ADDRESS, ())
    outcomes = run(world.open(webhook_state=seen), "stripe-connection")
    assert set(statuses(outcomes).values()) == {"passed"}
    assert outcomes["key"].account.name == "Lumen Studio (sandbox)"
    assert outcomes["webhook"].message == "The last event arrived 3 minutes ago."
    assert world.transport.findings == []
    assert len(outcomes) == 24


def test_without_a_webhook_the_test_warns_and_says_how_to_set_it_up(world, run) -> None:
    outcome = run(world.open(), "stripe-connection")["webhook"]
    assert outcome.status is StepStatus.WARNING
    assert "Set up the webhook" in outcome.fix


def test_a_wrong_key_fails_at_the_key_and_skips_what_needs_it(world, run) -> None:
    outcomes = run(world.open({"api_key": "sk_test_wrong"}), "stripe-connection")
    assert statuses(outcomes)["address"] == "passed"
    assert outcomes["key"].message == "Stripe does not accept this key."
    assert outcomes["key"].fix_url == "https://dashboard.stripe.com/test/apikeys"
    assert {statuses(outcomes)[name] for name in ("mode", "payments", "webhook")} == {"skipped"}
    assert_helpful(outcomes)
    assert world.transport.findings == []


@pytest.mark.parametrize(
    ("without", "line", "status"),
    [
        ("Customer", "customers", "failed"),
        ("PaymentIntent", "payments", "failed"),
        ("Balance", "balance", "warning"),
        ("Event", "events", "warning"),
        ("Webhook", "webhooks", "warning"),
        ("ChargeWrite", "refunds", "warning"),
        ("CustomerWrite", "customers-write", "warning"),
        ("Product", "products", "warning"),
        ("Plan", "prices", "warning"),
        ("CheckoutSession", "checkout", "warning"),
        ("PaymentLink", "links", "warning"),
        ("SubscriptionWrite", "subscriptions", "warning"),
        ("InvoiceWrite", "invoices", "warning"),
        ("Dispute", "disputes", "warning"),
        ("Review", "reviews", "warning"),
        ("Radar", "radar", "warning"),
        ("TestClock", "clocks", "warning"),
    ],
)
def test_a_missing_permission_is_named_with_its_fix(world, run, without: str, line: str, status: str) -> None:
    outcomes = run(world.open({"api_key": RESTRICTED_KEY + without}), "stripe-connection")
    assert statuses(outcomes)["key"] == "passed"
    assert statuses(outcomes)[line] == status
    assert "lacks the permission “" in outcomes[line].message
    assert "“API keys”" in outcomes[line].fix
    assert [name for name, found in statuses(outcomes).items() if found == "failed"] == (
        [line] if status == "failed" else []
    )
    assert_helpful(outcomes)
    assert world.transport.findings == []


def test_a_restricted_key_with_all_permissions_passes_each_line_and_changes_nothing(world, run) -> None:
    before = world.open({"api_key": SECRET_KEY}).payments(limit=100)
    outcomes = run(world.open({"api_key": RESTRICTED_KEY + "Nothing"}), "stripe-connection")
    assert {name for name, status in statuses(outcomes).items() if status != "passed"} == {"webhook"}
    assert world.open({"api_key": SECRET_KEY}).payments(limit=100) == before
    assert world.transport.findings == []


def test_test_clocks_are_left_out_with_real_money(world) -> None:
    provider = world.open({"api_key": "rk_live_123456"}, environment=Environment.LIVE)
    steps = {step.name: step for step in provider.steps("stripe-connection", {})}
    assert steps["clocks"].run().status is StepStatus.SKIPPED


def test_a_restricted_key_that_may_not_read_the_account_still_says_whose_it_is(world) -> None:
    account = world.open({"api_key": RESTRICTED_KEY + "AccountBalance"}).identify()
    assert account.id == "acct_1SandboxAgency0"


@pytest.mark.parametrize(
    ("key", "environment", "words"),
    [
        ("sk_live_123456", Environment.TEST, "live key"),
        ("sk_test_123456", Environment.LIVE, "test key"),
        ("rk_live_123456", Environment.SANDBOX, "live key"),
    ],
)
def test_live_and_test_are_refused_before_anything_is_sent(world, run, key, environment, words) -> None:
    options = {"sandbox_state": world.state} if environment is Environment.SANDBOX else {}
    provider = world.open({"api_key": key}, environment=environment, **options)
    outcomes = run(provider, "stripe-connection")
    assert words in outcomes["format"].message
    assert set(statuses(outcomes).values()) == {"failed", "skipped"}
    assert world.calls == []
    assert_helpful(outcomes)


def test_a_key_whose_answers_are_of_the_other_mode_is_refused(world, run) -> None:
    """The stand-in's objects are all test objects: a connection that expects live ones must not take them."""
    provider = world.open({"api_key": SECRET_KEY})
    provider.connection = dataclasses.replace(provider.connection, environment=Environment.LIVE)
    with pytest.raises(InvalidConfiguration, match="test key"):
        type(provider)(provider.connection).payments()


@pytest.mark.parametrize("key", ["pk_test_123456", "whsec_123456", "acct_123", "", "sk_test_12\n34", "sk_test_ä1234"])
def test_what_is_no_secret_key_is_refused_in_words(world, run, key: str) -> None:
    outcomes = run(world.open({"api_key": key}), "stripe-connection")
    assert outcomes["format"].status is StepStatus.FAILED
    assert world.calls == []
    assert_helpful(outcomes)


@pytest.mark.parametrize(("minutes", "status"), [(0, "passed"), (2, "warning"), (10, "failed"), (-10, "failed")])
def test_a_clock_that_is_off_is_seen(world, run, minutes: int, status: str) -> None:
    base: datetime = world.open().connection.now()
    provider = world.open(now=lambda: base + timedelta(minutes=minutes))
    outcomes = run(provider, "stripe-connection")
    assert statuses(outcomes)["clock"] == status
    assert_helpful(outcomes)


def test_a_test_payment_is_made_and_canceled(world, run) -> None:
    outcomes = run(world.open(), "stripe-payment", currency="JPY")
    assert outcomes["create"].message == "A payment of ¥500 was created."
    assert set(statuses(outcomes).values()) == {"passed"}
    assert world.transport.findings == []
    assert all(request.headers["Idempotency-Key"] for request in world.transport.seen)


def test_the_test_payment_is_refused_with_a_live_key(world, run) -> None:
    outcomes = run(world.open({"api_key": "sk_live_123456"}, environment=Environment.LIVE), "stripe-payment")
    assert statuses(outcomes) == {"allowed": "failed", "create": "skipped", "cancel": "skipped"}
    assert world.calls == []
    assert_helpful(outcomes)


def test_a_key_that_may_not_see_webhooks_is_told_so_and_deliveries_still_count(world, run) -> None:
    now = world.open().connection.now()
    state = WebhookState(address=ADDRESS, secret_set=True, last_received_at=now)
    provider = world.open({"api_key": RESTRICTED_KEY + "Webhook"}, webhook_state=state)
    outcomes = statuses(run(provider, "stripe-webhook"))
    assert outcomes == {
        "address": "passed", "registered": "warning", "enabled": "skipped", "events": "skipped", "secret": "passed",
        "delivery": "passed",
    }  # fmt: skip
    assert statuses(run(provider, "stripe-connection"))["webhook"] == "warning"


def test_events_that_come_by_another_address_are_a_doubt_and_no_failure(world, run) -> None:
    now = world.open().connection.now()
    state = WebhookState(address=ADDRESS, secret_set=True, last_received_at=now)
    outcome = run(world.open(webhook_state=state), "stripe-connection")["webhook"]
    assert (outcome.status, "by way of another one" in outcome.message) == (StepStatus.WARNING, True)


def test_the_webhook_test_follows_the_webhook_through_its_states(world, run) -> None:
    provider = world.open()
    now = provider.connection.now()

    def look(**state: Any) -> dict[str, Any]:
        outcomes = run(world.open(webhook_state=WebhookState(address=ADDRESS, **state)), "stripe-webhook")
        assert_helpful(outcomes)
        return outcomes

    assert statuses(run(provider, "stripe-webhook"))["address"] == "failed"
    assert "does not know" in look()["registered"].message
    made = provider.register_webhook(ADDRESS, ["invoice.paid"])
    outcomes = look(secret_set=True, registration_id=made.id)
    assert statuses(outcomes) == {
        "address": "passed", "registered": "passed", "enabled": "passed", "events": "warning", "secret": "passed",
        "delivery": "warning",
    }  # fmt: skip
    refused = look(secret_set=True, last_refused_at=now, last_refused_reason="the signature does not fit.")
    assert "the signature does not fit." in refused["delivery"].message
    assert refused["delivery"].fix_url == f"https://dashboard.stripe.com/test/webhooks/{made.id}"
    assert statuses(look())["secret"] == "failed"
    world.state.read()["webhook_endpoints"][made.id]["status"] = "disabled"
    assert "switched off" in look(secret_set=True)["enabled"].message
    assert "does not know" in look(registration_id="we_gone")["registered"].message
    assert world.transport.findings == []
