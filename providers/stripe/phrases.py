"""What each Stripe event means in our words: one line of this table per event type.

`text` is a sentence with placeholders; a part in [square brackets] is left out when something in it is unknown.
A key `type:variant` is preferred where `sentences.py` finds that variant. `amounts` names the
object's fields that may hold the amount, best first.
"""

from __future__ import annotations

from dataclasses import dataclass

from providers.kit.contract import Tone

GOOD, BAD, NEUTRAL, ATTENTION = Tone.GOOD, Tone.BAD, Tone.NEUTRAL, Tone.ATTENTION


@dataclass(frozen=True)
class Phrase:
    kind: str
    text: str
    tone: Tone = NEUTRAL
    icon: str = "credit-card"
    amounts: tuple[str, ...] = ("amount",)


_RECEIVED = ("amount_received", "amount")
_TOTAL = ("amount_total",)
_UNIT = ("unit_amount",)
_PAID = ("amount_paid", "total", "amount_due")
_DUE = ("amount_remaining", "amount_due", "total")

PAYMENTS = {
    "payment_intent.succeeded": Phrase(
        "payment.succeeded", "Payment[ of {amount}] succeeded[ for {person}]", GOOD, amounts=_RECEIVED
    ),
    "payment_intent.payment_failed": Phrase(
        "payment.failed", "Payment[ of {amount}] failed[ for {person}][: {reason}]", BAD
    ),
    "payment_intent.canceled": Phrase("payment.canceled", "Payment[ of {amount}] was canceled[ for {person}]"),
    "payment_intent.created": Phrase("payment.started", "Payment[ of {amount}] was started[ for {person}]"),
    "payment_intent.processing": Phrase(
        "payment.processing", "Payment[ of {amount}] is being processed[ for {person}]"
    ),
    "payment_intent.requires_action": Phrase(
        "payment.action_required", "Payment[ of {amount}] waits for approval[ by {person}]", ATTENTION
    ),
    "payment_intent.amount_capturable_updated": Phrase(
        "payment.authorized",
        "Payment[ of {amount}] was authorized[ for {person}] and waits to be captured",
        ATTENTION,
        amounts=("amount_capturable", "amount"),
    ),
    "payment_intent.partially_funded": Phrase(
        "payment.partially_funded", "Payment[ of {amount}] was partly paid[ by {person}]", ATTENTION
    ),
    "charge.succeeded": Phrase("charge.succeeded", "Charge[ of {amount}] went through[ for {person}]", GOOD),
    "charge.failed": Phrase("charge.failed", "Charge[ of {amount}] failed[ for {person}][: {reason}]", BAD),
    "charge.pending": Phrase("charge.pending", "Charge[ of {amount}] is pending[ for {person}]"),
    "charge.captured": Phrase(
        "charge.captured",
        "Charge[ of {amount}] was captured[ for {person}]",
        GOOD,
        amounts=("amount_captured", "amount"),
    ),
    "charge.expired": Phrase(
        "charge.expired", "Authorization[ of {amount}] expired uncaptured[ for {person}]", ATTENTION
    ),
    "charge.updated": Phrase("charge.updated", "Charge[ of {amount}] was changed[ for {person}]"),
    "checkout.session.completed": Phrase(
        "checkout.completed",
        "{person_or_someone} completed the checkout[ for {amount}]",
        GOOD,
        "shopping-cart",
        _TOTAL,
    ),
    "checkout.session.completed:unpaid": Phrase(
        "checkout.completed",
        "{person_or_someone} completed the checkout[ for {amount}]; the payment is still on its way",
        NEUTRAL,
        "shopping-cart",
        _TOTAL,
    ),
    "checkout.session.expired": Phrase(
        "checkout.expired",
        "Checkout[ for {amount}] expired unfinished[ for {person}]",
        NEUTRAL,
        "shopping-cart",
        _TOTAL,
    ),
    "checkout.session.async_payment_succeeded": Phrase(
        "checkout.paid", "Delayed payment[ of {amount}] arrived[ from {person}]", GOOD, "shopping-cart", _TOTAL
    ),
    "checkout.session.async_payment_failed": Phrase(
        "checkout.failed",
        "Delayed payment[ of {amount}] did not arrive[ from {person}]",
        BAD,
        "shopping-cart",
        _TOTAL,
    ),
    "setup_intent.created": Phrase("setup.started", "Saving a payment method was started[ for {person}]"),
    "setup_intent.succeeded": Phrase(
        "setup.succeeded", "A payment method is ready for later payments[ of {person}]", GOOD
    ),
    "setup_intent.setup_failed": Phrase(
        "setup.failed", "Saving a payment method failed[ for {person}][: {reason}]", BAD
    ),
    "setup_intent.requires_action": Phrase(
        "setup.action_required", "Saving a payment method waits for approval[ by {person}]", ATTENTION
    ),
    "setup_intent.canceled": Phrase("setup.canceled", "Saving a payment method was canceled[ for {person}]"),
    "payment_method.attached": Phrase("payment_method.attached", "{method} was saved[ for {person}]"),
    "payment_method.detached": Phrase("payment_method.detached", "{method} was removed[ for {person}]"),
    "payment_method.updated": Phrase("payment_method.updated", "{method} was changed[ for {person}]"),
    "payment_method.automatically_updated": Phrase(
        "payment_method.renewed", "{method} was renewed by the bank[ for {person}]"
    ),
}

MONEY_BACK = {
    "charge.refunded": Phrase(
        "payment.refunded",
        "{amount_or_payment} was refunded[ to {person}]",
        ATTENTION,
        "receipt-refund",
        ("amount_refunded", "amount"),
    ),
    "charge.refund.updated": Phrase("refund.updated", "Refund[ of {amount}] was changed", NEUTRAL, "receipt-refund"),
    "charge.refund.updated:failed": Phrase(
        "refund.failed", "Refund[ of {amount}] failed[: {reason}]", BAD, "receipt-refund"
    ),
    "refund.created": Phrase("refund.created", "Refund[ of {amount}] was started", NEUTRAL, "receipt-refund"),
    "refund.updated": Phrase("refund.updated", "Refund[ of {amount}] was changed", NEUTRAL, "receipt-refund"),
    "refund.updated:succeeded": Phrase(
        "refund.succeeded", "Refund[ of {amount}] is complete", GOOD, "receipt-refund"
    ),
    "refund.updated:failed": Phrase(
        "refund.failed", "Refund[ of {amount}] failed[: {reason}]", BAD, "receipt-refund"
    ),
    "refund.failed": Phrase("refund.failed", "Refund[ of {amount}] failed[: {reason}]", BAD, "receipt-refund"),
    "charge.dispute.created": Phrase(
        "dispute.opened", "A payment[ of {amount}] is disputed[: {reason}][; answer by {due}]", BAD, "gavel"
    ),
    "charge.dispute.updated": Phrase("dispute.updated", "The dispute[ over {amount}] was changed", NEUTRAL, "gavel"),
    "charge.dispute.closed": Phrase("dispute.closed", "The dispute[ over {amount}] was closed", NEUTRAL, "gavel"),
    "charge.dispute.closed:won": Phrase("dispute.won", "The dispute[ over {amount}] was won", GOOD, "gavel"),
    "charge.dispute.closed:lost": Phrase("dispute.lost", "The dispute[ over {amount}] was lost", BAD, "gavel"),
    "charge.dispute.funds_withdrawn": Phrase(
        "dispute.funds_withdrawn", "{amount_or_money} was withdrawn because of a dispute", BAD, "gavel"
    ),
    "charge.dispute.funds_reinstated": Phrase(
        "dispute.funds_reinstated", "{amount_or_money} came back after a dispute", GOOD, "gavel"
    ),
    "radar.early_fraud_warning.created": Phrase(
        "fraud_warning.opened", "The card's bank suspects fraud on a payment[: {reason}]", BAD, "shield-exclamation"
    ),
    "radar.early_fraud_warning.updated": Phrase(
        "fraud_warning.updated",
        "The early fraud warning on a payment was changed[: {reason}]",
        ATTENTION,
        "shield-exclamation",
    ),
    "review.opened": Phrase(
        "review.opened", "A payment waits for a fraud review[: {reason}]", ATTENTION, "shield-search"
    ),
    "review.closed": Phrase(
        "review.closed", "The fraud review of a payment was closed[: {reason}]", NEUTRAL, "shield-search"
    ),
    "review.closed:approved": Phrase("review.approved", "The fraud review approved a payment", GOOD, "shield-search"),
    "payout.created": Phrase(
        "payout.created", "Payout[ of {amount}] is on its way to the bank[, due {arrival}]", NEUTRAL, "building-bank"
    ),
    "payout.paid": Phrase("payout.paid", "Payout[ of {amount}] arrived at the bank", GOOD, "building-bank"),
    "payout.failed": Phrase("payout.failed", "Payout[ of {amount}] failed[: {reason}]", BAD, "building-bank"),
    "payout.canceled": Phrase("payout.canceled", "Payout[ of {amount}] was canceled", ATTENTION, "building-bank"),
    "payout.updated": Phrase("payout.updated", "Payout[ of {amount}] was changed", NEUTRAL, "building-bank"),
    "payout.reconciliation_completed": Phrase(
        "payout.reconciled", "Payout[ of {amount}] was matched with its payments", NEUTRAL, "building-bank"
    ),
}

CUSTOMERS = {
    "customer.created": Phrase("customer.created", "{person_or_customer} was added", GOOD, "user-plus"),
    "customer.updated": Phrase(
        "customer.updated", "The details of {person_or_customer_low} were changed", icon="user"
    ),
    "customer.deleted": Phrase("customer.deleted", "{person_or_customer} was removed", ATTENTION, "user-minus"),
    "customer.subscription.created": Phrase(
        "subscription.created", "Subscription[ at {plan}] started[ for {person}]", GOOD, "repeat"
    ),
    "customer.subscription.created:trialing": Phrase(
        "subscription.created", "Trial of a subscription[ at {plan}] started[ for {person}]", GOOD, "repeat"
    ),
    "customer.subscription.created:incomplete": Phrase(
        "subscription.incomplete",
        "Subscription[ at {plan}] was started but its first payment is open[ for {person}]",
        ATTENTION,
        "repeat",
    ),
    "customer.subscription.updated": Phrase(
        "subscription.updated", "Subscription[ at {plan}] was changed[ for {person}]", NEUTRAL, "repeat"
    ),
    "customer.subscription.updated:ending": Phrase(
        "subscription.ending",
        "Subscription[ at {plan}] will end after the paid period[ for {person}]",
        ATTENTION,
        "repeat-off",
    ),
    "customer.subscription.updated:active": Phrase(
        "subscription.active", "Subscription[ at {plan}] is active[ for {person}]", GOOD, "repeat"
    ),
    "customer.subscription.updated:past_due": Phrase(
        "subscription.past_due", "Subscription[ at {plan}] is behind with its payment[ for {person}]", BAD, "repeat"
    ),
    "customer.subscription.updated:unpaid": Phrase(
        "subscription.unpaid", "Subscription[ at {plan}] is unpaid[ for {person}]", BAD, "repeat-off"
    ),
    "customer.subscription.deleted": Phrase(
        "subscription.canceled", "Subscription[ at {plan}] ended[ for {person}]", BAD, "repeat-off"
    ),
    "customer.subscription.paused": Phrase(
        "subscription.paused", "Subscription[ at {plan}] was paused[ for {person}]", ATTENTION, "player-pause"
    ),
    "customer.subscription.resumed": Phrase(
        "subscription.resumed", "Subscription[ at {plan}] goes on[ for {person}]", GOOD, "repeat"
    ),
    "customer.subscription.trial_will_end": Phrase(
        "subscription.trial_ending",
        "The trial of a subscription[ at {plan}] ends[ on {trial_end}][ for {person}]",
        ATTENTION,
        "clock",
    ),
    "customer.subscription.pending_update_applied": Phrase(
        "subscription.updated",
        "A waiting change of a subscription[ at {plan}] was applied[ for {person}]",
        NEUTRAL,
        "repeat",
    ),
    "customer.subscription.pending_update_expired": Phrase(
        "subscription.update_expired",
        "A waiting change of a subscription[ at {plan}] expired[ for {person}]",
        ATTENTION,
        "repeat",
    ),
}

_FILE = "file-invoice"
BILLING = {
    "invoice.created": Phrase(
        "invoice.created",
        "Invoice[ {number}][ over {amount}] was drafted[ for {person}]",
        NEUTRAL,
        _FILE,
        ("total", "amount_due"),
    ),
    "invoice.updated": Phrase(
        "invoice.updated",
        "Invoice[ {number}][ over {amount}] was changed[ for {person}]",
        NEUTRAL,
        _FILE,
        ("total", "amount_due"),
    ),
    "invoice.deleted": Phrase(
        "invoice.deleted",
        "The draft of an invoice[ over {amount}] was deleted[ for {person}]",
        NEUTRAL,
        _FILE,
        ("total", "amount_due"),
    ),
    "invoice.finalized": Phrase(
        "invoice.finalized",
        "Invoice[ {number}][ over {amount}] is ready[ for {person}]",
        NEUTRAL,
        _FILE,
        ("total", "amount_due"),
    ),
    "invoice.finalization_failed": Phrase(
        "invoice.finalization_failed",
        "Invoice[ over {amount}] could not be made ready[ for {person}][: {reason}]",
        BAD,
        _FILE,
        ("total", "amount_due"),
    ),
    "invoice.sent": Phrase(
        "invoice.sent",
        "Invoice[ {number}][ over {amount}] was sent[ to {person}]",
        NEUTRAL,
        _FILE,
        ("total", "amount_due"),
    ),
    "invoice.upcoming": Phrase(
        "invoice.upcoming",
        "An invoice[ over {amount}] is coming up[ for {person}]",
        NEUTRAL,
        _FILE,
        ("total", "amount_due"),
    ),
    "invoice.paid": Phrase(
        "invoice.paid", "Invoice[ {number}][ over {amount}] was paid[ by {person}]", GOOD, _FILE, _PAID
    ),
    "invoice.payment_succeeded": Phrase(
        "invoice.payment_succeeded",
        "Payment[ of {amount}] for invoice[ {number}] succeeded[ for {person}]",
        GOOD,
        _FILE,
        _PAID,
    ),
    "invoice.payment_failed": Phrase(
        "invoice.payment_failed", "Payment[ of {amount}] for an invoice failed[ for {person}]", BAD, _FILE, _DUE
    ),
    "invoice.payment_action_required": Phrase(
        "invoice.action_required",
        "Invoice[ {number}][ over {amount}] waits for approval[ by {person}]",
        ATTENTION,
        _FILE,
        _DUE,
    ),
    "invoice.payment_attempt_required": Phrase(
        "invoice.payment_required",
        "Invoice[ {number}][ over {amount}] waits to be paid[ by {person}]",
        ATTENTION,
        _FILE,
        _DUE,
    ),
    "invoice.overdue": Phrase(
        "invoice.overdue", "Invoice[ {number}][ over {amount}] is overdue[ for {person}]", BAD, _FILE, _DUE
    ),
    "invoice.overpaid": Phrase(
        "invoice.overpaid",
        "Invoice[ {number}] was paid with more than its amount[ by {person}]",
        ATTENTION,
        _FILE,
        _PAID,
    ),
    "invoice.will_be_due": Phrase(
        "invoice.will_be_due",
        "Invoice[ {number}][ over {amount}] falls due soon[ for {person}]",
        ATTENTION,
        _FILE,
        _DUE,
    ),
    "invoice.marked_uncollectible": Phrase(
        "invoice.uncollectible", "Invoice[ {number}][ over {amount}] was written off[ for {person}]", BAD, _FILE, _DUE
    ),
    "invoice.voided": Phrase(
        "invoice.voided",
        "Invoice[ {number}][ over {amount}] was voided[ for {person}]",
        ATTENTION,
        _FILE,
        ("total", "amount_due"),
    ),
}

CATALOGUE = {
    "product.created": Phrase("product.created", "Product[ “{name}”] was added", icon="package"),
    "product.updated": Phrase("product.updated", "Product[ “{name}”] was changed", icon="package"),
    "product.deleted": Phrase("product.deleted", "Product[ “{name}”] was removed", ATTENTION, "package"),
    "price.created": Phrase("price.created", "A price[ of {plan}] was added", icon="tag", amounts=_UNIT),
    "price.updated": Phrase("price.updated", "A price[ of {plan}] was changed", icon="tag", amounts=_UNIT),
    "price.deleted": Phrase("price.deleted", "A price[ of {plan}] was removed", ATTENTION, "tag", _UNIT),
    "plan.created": Phrase("price.created", "A price[ of {plan}] was added", icon="tag"),
    "plan.updated": Phrase("price.updated", "A price[ of {plan}] was changed", icon="tag"),
    "plan.deleted": Phrase("price.deleted", "A price[ of {plan}] was removed", ATTENTION, "tag"),
    "ping": Phrase("connection.tested", "Stripe tested this webhook address", GOOD, "webhook"),
}

PHRASES: dict[str, Phrase] = {**PAYMENTS, **MONEY_BACK, **CUSTOMERS, **BILLING, **CATALOGUE}
