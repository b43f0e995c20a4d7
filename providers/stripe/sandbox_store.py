"""The stand-in's memory: tables of Stripe objects, paging and expanding, and Stripe's error shape."""

from __future__ import annotations

import copy
import re
from typing import Any

from . import objects
from .manifest import API_VERSION
from .objects import Object

Params = dict[str, Any]


class Refused(Exception):
    """An error answer in Stripe's shape."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "",
        param: str = "",
        type_: str = "invalid_request_error",
        **more: str,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": type_, "code": code, "param": param, **more}

    def body(self) -> Object:
        return {"error": {name: value for name, value in self.error.items() if value}}


class Store:
    """Tables of objects by id in the stand-in's state, oldest first."""

    def __init__(self, state: dict[str, Any], now: int) -> None:
        self.state = state
        self.now = now

    def table(self, name: str) -> dict[str, Any]:
        table: dict[str, Any] = self.state.setdefault(name, {})
        return table

    def next_number(self) -> int:
        number = int(self.state.get("counter", 0)) + 1
        self.state["counter"] = number
        return number

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_Sandbox{self.next_number():010d}"

    def get(self, table: str, id_: str, kind: str) -> Object:
        found: Object | None = self.table(table).get(id_)
        if found is None:
            raise Refused(404, f"No such {kind}: '{id_}'", code="resource_missing", param="id")
        return found

    def put(self, table: str, obj: Object) -> Object:
        self.table(table)[obj["id"]] = obj
        return obj

    def tell(self, type_: str, obj: Object, *, before: Object | None = None, at: int | None = None) -> None:
        """Writes the event that Stripe would send about this change."""
        created = self.now if at is None else at
        told = objects.event(
            self.new_id("evt"), created, type_, copy.deepcopy(obj), api_version=API_VERSION, before=before
        )
        endpoints = self.table("webhook_endpoints").values()
        told["pending_webhooks"] = sum(
            one["status"] == "enabled" and (type_ in one["enabled_events"] or "*" in one["enabled_events"])
            for one in endpoints
        )
        self.put("events", told)


def expanded(store: Store, answer: Object, expand: Any) -> Object:
    """The answer with `customer` or `latest_charge` as whole objects where `expand` asks for it."""
    tables = {"customer": "customers", "latest_charge": "charges"}
    for path in expand if isinstance(expand, list) else []:
        whole_list, _, name = path.rpartition(".")
        if name not in tables or whole_list not in ("", "data"):
            raise Refused(400, f"This property cannot be expanded ({path}).", param="expand")
        items = answer.get("data", []) if whole_list else [answer]
        full = [{**one, name: store.table(tables[name]).get(str(one.get(name))) or one.get(name)} for one in items]
        answer = {**answer, "data": full} if whole_list else full[0]
    return answer


def page(store: Store, table: str, url: str, params: Params, **wanted: Any) -> Object:
    """A page, newest first, of what has the wanted values (a list: one of them)."""
    limit = whole(params, "limit") if "limit" in params else 10
    if not 1 <= limit <= 100:
        raise Refused(
            400, "Invalid limit: must be between 1 and 100.", code="parameter_invalid_integer", param="limit"
        )
    found = [one for one in reversed(store.table(table).values()) if _fits(one, params.get("created"), wanted)]
    if "delivery_success" in params:
        waiting = params["delivery_success"] == "false"
        found = [one for one in found if (one["pending_webhooks"] > 0) is waiting]
    ids = [one["id"] for one in found]
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in ids:
            raise Refused(400, f"No such object: '{params[name]}'", code="resource_missing", param=name)
    if "ending_before" in params:
        before = found[: ids.index(params["ending_before"])]
        return {"object": "list", "url": url, "has_more": len(before) > limit, "data": before[-limit:]}
    rest = found[ids.index(params["starting_after"]) + 1 :] if "starting_after" in params else found
    return {"object": "list", "url": url, "has_more": len(rest) > limit, "data": rest[:limit]}


def _fits(obj: Object, created: Any, wanted: dict[str, Any]) -> bool:
    for name, value in wanted.items():
        if value and obj.get(name) not in (value if isinstance(value, list) else [value]):
            return False
    bounds = created if isinstance(created, dict) else {"gte": created, "lte": created} if created else {}
    at = obj["created"]
    checks = {"gte": at.__ge__, "gt": at.__gt__, "lte": at.__le__, "lt": at.__lt__}
    return all(checks[name](int(value)) for name, value in bounds.items() if name in checks)


def whole(params: Params, name: str) -> int:
    if name not in params:
        raise Refused(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
    if not re.fullmatch(r"-?\d{1,12}", str(params[name])):
        raise Refused(400, f"Invalid integer: {params[name]}", code="parameter_invalid_integer", param=name)
    return int(params[name])
