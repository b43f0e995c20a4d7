"""Money: payments, customers, what is sold, subscriptions, invoices, fraud and disputes.

Amounts are whole numbers in the currency's ISO 4217 minor unit, currencies are upper case, moments have a time zone.
Every verb raises ProviderError. A verb with `idempotency_key` does its work once for one key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from providers.kit.vocabulary.pages import Page


@dataclass(frozen=True, kw_only=True)
class Payment:
    id: str
    amount_minor: int
    currency: str
    status: str
    created_at: datetime
    customer: str = ""
    description: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Balance:
    currency: str
    available_minor: int
    pending_minor: int


@dataclass(frozen=True, kw_only=True)
class Customer:
    id: str
    email: str = ""
    name: str = ""
    phone: str = ""
    description: str = ""
    created_at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Product:
    id: str
    name: str
    description: str = ""
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class Price:
    """`interval` is `day`, `week`, `month` or `year`, "" for a price that is paid once. `amount_minor` is None where
    the buyer or a table of tiers decides."""

    id: str
    product_id: str
    currency: str
    amount_minor: int | None
    interval: str = ""
    interval_count: int = 1
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class LineItem:
    """So many of one price."""

    price_id: str
    quantity: int = 1


@dataclass(frozen=True, kw_only=True)
class CheckoutPage:
    """A page of the vendor's where one buyer pays. `status`: `open`, `complete` or `expired`."""

    id: str
    url: str
    status: str
    amount_minor: int | None = None
    currency: str = ""
    paid: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PaymentLink:
    """An address that anybody may pay at, any number of times."""

    id: str
    url: str
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class SubscriptionItem:
    id: str
    price_id: str
    quantity: int
    amount_minor: int | None = None
    interval: str = ""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """`status`: `trialing`, `active`, `past_due`, `unpaid`, `incomplete`, `paused`, `canceled` or the vendor's word.

    `collection_paused`: it runs on, and nothing is collected (until `resumes_at`, or until resumed).
    """

    id: str
    customer_id: str
    status: str
    currency: str
    items: tuple[SubscriptionItem, ...] = ()
    period_ends_at: datetime | None = None
    trial_ends_at: datetime | None = None
    ends_at_period_end: bool = False
    collection_paused: bool = False
    resumes_at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class InvoiceLine:
    """One line. To be charged: either `price_id`, or `amount_minor` for the whole line; negative is a credit."""

    description: str = ""
    amount_minor: int = 0
    quantity: int = 1
    price_id: str = ""
    proration: bool = False


@dataclass(frozen=True, kw_only=True)
class ChangePreview:
    """What a change of a subscription would cost. `prorations_minor`: credits and charges for the running period."""

    currency: str
    due_minor: int
    prorations_minor: int
    lines: tuple[InvoiceLine, ...] = ()
    computed_for: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """`status`: `draft`, `open`, `paid`, `uncollectible`, `void`. `dunning` says how collecting goes."""

    id: str
    status: str
    currency: str
    total_minor: int
    remaining_minor: int
    customer_id: str = ""
    customer: str = ""
    number: str = ""
    due_at: datetime | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    dunning: str = ""
    url: str = ""
    lines: tuple[InvoiceLine, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Risk:
    """`level`: `normal`, `elevated`, `highest`, `unknown`; `score` is 0 to 100, None where the vendor tells none."""

    payment_id: str
    level: str
    score: int | None = None
    reasons: tuple[str, ...] = ()
    blocked: bool = False


@dataclass(frozen=True, kw_only=True)
class FraudReview:
    id: str
    payment_id: str
    open: bool
    reason: str
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class FraudWarning:
    """A card's issuer suspects fraud. `actionable`: a refund now may still spare the dispute."""

    id: str
    payment_id: str
    reason: str
    actionable: bool
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class FraudList:
    """`effect`: `block`, `allow` or "" where it depends on the rules that use it. `kind`: what its entries are."""

    id: str
    name: str
    alias: str
    kind: str
    effect: str = ""


@dataclass(frozen=True, kw_only=True)
class FraudListEntry:
    id: str
    list_id: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What speaks against a dispute; "" leaves what is there. Dates as people write them."""

    explanation: str = ""
    product_description: str = ""
    customer_name: str = ""
    customer_email: str = ""
    customer_ip: str = ""
    billing_address: str = ""
    service_date: str = ""
    shipping_address: str = ""
    shipping_carrier: str = ""
    shipping_date: str = ""
    tracking_number: str = ""
    activity_log: str = ""
    refund_policy: str = ""
    refund_refusal: str = ""
    cancellation_policy: str = ""
    cancellation_rebuttal: str = ""
    duplicate_of: str = ""
    duplicate_explanation: str = ""


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """`status`: `needs_response`, `under_review`, `won`, `lost`, `inquiry`, `inquiry_under_review`, `closed`,
    `prevented`. `evidence` is the draft or what was submitted; `submissions` counts how often."""

    id: str
    payment_id: str
    amount_minor: int
    currency: str
    reason: str
    status: str
    due_at: datetime | None = None
    past_due: bool = False
    evidence: Evidence = field(default_factory=Evidence)
    submissions: int = 0
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class TestClock:
    """A clock of the vendor's test mode. `status`: `ready`, `advancing`, `failed`."""

    __test__ = False  # not a pytest class

    id: str
    name: str
    at: datetime | None
    status: str


@dataclass(frozen=True, kw_only=True)
class PresentState:
    """What an object is like now, whatever the order in which its events arrive. Not `exists`: it was removed."""

    object_type: str
    object_id: str
    exists: bool
    status: str
    sentence: str
    observed_at: datetime
    amount_minor: int | None = None
    currency: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)


@runtime_checkable
class TakesPayments(Protocol):
    def balances(self) -> tuple[Balance, ...]: ...

    def payments(self, *, cursor: str = "", limit: int = 25) -> Page[Payment]: ...

    def create_payment(
        self, *, amount_minor: int, currency: str, description: str, idempotency_key: str
    ) -> Payment: ...

    def refund(self, payment_id: str, *, amount_minor: int | None, idempotency_key: str) -> str:
        """Refunds all (None) or a part; returns the vendor's refund id."""
        ...


@runtime_checkable
class KeepsCustomers(Protocol):
    def customers(self, *, cursor: str = "", limit: int = 25, email: str = "") -> Page[Customer]: ...

    def create_customer(
        self, *, email: str, name: str = "", phone: str = "", description: str = "", idempotency_key: str
    ) -> Customer: ...

    def update_customer(
        self,
        customer_id: str,
        *,
        idempotency_key: str,
        email: str | None = None,
        name: str | None = None,
        phone: str | None = None,
        description: str | None = None,
    ) -> Customer:
        """None leaves a value as it is, "" takes it away."""
        ...


@runtime_checkable
class SellsProducts(Protocol):
    def products(self, *, cursor: str = "", limit: int = 25) -> Page[Product]: ...

    def create_product(self, name: str, *, description: str = "", idempotency_key: str) -> Product: ...

    def update_product(
        self,
        product_id: str,
        *,
        idempotency_key: str,
        name: str | None = None,
        description: str | None = None,
        active: bool | None = None,
    ) -> Product: ...

    def prices(self, *, product_id: str = "", cursor: str = "", limit: int = 25) -> Page[Price]: ...

    def create_price(
        self,
        product_id: str,
        *,
        amount_minor: int,
        currency: str,
        idempotency_key: str,
        interval: str = "",
        interval_count: int = 1,
    ) -> Price: ...

    def retire_price(self, price_id: str, *, idempotency_key: str) -> Price:
        """Nobody can buy at it any more; running subscriptions keep it."""
        ...


@runtime_checkable
class HostsCheckout(Protocol):
    def create_checkout(
        self,
        items: Sequence[LineItem],
        *,
        success_url: str,
        cancel_url: str = "",
        idempotency_key: str,
        customer_id: str = "",
        trial_days: int = 0,
    ) -> CheckoutPage:
        """A page for these items; a recurring price among them begins a subscription."""
        ...

    def checkouts(self, *, cursor: str = "", limit: int = 25) -> Page[CheckoutPage]: ...

    def expire_checkout(self, checkout_id: str, *, idempotency_key: str) -> CheckoutPage: ...

    def payment_links(self, *, cursor: str = "", limit: int = 25) -> Page[PaymentLink]: ...

    def create_payment_link(self, items: Sequence[LineItem], *, idempotency_key: str) -> PaymentLink: ...

    def set_payment_link(self, link_id: str, *, active: bool, idempotency_key: str) -> PaymentLink: ...
