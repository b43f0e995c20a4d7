"""The stand-in's test clocks: advancing one renews, ends and bills the subscriptions of its customers."""

from __future__ import annotations

from .objects import Object
from .sandbox_catalogue import listing
from .sandbox_routes import PAGE, route
from .sandbox_store import Params, Refused, Store, whole
from .sandbox_subscriptions import end, renew

_DAY = 86_400
_MOST_PERIODS = 800
"""Of one subscription in one step: more than two years of days."""


def create(store: Store, params: Params) -> Object:
    obj: Object = {
        "id": store.new_id("clock"),
        "object": "test_helpers.test_clock",
        "created": store.now,
        "deletes_after": store.now + 30 * _DAY,
        "frozen_time": whole(params, "frozen_time"),
        "livemode": False,
        "name": params.get("name"),
        "status": "ready",
        "status_details": {},
    }
    return store.put("test_clocks", obj)


def get(store: Store, params: Params, id_: str) -> Object:
    """The first look after advancing finds it ready."""
    obj = store.get("test_clocks", id_, "test clock")
    obj.update(status="ready", status_details={})
    return obj


def advance(store: Store, params: Params, id_: str) -> Object:
    obj, to = store.get("test_clocks", id_, "test clock"), whole(params, "frozen_time")
    if to <= obj["frozen_time"]:
        raise Refused(400, "The test clock can only be advanced to a later time.", param="frozen_time")
    obj["frozen_time"] = to
    people = {one["id"] for one in store.table("customers").values() if one.get("test_clock") == id_}
    for sub in list(store.table("subscriptions").values()):
        if sub["customer"] in people:
            _live_on(store, sub, to)
    obj.update(status="advancing", status_details={"advancing": {"target_frozen_time": to}})
    return obj


def _live_on(store: Store, sub: Object, to: int) -> None:
    for _ in range(_MOST_PERIODS):
        at = sub["items"]["data"][0]["current_period_end"]
        pause = sub["pause_collection"]
        if pause and pause["resumes_at"] and pause["resumes_at"] <= min(at, to):
            sub["pause_collection"] = None
        if sub["status"] in ("paused", "canceled", "incomplete") or at > to:
            return
        if sub["cancel_at_period_end"]:
            end(store, sub)
            return
        before = {"status": sub["status"]}
        renew(store, sub, at)
        store.tell("customer.subscription.updated", sub, before=before)


def delete(store: Store, params: Params, id_: str) -> Object:
    obj = store.get("test_clocks", id_, "test clock")
    del store.table("test_clocks")[id_]
    people = {one["id"] for one in store.table("customers").values() if one.get("test_clock") == id_}
    for person in people:
        del store.table("customers")[person]
    for sub in [one for one in store.table("subscriptions").values() if one["customer"] in people]:
        del store.table("subscriptions")[sub["id"]]
    return {**obj, "deleted": True}


_CLOCKS = "/v1/test_helpers/test_clocks"
ROUTES = (
    route("GET", _CLOCKS, "billing_clock", listing("test_clocks", _CLOCKS), PAGE),
    route("POST", _CLOCKS, "billing_clock", create, "frozen_time name"),
    route("GET", f"{_CLOCKS}/{{id}}", "billing_clock", get),
    route("DELETE", f"{_CLOCKS}/{{id}}", "billing_clock", delete),
    route("POST", f"{_CLOCKS}/{{id}}/advance", "billing_clock", advance, "frozen_time"),
)
