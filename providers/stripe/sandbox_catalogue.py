"""The stand-in's products, prices, checkout pages and payment links."""

from __future__ import annotations

from typing import Any

from .objects import Object
from .sandbox_routes import PAGE, route
from .sandbox_store import Params, Refused, Store, page, whole

_HOUR = 3600


def missing(name: str) -> Refused:
    return Refused(400, f"Missing required param: {name}.", code="parameter_missing", param=name)


def listing(table: str, path: str, *names: str) -> Any:
    def run(store: Store, params: Params) -> Object:
        return page(store, table, path, params, **{name: params.get(name) for name in names})

    return run


def getting(table: str, kind: str) -> Any:
    def run(store: Store, params: Params, id_: str) -> Object:
        return store.get(table, id_, kind)

    return run


def create_product(store: Store, params: Params) -> Object:
    if not params.get("name"):
        raise missing("name")
    obj = {
        "id": store.new_id("prod"),
        "object": "product",
        "active": True,
        "created": store.now,
        "description": params.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": params.get("metadata") or {},
        "name": params["name"],
        "type": "service",
        "updated": store.now,
    }
    store.tell("product.created", obj)
    return store.put("products", obj)


def update_product(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("products", id_, "product")
    obj.update({name: params[name] for name in ("name", "description", "metadata") if name in params})
    if "active" in params:
        obj["active"] = params["active"] == "true"
    obj["updated"] = store.now
    store.tell("product.updated", obj)
    return obj


def create_price(store: Store, params: Params) -> Object:
    if not params.get("currency"):
        raise missing("currency")
    recurring = params.get("recurring")
    if recurring:
        recurring = {
            "interval": recurring["interval"],
            "interval_count": int(recurring.get("interval_count", 1)),
            "usage_type": "licensed",
        }
    obj = {
        "id": store.new_id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": store.now,
        "currency": str(params["currency"]).lower(),
        "livemode": False,
        "metadata": {},
        "product": store.get("products", str(params.get("product")), "product")["id"],
        "recurring": recurring or None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": whole(params, "unit_amount"),
    }
    store.tell("price.created", obj)
    return store.put("prices", obj)


def update_price(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("prices", id_, "price")
    if "active" in params:
        obj["active"] = params["active"] == "true"
    store.tell("price.updated", obj)
    return obj


def priced(store: Store, params: Params, name: str = "line_items") -> list[tuple[Object, int]]:
    """The prices and quantities of a list of items."""
    items = params.get(name)
    if not isinstance(items, list) or not items:
        raise missing(name)
    found = [(store.get("prices", str(one.get("price")), "price"), int(one.get("quantity", 1))) for one in items]
    if any(not price["active"] for price, _ in found):
        raise Refused(400, "The price specified is inactive. This field only accepts active prices.", param="price")
    return found


def create_session(store: Store, params: Params) -> Object:
    found, mode = priced(store, params), params.get("mode", "payment")
    if not params.get("success_url"):
        raise missing("success_url")
    if mode == "payment" and any(price["recurring"] for price, _ in found):
        raise Refused(400, "You specified `payment` mode but passed a recurring price.", param="mode")
    total, id_ = sum(price["unit_amount"] * count for price, count in found), store.new_id("cs_test")
    obj = {
        "id": id_,
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False},
        "cancel_url": params.get("cancel_url"),
        "created": store.now,
        "currency": found[0][0]["currency"],
        "custom_fields": [],
        "custom_text": {},
        "customer": params.get("customer"),
        "expires_at": store.now + 24 * _HOUR,
        "livemode": False,
        "metadata": {},
        "mode": mode,
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "success_url": params["success_url"],
        "url": f"https://checkout.stripe.com/c/pay/{id_}",
    }
    return store.put("checkout_sessions", obj)


def expire_session(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("checkout_sessions", id_, "checkout.session")
    if obj["status"] != "open":
        raise Refused(400, 'Only Checkout Sessions with a status in ["open"] can be expired.')
    obj.update(status="expired", url=None)
    store.tell("checkout.session.expired", obj)
    return obj


def create_link(store: Store, params: Params) -> Object:
    found, id_ = priced(store, params), store.new_id("plink")
    obj = {
        "id": id_,
        "object": "payment_link",
        "active": True,
        "after_completion": {"type": "hosted_confirmation"},
        "allow_promotion_codes": False,
        "automatic_tax": {"enabled": False},
        "billing_address_collection": "auto",
        "created": store.now,
        "currency": found[0][0]["currency"],
        "custom_fields": [],
        "custom_text": {},
        "customer_creation": "if_required",
        "livemode": False,
        "metadata": {},
        "payment_method_collection": "always",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "submit_type": "auto",
        "tax_id_collection": {"enabled": False, "required": "never"},
        "url": f"https://buy.stripe.com/test_{id_}",
    }
    return store.put("payment_links", obj)


def update_link(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("payment_links", id_, "payment_link")
    if "active" in params:
        obj["active"] = params["active"] == "true"
    return obj


_SESSION = "mode line_items success_url cancel_url customer customer_email subscription_data metadata"
ROUTES = (
    route("GET", "/v1/products", "product", listing("products", "/v1/products"), f"{PAGE} created active"),
    route("POST", "/v1/products", "product", create_product, "name description metadata"),
    route("GET", "/v1/products/{id}", "product", getting("products", "product")),
    route("POST", "/v1/products/{id}", "product", update_product, "name description active metadata"),
    route("GET", "/v1/prices", "plan", listing("prices", "/v1/prices", "product"), f"{PAGE} created product"),
    route("POST", "/v1/prices", "plan", create_price, "product unit_amount currency recurring metadata"),
    route("GET", "/v1/prices/{id}", "plan", getting("prices", "price")),
    route("POST", "/v1/prices/{id}", "plan", update_price, "active metadata"),
    route(
        "GET",
        "/v1/checkout/sessions",
        "checkout_session",
        listing("checkout_sessions", "/v1/checkout/sessions"),
        PAGE,
    ),
    route("POST", "/v1/checkout/sessions", "checkout_session", create_session, _SESSION),
    route("GET", "/v1/checkout/sessions/{id}", "checkout_session", getting("checkout_sessions", "checkout.session")),
    route("POST", "/v1/checkout/sessions/{id}/expire", "checkout_session", expire_session),
    route("GET", "/v1/payment_links", "payment_links", listing("payment_links", "/v1/payment_links"), PAGE),
    route("POST", "/v1/payment_links", "payment_links", create_link, "line_items metadata"),
    route("GET", "/v1/payment_links/{id}", "payment_links", getting("payment_links", "payment_link")),
    route("POST", "/v1/payment_links/{id}", "payment_links", update_link, "active metadata"),
)
