"""Events on their way to Mixpanel: what is wrong with them, their bytes, and batches of them.

Rules: https://docs.mixpanel.com/reference/import-events (validation) and https://docs.mixpanel.com/reference/track-event.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from providers.kit.vocabulary.analytics import EventProblem, TrackedEvent

MAX_BATCH = 2000
MAX_BATCH_BYTES = 10_000_000
MAX_EVENT_BYTES = 1_000_000
MAX_PARTS = 254
TRACK_DAYS = 5
MAX_INSERT_ID = 36
EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_FUTURE = timedelta(hours=1)
_INSERT_ID = re.compile(r"[A-Za-z0-9-]{1,36}")

NOBODY = frozenset(
    {"00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na", "undefined"}
    | {"unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}"}
)
"""Ids that Mixpanel refuses, because they are what a program sends by mistake."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One event as it is sent. `index` is its place in what the caller gave."""

    index: int
    data: bytes


def prepare(
    events: Sequence[TrackedEvent], *, token: str, now: datetime, past: bool
) -> tuple[tuple[Row, ...], tuple[EventProblem, ...]]:
    """The events that can be sent, and what is wrong with the others.

    `past` is for an import: any age, and each with its moment. Which ids of people it refuses, Mixpanel itself tells
    for an import, row by row.
    """
    rows: list[Row] = []
    problems: list[EventProblem] = []
    for index, event in enumerate(events):
        found = _problem(event, now, past=past)
        if not found:
            data = _encoded(event, token, now)
            found = data if isinstance(data, tuple) else _too_much(event, data)
        if found:
            problems.append(EventProblem(index=index, message=found[0], field=found[1]))
        elif isinstance(data, bytes):
            rows.append(Row(index=index, data=data))
    return tuple(rows), tuple(problems)


def batches(rows: Iterable[Row]) -> Iterator[tuple[Row, ...]]:
    """At most 2,000 events and 10 MB (before compression) each, in order."""
    batch: list[Row] = []
    size = 2
    for row in rows:
        if batch and (len(batch) == MAX_BATCH or size + len(row.data) + 1 > MAX_BATCH_BYTES):
            yield tuple(batch)
            batch, size = [], 2
        batch.append(row)
        size += len(row.data) + 1
    if batch:
        yield tuple(batch)


def plain(value: Any) -> Any:
    """For JSON: what has no own form there. Raises TypeError for anything else."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def insert_id(event: TrackedEvent, moment_ms: int) -> str:
    """What makes the event count once: its own id where Mixpanel takes it (36 letters, digits, hyphens), else one
    made of it. Without an id, one with its own moment is known by its content; one of now is new each time."""
    if event.id:
        fits = _INSERT_ID.fullmatch(event.id) and event.id.lower() not in NOBODY
        return event.id if fits else _digest(event.id.encode())
    if event.occurred_at is None:
        return str(uuid.uuid4())
    content = [event.name, event.person, moment_ms, event.session, dict(event.properties)]
    return _digest(orjson.dumps(content, default=plain, option=orjson.OPT_SORT_KEYS))


def milliseconds(moment: datetime) -> int:
    """Since 1970, of a moment; one without a zone is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:MAX_INSERT_ID]


def _encoded(event: TrackedEvent, token: str, now: datetime) -> bytes | tuple[str, str]:
    """The event's JSON, or what cannot be written as JSON."""
    moment = milliseconds(event.occurred_at or now)
    properties: dict[str, Any] = {"session_id": event.session} if event.session else {}
    try:
        properties = {
            **properties,
            **event.properties,
            "token": token,
            "time": moment,
            "distinct_id": event.person,
            "$insert_id": insert_id(event, moment),
        }
        if not token:
            del properties["token"]
        return orjson.dumps({"event": event.name, "properties": properties}, default=plain)
    except (TypeError, ValueError):
        return "A property has a value that cannot be sent: use text, numbers, dates and lists of them.", "properties"


def _problem(event: TrackedEvent, now: datetime, *, past: bool) -> tuple[str, str] | None:
    """The first thing that is wrong: words and field."""
    if not event.name.strip():
        return "The event has no name.", "name"
    if event.occurred_at is None:
        return ("Say when it happened: an import needs the moment of each event.", "occurred_at") if past else None
    moment = event.occurred_at if event.occurred_at.tzinfo else event.occurred_at.replace(tzinfo=UTC)
    if moment > now + _FUTURE:
        return "It lies in the future: Mixpanel takes events of at most one hour from now.", "occurred_at"
    if past:
        return ("Mixpanel takes no events from before 1971.", "occurred_at") if moment < EARLIEST else None
    if moment < now - timedelta(days=TRACK_DAYS):
        words = f"It is older than {TRACK_DAYS} days, and Mixpanel would drop it silently: import it instead."
        return words, "occurred_at"
    return None


def person_problem(person: str) -> str:
    """Why Mixpanel does not take this id of a person or group; "" where it does."""
    if person.strip().lower() in NOBODY:
        return f"“{person.strip()[:40]}” is no id of anybody: Mixpanel drops it."
    return ""


def _too_much(event: TrackedEvent, data: bytes) -> tuple[str, str] | None:
    if len(data) >= MAX_EVENT_BYTES:
        return "The event is larger than 1 MB.", "properties"
    if len(event.properties) > MAX_PARTS:
        return f"The event has more than {MAX_PARTS} properties.", "properties"
    for name, value in event.properties.items():
        if isinstance(value, Mapping | list | tuple | set | frozenset) and len(value) > MAX_PARTS:
            return f"“{name[:60]}” has more than {MAX_PARTS} parts.", "properties"
    return None
