"""The stand-in's invoices: drafts with lines, finalizing, sending, collecting, voiding."""

from __future__ import annotations

from typing import Any

from . import cards
from .objects import Object
from .sandbox_catalogue import getting, listing, missing
from .sandbox_routes import PAGE, route
from .sandbox_store import Params, Refused, Store, whole

_DAY = 86_400


def new_line(
    store: Store,
    amount: int,
    currency: str,
    *,
    price: Object | None = None,
    item: Object | None = None,
    proration: bool = False,
    description: str | None = None,
    quantity: int = 1,
) -> Object:
    kind = "subscription_item_details" if item else "invoice_item_details"
    of = {"subscription_item": item["id"]} if item else {"invoice_item": store.new_id("ii")}
    line: Object = {
        "id": store.new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": currency,
        "description": description,
        "discountable": not proration,
        "discounts": [],
        "livemode": False,
        "metadata": {},
        "parent": {"type": kind, kind: {"proration": proration, **of}},
        "period": {"end": store.now, "start": store.now},
        "quantity": item["quantity"] if item else quantity,
        "subtotal": amount,
    }
    if price:
        details = {"price": price["id"], "product": price["product"]}
        line["pricing"] = {"type": "price_details", "price_details": details}
    return line


def new_invoice(
    store: Store,
    customer: Object,
    currency: str,
    now: int,
    *,
    lines: list[Object],
    subscription: str | None = None,
    status: str = "draft",
    keep: bool = True,
    **more: Any,
) -> Object:
    id_ = store.new_id("in" if keep else "upcoming_in")
    obj = {
        "id": id_,
        "object": "invoice",
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "automatic_tax": {"enabled": False},
        "collection_method": "charge_automatically",
        "created": now,
        "currency": currency,
        "customer": customer["id"],
        "customer_email": customer.get("email"),
        "customer_name": customer.get("name"),
        "default_tax_rates": [],
        "discounts": [],
        "due_date": None,
        "hosted_invoice_url": None,
        "issuer": {"type": "self"},
        "lines": {"object": "list", "data": lines, "has_more": False, "url": f"/v1/invoices/{id_}/lines"},
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": subscription}}
        if subscription
        else None,
        "payment_settings": {},
        "period_end": now,
        "period_start": now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": status,
        "status_transitions": {"finalized_at": None},
        **more,
    }
    _add_up(obj)
    if keep:
        store.put("invoices", obj)
        store.tell("invoice.created", obj)
    return obj


def _add_up(obj: Object) -> None:
    total = sum(one["amount"] for one in obj["lines"]["data"])
    obj.update(subtotal=total, total=total, amount_due=max(0, total), amount_remaining=max(0, total))


def try_to_collect(store: Store, invoice: Object, card: cards.TestCard) -> bool:
    """Charges the card; a declined one is tried again in three days, four times in all."""
    invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1)
    if card.method and not card.declined and not card.action:
        settle(store, invoice)
        return True
    again = store.now + 3 * _DAY if invoice["attempt_count"] < 4 else None
    invoice["next_payment_attempt"] = again
    store.tell("invoice.payment_failed", invoice)
    return False


def settle(store: Store, invoice: Object) -> None:
    invoice.update(status="paid", amount_paid=invoice["amount_due"], amount_remaining=0, next_payment_attempt=None)
    store.tell("invoice.paid", invoice)


def create(store: Store, params: Params) -> Object:
    customer = store.get("customers", str(params.get("customer")), "customer")
    sends = params.get("collection_method") == "send_invoice"
    if sends and not params.get("days_until_due"):
        raise missing("days_until_due")
    due = store.now + int(params["days_until_due"]) * _DAY if sends else None
    return new_invoice(
        store,
        customer,
        str(params.get("currency") or "eur"),
        store.now,
        lines=[],
        collection_method="send_invoice" if sends else "charge_automatically",
        due_date=due,
        description=params.get("description"),
    )


def add_item(store: Store, params: Params) -> Object:
    invoice = _draft(store, str(params.get("invoice")))
    pricing, count = params.get("pricing"), int(params.get("quantity", 1))
    price = store.get("prices", str(pricing.get("price")), "price") if pricing else None
    amount = price["unit_amount"] * count if price else whole(params, "amount")
    said = params.get("description")
    line = new_line(store, amount, invoice["currency"], price=price, description=said, quantity=count)
    invoice["lines"]["data"].append(line)
    _add_up(invoice)
    return {
        "id": line["parent"]["invoice_item_details"]["invoice_item"],
        "object": "invoiceitem",
        "amount": amount,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "date": store.now,
        "description": said,
        "discountable": True,
        "invoice": invoice["id"],
        "livemode": False,
        "period": line["period"],
        "proration": False,
        "quantity": count,
        "quantity_decimal": str(count),
    }


def finalize(store: Store, params: Params, id_: str) -> Object:
    obj = _draft(store, id_)
    number = f"LUMEN-{store.next_number():04d}"
    url = f"https://invoice.stripe.com/i/{id_}"
    obj.update(status="open", number=number, hosted_invoice_url=url, status_transitions={"finalized_at": store.now})
    store.tell("invoice.finalized", obj)
    return obj


def send(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("invoices", id_, "invoice")
    if obj["status"] == "draft":
        finalize(store, params, id_)
    _expect_open(obj)
    store.tell("invoice.sent", obj)
    return obj


def pay(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("invoices", id_, "invoice")
    _expect_open(obj)
    if params.get("paid_out_of_band") == "true":
        settle(store, obj)
        return obj
    customer = store.get("customers", obj["customer"], "customer")
    method = (customer.get("invoice_settings") or {}).get("default_payment_method")
    if not method:
        raise Refused(
            400,
            "There is no `default_payment_method` set on this Customer or Invoice.",
            code="invoice_payment_intent_requires_action",
        )
    card = cards.card(method)
    if not try_to_collect(store, obj, card):
        message = cards.MESSAGES.get(card.declined, "Your card was declined.")
        raise Refused(402, message, code="card_declined", type_="card_error", decline_code=card.declined)
    return obj


def void(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("invoices", id_, "invoice")
    _expect_open(obj)
    obj.update(status="void", amount_remaining=0)
    store.tell("invoice.voided", obj)
    return obj


def delete(store: Store, params: Params, id_: str) -> Object:
    obj = _draft(store, id_)
    del store.table("invoices")[id_]
    return {**obj, "deleted": True}


def _draft(store: Store, id_: str) -> Object:
    obj = store.get("invoices", id_, "invoice")
    if obj["status"] != "draft":
        raise Refused(400, "This invoice is already finalized.", code="invoice_not_editable")
    return obj


def _expect_open(obj: Object) -> None:
    if obj["status"] != "open":
        raise Refused(
            400, f"This invoice is {obj['status']}, and must be open for that.", code="invoice_not_editable"
        )


_CREATE = "customer currency collection_method days_until_due auto_advance pending_invoice_items_behavior description"
_ITEM = "customer invoice description pricing quantity amount currency"
_INVOICE = "/v1/invoices/{id}"
ROUTES = (
    route(
        "GET",
        "/v1/invoices",
        "invoice",
        listing("invoices", "/v1/invoices", "customer", "status"),
        f"{PAGE} created customer status subscription",
    ),
    route("POST", "/v1/invoices", "invoice", create, _CREATE),
    route("POST", "/v1/invoiceitems", "invoice", add_item, _ITEM),
    route("GET", _INVOICE, "invoice", getting("invoices", "invoice")),
    route("DELETE", _INVOICE, "invoice", delete),
    route("POST", f"{_INVOICE}/finalize", "invoice", finalize, "auto_advance"),
    route("POST", f"{_INVOICE}/send", "invoice", send),
    route("POST", f"{_INVOICE}/pay", "invoice", pay, "paid_out_of_band payment_method"),
    route("POST", f"{_INVOICE}/void", "invoice", void),
)
