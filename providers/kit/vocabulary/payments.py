"""Money: balances, payments and refunds. Amounts are whole numbers in the currency's minor unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

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
