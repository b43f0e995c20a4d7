"""Events as the Measurement Protocol writes them: one payload for each person, 25 events and 130 kB at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from providers.kit.vocabulary.analytics import TrackedEvent

from .event_rules import ITEMS, MAX_BODY_BYTES, MAX_EVENTS, OUTSIDE, USER_ID, USER_PROPERTIES, aware

SESSION_SECONDS = 1800
"""Google Analytics ends a session after half an hour without an event."""


@dataclass(frozen=True, kw_only=True)
class Payload:
    """One call. `indexes` are the events' places in what was handed in."""

    body: Mapping[str, Any]
    indexes: tuple[int, ...]


def payloads_of(events: Sequence[tuple[int, TrackedEvent]], now: datetime) -> list[Payload]:
    """Calls for these (place, event), in order; events of one person travel together."""
    groups: dict[bytes, tuple[dict[str, Any], list[tuple[int, dict[str, Any]]]]] = {}
    for index, event in events:
        head = _head(event)
        _, rows = groups.setdefault(orjson.dumps(head, option=orjson.OPT_SORT_KEYS), (head, []))
        rows.append((index, _event(event, now)))
    return [one for head, rows in groups.values() for one in _split(head, rows)]


def size_of(body: Mapping[str, Any]) -> int:
    return len(orjson.dumps(body))


def _split(head: Mapping[str, Any], rows: list[tuple[int, dict[str, Any]]]) -> list[Payload]:
    found: list[Payload] = []
    chosen: list[tuple[int, dict[str, Any]]] = []
    room = MAX_BODY_BYTES - size_of(head) - len('"events":[],')
    left = room
    for index, event in rows:
        size = size_of(event) + 1
        if chosen and (len(chosen) == MAX_EVENTS or size > left):
            found.append(_payload(head, chosen))
            chosen, left = [], room
        chosen.append((index, event))
        left -= size
    return [*found, _payload(head, chosen)]


def _payload(head: Mapping[str, Any], rows: list[tuple[int, dict[str, Any]]]) -> Payload:
    return Payload(body={**head, "events": [event for _, event in rows]}, indexes=tuple(index for index, _ in rows))


def _head(event: TrackedEvent) -> dict[str, Any]:
    head: dict[str, Any] = {"client_id": event.person}
    if event.properties.get(USER_ID):
        head[USER_ID] = event.properties[USER_ID]
    people = event.properties.get(USER_PROPERTIES)
    if people:
        head[USER_PROPERTIES] = {name: {"value": _plain(value)} for name, value in people.items()}
    return head


def _event(event: TrackedEvent, now: datetime) -> dict[str, Any]:
    at = aware(event.occurred_at or now)
    parameters = {
        name: _items(value) if name == ITEMS else _plain(value)
        for name, value in event.properties.items()
        if name not in OUTSIDE and value is not None
    }
    # Without a session the events of a person within half an hour make one.
    parameters.setdefault(
        "session_id", event.session or str(int(at.timestamp()) // SESSION_SECONDS * SESSION_SECONDS)
    )
    parameters.setdefault("engagement_time_msec", 1)
    if event.id and event.name == "purchase":
        # The only thing that counts once: a purchase with a transaction's id.
        parameters.setdefault("transaction_id", event.id)
    return {"name": event.name, "params": parameters, "timestamp_micros": int(at.timestamp() * 1_000_000)}


def _items(items: Any) -> list[dict[str, Any]]:
    return [{name: _plain(value) for name, value in item.items() if value is not None} for item in items]


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else value
