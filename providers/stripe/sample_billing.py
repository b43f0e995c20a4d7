"""The objects inside sample events about subscriptions, invoices, products and payouts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .objects import Object
from .sample_objects import DAY, NO_TAX, PLANS, Draft


def price(draft: Draft) -> Object:
    return {
        "id": draft.id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": draft.now,
        "currency": draft.currency,
        "livemode": False,
        "metadata": {},
        "product": draft.id("prod"),
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
        "type": "recurring",
        "unit_amount": draft.pick.choice(PLANS)[1],
    }


def subscription(status: str, **more: Any) -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        plan = price(draft)
        return {
            "id": draft.id("sub"),
            "object": "subscription",
            "cancel_at_period_end": False,
            "created": draft.now,
            "currency": draft.currency,
            "customer": draft.id("cus"),
            "automatic_tax": NO_TAX,
            "billing_cycle_anchor": draft.now,
            "billing_mode": {"type": "flexible"},
            "billing_schedules": [],
            "collection_method": "charge_automatically",
            "discounts": [],
            "invoice_settings": {"issuer": {"type": "self"}},
            "items": {
                "object": "list",
                "data": [_item(draft, plan)],
                "has_more": False,
                "url": "/v1/subscription_items",
            },
            "livemode": False,
            "metadata": {},
            "start_date": draft.now,
            "status": status,
            "trial_end": draft.now + 3 * DAY if status == "trialing" else None,
            **more,
        }

    return build


def _item(draft: Draft, plan: Object) -> Object:
    return {
        "id": draft.id("si"),
        "object": "subscription_item",
        "created": draft.now,
        "current_period_end": draft.now + 30 * DAY,
        "current_period_start": draft.now,
        "discounts": [],
        "metadata": {},
        "plan": {"id": plan["id"], "object": "plan"},
        "price": plan,
        "quantity": 1,
        "subscription": draft.id("sub"),
    }


def invoice(status: str) -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        paid = draft.amount if status == "paid" else 0
        return {
            "id": draft.id("in"),
            "object": "invoice",
            "amount_due": draft.amount,
            "amount_paid": paid,
            "amount_remaining": draft.amount - paid,
            "amount_overpaid": 0,
            "amount_shipping": 0,
            "attempt_count": 1,
            "attempted": True,
            "automatic_tax": NO_TAX,
            "collection_method": "charge_automatically",
            "default_tax_rates": [],
            "discounts": [],
            "issuer": {"type": "self"},
            "lines": {"object": "list", "data": [], "has_more": False, "url": f"/v1/invoices/{draft.id('in')}/lines"},
            "payment_settings": {},
            "period_end": draft.now,
            "period_start": draft.now - 30 * DAY,
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "starting_balance": 0,
            "status_transitions": {"finalized_at": draft.now},
            "subtotal": draft.amount,
            "created": draft.now,
            "currency": draft.currency,
            "customer": draft.id("cus"),
            "customer_email": draft.email,
            "customer_name": draft.name,
            "livemode": False,
            "metadata": {},
            "number": f"LUMEN-{draft.pick.randint(1000, 9999)}",
            "status": status,
            "total": draft.amount,
        }

    return build


def payout(status: str) -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        reason = "The bank account has been closed." if status == "failed" else None
        return {
            "id": draft.id("po"),
            "object": "payout",
            "amount": draft.amount * draft.pick.randint(3, 20),
            "arrival_date": draft.now + 2 * DAY,
            "automatic": True,
            "created": draft.now,
            "currency": "eur",
            "failure_message": reason,
            "livemode": False,
            "method": "standard",
            "reconciliation_status": "not_applicable",
            "source_type": "card",
            "status": status,
            "type": "bank_account",
        }

    return build


def product(draft: Draft) -> Object:
    return {
        "id": draft.id("prod"),
        "object": "product",
        "active": True,
        "created": draft.now,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "type": "service",
        "name": draft.pick.choice(PLANS)[0],
        "updated": draft.now,
    }
