"""The stand-in's batches: at most 100 rows, partial failures as 207 with the row's trace id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_catalog import UNIQUE
from .sandbox_objects import Records
from .sandbox_store import Refusal, Reply, State, gone, invalid, json_object, kind_of, stamp, text_values

MAX_BATCH = 100
_Row = dict[str, Any]


def batch_create(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    def create(records: Records, row: _Row) -> tuple[str, dict[str, Any]]:
        properties = text_values(row.get("properties"))
        return records.create(properties), {}

    return _batch(state, request, now, name, create, good=201)


def batch_update(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    def change(records: Records, row: _Row) -> tuple[str, dict[str, Any]]:
        value = _id(row)
        found = records.by_unique(_unique(row) or "hs_object_id", value)
        if found is None:
            raise gone(value)
        records.change(found, text_values(row.get("properties")))
        return found, {}

    return _batch(state, request, now, name, change)


def batch_upsert(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    def upsert(records: Records, row: _Row) -> tuple[str, dict[str, Any]]:
        unique, value = _unique(row), _id(row)
        if not unique:
            raise invalid("idProperty is required for upsert")
        properties = {**text_values(row.get("properties")), unique: value}
        found = records.by_unique(unique, value)
        if found is None:
            return records.create(properties), {"new": True}
        records.change(found, properties)
        return found, {"new": False}

    return _batch(state, request, now, name, upsert)


def batch_read(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    asked = json_object(request)
    unique, names = str(asked.get("idProperty") or "hs_object_id"), asked.get("properties")
    records = Records(state, kind_of(name), now)
    results, errors = [], []
    for row in _inputs(asked):
        found = records.by_unique(unique, _id(row))
        try:
            results.append(records.shown(found or _id(row), [str(one) for one in names or ()]))
        except Refusal as refusal:
            errors.append(_error(refusal, row) | {"context": {"ids": [_id(row)]}})
    return _answer(results, errors, now, good=200)


def batch_archive(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    records = Records(state, kind_of(name), now)
    for row in _inputs(json_object(request)):
        records.archive(_id(row))
    return Reply(204)


def _batch(
    state: State,
    request: SandboxRequest,
    now: int,
    name: str,
    write: Callable[[Records, _Row], tuple[str, dict[str, Any]]],
    *,
    good: int = 200,
) -> Reply:
    """Writes row by row. A row with a trace id fails alone, but a bad e-mail address as its id fails the whole call;
    without trace ids the first bad row does, and nothing is written."""
    rows = _inputs(json_object(request))
    records = Records(state, kind_of(name), now)
    _no_twins(rows)
    if any(_unique(row) == "email" and "@" not in _id(row) for row in rows):
        raise invalid("Invalid email address in batch input", context={"ids": [_id(row) for row in rows]})
    before = {key: {**one, "properties": dict(one["properties"])} for key, one in records.stored.items()}
    results, errors = [], []
    for row in rows:
        try:
            record_id, more = write(records, row)
        except Refusal as refusal:
            if not row.get("objectWriteTraceId"):
                records.stored.clear()
                records.stored.update(before)
                raise
            errors.append(_error(refusal, row))
            continue
        shown = records.shown(record_id, list(text_values(row.get("properties")))) | more
        trace = row.get("objectWriteTraceId")
        results.append(shown | ({"objectWriteTraceId": trace} if trace else {}))
    return _answer(results, errors, now, good=good)


def _answer(results: list[Any], errors: list[Any], now: int, *, good: int) -> Reply:
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": stamp(now),
        "completedAt": stamp(now),
    }
    if not errors:
        return Reply(good, body)
    return Reply(207, body | {"numErrors": len(errors), "errors": errors})


def _error(refusal: Refusal, row: _Row) -> dict[str, Any]:
    return {
        "status": "error",
        "category": refusal.category,
        "message": str(refusal),
        "context": {"objectWriteTraceId": [str(row.get("objectWriteTraceId"))]},
        "errors": [],
        "links": {},
    }


def _inputs(body: dict[str, Any]) -> list[_Row]:
    rows = body.get("inputs")
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise invalid("Some required fields were not set: [inputs]")
    if len(rows) > MAX_BATCH:
        raise invalid(f"The maximum number of inputs in a batch is {MAX_BATCH}, but {len(rows)} were given.")
    return rows


def _no_twins(rows: list[_Row]) -> None:
    ids = [str(row["id"]) for row in rows if row.get("id") is not None]
    twins = sorted({one for one in ids if ids.count(one) > 1})
    if twins:
        words = ", ".join(twins)
        raise invalid(f"Duplicate IDs found in batch input: [{words}]. IDs must be unique", context={"ids": twins})


def _unique(row: _Row) -> str:
    unique = row.get("idProperty")
    if unique in (None, ""):
        return ""
    if unique not in ("email", "hs_object_id") and unique not in UNIQUE:
        raise invalid(f"{str(unique)[:60]} is not a unique property")
    return str(unique)


def _id(row: _Row) -> str:
    found = row.get("id")
    if not isinstance(found, str | int) or isinstance(found, bool) or found == "":
        raise invalid("Some required fields were not set: [id]")
    return str(found)
