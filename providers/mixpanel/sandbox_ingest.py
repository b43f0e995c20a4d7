"""The stand-in's addresses that take events and profiles."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .events import EARLIEST, MAX_BATCH, MAX_BATCH_BYTES, MAX_EVENT_BYTES, MAX_PARTS, NOBODY, TRACK_DAYS
from .exporting import moment_of
from .sandbox_store import TOKEN, Marks, Refusal, body_of, form_of, marks, one, remember, size_of

_INSERT_ID = re.compile(r"[A-Za-z0-9-]{1,36}")
_IDENTITY = frozenset({"$identify", "$create_alias", "$merge"})


def track(state: dict[str, Any], request: SandboxRequest, now: datetime) -> Any:
    """Takes events of any token and keeps those of its own, up to five days old. Says 1 when one of them is valid."""
    given = body_of(request)
    valid = [event for event in (given if isinstance(given, list) else [given]) if _is_event(event)]
    if len(valid) > MAX_BATCH:
        raise Refusal(413, "request exceeds max limit of 2000 events")
    known = marks(state)
    for event in valid:
        properties = event["properties"]
        moment = moment_of(properties.get("time")) or now
        if properties.get("token") == TOKEN and moment >= now - timedelta(days=TRACK_DAYS):
            time = round(min(moment, now).timestamp() * 1000)
            _take(state, event["event"], {**properties, "time": time}, known)
    return _received(request, good=bool(valid), error="data, missing or empty")


def import_events(state: dict[str, Any], request: SandboxRequest, now: datetime) -> tuple[int, Any]:
    """Takes what is valid, and with `strict=1` tells row by row what is not."""
    if size_of(request) > MAX_BATCH_BYTES:
        message = f"request exceeds max limit of {MAX_BATCH_BYTES} bytes"
        raise Refusal(413, message)
    given = body_of(request)
    events = given if isinstance(given, list) else [given]
    if len(events) > MAX_BATCH:
        message = f"request exceeds max limit of {MAX_BATCH} events"
        raise Refusal(413, message)
    known = marks(state)
    failed = []
    for index, event in enumerate(events):
        wrong = _wrong(event, now)
        if wrong is None:
            _take(state, event["event"], event["properties"], known)
            continue
        properties = event.get("properties") if isinstance(event, dict) else None
        mark = properties.get("$insert_id", "") if isinstance(properties, dict) else ""
        failed.append({"index": index, "insert_id": str(mark), "field": wrong[0], "message": wrong[1]})
    good = len(events) - len(failed)
    error = "some data points in the request failed validation"
    if one(request.query, "strict", "0") != "1":
        return 200, {
            "code": 200,
            "error": error if failed else None,
            "num_records_imported": good,
            "status": int(good > 0),
        }
    if failed:
        status = "Bad Request"
        return 400, {
            "code": 400,
            "error": error,
            "status": status,
            "num_records_imported": good,
            "failed_records": failed,
        }
    return 200, {"code": 200, "num_records_imported": good, "status": "OK"}


def engage(state: dict[str, Any], request: SandboxRequest, now: datetime) -> Any:
    return _profiles(state["people"], request, ("$distinct_id",))


def groups(state: dict[str, Any], request: SandboxRequest, now: datetime) -> Any:
    return _profiles(state["groups"], request, ("$group_key", "$group_id"))


def _profiles(kept: dict[str, Any], request: SandboxRequest, ids: tuple[str, ...]) -> Any:
    given = body_of(request)
    updates = [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, dict)]
    good = [one for one in updates if one.get("$token") and all(one.get(name) for name in ids)]
    for update in good:
        if update["$token"] == TOKEN:
            key = "/".join(str(update[name]) for name in ids)
            if "$delete" in update:
                kept.pop(key, None)
            else:
                _apply(kept.setdefault(key, {}), update)
    missing = (
        "$token, missing or empty"
        if not any(one.get("$token") for one in updates)
        else f"{ids[-1]}, missing or empty"
    )
    return _received(request, good=bool(good), error=missing)


def _apply(profile: dict[str, Any], update: Mapping[str, Any]) -> None:
    profile.update(update.get("$set") or {})
    for name, value in (update.get("$set_once") or {}).items():
        profile.setdefault(name, value)
    for name, value in (update.get("$add") or {}).items():
        profile[name] = (profile.get(name) or 0) + value
    for name, values in (update.get("$union") or {}).items():
        held = profile.setdefault(name, [])
        held += [value for value in values if value not in held]
    for name, value in (update.get("$append") or {}).items():
        profile.setdefault(name, []).append(value)
    for name, value in (update.get("$remove") or {}).items():
        profile[name] = [other for other in profile.get(name, []) if other != value]
    for name in update.get("$unset") or []:
        profile.pop(name, None)


def _take(state: dict[str, Any], name: str, properties: Mapping[str, Any], known: Marks) -> None:
    pair = _same_person(name, properties)
    if pair and pair[0] != pair[1] and all(pair):
        state["aliases"][pair[1]] = pair[0]
    if name not in _IDENTITY:
        remember(state, name, properties, known)


def _same_person(name: str, properties: Mapping[str, Any]) -> tuple[str, str] | None:
    """Two ids that an event says are one person's: the one that stays, and the one that is joined to it."""
    if name == "$merge":
        found = properties.get("$distinct_ids")
        return (str(found[0]), str(found[1])) if isinstance(found, list) and len(found) == 2 else None
    if name == "$create_alias":
        return str(properties.get("distinct_id") or ""), str(properties.get("alias") or "")
    if "$user_id" in properties and "$device_id" in properties:
        return str(properties["$user_id"]), str(properties["$device_id"])
    if name == "$identify":
        return str(properties.get("$identified_id") or ""), str(properties.get("$anon_id") or "")
    return None


def _is_event(event: Any) -> bool:
    if not isinstance(event, dict) or not isinstance(event.get("properties"), dict):
        return False
    return bool(event.get("event")) and bool(event["properties"].get("token"))


def _wrong(event: Any, now: datetime) -> tuple[str, str] | None:
    """Field and message of the first rule that an imported event breaks."""
    if not isinstance(event, dict) or not isinstance(event.get("properties"), dict):
        return "properties", "'properties' is invalid: must be an object"
    if not isinstance(event.get("event"), str) or not event["event"]:
        return "event", "'event' is required and must be a non-empty string"
    properties = event["properties"]
    if event["event"] == "$merge":
        return None
    moment = moment_of(properties.get("time"))
    if moment is None:
        return "properties.time", "'properties.time' is invalid: must be specified as seconds since epoch"
    if not EARLIEST <= moment <= now.astimezone(UTC) + timedelta(hours=1):
        return "properties.time", "'properties.time' is invalid: must be between 1971-01-01 and one hour from now"
    person = properties.get("distinct_id")
    if not isinstance(person, str) or person.strip().lower() in NOBODY:
        return "properties.distinct_id", "'properties.distinct_id' is invalid: disallowed value"
    mark = properties.get("$insert_id")
    odd = not isinstance(mark, str) or not _INSERT_ID.fullmatch(mark) or mark.lower() in NOBODY
    if odd and _has(mark):
        return (
            "properties.$insert_id",
            "'properties.$insert_id' is invalid: must be at most 36 letters, digits or '-'",
        )
    if odd:
        return "properties.$insert_id", "'properties.$insert_id' is required"
    if len(properties) > MAX_PARTS + 5 or len(json.dumps(event)) >= MAX_EVENT_BYTES:
        return "properties", "'properties' is invalid: too many properties or more than 1MB"
    return None


def _has(value: Any) -> bool:
    return value not in (None, "")


def _received(request: SandboxRequest, *, good: bool, error: str) -> Any:
    """`1` or `0`, or with `verbose=1` an object that says why not."""
    verbose = one(request.query, "verbose") or form_of(request).get("verbose", [""])[-1]
    if verbose == "1":
        return {"status": int(good), "error": None if good else error}
    return int(good)
