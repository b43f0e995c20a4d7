"""The stand-in's Measurement Protocol: keeps the events that Google would count, and answers 204 to everything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .event_rules import (
    MAX_AGE,
    MAX_EVENTS,
    MAX_NAME,
    MAX_PARAMETERS,
    RESERVED_EVENTS,
    RESERVED_PREFIXES,
)
from .sandbox_accounts import stream_for
from .sandbox_history import Happened
from .sandbox_store import State, bad_argument, json_object

MAX_KEPT = 1000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TOP = frozenset(
    [
        "client_id",
        "app_instance_id",
        "user_id",
        "timestamp_micros",
        "user_properties",
        "user_data",
        "consent",
        "non_personalized_ads",
        "events",
        "user_location",
        "ip_override",
        "device",
        "user_agent",
        "validation_behavior",
        "validationBehavior",
    ]
)

Message = dict[str, str]


def check(request: SandboxRequest, now: datetime) -> dict[str, Any]:
    """POST /debug/mp/collect: what is wrong, the secret not looked at. Raises Refusal 400 for what is no JSON."""
    return {"validationMessages": list(_messages(json_object(request), now))}


def collect(state: State, request: SandboxRequest, now: datetime) -> None:
    """POST /mp/collect: a wrong secret, a wrong id and wrong events are dropped without a word."""
    one_of = {name: values[-1] for name, values in request.query.items()}
    found = stream_for(one_of.get("measurement_id", ""), one_of.get("api_secret", ""))
    try:
        body = json.loads(request.body)
    except ValueError:
        return
    if found is None or not isinstance(body, dict) or any(_messages(body, now)):
        return
    property_id, stream_id = found
    for event in body["events"]:
        parameters = event.get("params") or {}
        transaction = str(parameters.get("transaction_id", ""))
        known = event["name"] == "purchase" and transaction and _bought(state, property_id, transaction)
        if not known:
            state["events"].append(
                {
                    "property": property_id,
                    "stream": stream_id,
                    "name": event["name"],
                    "person": str(body.get("client_id", "")),
                    "at": _moment(event, body, now).timestamp(),
                    "params": parameters,
                }
            )
    del state["events"][:-MAX_KEPT]


def sent(state: State, property_: dict[str, Any]) -> Iterator[Happened]:
    """The events that were sent to this property."""
    names = {stream[0]: stream[1] for stream in property_["streams"]}
    for one in state["events"]:
        if one["property"] != property_["id"]:
            continue
        parameters = one["params"]
        value = parameters.get("value", 0)
        engaged = parameters.get("engagement_time_msec", 0)
        yield Happened(
            name=one["name"],
            person=one["person"],
            session=str(parameters.get("session_id", "")),
            at=datetime.fromtimestamp(one["at"], UTC),
            stream_id=one["stream"],
            stream_name=names.get(one["stream"], ""),
            title=str(parameters.get("page_title", "(not set)")),
            path=str(parameters.get("page_location", "(not set)")),
            value=float(value) if one["name"] == "purchase" and isinstance(value, int | float) else 0.0,
            transaction=str(parameters.get("transaction_id", "")) if one["name"] == "purchase" else "",
            engaged=float(engaged) / 1000 if isinstance(engaged, int | float) else 0.0,
            parameters=parameters,
        )


def _bought(state: State, property_id: str, transaction: str) -> bool:
    return any(
        one["property"] == property_id
        and one["name"] == "purchase"
        and str(one["params"].get("transaction_id", "")) == transaction
        for one in state["events"]
    )


def _moment(event: dict[str, Any], body: dict[str, Any], now: datetime) -> datetime:
    micros = event.get("timestamp_micros") or body.get("timestamp_micros")
    try:
        return datetime.fromtimestamp(float(micros) / 1_000_000, UTC) if micros else now
    except (TypeError, ValueError, OverflowError, OSError):
        return now


def _messages(body: dict[str, Any], now: datetime) -> Iterator[Message]:
    for name in body:
        if name not in _TOP:
            yield _message(name, f"Property [{name}] is not recognized.", "VALUE_INVALID")
    if not body.get("client_id") and not body.get("app_instance_id"):
        yield _message("client_id", "Measurement requires a client_id.", "VALUE_REQUIRED")
    events = body.get("events")
    if not isinstance(events, list) or not events:
        yield _message("events", "Measurement requires events.", "VALUE_REQUIRED")
        return
    if len(events) > MAX_EVENTS:
        yield _message("events", f"Measurement is limited to {MAX_EVENTS} events.", "EXCEEDED_MAX_ENTITIES")
    for index, event in enumerate(events):
        if not isinstance(event, dict):
            raise bad_argument("Invalid JSON payload received. An event must be an object.")
        yield from _event_messages(index, event)
        if now - _moment(event, body, now) > MAX_AGE + timedelta(minutes=1):
            yield _message("timestamp_micros", f"Event at index: [{index}] is too old.", "VALUE_OUT_OF_BOUNDS")


def _event_messages(index: int, event: dict[str, Any]) -> Iterator[Message]:
    name, parameters = str(event.get("name", "")), event.get("params") or {}
    where = f"Event at index: [{index}] has"
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        words = f"{where} invalid name [{name}]. Names must start with an alphabetic character."
        yield _message("events", words, "NAME_INVALID")
    elif name in RESERVED_EVENTS or name.startswith(RESERVED_PREFIXES):
        yield _message("events", f"{where} name [{name}] which is reserved.", "NAME_RESERVED")
    if len(parameters) > MAX_PARAMETERS:
        yield _message("events", f"{where} more than {MAX_PARAMETERS} params.", "EXCEEDED_MAX_ENTITIES")
    for one in parameters:
        if one.startswith(RESERVED_PREFIXES):
            yield _message("events.params", f"{where} param [{one}] with a reserved prefix.", "NAME_RESERVED")
        elif not _NAME.fullmatch(one) or len(one) > MAX_NAME:
            yield _message("events.params", f"{where} invalid param name [{one}].", "NAME_INVALID")


def _message(field: str, description: str, code: str) -> Message:
    return {"fieldPath": field, "description": description, "validationCode": code}
