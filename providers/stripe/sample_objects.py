"""The objects inside sample events about payments: a person, an amount and ids from a seed, in Stripe's shapes."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from . import objects
from .objects import Object

DAY = 86_400
_AMOUNTS = (1_500, 2_900, 3_450, 4_900, 6_400, 7_990, 9_900, 12_000, 18_750, 24_000, 52_000)
_CURRENCIES = ("eur", "eur", "eur", "usd", "usd", "gbp", "chf")
PLANS = (("Care plan", 2_900), ("Studio retainer", 49_000), ("Hosting", 1_900), ("Newsletter", 4_900))
NO_TAX = {"enabled": False}
_DECLINES = ("Your card was declined.", "Your card has insufficient funds.", "Your card has expired.")
_DISPUTES = ("fraudulent", "product_not_received", "subscription_canceled", "duplicate")


class Draft:
    """What one sample is made of: a person, an amount, ids, all from the seed."""

    def __init__(self, event_type: str, seed: int, now: datetime) -> None:
        self.type = event_type
        self.now = int(now.timestamp())
        self._root = f"{event_type}\n{seed}"
        self.pick = random.Random(self._root)  # noqa: S311 - variety, not secrecy
        self.name, self.email, _ = self.pick.choice(objects.PEOPLE)
        self.amount = self.pick.choice(_AMOUNTS)
        self.currency = self.pick.choice(_CURRENCIES)

    def id(self, prefix: str) -> str:
        digest = hashlib.sha256(f"{self._root}\n{prefix}".encode()).hexdigest()
        return f"{prefix}_Sample{digest[:18]}"


def customer(draft: Draft) -> Object:
    return objects.customer(draft.id("cus"), draft.now, name=draft.name, email=draft.email)


def payment(status: str, **more: Any) -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        extra = dict(more)
        if status == "requires_payment_method":
            extra["last_payment_error"] = {
                "type": "card_error",
                "code": "card_declined",
                "message": draft.pick.choice(_DECLINES),
            }
        return objects.payment_intent(
            draft.id("pi"),
            draft.now,
            amount=draft.amount,
            currency=draft.currency,
            status=status,
            customer=draft.id("cus"),
            receipt_email=draft.email,
            latest_charge=draft.id("ch"),
            shipping={"name": draft.name},
            **extra,
        )

    return build


def charge(**more: Any) -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        return objects.charge(
            draft.id("ch"),
            draft.now,
            amount=draft.amount,
            currency=draft.currency,
            name=draft.name,
            email=draft.email,
            customer=draft.id("cus"),
            payment_intent=draft.id("pi"),
            **more,
        )

    return build


def refunded(draft: Draft) -> Object:
    part = draft.pick.random() < 0.4
    amount = draft.amount // 2 if part else draft.amount
    return charge(amount_refunded=amount, refunded=not part)(draft)


def refund(status: str) -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        more = {"failure_reason": "expired_or_canceled_card"} if status == "failed" else {}
        return objects.refund(
            draft.id("re"),
            draft.now,
            amount=draft.amount,
            currency=draft.currency,
            charge_id=draft.id("ch"),
            payment_intent=draft.id("pi"),
            status=status,
            reason="requested_by_customer",
            **more,
        )

    return build


def checkout(payment_status: str, status: str = "complete") -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        return {
            "id": draft.id("cs_test"),
            "object": "checkout.session",
            "amount_subtotal": draft.amount,
            "amount_total": draft.amount,
            "automatic_tax": NO_TAX,
            "custom_fields": [],
            "custom_text": {},
            "expires_at": draft.now + DAY,
            "payment_method_types": ["card"],
            "shipping_options": [],
            "created": draft.now - 180,
            "currency": draft.currency,
            "customer": draft.id("cus"),
            "customer_details": {"email": draft.email, "name": draft.name, "phone": None},
            "livemode": False,
            "metadata": {},
            "mode": "payment",
            "payment_intent": draft.id("pi"),
            "payment_status": payment_status,
            "status": status,
        }

    return build


def dispute(status: str) -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        return {
            "id": draft.id("dp"),
            "object": "dispute",
            "amount": draft.amount,
            "charge": draft.id("ch"),
            "created": draft.now,
            "currency": draft.currency,
            "balance_transactions": [],
            "enhanced_eligibility_types": [],
            "evidence": {},
            "evidence_details": {
                "due_by": draft.now + 9 * DAY,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": None,
            },
            "is_charge_refundable": False,
            "livemode": False,
            "metadata": {},
            "payment_intent": draft.id("pi"),
            "reason": draft.pick.choice(_DISPUTES),
            "status": status,
        }

    return build


def fraud_warning(draft: Draft) -> Object:
    return {
        "id": draft.id("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": draft.id("ch"),
        "created": draft.now,
        "fraud_type": draft.pick.choice(("misc", "unauthorized_use_of_card", "made_with_stolen_card")),
        "livemode": False,
        "payment_intent": draft.id("pi"),
    }


def review(*, open_: bool, reason: str) -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        return {
            "id": draft.id("prv"),
            "object": "review",
            "charge": draft.id("ch"),
            "closed_reason": None if open_ else reason,
            "created": draft.now,
            "livemode": False,
            "open": open_,
            "opened_reason": "rule",
            "payment_intent": draft.id("pi"),
            "reason": reason,
        }

    return build


def setup_intent(status: str) -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        failed = status == "requires_payment_method"
        return {
            "id": draft.id("seti"),
            "object": "setup_intent",
            "created": draft.now,
            "customer": draft.id("cus"),
            "last_setup_error": {"type": "card_error", "message": draft.pick.choice(_DECLINES)} if failed else None,
            "livemode": False,
            "metadata": {},
            "payment_method_types": ["card"],
            "status": status,
            "usage": "off_session",
        }

    return build


def payment_method(draft: Draft) -> Object:
    return {
        "id": draft.id("pm"),
        "object": "payment_method",
        "billing_details": {"address": None, "email": draft.email, "name": draft.name, "phone": None},
        "card": {
            "brand": draft.pick.choice(("visa", "mastercard", "amex")),
            "exp_month": draft.pick.randint(1, 12),
            "exp_year": 2029,
            "fingerprint": None,
            "funding": "credit",
            "last4": f"{draft.pick.randint(0, 9999):04d}",
        },
        "created": draft.now,
        "customer": draft.id("cus"),
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
