"""Believable signed deliveries for the sandbox, the same for the same seed."""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from providers.kit.contract import InboundRequest

from . import objects
from .manifest import API_VERSION
from .objects import Object

DAY = 86_400
_AMOUNTS = (1_500, 2_900, 3_450, 4_900, 6_400, 7_990, 9_900, 12_000, 18_750, 24_000, 52_000)
_CURRENCIES = ("eur", "eur", "eur", "usd", "usd", "gbp", "chf")
_PLANS = (("Care plan", 2_900), ("Studio retainer", 49_000), ("Hosting", 1_900), ("Newsletter", 4_900))
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


def sample_delivery(event_type: str, secret: str, now: datetime, seed: int) -> InboundRequest:
    """A delivery as Stripe would send it, signed with `secret`. Raises KeyError for a type there is no sample of."""
    build, before = SAMPLES[event_type]
    draft = Draft(event_type, seed, now)
    event = objects.event(
        draft.id("evt"), draft.now, event_type, build(draft), api_version=API_VERSION, before=before or None
    )
    body = orjson.dumps(event)
    return InboundRequest(
        method="POST",
        url="",
        headers={
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "stripe-signature": signature(body, secret, draft.now),
        },
        query={},
        body=body,
    )


def signature(body: bytes, secret: str, timestamp: int) -> str:
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def _customer(draft: Draft) -> Object:
    return objects.customer(draft.id("cus"), draft.now, name=draft.name, email=draft.email)


def _payment(status: str, **more: Any) -> Callable[[Draft], Object]:
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


def _charge(**more: Any) -> Callable[[Draft], Object]:
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


def _refunded(draft: Draft) -> Object:
    part = draft.pick.random() < 0.4
    amount = draft.amount // 2 if part else draft.amount
    return _charge(amount_refunded=amount, refunded=not part)(draft)


def _refund(status: str) -> Callable[[Draft], Object]:
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


def _checkout(payment_status: str, status: str = "complete") -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        return {
            "id": draft.id("cs_test"),
            "object": "checkout.session",
            "amount_subtotal": draft.amount,
            "amount_total": draft.amount,
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


def _dispute(status: str) -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        return {
            "id": draft.id("dp"),
            "object": "dispute",
            "amount": draft.amount,
            "charge": draft.id("ch"),
            "created": draft.now,
            "currency": draft.currency,
            "evidence_details": {"due_by": draft.now + 9 * DAY, "has_evidence": False, "past_due": False},
            "is_charge_refundable": False,
            "livemode": False,
            "metadata": {},
            "payment_intent": draft.id("pi"),
            "reason": draft.pick.choice(_DISPUTES),
            "status": status,
        }

    return build


def _fraud_warning(draft: Draft) -> Object:
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


def _review(*, open_: bool, reason: str) -> Callable[[Draft], Object]:
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


def _subscription(status: str, **more: Any) -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        _, amount = draft.pick.choice(_PLANS)
        price = {
            "id": draft.id("price"),
            "object": "price",
            "active": True,
            "currency": draft.currency,
            "product": draft.id("prod"),
            "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
            "type": "recurring",
            "unit_amount": amount,
        }
        return {
            "id": draft.id("sub"),
            "object": "subscription",
            "cancel_at_period_end": False,
            "created": draft.now,
            "currency": draft.currency,
            "customer": draft.id("cus"),
            "items": {"object": "list", "data": [{"id": draft.id("si"), "quantity": 1, "price": price}]},
            "livemode": False,
            "metadata": {},
            "start_date": draft.now,
            "status": status,
            "trial_end": draft.now + 3 * DAY if status == "trialing" else None,
            **more,
        }

    return build


def _invoice(status: str) -> Callable[[Draft], Object]:
    def build(draft: Draft) -> Object:
        paid = draft.amount if status == "paid" else 0
        return {
            "id": draft.id("in"),
            "object": "invoice",
            "amount_due": draft.amount,
            "amount_paid": paid,
            "amount_remaining": draft.amount - paid,
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


def _payout(status: str) -> Callable[[Draft], Object]:
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
            "status": status,
            "type": "bank_account",
        }

    return build


def _product(draft: Draft) -> Object:
    return {
        "id": draft.id("prod"),
        "object": "product",
        "active": True,
        "created": draft.now,
        "livemode": False,
        "metadata": {},
        "name": draft.pick.choice(_PLANS)[0],
        "updated": draft.now,
    }


SAMPLES: dict[str, tuple[Callable[[Draft], Object], Object]] = {
    "payment_intent.succeeded": (_payment("succeeded"), {}),
    "payment_intent.payment_failed": (_payment("requires_payment_method"), {}),
    "payment_intent.canceled": (_payment("canceled"), {}),
    "charge.succeeded": (_charge(), {}),
    "charge.refunded": (_refunded, {"amount_refunded": 0, "refunded": False}),
    "refund.failed": (_refund("failed"), {}),
    "charge.dispute.created": (_dispute("needs_response"), {}),
    "charge.dispute.closed": (_dispute("won"), {}),
    "checkout.session.completed": (_checkout("paid"), {}),
    "checkout.session.expired": (_checkout("unpaid", "expired"), {}),
    "checkout.session.async_payment_succeeded": (_checkout("paid"), {}),
    "checkout.session.async_payment_failed": (_checkout("unpaid"), {}),
    "radar.early_fraud_warning.created": (_fraud_warning, {}),
    "review.opened": (_review(open_=True, reason="rule"), {}),
    "review.closed": (_review(open_=False, reason="approved"), {}),
    "customer.created": (_customer, {}),
    "customer.subscription.created": (_subscription("active"), {}),
    "customer.subscription.updated": (_subscription("past_due"), {"status": "active"}),
    "customer.subscription.deleted": (_subscription("canceled"), {}),
    "customer.subscription.trial_will_end": (_subscription("trialing"), {}),
    "invoice.paid": (_invoice("paid"), {}),
    "invoice.payment_failed": (_invoice("open"), {}),
    "invoice.payment_action_required": (_invoice("open"), {}),
    "payout.paid": (_payout("paid"), {}),
    "payout.failed": (_payout("failed"), {}),
    "product.created": (_product, {}),
}
"""Every event type that a new connection subscribes to, and a few more: how to make one, and what it was before."""
