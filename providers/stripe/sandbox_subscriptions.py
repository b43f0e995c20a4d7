"""The stand-in's subscriptions: start, change with prorations, pause, resume, end, trials, renewal."""

from __future__ import annotations

from . import cards
from .objects import Object
from .sandbox_catalogue import getting, priced
from .sandbox_invoices import new_invoice, new_line, try_to_collect
from .sandbox_routes import PAGE, route
from .sandbox_store import Params, Refused, Store, page

_DAY = 86_400
Wanted = tuple[Object | None, Object | None, int]
"""An item that is there (or None), the price it shall have (None: removed), how many of it."""
_PERIODS = {"day": _DAY, "week": 7 * _DAY, "month": 30 * _DAY, "year": 365 * _DAY}
"""Months of 30 days: the stand-in's own simplification."""


def clock_time(store: Store, customer: Object) -> int:
    """The time by which this customer lives."""
    clock = store.table("test_clocks").get(customer.get("test_clock") or "")
    return int(clock["frozen_time"]) if clock else store.now


def period_of(price: Object) -> int:
    return _PERIODS[price["recurring"]["interval"]] * int(price["recurring"]["interval_count"])


def method_of(customer: Object) -> str:
    return str((customer.get("invoice_settings") or {}).get("default_payment_method") or "")


def _item(store: Store, price: Object, quantity: int, start: int, end: int, id_: str) -> Object:
    return {
        "id": store.new_id("si"),
        "object": "subscription_item",
        "created": start,
        "current_period_end": end,
        "current_period_start": start,
        "discounts": [],
        "metadata": {},
        "plan": {"id": price["id"], "object": "plan"},
        "price": price,
        "quantity": quantity,
        "subscription": id_,
    }


def create(store: Store, params: Params) -> Object:
    customer = store.get("customers", str(params.get("customer")), "customer")
    found, now = priced(store, params, "items"), clock_time(store, customer)
    if any(not price["recurring"] for price, _ in found):
        raise Refused(
            400, "The price specified is set to `type=one_time` but this field only accepts recurring.", param="items"
        )
    by_invoice, days = params.get("collection_method") == "send_invoice", int(params.get("trial_period_days", 0))
    if not by_invoice and not days and not method_of(customer):
        raise Refused(
            400,
            "This customer has no attached payment source or default payment method.",
            code="resource_missing",
        )
    id_, end = store.new_id("sub"), now + (days * _DAY or period_of(found[0][0]))
    obj = {
        "id": id_,
        "object": "subscription",
        "automatic_tax": {"enabled": False},
        "billing_cycle_anchor": end if days else now,
        "billing_mode": {"type": "flexible"},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "canceled_at": None,
        "collection_method": "send_invoice" if by_invoice else "charge_automatically",
        "created": now,
        "currency": found[0][0]["currency"],
        "customer": customer["id"],
        "days_until_due": int(params["days_until_due"]) if by_invoice else None,
        "discounts": [],
        "invoice_settings": {"issuer": {"type": "self"}},
        "items": {
            "object": "list",
            "data": [_item(store, price, count, now, end, id_) for price, count in found],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={id_}",
        },
        "latest_invoice": None,
        "livemode": False,
        "metadata": {},
        "pause_collection": None,
        "start_date": now,
        "status": "trialing" if days else "active",
        "trial_end": end if days else None,
        "trial_start": now if days else None,
    }
    store.put("subscriptions", obj)
    if not days and not bill(store, obj, now):
        obj["status"] = "incomplete"
    store.tell("customer.subscription.created", obj)
    return obj


def bill(store: Store, sub: Object, now: int) -> bool:
    """Invoices one period; whether it is paid, or waits to be paid as it should."""
    customer = store.get("customers", sub["customer"], "customer")
    lines = [
        new_line(store, one["price"]["unit_amount"] * one["quantity"], sub["currency"], price=one["price"], item=one)
        for one in sub["items"]["data"]
    ]
    invoice = new_invoice(store, customer, sub["currency"], now, lines=lines, subscription=sub["id"], status="open")
    sub["latest_invoice"] = invoice["id"]
    if (sub["pause_collection"] or {}).get("behavior") == "void":
        invoice.update(status="void")
        return True
    if sub["collection_method"] == "send_invoice":
        invoice.update(collection_method="send_invoice", due_date=now + sub["days_until_due"] * _DAY)
        return True
    return try_to_collect(store, invoice, cards.card(method_of(customer)))


def proration_lines(store: Store, sub: Object, wanted: list[Wanted], at: int) -> list[Object]:
    """Credit for the rest of the old items, charge for the rest of the new ones."""
    lines: list[Object] = []
    for old, price, count in wanted:
        start, end = _bounds(sub)
        left = max(0, end - at)
        if old is not None:
            amount = -old["price"]["unit_amount"] * old["quantity"] * left // (end - start)
            lines.append(new_line(store, amount, sub["currency"], price=old["price"], item=old, proration=True))
        if price is not None:
            amount = price["unit_amount"] * count * left // (end - start)
            lines.append(new_line(store, amount, sub["currency"], price=price, item=old, proration=True))
    return lines


def _bounds(sub: Object) -> tuple[int, int]:
    first = sub["items"]["data"][0]
    return first["current_period_start"], first["current_period_end"]


def wanted_items(store: Store, sub: Object, items: list[Params]) -> list[Wanted]:
    present: dict[str, Object] = {one["id"]: one for one in sub["items"]["data"]}
    found: list[Wanted] = []
    for one in items:
        old = present.get(str(one.get("id"))) if one.get("id") else None
        if one.get("id") and old is None:
            raise Refused(404, f"No such subscription item: '{one['id']}'", code="resource_missing", param="items")
        if one.get("deleted") == "true":
            found.append((old, None, 0))
            continue
        price = store.get("prices", str(one["price"]), "price") if one.get("price") else old["price"] if old else None
        count = one.get("quantity") or (old["quantity"] if old else 1)
        found.append((old, price, int(count)))
    return found


def update(store: Store, params: Params, id_: str) -> Object:
    sub = _living(store, id_)
    customer = store.get("customers", sub["customer"], "customer")
    now, before = clock_time(store, customer), {"status": sub["status"]}
    if params.get("items"):
        wanted = wanted_items(store, sub, params["items"])
        if params.get("proration_behavior", "create_prorations") != "none" and sub["status"] == "active":
            lines = proration_lines(store, sub, wanted, int(params.get("proration_date", now)))
            invoice = new_invoice(store, customer, sub["currency"], now, lines=lines, subscription=id_, status="open")
            try_to_collect(store, invoice, cards.card(method_of(customer)))
            sub["latest_invoice"] = invoice["id"]
        _apply(store, sub, wanted)
    if "cancel_at_period_end" in params:
        before["cancel_at_period_end"] = sub["cancel_at_period_end"]
        sub["cancel_at_period_end"] = params["cancel_at_period_end"] == "true"
    if "pause_collection" in params:
        pause = params["pause_collection"]
        until = int(pause["resumes_at"]) if pause and "resumes_at" in pause else None
        sub["pause_collection"] = {"behavior": pause["behavior"], "resumes_at": until} if pause else None
    if "trial_end" in params:
        _set_trial(store, sub, params["trial_end"], now)
    store.tell("customer.subscription.updated", sub, before=before)
    return sub


def _apply(store: Store, sub: Object, wanted: list[Wanted]) -> None:
    start, end = _bounds(sub)
    kept = {one["id"]: one for one in sub["items"]["data"]}
    for old, price, count in wanted:
        if price is None and old is not None:
            del kept[old["id"]]
        elif old is not None:
            old.update(price=price, quantity=count)
        elif price is not None:
            new = _item(store, price, count, start, end, sub["id"])
            kept[new["id"]] = new
    if not kept:
        raise Refused(400, "A subscription must have at least one active plan.")
    sub["items"]["data"] = list(kept.values())


def _set_trial(store: Store, sub: Object, end: str, now: int) -> None:
    if end == "now":
        sub.update(trial_end=now, status="active")
        renew(store, sub, now)
        return
    if int(end) <= now:
        raise Refused(400, "trial_end must be a timestamp in the future.", param="trial_end")
    sub.update(trial_end=int(end), status="trialing")
    for one in sub["items"]["data"]:
        one["current_period_end"] = int(end)


def renew(store: Store, sub: Object, now: int) -> None:
    """Begins the next period and invoices it."""
    for one in sub["items"]["data"]:
        one.update(current_period_start=now, current_period_end=now + period_of(one["price"]))
    sub["status"] = "active" if bill(store, sub, now) else "past_due"


def preview(store: Store, params: Params) -> Object:
    sub = _living(store, str(params.get("subscription")))
    customer = store.get("customers", sub["customer"], "customer")
    details = params.get("subscription_details") or {}
    now = clock_time(store, customer)
    wanted = wanted_items(store, sub, details.get("items") or [])
    at = int(details.get("proration_date", now))
    lines = proration_lines(store, sub, wanted, at) if sub["status"] == "active" else []
    return new_invoice(store, customer, sub["currency"], now, lines=lines, subscription=sub["id"], keep=False)


def cancel(store: Store, params: Params, id_: str) -> Object:
    sub = _living(store, id_)
    end(store, sub)
    return sub


def end(store: Store, sub: Object) -> None:
    sub.update(status="canceled", canceled_at=store.now, ended_at=store.now)
    store.tell("customer.subscription.deleted", sub)


def pause(store: Store, params: Params, id_: str) -> Object:
    sub = _living(store, id_)
    if sub["status"] != "active":
        raise Refused(400, f"A subscription with status {sub['status']} cannot be paused.")
    sub["status"] = "paused"
    store.tell("customer.subscription.paused", sub)
    return sub


def resume(store: Store, params: Params, id_: str) -> Object:
    sub = _living(store, id_)
    if sub["status"] != "paused":
        raise Refused(400, "Only subscriptions with status `paused` can be resumed.")
    renew(store, sub, clock_time(store, store.get("customers", sub["customer"], "customer")))
    store.tell("customer.subscription.resumed", sub)
    return sub


def _living(store: Store, id_: str) -> Object:
    sub = store.get("subscriptions", id_, "subscription")
    if sub["status"] == "canceled":
        raise Refused(404, f"No such subscription: '{id_}'", code="resource_missing", param="id")
    return sub


def list_all(store: Store, params: Params) -> Object:
    wanted = params.get("status")
    status = (
        None if wanted == "all" else wanted or ["trialing", "active", "past_due", "unpaid", "incomplete", "paused"]
    )
    return page(store, "subscriptions", "/v1/subscriptions", params, customer=params.get("customer"), status=status)


_CREATE = "customer items trial_period_days collection_method days_until_due metadata"
_UPDATE = "items proration_behavior proration_date cancel_at_period_end pause_collection trial_end metadata"
_SUB = "/v1/subscriptions/{id}"
ROUTES = (
    route("GET", "/v1/subscriptions", "subscription", list_all, f"{PAGE} created customer status"),
    route("POST", "/v1/subscriptions", "subscription", create, _CREATE),
    route("GET", _SUB, "subscription", getting("subscriptions", "subscription")),
    route("POST", _SUB, "subscription", update, _UPDATE),
    route("DELETE", _SUB, "subscription", cancel, "invoice_now prorate"),
    route("POST", f"{_SUB}/pause", "subscription", pause, "type"),
    route("POST", f"{_SUB}/resume", "subscription", resume, "payment_behavior billing_cycle_anchor"),
    route("POST", "/v1/invoices/create_preview", "invoice", preview, "subscription subscription_details"),
)
