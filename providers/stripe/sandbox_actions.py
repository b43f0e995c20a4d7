"""What the stand-in does for each call, and the account it begins with."""

from __future__ import annotations

import re

from . import cards, objects
from . import sandbox_radar as fraud
from .objects import Object
from .sandbox_store import Params, Refused, Store, page, whole

_DAY = 86_400
_CURRENCY = re.compile(r"[a-z]{3}")


# ------------------------------------------------------------------------------------------- account and balance


def account(store: Store, params: Params) -> Object:
    return objects.account()


def balance(store: Store, params: Params) -> Object:
    """What was paid and not refunded: older than two days is available, the rest pending."""
    sums: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
    for charge in store.table("charges").values():
        state = "available" if charge["created"] < store.now - 2 * _DAY else "pending"
        net = charge["amount"] - charge["amount_refunded"] if charge["paid"] else 0
        sums[state][charge["currency"]] = sums[state].get(charge["currency"], 0) + net
    currencies = sorted({*sums["available"], *sums["pending"]} | {"eur"})
    lines = {
        state: [
            {"amount": amounts.get(code, 0), "currency": code, "source_types": {"card": amounts.get(code, 0)}}
            for code in currencies
        ]
        for state, amounts in sums.items()
    }
    return {"object": "balance", "livemode": False, **lines}


# ------------------------------------------------------------------------------------------------------ customers


def list_customers(store: Store, params: Params) -> Object:
    return page(store, "customers", "/v1/customers", params, email=params.get("email"))


def create_customer(store: Store, params: Params) -> Object:
    obj = objects.customer(store.new_id("cus"), store.now)
    obj.update(_customer_values(params))
    method = params.get("payment_method")
    if params.get("test_clock"):
        obj["test_clock"] = store.get("test_clocks", params["test_clock"], "test clock")["id"]
    settings = params.get("invoice_settings") or {}
    if method:
        obj["invoice_settings"] = {"default_payment_method": settings.get("default_payment_method") or method}
    store.tell("customer.created", obj)
    return store.put("customers", obj)


def get_customer(store: Store, params: Params, id_: str) -> Object:
    return store.get("customers", id_, "customer")


def update_customer(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("customers", id_, "customer")
    values = _customer_values(params)
    before = {name: obj.get(name) for name in values}
    obj.update(values)
    store.tell("customer.updated", obj, before=before)
    return obj


def delete_customer(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("customers", id_, "customer")
    del store.table("customers")[id_]
    store.tell("customer.deleted", obj)
    return {**obj, "deleted": True}


def _picked(params: Params, *names: str) -> Object:
    return {name: params[name] for name in names if name in params}


def _customer_values(params: Params) -> Object:
    values = _picked(params, "name", "email", "phone", "description", "metadata")
    if values.get("email") and "@" not in values["email"]:
        raise Refused(400, f"Invalid email address: {values['email']}", code="email_invalid", param="email")
    return values


# ------------------------------------------------------------------------------------------------------- payments


def list_intents(store: Store, params: Params) -> Object:
    return page(store, "payment_intents", "/v1/payment_intents", params, customer=params.get("customer"))


def create_intent(store: Store, params: Params) -> Object:
    amount, currency = whole(params, "amount"), str(params.get("currency", "")).lower()
    if not currency:
        raise Refused(400, "Missing required param: currency.", code="parameter_missing", param="currency")
    if not _CURRENCY.fullmatch(currency):
        raise Refused(400, f"Invalid currency: {currency}.", code="parameter_invalid_string", param="currency")
    if amount < 50:
        raise Refused(
            400, "Amount must be at least the minimum charge amount.", code="amount_too_small", param="amount"
        )
    if params.get("customer"):
        store.get("customers", params["customer"], "customer")
    obj = objects.payment_intent(
        store.new_id("pi"),
        store.now,
        amount=amount,
        currency=currency,
        status="requires_payment_method",
        customer=params.get("customer"),
        description=params.get("description"),
        metadata=params.get("metadata") or {},
        receipt_email=params.get("receipt_email"),
    )
    store.put("payment_intents", obj)
    store.tell("payment_intent.created", obj)
    return confirm_intent(store, params, obj["id"]) if params.get("confirm") == "true" else obj


def get_intent(store: Store, params: Params, id_: str) -> Object:
    return store.get("payment_intents", id_, "payment_intent")


def confirm_intent(store: Store, params: Params, id_: str) -> Object:
    intent = store.get("payment_intents", id_, "payment_intent")
    _expect_open(intent, "confirm")
    method = params.get("payment_method") or intent["payment_method"]
    if not method:
        raise Refused(
            400,
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    person = store.table("customers").get(intent["customer"], {})
    charge = objects.charge(
        store.new_id("ch"),
        store.now,
        amount=intent["amount"],
        currency=intent["currency"],
        name=person.get("name"),
        email=person.get("email"),
        customer=intent["customer"],
        payment_intent=id_,
        description=intent["description"],
    )
    intent["latest_charge"] = charge["id"]
    store.put("charges", charge)
    card = cards.card(method)
    charge["outcome"] = cards.outcome(card)
    if card.action:
        del store.table("charges")[charge["id"]]
        intent.update(status="requires_action", latest_charge=None, next_action={"type": "use_stripe_sdk"})
        store.tell("payment_intent.requires_action", intent)
        return intent
    if card.declined:
        return _decline(store, intent, charge, card.declined)
    intent.update(status="succeeded", amount_received=intent["amount"])
    store.tell("charge.succeeded", charge)
    store.tell("payment_intent.succeeded", intent)
    fraud.after_payment(store, charge, card)
    return intent


def _decline(store: Store, intent: Object, charge: Object, reason: str) -> Object:
    message = cards.MESSAGES.get(reason, "Your card was declined.")
    charge.update(
        status="failed",
        paid=False,
        captured=False,
        amount_captured=0,
        failure_code="card_declined",
        failure_message=message,
    )
    intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "message": message}
    store.tell("payment_intent.payment_failed", intent)
    raise Refused(402, message, code="card_declined", type_="card_error", decline_code=reason, charge=charge["id"])


def cancel_intent(store: Store, params: Params, id_: str) -> Object:
    intent = store.get("payment_intents", id_, "payment_intent")
    _expect_open(intent, "cancel")
    intent.update(status="canceled", canceled_at=store.now, cancellation_reason=params.get("cancellation_reason"))
    store.tell("payment_intent.canceled", intent)
    return intent


def _expect_open(intent: Object, verb: str) -> None:
    if intent["status"] in ("succeeded", "canceled"):
        raise Refused(
            400,
            f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )


def list_charges(store: Store, params: Params) -> Object:
    return page(
        store,
        "charges",
        "/v1/charges",
        params,
        customer=params.get("customer"),
        payment_intent=params.get("payment_intent"),
    )


def get_charge(store: Store, params: Params, id_: str) -> Object:
    return store.get("charges", id_, "charge")


# -------------------------------------------------------------------------------------------------------- refunds


def list_refunds(store: Store, params: Params) -> Object:
    return page(
        store,
        "refunds",
        "/v1/refunds",
        params,
        charge=params.get("charge"),
        payment_intent=params.get("payment_intent"),
    )


def create_refund(store: Store, params: Params) -> Object:
    charge = _charge_to_refund(store, params)
    left = charge["amount"] - charge["amount_refunded"]
    if not left:
        raise Refused(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = whole(params, "amount") if "amount" in params else left
    if not 0 < amount <= left:
        raise Refused(400, "Refund amount is greater than unrefunded amount on charge.", param="amount")
    obj = objects.refund(
        store.new_id("re"),
        store.now,
        amount=amount,
        currency=charge["currency"],
        charge_id=charge["id"],
        payment_intent=charge["payment_intent"],
        reason=params.get("reason"),
        metadata=params.get("metadata") or {},
    )
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    store.tell("charge.refunded", charge, before=before)
    fraud.close_review(store, charge, "refunded_as_fraud" if params.get("reason") == "fraudulent" else "refunded")
    store.tell("refund.created", obj)
    return store.put("refunds", obj)


def _charge_to_refund(store: Store, params: Params) -> Object:
    if params.get("payment_intent"):
        intent = store.get("payment_intents", params["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            raise Refused(
                400,
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
                param="payment_intent",
            )
        return store.get("charges", intent["latest_charge"], "charge")
    if params.get("charge"):
        return store.get("charges", params["charge"], "charge")
    raise Refused(
        400, "One of the following params should be provided: payment_intent or charge.", code="parameter_missing"
    )


def get_refund(store: Store, params: Params, id_: str) -> Object:
    return store.get("refunds", id_, "refund")


# ---------------------------------------------------------------------------------------------- events, webhooks


def list_events(store: Store, params: Params) -> Object:
    types = params.get("types") or ([params["type"]] if params.get("type") else [])
    return page(store, "events", "/v1/events", params, type=types or None)


def get_event(store: Store, params: Params, id_: str) -> Object:
    return store.get("events", id_, "event")


def list_endpoints(store: Store, params: Params) -> Object:
    return page(store, "webhook_endpoints", "/v1/webhook_endpoints", params)


def create_endpoint(store: Store, params: Params) -> Object:
    values = _endpoint_values(params)
    for name in ("url", "enabled_events"):
        if name not in values:
            raise Refused(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
    obj = objects.webhook_endpoint(
        store.new_id("we"),
        store.now,
        **values,
        api_version=params.get("api_version"),
    )
    store.put("webhook_endpoints", obj)
    return {**obj, "secret": f"whsec_Sandbox{store.next_number():08d}"}


def get_endpoint(store: Store, params: Params, id_: str) -> Object:
    return store.get("webhook_endpoints", id_, "webhook endpoint")


def update_endpoint(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("webhook_endpoints", id_, "webhook endpoint")
    obj.update(_endpoint_values(params))
    if "disabled" in params:
        obj["status"] = "disabled" if params["disabled"] == "true" else "enabled"
    return obj


def delete_endpoint(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("webhook_endpoints", id_, "webhook endpoint")
    del store.table("webhook_endpoints")[id_]
    return {**obj, "deleted": True}


def _endpoint_values(params: Params) -> Object:
    values = _picked(params, "url", "enabled_events", "description", "metadata")
    if "url" in values and not re.match(r"https?://[^/\s]+", values["url"]):
        raise Refused(
            400, "Invalid URL: An explicit scheme (such as https) must be provided.", code="url_invalid", param="url"
        )
    if "enabled_events" in values and not (isinstance(values["enabled_events"], list) and values["enabled_events"]):
        raise Refused(400, "Invalid array", param="enabled_events")
    return values


# ---- the account at first


def seed(store: Store) -> None:
    """Twelve customers and two weeks of payments: most paid, one refunded, one declined, one still open."""
    store.table("customers")
    amounts = (12_000, 4_900, 2_900, 18_750, 9_900, 3_450, 52_000, 1_500, 7_990, 24_000, 6_400, 2_900)
    for number, ((name, email, _), amount) in enumerate(zip(objects.PEOPLE, amounts, strict=True)):
        at = store.now - (len(amounts) - 1 - number) * 36 * 3600 - 3 * 3600 - number * 397
        person = store.put("customers", objects.customer(store.new_id("cus"), at, name=name, email=email))
        store.tell("customer.created", person, at=at)
        _seed_payment(store, person, amount, at + 900, declined=number == 4, open_=number == 11)
    refunded = list(store.table("charges").values())[2]
    create_refund(store, {"charge": refunded["id"], "reason": "requested_by_customer"})


def _seed_payment(store: Store, person: Object, amount: int, at: int, *, declined: bool, open_: bool) -> None:
    intent = objects.payment_intent(
        store.new_id("pi"),
        at,
        amount=amount,
        currency="eur",
        status="requires_payment_method",
        customer=person["id"],
        description="Invoice from Lumen Studio",
    )
    store.put("payment_intents", intent)
    if open_:
        return
    charge = objects.charge(
        store.new_id("ch"),
        at,
        amount=amount,
        currency="eur",
        name=person["name"],
        email=person["email"],
        customer=person["id"],
        payment_intent=intent["id"],
    )
    store.put("charges", charge)
    intent["latest_charge"] = charge["id"]
    if declined:
        message = "Your card has insufficient funds."
        charge.update(
            status="failed",
            paid=False,
            captured=False,
            amount_captured=0,
            failure_code="card_declined",
            failure_message=message,
        )
        intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "message": message}
        store.tell("payment_intent.payment_failed", intent, at=at)
        return
    intent.update(status="succeeded", amount_received=amount)
    store.tell("payment_intent.succeeded", intent, at=at)
