"""The event types that Stripe can send us, in the order the connect form lists them.

`default` marks what a new connection subscribes to: each thing that happens is told once, so types that only
repeat another one (`charge.succeeded` beside `payment_intent.succeeded`) start unticked.
Source: https://docs.stripe.com/api/events/types
"""

from __future__ import annotations

from providers.kit.contract import WebhookEventType

_DEFAULT = {
    "payment_intent.succeeded": "Payment succeeded",
    "payment_intent.payment_failed": "Payment failed",
    "payment_intent.canceled": "Payment canceled",
    "checkout.session.completed": "Checkout completed",
    "checkout.session.async_payment_succeeded": "Delayed checkout payment succeeded",
    "checkout.session.async_payment_failed": "Delayed checkout payment failed",
    "charge.refunded": "Payment refunded",
    "refund.failed": "Refund failed",
    "charge.dispute.created": "Dispute opened",
    "charge.dispute.closed": "Dispute closed",
    "radar.early_fraud_warning.created": "Early fraud warning",
    "review.opened": "Fraud review opened",
    "review.closed": "Fraud review closed",
    "customer.created": "Customer added",
    "customer.subscription.created": "Subscription started",
    "customer.subscription.updated": "Subscription changed",
    "customer.subscription.deleted": "Subscription ended",
    "customer.subscription.trial_will_end": "Trial ends soon",
    "invoice.paid": "Invoice paid",
    "invoice.payment_failed": "Invoice payment failed",
    "invoice.payment_action_required": "Invoice needs the customer's approval",
    "payout.paid": "Payout arrived",
    "payout.failed": "Payout failed",
}
_OPTIONAL = {
    "charge.succeeded": "Charge went through",
    "charge.failed": "Charge failed",
    "charge.pending": "Charge is pending",
    "charge.captured": "Charge captured",
    "charge.expired": "Authorization expired",
    "charge.updated": "Charge changed",
    "charge.refund.updated": "Refund of a charge changed",
    "charge.dispute.updated": "Dispute changed",
    "charge.dispute.funds_withdrawn": "Dispute: money withdrawn",
    "charge.dispute.funds_reinstated": "Dispute: money returned",
    "checkout.session.expired": "Checkout expired",
    "customer.updated": "Customer changed",
    "customer.deleted": "Customer removed",
    "customer.subscription.paused": "Subscription paused",
    "customer.subscription.resumed": "Subscription resumed",
    "customer.subscription.pending_update_applied": "Subscription change applied",
    "customer.subscription.pending_update_expired": "Subscription change expired",
    "invoice.created": "Invoice drafted",
    "invoice.finalized": "Invoice finalized",
    "invoice.finalization_failed": "Invoice could not be finalized",
    "invoice.sent": "Invoice sent",
    "invoice.upcoming": "Invoice coming up",
    "invoice.updated": "Invoice changed",
    "invoice.overdue": "Invoice overdue",
    "invoice.payment_succeeded": "Invoice payment succeeded",
    "invoice.marked_uncollectible": "Invoice written off",
    "invoice.voided": "Invoice voided",
    "payment_intent.created": "Payment started",
    "payment_intent.processing": "Payment is processing",
    "payment_intent.requires_action": "Payment needs the customer's approval",
    "payment_intent.amount_capturable_updated": "Payment authorized",
    "payment_intent.partially_funded": "Payment partly funded",
    "payment_method.attached": "Payment method saved",
    "payment_method.detached": "Payment method removed",
    "payment_method.updated": "Payment method changed",
    "payment_method.automatically_updated": "Card renewed by the bank",
    "payout.created": "Payout on its way",
    "payout.updated": "Payout changed",
    "payout.canceled": "Payout canceled",
    "payout.reconciliation_completed": "Payout reconciled",
    "price.created": "Price added",
    "price.updated": "Price changed",
    "price.deleted": "Price removed",
    "product.created": "Product added",
    "product.updated": "Product changed",
    "product.deleted": "Product removed",
    "radar.early_fraud_warning.updated": "Early fraud warning changed",
    "refund.created": "Refund started",
    "refund.updated": "Refund changed",
    "setup_intent.created": "Saving a payment method started",
    "setup_intent.succeeded": "Payment method ready for later",
    "setup_intent.setup_failed": "Saving a payment method failed",
    "setup_intent.requires_action": "Saving a payment method needs approval",
    "setup_intent.canceled": "Saving a payment method canceled",
}

EVENT_TYPES = tuple(
    [WebhookEventType(type=type_, label=label) for type_, label in _DEFAULT.items()]
    + [WebhookEventType(type=type_, label=label, default=False) for type_, label in _OPTIONAL.items()]
)
DEFAULT_EVENTS = tuple(_DEFAULT)
