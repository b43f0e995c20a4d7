"""What a restricted key may be allowed, and what we do with it.

Names: `rak_` and the identifier of https://docs.stripe.com/stripe-apps/reference/permissions (looked up on
2026-11-24), where prices are still `plan`, payment links plural and test clocks `billing_clock`. That list has
none for Radar, which the page “Create restricted key” has as a row of its own: `rak_radar_write` is our name for it.
"""

from __future__ import annotations

from providers.kit.contract import Permission

TEST_CLOCKS = "rak_billing_clock_write"

PERMISSIONS = (
    Permission(
        scope="rak_payment_intent_read",
        label="PaymentIntents: read",
        reason="Shows your payments and their state. Choose “Write” if the toolkit shall create payments for you.",
    ),
    Permission(
        scope="rak_customer_read",
        label="Customers: read",
        reason="Says who paid, so that the list of payments shows names instead of numbers.",
    ),
    Permission(
        scope="rak_event_read",
        label="Events: read",
        reason="Finds events that never arrived, for instance while this server was down.",
        required=False,
    ),
    Permission(
        scope="rak_webhook_write",
        label="Webhook endpoints: write",
        reason="Sets up the delivery of events for you and checks that it is still in place.",
        required=False,
    ),
    Permission(
        scope="rak_balance_read",
        label="Balance: read",
        reason="Shows how much money is available and how much is on its way.",
        required=False,
    ),
    Permission(
        scope="rak_charge_write",
        label="Charges and refunds: write",
        reason="Refunds a payment when you ask for it. Leave it out if nobody shall refund from here.",
        required=False,
    ),
    Permission(
        scope="rak_customer_write",
        label="Customers: write",
        reason="Adds and changes customers when you ask for it.",
        required=False,
    ),
    Permission(
        scope="rak_product_write",
        label="Products: write",
        reason="Keeps the list of what you sell.",
        required=False,
    ),
    Permission(
        scope="rak_plan_write",
        label="Prices: write",
        reason="Sets the prices of your products.",
        required=False,
    ),
    Permission(
        scope="rak_checkout_session_write",
        label="Checkout Sessions: write",
        reason="Makes pages where a customer pays.",
        required=False,
    ),
    Permission(
        scope="rak_payment_links_write",
        label="Payment Links: write",
        reason="Makes links that anybody can pay at.",
        required=False,
    ),
    Permission(
        scope="rak_subscription_write",
        label="Subscriptions: write",
        reason="Starts, changes, pauses and ends subscriptions.",
        required=False,
    ),
    Permission(
        scope="rak_invoice_write",
        label="Invoices: write",
        reason="Writes, sends and collects invoices.",
        required=False,
    ),
    Permission(
        scope="rak_dispute_write",
        label="Disputes: write",
        reason="Answers disputes with your evidence.",
        required=False,
    ),
    Permission(
        scope="rak_review_write",
        label="Reviews: write",
        reason="Approves payments that wait for a look at their risk.",
        required=False,
    ),
    Permission(
        scope="rak_radar_write",
        label="Radar: write",
        reason="Shows fraud warnings and keeps block and allow lists.",
        required=False,
    ),
    Permission(
        scope=TEST_CLOCKS,
        label="Test clocks: write",
        reason="Lets time pass for a test customer, to see a whole year of a subscription. With test money only.",
        required=False,
    ),
)
