"""Customers. Source: https://docs.stripe.com/api/customers"""

from __future__ import annotations

from typing import Any

from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.payments import Customer

from .reading import Object, dashboard, moment, page_of, paging, text
from .verbs import Verbs


class Customers(Verbs):
    def customers(self, *, cursor: str = "", limit: int = 25, email: str = "") -> Page[Customer]:
        """Newest first; with `email` those of exactly this address."""
        params = paging(cursor, limit, email=email)
        return page_of(self._api.ask(lambda sdk: sdk.v1.customers.list(params)), self._customer)

    def create_customer(
        self, *, email: str, name: str = "", phone: str = "", description: str = "", idempotency_key: str
    ) -> Customer:
        given = {"email": email, "name": name, "phone": phone, "description": description}
        params: dict[str, Any] = {key: value for key, value in given.items() if value}
        return self._customer(
            self._api.change(lambda sdk, options: sdk.v1.customers.create(params, options), idempotency_key)
        )

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
        given = {"email": email, "name": name, "phone": phone, "description": description}
        params: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        return self._customer(
            self._api.change(
                lambda sdk, options: sdk.v1.customers.update(customer_id, params, options), idempotency_key
            )
        )

    def _customer(self, obj: Object) -> Customer:
        id_ = text(obj.get("id"))
        return Customer(
            id=id_,
            email=text(obj.get("email")),
            name=text(obj.get("name")),
            phone=text(obj.get("phone")),
            description=text(obj.get("description")),
            created_at=moment(obj.get("created")),
            url=dashboard(self.connection.environment, f"customers/{id_}"),
        )
