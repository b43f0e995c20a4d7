"""Believable signed deliveries for the sandbox, the same for the same seed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

import orjson

from providers.kit.contract import InboundRequest

from . import objects
from . import sample_billing as billing
from . import sample_objects as shapes
from .manifest import API_VERSION
from .objects import Object
from .sample_objects import Draft

_Build = Callable[[Draft], Object]
_OPEN, _PAID, _DRAFT = billing.invoice("open"), billing.invoice("paid"), billing.invoice("draft")
_ACTIVE, _SUCCEEDED, _BOUNCED = billing.subscription("active"), shapes.refund("succeeded"), shapes.refund("failed")
_DISPUTE = shapes.dispute("needs_response")

_PAYMENTS: dict[str, _Build] = {
    "payment_intent.succeeded": shapes.payment("succeeded"),
    "payment_intent.payment_failed": shapes.payment("requires_payment_method"),
    "payment_intent.canceled": shapes.payment("canceled"),
    "payment_intent.created": shapes.payment("requires_confirmation"),
    "payment_intent.processing": shapes.payment("processing"),
    "payment_intent.requires_action": shapes.payment("requires_action"),
    "payment_intent.amount_capturable_updated": shapes.payment("requires_capture"),
    "payment_intent.partially_funded": shapes.payment("requires_action"),
    "charge.succeeded": shapes.charge(),
    "charge.captured": shapes.charge(),
    "charge.updated": shapes.charge(),
    "charge.pending": shapes.charge(status="pending", captured=False),
    "charge.expired": shapes.charge(captured=False),
    "charge.failed": shapes.charge(status="failed", paid=False, failure_message="Your card was declined."),
    "charge.refunded": shapes.refunded,
    "charge.refund.updated": _SUCCEEDED,
    "refund.created": _SUCCEEDED,
    "refund.updated": _SUCCEEDED,
    "refund.failed": _BOUNCED,
    "charge.dispute.created": _DISPUTE,
    "charge.dispute.updated": _DISPUTE,
    "charge.dispute.closed": shapes.dispute("won"),
    "charge.dispute.funds_withdrawn": _DISPUTE,
    "charge.dispute.funds_reinstated": shapes.dispute("won"),
    "checkout.session.completed": shapes.checkout("paid"),
    "checkout.session.expired": shapes.checkout("unpaid", "expired"),
    "checkout.session.async_payment_succeeded": shapes.checkout("paid"),
    "checkout.session.async_payment_failed": shapes.checkout("unpaid"),
    "radar.early_fraud_warning.created": shapes.fraud_warning,
    "radar.early_fraud_warning.updated": shapes.fraud_warning,
    "review.opened": shapes.review(open_=True, reason="rule"),
    "review.closed": shapes.review(open_=False, reason="approved"),
    "customer.created": shapes.customer,
    "customer.updated": shapes.customer,
    "customer.deleted": shapes.customer,
    "payment_method.attached": shapes.payment_method,
    "payment_method.detached": shapes.payment_method,
    "payment_method.updated": shapes.payment_method,
    "payment_method.automatically_updated": shapes.payment_method,
    "setup_intent.created": shapes.setup_intent("requires_confirmation"),
    "setup_intent.succeeded": shapes.setup_intent("succeeded"),
    "setup_intent.setup_failed": shapes.setup_intent("requires_payment_method"),
    "setup_intent.requires_action": shapes.setup_intent("requires_action"),
    "setup_intent.canceled": shapes.setup_intent("canceled"),
}
_BILLING: dict[str, _Build] = {
    "customer.subscription.created": _ACTIVE,
    "customer.subscription.updated": billing.subscription("past_due"),
    "customer.subscription.deleted": billing.subscription("canceled"),
    "customer.subscription.paused": billing.subscription("paused"),
    "customer.subscription.resumed": _ACTIVE,
    "customer.subscription.pending_update_applied": _ACTIVE,
    "customer.subscription.pending_update_expired": _ACTIVE,
    "customer.subscription.trial_will_end": billing.subscription("trialing"),
    "invoice.created": _DRAFT,
    "invoice.updated": _DRAFT,
    "invoice.upcoming": _DRAFT,
    "invoice.finalization_failed": _DRAFT,
    "invoice.finalized": _OPEN,
    "invoice.sent": _OPEN,
    "invoice.overdue": _OPEN,
    "invoice.payment_failed": _OPEN,
    "invoice.payment_action_required": _OPEN,
    "invoice.paid": _PAID,
    "invoice.payment_succeeded": _PAID,
    "invoice.marked_uncollectible": billing.invoice("uncollectible"),
    "invoice.voided": billing.invoice("void"),
    "payout.created": billing.payout("pending"),
    "payout.updated": billing.payout("in_transit"),
    "payout.paid": billing.payout("paid"),
    "payout.failed": billing.payout("failed"),
    "payout.canceled": billing.payout("canceled"),
    "payout.reconciliation_completed": billing.payout("paid"),
    "price.created": billing.price,
    "price.updated": billing.price,
    "price.deleted": billing.price,
    "product.created": billing.product,
    "product.updated": billing.product,
    "product.deleted": billing.product,
}
SAMPLES: dict[str, _Build] = {**_PAYMENTS, **_BILLING}
"""Every event type that can be subscribed to, and how its object is made."""

_BEFORE: dict[str, Object] = {
    "charge.refunded": {"amount_refunded": 0, "refunded": False},
    "customer.subscription.updated": {"status": "active"},
}
"""What the object was before, where the sentence depends on it."""


def sample_delivery(event_type: str, secret: str, now: datetime, seed: int, url: str = "") -> InboundRequest:
    """A delivery as Stripe would send it, signed with `secret`. Raises KeyError for a type there is no sample of."""
    build = SAMPLES[event_type]
    draft = Draft(event_type, seed, now)
    event = objects.event(
        draft.id("evt"), draft.now, event_type, build(draft), api_version=API_VERSION, before=_BEFORE.get(event_type)
    )
    body = orjson.dumps(event)
    return InboundRequest(
        method="POST",
        url=url,
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
