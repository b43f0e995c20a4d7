"""Checkout pages and payment links. Stripe offers the methods switched on in its dashboard: none are named here,
as `payment_method_types` is gone since 2026-10-28.endive.

Source: https://docs.stripe.com/api/checkout/sessions, https://docs.stripe.com/api/payment-link
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.payments import CheckoutPage, LineItem, PaymentLink

from . import money
from .reading import Object, currency_of, minor, moment, page_of, paging, text
from .verbs import Verbs


class Checkout(Verbs):
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
        subscribes = any(self._recurs(one.price_id) for one in items)
        params: dict[str, Any] = {
            "mode": "subscription" if subscribes else "payment",
            "line_items": lines(items),
            "success_url": success_url,
        }
        if cancel_url:
            params["cancel_url"] = cancel_url
        if customer_id:
            params["customer"] = customer_id
        if trial_days and subscribes:
            params["subscription_data"] = {"trial_period_days": trial_days}
        return _checkout(
            self._api.change(lambda sdk, options: sdk.v1.checkout.sessions.create(params, options), idempotency_key)
        )

    def _recurs(self, price_id: str) -> bool:
        return self._api.ask(lambda sdk: sdk.v1.prices.retrieve(price_id)).get("type") == "recurring"

    def checkouts(self, *, cursor: str = "", limit: int = 25) -> Page[CheckoutPage]:
        params = paging(cursor, limit)
        return page_of(self._api.ask(lambda sdk: sdk.v1.checkout.sessions.list(params)), _checkout)

    def expire_checkout(self, checkout_id: str, *, idempotency_key: str) -> CheckoutPage:
        return _checkout(
            self._api.change(
                lambda sdk, options: sdk.v1.checkout.sessions.expire(checkout_id, {}, options), idempotency_key
            )
        )

    def payment_links(self, *, cursor: str = "", limit: int = 25) -> Page[PaymentLink]:
        params = paging(cursor, limit)
        return page_of(self._api.ask(lambda sdk: sdk.v1.payment_links.list(params)), _link)

    def create_payment_link(self, items: Sequence[LineItem], *, idempotency_key: str) -> PaymentLink:
        params = {"line_items": lines(items)}
        return _link(
            self._api.change(lambda sdk, options: sdk.v1.payment_links.create(params, options), idempotency_key)
        )

    def set_payment_link(self, link_id: str, *, active: bool, idempotency_key: str) -> PaymentLink:
        return _link(
            self._api.change(
                lambda sdk, options: sdk.v1.payment_links.update(link_id, {"active": active}, options),
                idempotency_key,
            )
        )


def lines(items: Sequence[LineItem]) -> list[dict[str, Any]]:
    return [{"price": one.price_id, "quantity": one.quantity} for one in items]


def _checkout(obj: Object) -> CheckoutPage:
    return CheckoutPage(
        id=text(obj.get("id")),
        url=text(obj.get("url")),
        status=text(obj.get("status")),
        amount_minor=minor(obj, "amount_total") if money.is_amount(obj.get("amount_total")) else None,
        currency=currency_of(obj),
        paid=obj.get("payment_status") == "paid",
        expires_at=moment(obj.get("expires_at")),
    )


def _link(obj: Object) -> PaymentLink:
    return PaymentLink(id=text(obj.get("id")), url=text(obj.get("url")), active=obj.get("active") is not False)
