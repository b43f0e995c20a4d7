"""Test clocks: time goes as we say, with test money. Source: https://docs.stripe.com/billing/testing/test-clocks"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from providers.kit.contract import Environment
from providers.kit.errors import Unsupported
from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.payments import Customer, TestClock

from .customers import Customers
from .reading import Object, moment, page_of, paging, text

_STATUSES = {"internal_failure": "failed"}


class Clocks(Customers):
    def test_clocks(self, *, cursor: str = "", limit: int = 25) -> Page[TestClock]:
        self._only_with_test_money()
        params = paging(cursor, limit)
        return page_of(self._api.ask(lambda sdk: sdk.v1.test_helpers.test_clocks.list(params)), _clock)

    def create_test_clock(self, name: str, *, at: datetime, idempotency_key: str) -> TestClock:
        self._only_with_test_money()
        params = {"name": name, "frozen_time": int(at.timestamp())}
        return _clock(
            self._api.change(
                lambda sdk, options: sdk.v1.test_helpers.test_clocks.create(params, options), idempotency_key
            )
        )

    def test_clock(self, clock_id: str) -> TestClock:
        self._only_with_test_money()
        return _clock(self._api.ask(lambda sdk: sdk.v1.test_helpers.test_clocks.retrieve(clock_id)))

    def advance_test_clock(self, clock_id: str, *, to: datetime, idempotency_key: str) -> TestClock:
        """Stripe works through the time between: `advancing` until `test_clock` says `ready`."""
        self._only_with_test_money()
        params = {"frozen_time": int(to.timestamp())}
        return _clock(
            self._api.change(
                lambda sdk, options: sdk.v1.test_helpers.test_clocks.advance(clock_id, params, options),
                idempotency_key,
            )
        )

    def delete_test_clock(self, clock_id: str) -> None:
        self._only_with_test_money()
        self._api.ask(lambda sdk: sdk.v1.test_helpers.test_clocks.delete(clock_id), writing=True)

    def customer_on_clock(self, clock_id: str, *, email: str, card: str = "", idempotency_key: str) -> Customer:
        """`card` is one of Stripe's test cards (`pm_card_…`); without it the one that pays."""
        self._only_with_test_money()
        method = card or "pm_card_visa"
        params: dict[str, Any] = {
            "email": email,
            "test_clock": clock_id,
            "payment_method": method,
            "invoice_settings": {"default_payment_method": method},
        }
        return self._customer(
            self._api.change(lambda sdk, options: sdk.v1.customers.create(params, options), idempotency_key)
        )

    def _only_with_test_money(self) -> None:
        if self.connection.environment is Environment.LIVE:
            raise Unsupported(
                "Test clocks exist only for test money.",
                fix="Connect Stripe with a test key (sk_test_ or rk_test_) and use them there.",
                fix_url="https://docs.stripe.com/billing/testing/test-clocks",
            )


def _clock(obj: Object) -> TestClock:
    status = text(obj.get("status"))
    return TestClock(
        id=text(obj.get("id")),
        name=text(obj.get("name")),
        at=moment(obj.get("frozen_time")),
        status=_STATUSES.get(status, status),
    )
