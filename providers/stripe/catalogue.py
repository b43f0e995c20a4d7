"""Products and prices. Source: https://docs.stripe.com/api/products, https://docs.stripe.com/api/prices"""

from __future__ import annotations

from typing import Any

from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.payments import Price, Product

from . import money
from .reading import Object, currency_of, id_of, mapping, minor, page_of, paging, text, whole
from .verbs import Verbs


class Catalogue(Verbs):
    def products(self, *, cursor: str = "", limit: int = 25) -> Page[Product]:
        params = paging(cursor, limit)
        return page_of(self._api.ask(lambda sdk: sdk.v1.products.list(params)), _product)

    def create_product(self, name: str, *, description: str = "", idempotency_key: str) -> Product:
        params = {"name": name, **({"description": description} if description else {})}
        return _product(
            self._api.change(lambda sdk, options: sdk.v1.products.create(params, options), idempotency_key)
        )

    def update_product(
        self,
        product_id: str,
        *,
        idempotency_key: str,
        name: str | None = None,
        description: str | None = None,
        active: bool | None = None,
    ) -> Product:
        given = {"name": name, "description": description, "active": active}
        params: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        return _product(
            self._api.change(
                lambda sdk, options: sdk.v1.products.update(product_id, params, options), idempotency_key
            )
        )

    def prices(self, *, product_id: str = "", cursor: str = "", limit: int = 25) -> Page[Price]:
        params = paging(cursor, limit, product=product_id)
        return page_of(self._api.ask(lambda sdk: sdk.v1.prices.list(params)), _price)

    def create_price(
        self,
        product_id: str,
        *,
        amount_minor: int,
        currency: str,
        idempotency_key: str,
        interval: str = "",
        interval_count: int = 1,
    ) -> Price:
        params: dict[str, Any] = {
            "product": product_id,
            "unit_amount": money.from_minor(amount_minor, currency),
            "currency": currency.lower(),
        }
        if interval:
            params["recurring"] = {"interval": interval, "interval_count": interval_count}
        return _price(self._api.change(lambda sdk, options: sdk.v1.prices.create(params, options), idempotency_key))

    def retire_price(self, price_id: str, *, idempotency_key: str) -> Price:
        return _price(
            self._api.change(
                lambda sdk, options: sdk.v1.prices.update(price_id, {"active": False}, options), idempotency_key
            )
        )


def _product(obj: Object) -> Product:
    return Product(
        id=text(obj.get("id")),
        name=text(obj.get("name")),
        description=text(obj.get("description")),
        active=obj.get("active") is not False,
    )


def _price(obj: Object) -> Price:
    recurring = mapping(obj.get("recurring"))
    return Price(
        id=text(obj.get("id")),
        product_id=id_of(obj.get("product")),
        currency=currency_of(obj),
        amount_minor=minor(obj, "unit_amount") if money.is_amount(obj.get("unit_amount")) else None,
        interval=text(recurring.get("interval")),
        interval_count=whole(recurring.get("interval_count")) or 1,
        active=obj.get("active") is not False,
    )
