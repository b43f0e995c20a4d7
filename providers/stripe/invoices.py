"""Invoices, and how collecting them goes. Source: https://docs.stripe.com/api/invoices, /api/invoiceitems;
retries: https://docs.stripe.com/billing/revenue-recovery/smart-retries"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from babel.dates import format_date

from providers.kit.errors import ProviderError
from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.payments import Invoice, InvoiceLine

from . import money
from .reading import Object, currency_of, dashboard, id_of, mapping, minor, moment, page_of, paging, rows, text, whole
from .verbs import Verbs


class Invoices(Verbs):
    def invoices(
        self, *, customer_id: str = "", status: str = "", cursor: str = "", limit: int = 25
    ) -> Page[Invoice]:
        params = paging(cursor, limit, customer=customer_id, status=status)
        return page_of(self._api.ask(lambda sdk: sdk.v1.invoices.list(params)), self._invoice)

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
        """Each line is one more call with a key of its own; when one is refused the draft is removed again."""
        params: dict[str, Any] = {
            "customer": customer_id,
            "currency": currency.lower(),
            "collection_method": "send_invoice",
            "days_until_due": days_until_due,
            "auto_advance": False,
            "pending_invoice_items_behavior": "exclude",
            **({"description": description} if description else {}),
        }
        made = self._api.change(lambda sdk, options: sdk.v1.invoices.create(params, options), idempotency_key)
        id_ = text(made.get("id"))
        try:
            for number, line in enumerate(lines):
                self._add_line(customer_id, id_, line, currency, f"{idempotency_key[:240]}-line{number}")
        except ProviderError:
            with contextlib.suppress(ProviderError):
                self._api.ask(lambda sdk: sdk.v1.invoices.delete(id_), writing=True)
            raise
        return self._invoice(self._api.ask(lambda sdk: sdk.v1.invoices.retrieve(id_)))

    def _add_line(self, customer_id: str, invoice_id: str, line: InvoiceLine, currency: str, key: str) -> None:
        params: dict[str, Any] = {"customer": customer_id, "invoice": invoice_id}
        if line.description:
            params["description"] = line.description
        if line.price_id:
            params |= {"pricing": {"price": line.price_id}, "quantity": line.quantity}
        else:
            params |= {"amount": money.from_minor(line.amount_minor, currency), "currency": currency.lower()}
        self._api.change(lambda sdk, options: sdk.v1.invoice_items.create(params, options), key)

    def finalize_invoice(self, invoice_id: str, *, idempotency_key: str) -> Invoice:
        return self._do("finalize_invoice", invoice_id, {"auto_advance": True}, idempotency_key)

    def send_invoice(self, invoice_id: str, *, idempotency_key: str) -> Invoice:
        return self._do("send_invoice", invoice_id, {}, idempotency_key)

    def pay_invoice(self, invoice_id: str, *, idempotency_key: str, elsewhere: bool = False) -> Invoice:
        return self._do("pay", invoice_id, {"paid_out_of_band": True} if elsewhere else {}, idempotency_key)

    def void_invoice(self, invoice_id: str, *, idempotency_key: str) -> Invoice:
        return self._do("void_invoice", invoice_id, {}, idempotency_key)

    def _do(self, verb: str, invoice_id: str, params: dict[str, Any], key: str) -> Invoice:
        return self._invoice(
            self._api.change(lambda sdk, options: getattr(sdk.v1.invoices, verb)(invoice_id, params, options), key)
        )

    def _invoice(self, obj: Object) -> Invoice:
        id_ = text(obj.get("id"))
        return Invoice(
            id=id_,
            status=text(obj.get("status")),
            currency=currency_of(obj),
            total_minor=minor(obj, "total"),
            remaining_minor=minor(obj, "amount_remaining"),
            customer_id=id_of(obj.get("customer")),
            customer=text(obj.get("customer_name")) or text(obj.get("customer_email")),
            number=text(obj.get("number")),
            due_at=moment(obj.get("due_date")),
            attempts=whole(obj.get("attempt_count")),
            next_attempt_at=moment(obj.get("next_payment_attempt")),
            dunning=dunning(obj, self.connection.now()),
            url=text(obj.get("hosted_invoice_url")) or dashboard(self.connection.environment, f"invoices/{id_}"),
            lines=invoice_lines(obj),
        )


def dunning(obj: Object, now: datetime) -> str:
    """How collecting this invoice goes, in a sentence."""
    status = text(obj.get("status"))
    ended = {
        "draft": "A draft: nothing has been sent or collected yet.",
        "paid": "Paid.",
        "void": "Voided: nobody has to pay it.",
        "uncollectible": "Written off: nobody tries to collect it any more.",
    }
    if status != "open":
        return ended.get(status, "")
    tries, again, due = whole(obj.get("attempt_count")), moment(obj.get("next_payment_attempt")), _due(obj)
    if tries and obj.get("collection_method") != "send_invoice":
        failed = "The first try to collect it failed." if tries == 1 else f"{tries} tries to collect it failed."
        if again is None:
            return f"{failed} No other is planned: ask the customer for another way to pay."
        return f"{failed} Stripe tries again on {_day(again)}."
    if due is not None and due < now:
        return f"Overdue since {_day(due)}."
    return f"Waits for payment until {_day(due)}." if due is not None else "Waits for payment."


def _due(obj: Object) -> datetime | None:
    return moment(obj.get("due_date"))


def _day(at: datetime) -> str:
    return format_date(at, "d MMMM yyyy", locale="en")


def invoice_lines(obj: Object) -> tuple[InvoiceLine, ...]:
    return tuple(_line(one) for one in rows(obj.get("lines")))


def _line(obj: Object) -> InvoiceLine:
    parent = mapping(obj.get("parent"))
    details = mapping(parent.get(text(parent.get("type"))))
    pricing = mapping(mapping(obj.get("pricing")).get("price_details"))
    return InvoiceLine(
        description=text(obj.get("description")),
        amount_minor=minor(obj, "amount"),
        quantity=whole(obj.get("quantity")) or 1,
        price_id=id_of(pricing.get("price")),
        proration=details.get("proration") is True,
    )
