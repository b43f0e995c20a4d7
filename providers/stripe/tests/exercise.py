"""Every verb of the provider on its stand-in, each list over at least two pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.kit.testing import Bench
from providers.kit.vocabulary.payments import Evidence, InvoiceLine, LineItem

UNDESCRIBED: frozenset[str] = frozenset()
ADDRESS = "https://hub.example/webhooks/stripe/exercise"


def undescribed(method: str, path: str) -> bool:
    """Stripe's description has every call we make."""
    return f"{method} {path}" in UNDESCRIBED


def pages(verb: Callable[..., Any], **given: Any) -> list[Any]:
    """All items, one a page; there must be two pages at least."""
    found, cursor, count = [], "", 0
    while count == 0 or cursor:
        page = verb(cursor=cursor, limit=1, **given)
        found += page.items
        cursor, count = page.next_cursor, count + 1
        assert count < 100
    assert count >= 2, verb
    assert len({one.id for one in found}) == len(found)
    return found


def exercise(bench: Bench) -> None:
    provider: Any = bench.open()
    _account_and_events(provider, bench)
    _payments(provider)
    prices = _catalogue(provider)
    _checkout(provider, prices)
    _time_and_subscriptions(provider, bench, prices)
    _invoices(provider, prices)
    _fraud(provider)


def _account_and_events(provider: Any, bench: Bench) -> None:
    assert provider.identify().name
    assert provider.balances()[0].currency == "EUR"
    made = provider.register_webhook(ADDRESS, ["customer.created"])
    again = provider.register_webhook(ADDRESS, ["customer.created"])
    assert again.secret != made.secret
    for number in range(2):
        provider.create_customer(email=f"n{number}@example.com", name="N", idempotency_key=f"cus-{number}")
    since = bench.now() - timedelta(hours=1)
    assert len(provider.events_since(since, 1)) == 1
    events = provider.events_since(datetime(2020, 1, 1, tzinfo=UTC), 500)
    assert len(events) == len({one.external_id for one in events})
    assert [one.created_at for one in events] == sorted(one.created_at for one in events)
    provider.unregister_webhook(again.id)


def _payments(provider: Any) -> None:
    found = pages(provider.customers, email="")
    assert provider.customers(email=found[0].email).items[0].id == found[0].id
    changed = provider.update_customer(found[0].id, name="Renamed", phone="+49 30 1", idempotency_key="cus-change")
    assert (changed.name, changed.phone) == ("Renamed", "+49 30 1")
    made = provider.create_payment(amount_minor=900, currency="EUR", description="Logo", idempotency_key="pay-1")
    assert made.status == "incomplete"
    paid = next(one for one in pages(provider.payments) if one.status == "succeeded")
    assert provider.refund(paid.id, amount_minor=100, idempotency_key="ref-1")
    assert provider.refund(paid.id, amount_minor=None, idempotency_key="ref-2")
    assert provider.current("payment_intent", paid.id).status == "succeeded"
    assert not provider.current("customer", "cus_gone").exists


def _catalogue(provider: Any) -> list[Any]:
    care = provider.create_product("Care plan", description="Updates", idempotency_key="prod-1")
    other = provider.create_product("Hosting", idempotency_key="prod-2")
    assert not provider.update_product(other.id, active=False, idempotency_key="prod-3").active
    assert len(pages(provider.products)) == 2
    prices = [
        provider.create_price(
            care.id, amount_minor=amount, currency="EUR", interval=interval, idempotency_key=f"p{amount}"
        )
        for amount, interval in ((2_900, "month"), (4_900, "month"), (1_500, ""))
    ]
    assert len(pages(provider.prices, product_id=care.id)) == 3
    spare = provider.create_price(care.id, amount_minor=100, currency="EUR", idempotency_key="p-spare")
    assert not provider.retire_price(spare.id, idempotency_key="p-retire").active
    return prices


def _checkout(provider: Any, prices: list[Any]) -> None:
    once = provider.create_checkout(
        [LineItem(price_id=prices[2].id, quantity=2)], success_url=ADDRESS, idempotency_key="co-1"
    )
    assert (once.amount_minor, once.status) == (3_000, "open")
    joins = provider.create_checkout(
        [LineItem(price_id=prices[0].id)],
        success_url=ADDRESS,
        cancel_url=ADDRESS,
        trial_days=7,
        idempotency_key="co-2",
    )
    assert provider.expire_checkout(joins.id, idempotency_key="co-3").status == "expired"
    assert provider.current("checkout.session", joins.id).status == "expired"
    assert len(pages(provider.checkouts)) == 2
    links = [
        provider.create_payment_link([LineItem(price_id=prices[2].id)], idempotency_key=f"link-{number}")
        for number in range(2)
    ]
    assert not provider.set_payment_link(links[0].id, active=False, idempotency_key="link-off").active
    assert len(pages(provider.payment_links)) == 2


def _time_and_subscriptions(provider: Any, bench: Bench, prices: list[Any]) -> None:
    small, large = LineItem(price_id=prices[0].id), LineItem(price_id=prices[1].id, quantity=2)
    clocks = [provider.create_test_clock(f"c{n}", at=bench.now(), idempotency_key=f"clock-{n}") for n in range(2)]
    assert len(pages(provider.test_clocks)) == 2
    provider.delete_test_clock(clocks[1].id)
    person = provider.customer_on_clock(clocks[0].id, email="t@example.com", idempotency_key="clock-cus")
    trial = provider.create_subscription(person.id, [small], trial_days=14, idempotency_key="sub-1")
    assert trial.status == "trialing"
    later = bench.now() + timedelta(days=20)
    assert provider.set_trial_end(trial.id, ends_at=later, idempotency_key="sub-2").trial_ends_at == later
    assert provider.set_trial_end(trial.id, ends_at=None, idempotency_key="sub-3").status == "active"
    preview = provider.preview_change(trial.id, [large, small], computed_for=bench.now())
    assert preview.due_minor == preview.prorations_minor == 2 * 4_900
    changed = provider.change_subscription(
        trial.id, [large, small], computed_for=bench.now(), idempotency_key="sub-4"
    )
    assert [(one.price_id, one.quantity) for one in changed.items] == [(large.price_id, 2), (small.price_id, 1)]
    fewer = provider.change_subscription(trial.id, [small], prorate=False, idempotency_key="sub-5")
    assert len(fewer.items) == 1
    assert provider.pause_subscription(trial.id, idempotency_key="sub-6").status == "paused"
    assert provider.resume_subscription(trial.id, idempotency_key="sub-7").status == "active"
    free = provider.pause_subscription(trial.id, keep_access=True, resumes_at=later, idempotency_key="sub-8")
    assert free.collection_paused
    assert free.resumes_at == later
    assert not provider.resume_subscription(trial.id, idempotency_key="sub-9").collection_paused
    assert provider.cancel_subscription(trial.id, at_period_end=True, idempotency_key="sub-10").ends_at_period_end
    assert not provider.resume_subscription(trial.id, idempotency_key="sub-11").ends_at_period_end
    by_invoice = provider.create_subscription(person.id, [small], days_until_due=14, idempotency_key="sub-12")
    assert len(pages(provider.subscriptions, customer_id=person.id)) == 2
    gone = provider.cancel_subscription(by_invoice.id, at_period_end=False, idempotency_key="sub-13")
    assert gone.status == "canceled"
    provider.cancel_subscription(trial.id, at_period_end=True, idempotency_key="sub-14")
    moved = provider.advance_test_clock(clocks[0].id, to=bench.now() + timedelta(days=70), idempotency_key="adv")
    assert moved.status == "advancing"
    assert provider.test_clock(clocks[0].id).status == "ready"
    assert provider.current("subscription", trial.id).status == "canceled"


def _invoices(provider: Any, prices: list[Any]) -> None:
    person = provider.customers().items[0]
    lines = [InvoiceLine(description="Logo", amount_minor=45_000), InvoiceLine(price_id=prices[2].id, quantity=2)]
    drafts = [
        provider.create_invoice(person.id, lines, currency="EUR", description="Work", idempotency_key=f"inv-{number}")
        for number in range(3)
    ]
    assert (drafts[0].status, drafts[0].total_minor, len(drafts[0].lines)) == ("draft", 48_000, 2)
    for number, draft in enumerate(drafts):
        assert provider.finalize_invoice(draft.id, idempotency_key=f"fin-{number}").number
    sent = provider.send_invoice(drafts[0].id, idempotency_key="inv-send")
    assert sent.dunning.startswith("Waits for payment until")
    assert provider.pay_invoice(sent.id, elsewhere=True, idempotency_key="inv-pay").dunning == "Paid."
    assert provider.void_invoice(drafts[1].id, idempotency_key="inv-void").status == "void"
    assert len(pages(provider.invoices, customer_id=person.id)) >= 3
    assert provider.current("invoice", sent.id).sentence == "The invoice of €480.00 is paid now."


def _pay_with(provider: Any, card: str, key: str) -> str:
    """A payment with a test card, as a shop's page would make it."""
    params = {
        "amount": 1_000,
        "currency": "eur",
        "confirm": True,
        "payment_method": card,
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    return str(provider._api.create_payment_intent(params, idempotency_key=key)["id"])


def _fraud(provider: Any) -> None:
    risky = [_pay_with(provider, "pm_card_riskLevelElevated", f"risky-{number}") for number in range(2)]
    risk = provider.risk(risky[0])
    assert (risk.level, risk.score, risk.blocked) == ("elevated", 68, False)
    reviews = pages(provider.reviews)
    assert not provider.approve_review(reviews[0].id, idempotency_key="rev-1").open
    assert provider.refund_review(reviews[1].id, idempotency_key="rev-2")
    assert provider.current("review", reviews[1].id).status == "closed"
    for number in range(2):
        _pay_with(provider, "pm_card_createIssuerFraudRecord", f"efw-{number}")
        _pay_with(provider, "pm_card_createDispute", f"dis-{number}")
    assert all(one.actionable for one in pages(provider.fraud_warnings))
    lists = [
        provider.create_fraud_list(word, alias=f"{word}_emails", kind="email", idempotency_key=f"list-{word}")
        for word in ("block", "allow")
    ]
    assert [one.effect for one in lists] == ["block", "allow"]
    assert len(pages(provider.fraud_lists)) == 2
    for name in ("a", "b"):
        provider.add_to_fraud_list(lists[0].id, f"{name}@example.com", idempotency_key=f"entry-{name}")
    entries = pages(provider.fraud_list_entries, list_id=lists[0].id)
    provider.remove_from_fraud_list(entries[0].id)
    assert len(provider.fraud_list_entries(lists[0].id).items) == 1
    disputes = pages(provider.disputes)
    assert disputes[0].due_at
    draft = Evidence(product_description="A logo", explanation="It was delivered")
    kept = provider.save_evidence(disputes[0].id, draft, idempotency_key="ev-1")
    assert (kept.status, kept.submissions, kept.evidence) == ("needs_response", 0, draft)
    final = provider.submit_evidence(
        disputes[0].id, replace(draft, explanation="winning_evidence"), idempotency_key="ev-2"
    )
    assert (final.status, final.submissions) == ("won", 1)
    assert provider.accept_dispute(disputes[1].id, idempotency_key="ev-3").status == "lost"
