"""Test cards, lost deliveries, dunning, test clocks: what follows from one thing for another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.kit import errors
from providers.kit.capabilities import CAPABILITY_WORDS, capabilities_of
from providers.kit.contract import Environment
from providers.kit.vocabulary import billing, payments
from providers.kit.vocabulary.payments import LineItem
from providers.stripe.cards import CARDS
from providers.stripe.invoices import dunning
from providers.stripe.provider import Stripe

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_every_capability_of_the_vocabulary_is_there() -> None:
    wanted = {one for one in CAPABILITY_WORDS if one.__module__ in (payments.__name__, billing.__name__)}
    assert wanted <= set(capabilities_of(Stripe))


@pytest.mark.parametrize("card", [one.method for one in CARDS])
def test_each_test_card_ends_as_it_should(world: Any, run: Any, card: str) -> None:
    outcomes = run(world.open(), "stripe-payment", card=card)
    assert {name: one.message for name, one in outcomes.items() if one.status != "passed"} == {}
    assert world.transport.findings == []


def test_no_test_card_is_used_with_a_live_key(world: Any, run: Any) -> None:
    provider = world.open({"api_key": "sk_live_abc123"}, environment=Environment.LIVE)
    assert run(provider, "stripe-payment", card="pm_card_visa")["allowed"].status == "failed"
    with pytest.raises(errors.Unsupported):
        provider.test_clocks()
    assert world.calls == []


def test_what_could_not_be_delivered_is_not_hidden_by_newer_events(world: Any) -> None:
    provider = world.open()
    registration = provider.register_webhook("https://hub.example/k", ["customer.created"])
    lost = provider.create_customer(email="lost@example.com", idempotency_key="a")
    provider.unregister_webhook(registration.id)
    for number in range(5):
        provider.create_customer(email=f"n{number}@example.com", idempotency_key=f"b{number}")
    found = provider.events_since(NOW - timedelta(days=1), 2)
    assert lost.id in {event.payload["data"]["object"]["id"] for event in found}


@pytest.mark.parametrize(
    ("invoice", "words"),
    [
        ({"status": "draft"}, "A draft"),
        ({"status": "open", "due_date": int(NOW.timestamp()) - 86_400}, "Overdue since 22 November 2026."),
        (
            {"status": "open", "attempt_count": 1, "next_payment_attempt": int(NOW.timestamp()) + 86_400},
            "The first try",
        ),
        (
            {"status": "open", "attempt_count": 4, "next_payment_attempt": None},
            "4 tries to collect it failed. No other",
        ),
        ({"status": "uncollectible"}, "Written off"),
        ({"status": None, "due_date": "soon"}, ""),
    ],
)
def test_dunning_is_told_in_words(invoice: dict[str, Any], words: str) -> None:
    assert dunning(invoice, NOW).startswith(words)


def test_a_card_that_stops_paying_makes_the_subscription_past_due(world: Any) -> None:
    provider = world.open()
    product = provider.create_product("Plan", idempotency_key="p")
    price = provider.create_price(product.id, amount_minor=900, currency="EUR", interval="month", idempotency_key="q")
    clock = provider.create_test_clock("c", at=NOW, idempotency_key="c")
    card = "pm_card_chargeDeclinedInsufficientFunds"
    person = provider.customer_on_clock(clock.id, email="x@example.com", card=card, idempotency_key="x")
    trial = provider.create_subscription(person.id, [LineItem(price_id=price.id)], trial_days=3, idempotency_key="s")
    provider.advance_test_clock(clock.id, to=NOW + timedelta(days=4), idempotency_key="t")
    assert provider.current("subscription", trial.id).status == "past_due"
    (invoice,) = provider.invoices(customer_id=person.id).items
    assert invoice.dunning.startswith("The first try to collect it failed. Stripe tries again on")
    assert world.transport.findings == []


def test_a_type_without_an_address_cannot_be_looked_up(world: Any) -> None:
    with pytest.raises(errors.Unsupported):
        world.open().current("mystery", "x_1")
