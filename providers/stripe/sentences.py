"""Says in one sentence what a Stripe event means. Never raises, whatever the payload's shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_date

from providers.kit.contract import Activity, InboundEvent

from . import money
from .phrases import PHRASES, Phrase

Object = Mapping[str, Any]
_EMPTY: Object = {}

_PERSON_PATHS = (
    ("customer_details", "name"),
    ("billing_details", "name"),
    ("customer_name",),
    ("customer", "name"),
    ("shipping", "name"),
    ("customer_details", "email"),
    ("billing_details", "email"),
    ("customer_email",),
    ("receipt_email",),
    ("customer", "email"),
)
_REASON_PATHS = (
    ("last_payment_error", "message"),
    ("last_setup_error", "message"),
    ("last_finalization_error", "message"),
    ("failure_message",),
    ("failure_reason",),
    ("closed_reason",),
    ("fraud_type",),
    ("reason",),
)
_DASHBOARD_PAGES = {
    "payment_intent": "payments",
    "charge": "payments",
    "customer": "customers",
    "subscription": "subscriptions",
    "invoice": "invoices",
    "payout": "payouts",
    "product": "products",
    "price": "prices",
    "setup_intent": "setup_intents",
}
_ID = re.compile(r"[A-Za-z0-9_]{1,255}")
_PART = re.compile(r"\[([^\[\]]*)\]")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def describe(event: InboundEvent) -> Activity:
    """The event in our words. An unknown type is told by its own words ("Stripe reports: foo created")."""
    payload, type_ = _mapping(event.payload), _text(event.type)
    obj = _mapping(_at(payload, "data", "object"))
    related = _mapping(payload.get("related_object"))
    phrase = _phrase(type_, obj, _mapping(_at(payload, "data", "previous_attributes")))
    amount, currency = _amount(type_, phrase, payload, obj)
    person = _person(obj)
    return Activity(
        kind=phrase.kind,
        sentence=_sentence(phrase.text, _words(type_, obj, amount, currency, person)),
        tone=phrase.tone,
        icon=phrase.icon,
        object_type=_text(obj.get("object")) or _text(related.get("type")),
        object_id=_text(obj.get("id")) or _text(related.get("id")),
        occurred_at=event.created_at,
        amount_minor=money.to_minor(amount, currency) if amount is not None else None,
        currency=currency.upper() if amount is not None else "",
        person=person,
        url=_dashboard_url(event, obj),
    )


_VARIANTS: dict[str, Callable[[Object, Object], str]] = {
    "checkout.session.completed": lambda obj, _: _text(obj.get("payment_status")),
    "charge.refund.updated": lambda obj, _: _text(obj.get("status")),
    "refund.updated": lambda obj, _: _text(obj.get("status")),
    "charge.dispute.closed": lambda obj, _: _text(obj.get("status")),
    "review.closed": lambda obj, _: _text(obj.get("closed_reason")),
    "customer.subscription.created": lambda obj, _: _text(obj.get("status")),
    "customer.subscription.updated": lambda obj, before: _subscription_change(obj, before),
}


def _subscription_change(obj: Object, before: Object) -> str:
    if obj.get("cancel_at_period_end") is True and "cancel_at_period_end" in before:
        return "ending"
    return _text(obj.get("status")) if "status" in before else ""


def _phrase(type_: str, obj: Object, before: Object) -> Phrase:
    variant = _VARIANTS.get(type_)
    found = PHRASES.get(f"{type_}:{variant(obj, before)}") if variant else None
    return found or PHRASES.get(type_) or Phrase("event.received", "Stripe reports: {type}", icon="activity")


def _amount(type_: str, phrase: Phrase, payload: Object, obj: Object) -> tuple[int | None, str]:
    """Stripe's integer (the first of the phrase's fields above zero, else the first that is there) and currency."""
    currency = obj.get("currency")
    found = [obj[name] for name in phrase.amounts if money.is_amount(obj.get(name))]
    if not found or not money.is_currency(currency):
        return None, ""
    amount = next((one for one in found if one > 0), found[0])
    if type_ == "charge.refunded":
        already = _at(payload, "data", "previous_attributes", "amount_refunded")
        amount -= already if money.is_amount(already) and 0 < already < amount else 0
    return amount, str(currency)


def _words(type_: str, obj: Object, amount: int | None, currency: str, person: str) -> dict[str, str]:
    readable = money.readable(amount, currency)
    return {
        "amount": readable,
        "amount_or_payment": readable or "A payment",
        "amount_or_money": readable or "Money",
        "person": person,
        "person_or_someone": person or "Someone",
        "person_or_customer": f"Customer {person}" if person else "A customer",
        "person_or_customer_low": person or "a customer",
        "reason": _reason(obj),
        "due": _day(_at(obj, "evidence_details", "due_by")),
        "arrival": _day(obj.get("arrival_date")),
        "trial_end": _day(obj.get("trial_end")),
        "name": _text(obj.get("name")),
        "number": _text(obj.get("number")),
        "plan": _plan(obj),
        "method": _method(obj),
        "type": re.sub(r"^v[12]\.(core\.)?", "", type_).replace("_", " ").replace(".", " "),
    }


def _person(obj: Object) -> str:
    paths = (("name",), ("email",)) if obj.get("object") == "customer" else _PERSON_PATHS
    return next((text for path in paths if (text := _text(_at(obj, *path)))), "")


def _reason(obj: Object) -> str:
    reason = next((text for path in _REASON_PATHS if (text := _text(_at(obj, *path)))), "")
    return reason.replace("_", " ").rstrip(". ")


def _plan(obj: Object) -> str:
    """`€29.00 a month` of a subscription, a price or a plan."""
    items = _at(obj, "items", "data")
    first = _mapping(items[0]) if isinstance(items, list) and items else _EMPTY
    price = _mapping(first.get("price")) or _mapping(obj.get("plan")) or obj
    amount = price.get("unit_amount", price.get("amount"))
    quantity = first.get("quantity")
    if money.is_amount(amount) and money.is_amount(quantity) and quantity > 1:
        amount *= quantity
    each = money.readable(amount, price.get("currency"))
    recurring = _mapping(price.get("recurring")) or price
    interval, count = _text(recurring.get("interval")), recurring.get("interval_count")
    if not each or not interval:
        return each
    return f"{each} every {count} {interval}s" if money.is_amount(count) and count > 1 else f"{each} a {interval}"


def _method(obj: Object) -> str:
    """`A Visa card ending in 4242`, or what else the payment method is."""
    brand, last4 = _text(_at(obj, "card", "brand")), _text(_at(obj, "card", "last4"))
    if brand and last4:
        return f"A {brand.replace('_', ' ').title()} card ending in {last4}"
    kind = _text(obj.get("type")).replace("_", " ")
    return f"A payment method ({kind})" if kind else "A payment method"


def _day(timestamp: Any) -> str:
    if not money.is_amount(timestamp) or not 0 < timestamp < 253_402_300_800:
        return ""
    return format_date(datetime.fromtimestamp(timestamp, UTC), "d MMMM yyyy", locale="en")


def _dashboard_url(event: InboundEvent, obj: Object) -> str:
    page, id_ = _DASHBOARD_PAGES.get(_text(obj.get("object")), ""), obj.get("id")
    if not page:
        payment = obj.get("payment_intent") or obj.get("charge")
        page, id_ = ("payments", payment) if isinstance(payment, str) else ("events", event.external_id)
    if not isinstance(id_, str) or not _ID.fullmatch(id_):
        return ""
    return f"https://dashboard.stripe.com/{'' if event.livemode else 'test/'}{page}/{id_}"


def _sentence(template: str, words: Mapping[str, str]) -> str:
    return _shape(template, frozenset(name for name, value in words.items() if not value)).format_map(words)


@lru_cache(maxsize=1024)
def _shape(template: str, unknown: frozenset[str]) -> str:
    """The template without the bracketed parts that need an unknown word."""
    return _PART.sub(lambda part: "" if unknown.intersection(_PLACEHOLDER.findall(part[1])) else part[1], template)


def _text(value: Any) -> str:
    """One clean line of at most 120 characters; "" for anything that is not text."""
    if not isinstance(value, str):
        return ""
    line = " ".join("".join(char if char.isprintable() else " " for char in value[:500]).split())
    return line if len(line) <= 120 else line[:119] + "…"


def _mapping(value: Any) -> Object:
    return value if isinstance(value, Mapping) else _EMPTY


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
