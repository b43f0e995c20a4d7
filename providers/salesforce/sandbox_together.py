"""The stand-in's calls for many records: collections of 200, each for itself, and up to 25 calls as one."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

from .sandbox_records import allowed, by_field, change, make, remove
from .sandbox_schema import PREFIXES
from .sandbox_store import Call, Refusal, State

Answer = tuple[int, Any]


def collection(state: State, call: Call, work: Callable[[dict[str, Any]], dict[str, Any]]) -> Answer:
    """Each record for itself, or all or none; 200 even if some fail."""
    body = call.object()
    records = body.get("records")
    if not isinstance(records, list) or not 1 <= len(records) <= 200:
        raise Refusal(400, "INVALID_INPUT", "records must be between 1 and 200")
    before = copy.deepcopy(state["records"]) if body.get("allOrNone") else None
    rows = [_row(work, one) for one in records]
    if before is not None and not all(one["success"] for one in rows):
        state["records"] = before
        halted = Refusal(400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back because not all were valid")
        rows = [{"success": False, "errors": [halted.row()]} if one["success"] else one for one in rows]
    return 200, rows


def create_many(state: State, call: Call) -> Answer:
    def work(one: dict[str, Any]) -> dict[str, Any]:
        kind = _kind(call, one, "createable")
        return {"id": make(state, call, kind, one)}

    return collection(state, call, work)


def update_many(state: State, call: Call) -> Answer:
    def work(one: dict[str, Any]) -> dict[str, Any]:
        identity = str(one.get("id") or one.get("Id") or "")
        change(state, call, _kind(call, one, "updateable"), identity, one)
        return {"id": identity}

    return collection(state, call, work)


def upsert_many(state: State, call: Call, kind: str, field: str) -> Answer:
    def work(one: dict[str, Any]) -> dict[str, Any]:
        if _kind(call, one, "updateable") != kind:
            raise Refusal(400, "INVALID_INPUT", "the type is not that of the address")
        value = str(one.get(field) or "")
        found = by_field(state, kind, field, value)
        if not value or len(found) > 1:
            raise Refusal(
                400, "DUPLICATE_EXTERNAL_ID" if found else "MISSING_ARGUMENT", f"{field} not specified", [field]
            )
        if found:
            change(state, call, kind, found[0], one)
            return {"id": found[0], "created": False}
        return {"id": make(state, call, kind, one), "created": True}

    return collection(state, call, work)


def delete_many(state: State, call: Call) -> Answer:
    rows = []
    for identity in call.one("ids").split(","):
        kind = next((one for one, prefix in PREFIXES.items() if identity.startswith(prefix)), "")
        try:
            allowed(call, kind, "deletable")
            remove(state, call, kind, identity)
            rows.append({"id": identity, "success": True, "errors": []})
        except Refusal as refusal:
            rows.append({"success": False, "errors": [refusal.row()]})
    return 200, rows


def _kind(call: Call, one: dict[str, Any], right: str) -> str:
    attributes = one.get("attributes")
    kind = str(attributes.get("type", "")) if isinstance(attributes, dict) else ""
    allowed(call, kind, right)
    return kind


def _row(work: Callable[[dict[str, Any]], dict[str, Any]], one: Any) -> dict[str, Any]:
    try:
        return {"success": True, "errors": [], **work(one if isinstance(one, dict) else {})}
    except Refusal as refusal:
        return {"success": False, "errors": [refusal.row()]}


def composite(state: State, call: Call, again: Callable[[str, str, dict[str, str], Any], tuple[int, Any]]) -> Answer:
    """Up to 25 calls; `again(method, url, headers, body)` answers one. Later ones may use what earlier ones made."""
    body = call.object()
    steps = body.get("compositeRequest")
    if not isinstance(steps, list) or not 1 <= len(steps) <= 25:
        raise Refusal(400, "INVALID_INPUT", "compositeRequest must hold 1 to 25 requests")
    before = copy.deepcopy(state["records"])
    made: dict[str, Any] = {}
    answers: list[dict[str, Any]] = []
    for one in steps:
        text = re.sub(
            r"@\{(\w+)\.(\w+)\}", lambda found: str((made.get(found[1]) or {}).get(found[2], "")), json.dumps(one)
        )
        step = json.loads(text)
        status, told = again(step["method"], step["url"], step.get("httpHeaders") or {}, step.get("body"))
        reference = str(step["referenceId"])
        made[reference] = told if isinstance(told, dict) else {}
        answers.append({"body": told, "httpHeaders": {}, "httpStatusCode": status, "referenceId": reference})
        if status >= 400 and body.get("allOrNone"):
            state["records"] = before
            return 200, {"compositeResponse": _halted(steps, answers)}
    return 200, {"compositeResponse": answers}


def _halted(steps: list[Any], answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    halted = Refusal(
        400, "PROCESSING_HALTED", "The transaction was rolled back since another operation failed."
    ).body()
    failed = answers[-1]
    return [
        failed
        if one["referenceId"] == failed["referenceId"]
        else {"body": halted, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": one["referenceId"]}
        for one in steps
    ]
