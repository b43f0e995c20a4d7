"""Verbs of running business with money: subscriptions, invoices, fraud, disputes, test clocks, present states.

The types are in `payments.py`. Every verb raises ProviderError; one with `idempotency_key` works once for one key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.payments import (
    ChangePreview,
    Customer,
    Dispute,
    Evidence,
    FraudList,
    FraudListEntry,
    FraudReview,
    FraudWarning,
    Invoice,
    InvoiceLine,
    LineItem,
    PresentState,
    Risk,
    Subscription,
    TestClock,
)


@runtime_checkable
class ManagesSubscriptions(Protocol):
    def subscriptions(self, *, customer_id: str = "", cursor: str = "", limit: int = 25) -> Page[Subscription]: ...

    def create_subscription(
        self,
        customer_id: str,
        items: Sequence[LineItem],
        *,
        idempotency_key: str,
        trial_days: int = 0,
        days_until_due: int | None = None,
    ) -> Subscription:
        """Charges the customer's saved method; with `days_until_due` it sends invoices instead."""
        ...

    def preview_change(
        self, subscription_id: str, items: Sequence[LineItem], *, computed_for: datetime | None = None
    ) -> ChangePreview:
        """What `change_subscription` with the same items would cost. Changes nothing."""
        ...

    def change_subscription(
        self,
        subscription_id: str,
        items: Sequence[LineItem],
        *,
        idempotency_key: str,
        prorate: bool = True,
        computed_for: datetime | None = None,
    ) -> Subscription:
        """These items take the place of the present ones. `computed_for` of a preview gives exactly its amounts."""
        ...

    def pause_subscription(
        self,
        subscription_id: str,
        *,
        idempotency_key: str,
        keep_access: bool = False,
        resumes_at: datetime | None = None,
    ) -> Subscription:
        """Stops it. With `keep_access` it runs on for free, until `resumes_at` if that is given."""
        ...

    def resume_subscription(self, subscription_id: str, *, idempotency_key: str) -> Subscription:
        """Takes back a pause of either kind, or a cancellation at the period's end."""
        ...

    def cancel_subscription(
        self, subscription_id: str, *, at_period_end: bool, idempotency_key: str
    ) -> Subscription: ...

    def set_trial_end(self, subscription_id: str, *, ends_at: datetime | None, idempotency_key: str) -> Subscription:
        """None ends the trial now."""
        ...


@runtime_checkable
class SendsInvoices(Protocol):
    def invoices(
        self, *, customer_id: str = "", status: str = "", cursor: str = "", limit: int = 25
    ) -> Page[Invoice]: ...

    def create_invoice(
        self,
        customer_id: str,
        lines: Sequence[InvoiceLine],
        *,
        currency: str,
        idempotency_key: str,
        days_until_due: int = 14,
        description: str = "",
    ) -> Invoice:
        """A draft: nothing is sent or collected before it is finalized."""
        ...

    def finalize_invoice(self, invoice_id: str, *, idempotency_key: str) -> Invoice: ...

    def send_invoice(self, invoice_id: str, *, idempotency_key: str) -> Invoice: ...

    def pay_invoice(self, invoice_id: str, *, idempotency_key: str, elsewhere: bool = False) -> Invoice:
        """Charges the customer's saved method; `elsewhere` notes that it was paid in another way."""
        ...

    def void_invoice(self, invoice_id: str, *, idempotency_key: str) -> Invoice: ...


@runtime_checkable
class GuardsAgainstFraud(Protocol):
    def risk(self, payment_id: str) -> Risk: ...

    def reviews(self, *, cursor: str = "", limit: int = 25) -> Page[FraudReview]: ...

    def approve_review(self, review_id: str, *, idempotency_key: str) -> FraudReview: ...

    def refund_review(self, review_id: str, *, idempotency_key: str) -> str:
        """Refunds the payment under review as fraud; the vendor's refund id."""
        ...

    def fraud_warnings(self, *, cursor: str = "", limit: int = 25) -> Page[FraudWarning]: ...

    def fraud_lists(self, *, cursor: str = "", limit: int = 25) -> Page[FraudList]: ...

    def create_fraud_list(self, name: str, *, alias: str, kind: str, idempotency_key: str) -> FraudList: ...

    def fraud_list_entries(self, list_id: str, *, cursor: str = "", limit: int = 25) -> Page[FraudListEntry]: ...

    def add_to_fraud_list(self, list_id: str, value: str, *, idempotency_key: str) -> FraudListEntry: ...

    def remove_from_fraud_list(self, entry_id: str) -> None: ...


@runtime_checkable
class HandlesDisputes(Protocol):
    def disputes(self, *, cursor: str = "", limit: int = 25) -> Page[Dispute]: ...

    def save_evidence(self, dispute_id: str, evidence: Evidence, *, idempotency_key: str) -> Dispute:
        """Keeps a draft: the bank sees nothing yet."""
        ...

    def submit_evidence(self, dispute_id: str, evidence: Evidence, *, idempotency_key: str) -> Dispute:
        """Final: the bank gets the draft with these additions, and nothing can be added afterwards."""
        ...

    def accept_dispute(self, dispute_id: str, *, idempotency_key: str) -> Dispute:
        """Final: gives the money back."""
        ...


@runtime_checkable
class RefetchesObjects(Protocol):
    def current(self, object_type: str, object_id: str) -> PresentState:
        """For an older event that arrives late. `object_type` and `object_id` as an Activity has them."""
        ...


@runtime_checkable
class TravelsInTime(Protocol):
    """Only with test money: raises Unsupported on a live connection."""

    def test_clocks(self, *, cursor: str = "", limit: int = 25) -> Page[TestClock]: ...

    def create_test_clock(self, name: str, *, at: datetime, idempotency_key: str) -> TestClock: ...

    def test_clock(self, clock_id: str) -> TestClock: ...

    def advance_test_clock(self, clock_id: str, *, to: datetime, idempotency_key: str) -> TestClock: ...

    def delete_test_clock(self, clock_id: str) -> None:
        """Removes its customers and their subscriptions with it."""
        ...

    def customer_on_clock(self, clock_id: str, *, email: str, card: str = "", idempotency_key: str) -> Customer:
        """A customer who lives by this clock and has a test card saved."""
        ...
