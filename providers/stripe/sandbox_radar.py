"""The stand-in's reviews, fraud warnings, value lists and disputes."""

from __future__ import annotations

from .cards import TestCard
from .objects import Object
from .sandbox_catalogue import getting, listing, missing
from .sandbox_routes import PAGE, route
from .sandbox_store import Params, Refused, Store, page

_DAY = 86_400


def after_payment(store: Store, charge: Object, card: TestCard) -> None:
    """What this test card brings after it has paid."""
    about = {
        "charge": charge["id"],
        "created": store.now,
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    if card.follows == "dispute":
        dispute = _dispute(store.new_id("dp"), charge, about)
        charge["disputed"] = True
        store.tell("charge.dispute.created", store.put("disputes", dispute))
    elif card.follows == "warning":
        warning = {"object": "radar.early_fraud_warning", "actionable": True, "fraud_type": "misc", **about}
        obj = store.put("fraud_warnings", {"id": store.new_id("issfr"), **warning})
        store.tell("radar.early_fraud_warning.created", obj)
    elif card.follows == "review":
        review = {"object": "review", "closed_reason": None, "open": True, "opened_reason": "rule", "reason": "rule"}
        obj = store.put("reviews", {"id": store.new_id("prv"), **review, **about})
        store.tell("review.opened", obj)


def _dispute(id_: str, charge: Object, about: Object) -> Object:
    return {
        "id": id_,
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": about["created"] + 9 * _DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": False,
        "metadata": {},
        "reason": "fraudulent",
        "status": "needs_response",
        **about,
    }


def close_review(store: Store, charge: Object, reason: str) -> None:
    for one in store.table("reviews").values():
        if one["open"] and one["charge"] == charge["id"]:
            one.update(open=False, closed_reason=reason, reason=reason)
            store.tell("review.closed", one)


def approve(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("reviews", id_, "review")
    if not obj["open"]:
        raise Refused(400, "This review is already closed.")
    obj.update(open=False, closed_reason="approved", reason="approved")
    store.tell("review.closed", obj)
    return obj


def open_reviews(store: Store, params: Params) -> Object:
    return page(store, "reviews", "/v1/reviews", params, open=True)


def update_dispute(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("disputes", id_, "dispute")
    _expect_open(obj)
    if params.get("evidence"):
        obj["evidence"].update(params["evidence"])
        obj["evidence_details"]["has_evidence"] = True
    before = obj["status"]
    if params.get("submit", "true") == "true":
        said = obj["evidence"].get("uncategorized_text")
        obj["status"] = {"winning_evidence": "won", "losing_evidence": "lost"}.get(said, "under_review")
        obj["evidence_details"].update(submission_count=1, submission_method="manual")
    store.tell("charge.dispute.updated", obj)
    if obj["status"] in ("won", "lost") and before != obj["status"]:
        store.tell("charge.dispute.closed", obj)
    return obj


def close_dispute(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("disputes", id_, "dispute")
    _expect_open(obj)
    obj["status"] = "lost"
    store.tell("charge.dispute.closed", obj)
    return obj


def _expect_open(obj: Object) -> None:
    if obj["status"] != "needs_response":
        raise Refused(400, f"This dispute is already {obj['status']}.", code="dispute_closed")


def create_list(store: Store, params: Params) -> Object:
    for name in ("alias", "name"):
        if not params.get(name):
            raise missing(name)
    if any(one["alias"] == params["alias"] for one in store.table("value_lists").values()):
        raise Refused(400, "A value list with this alias already exists.", param="alias")
    id_ = store.new_id("rsl")
    items = {"object": "list", "data": [], "has_more": False, "url": f"/v1/radar/value_list_items?value_list={id_}"}
    obj = {
        "id": id_,
        "object": "radar.value_list",
        "alias": params["alias"],
        "created": store.now,
        "created_by": "office@lumen-studio.example",
        "item_type": params.get("item_type", "string"),
        "list_items": items,
        "livemode": False,
        "metadata": {},
        "name": params["name"],
    }
    return store.put("value_lists", obj)


def create_item(store: Store, params: Params) -> Object:
    value = params.get("value")
    if not value:
        raise missing("value")
    kept = store.get("value_lists", str(params.get("value_list")), "value list")
    if kept["item_type"] == "email" and "@" not in value:
        raise Refused(400, f"Invalid email: {value}", param="value")
    obj = {
        "id": store.new_id("rsli"),
        "object": "radar.value_list_item",
        "created": store.now,
        "created_by": "office@lumen-studio.example",
        "livemode": False,
        "value": value,
        "value_list": kept["id"],
    }
    return store.put("value_list_items", obj)


def delete_item(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("value_list_items", id_, "value list item")
    del store.table("value_list_items")[id_]
    return {**obj, "deleted": True}


_EFW, _LISTS, _ITEMS = "/v1/radar/early_fraud_warnings", "/v1/radar/value_lists", "/v1/radar/value_list_items"
ROUTES = (
    route("GET", "/v1/reviews", "review", open_reviews, f"{PAGE} created"),
    route("GET", "/v1/reviews/{id}", "review", getting("reviews", "review")),
    route("POST", "/v1/reviews/{id}/approve", "review", approve),
    route("GET", _EFW, "radar", listing("fraud_warnings", _EFW, "payment_intent"), f"{PAGE} payment_intent charge"),
    route("GET", f"{_EFW}/{{id}}", "radar", getting("fraud_warnings", "early fraud warning")),
    route("GET", _LISTS, "radar", listing("value_lists", _LISTS, "alias"), f"{PAGE} alias"),
    route("POST", _LISTS, "radar", create_list, "alias name item_type metadata"),
    route(
        "GET", _ITEMS, "radar", listing("value_list_items", _ITEMS, "value_list", "value"), f"{PAGE} value_list value"
    ),
    route("POST", _ITEMS, "radar", create_item, "value_list value"),
    route("DELETE", f"{_ITEMS}/{{id}}", "radar", delete_item),
    route(
        "GET",
        "/v1/disputes",
        "dispute",
        listing("disputes", "/v1/disputes", "payment_intent"),
        f"{PAGE} payment_intent",
    ),
    route("GET", "/v1/disputes/{id}", "dispute", getting("disputes", "dispute")),
    route("POST", "/v1/disputes/{id}", "dispute", update_dispute, "evidence submit metadata"),
    route("POST", "/v1/disputes/{id}/close", "dispute", close_dispute),
)
