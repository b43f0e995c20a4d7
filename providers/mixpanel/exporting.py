"""Raw events out of Mixpanel, line by line, in answers of at most 32 MiB.

The days asked for at once follow from what the last answer weighed: small projects need few calls (the vendor allows
60 an hour), large ones come day by day. Days are UTC, or the project's own zone for projects from before 2023
(https://docs.mixpanel.com/reference/raw-event-export).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from providers.kit.errors import InvalidRequest, UnexpectedResponse
from providers.kit.http import Answer
from providers.kit.vocabulary.analytics import TrackedEvent

from .client import Client
from .errors import unreadable
from .shapes import mapping, number, text

MAX_SPAN_DAYS = 31
_LIGHT = 4 * 1024 * 1024
_HEAVY = 12 * 1024 * 1024
_OURS = frozenset({"distinct_id", "time", "$insert_id", "session_id"})


def export(client: Client, *, start: date, end: date, event: str) -> Iterator[TrackedEvent]:
    """Events of all days from `start` to `end`, one after the other; only one answer is in memory at a time."""
    if end < start:
        raise InvalidRequest("The last day lies before the first.", field="end", fix="Choose a later last day.")
    span = 1
    while start <= end:
        last = min(end, start + timedelta(days=span - 1))
        try:
            answer = client.export(start=start, end=last, event=event)
        except UnexpectedResponse as error:
            if error.code != "too_large":
                raise
            if last == start:
                raise _too_large(start, event) from error
            span = max(1, (last - start).days // 2)
            continue
        yield from events_of(answer)
        start = last + timedelta(days=1)
        weight = len(answer.content)
        if weight < _LIGHT:
            span = min(MAX_SPAN_DAYS, span * 2)
        elif weight > _HEAVY:
            span = max(1, span // 2)


def events_of(answer: Answer) -> Iterator[TrackedEvent]:
    """One event for each line. Raises UnexpectedResponse at a line that is none: the answer broke off there."""
    content, begin = answer.content, 0
    while begin < len(content):
        end = content.find(b"\n", begin)
        end = len(content) if end < 0 else end
        line = content[begin:end].strip()
        begin = end + 1
        if line:
            yield _event(answer, line)


def _event(answer: Answer, line: bytes) -> TrackedEvent:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise unreadable(answer, detail=f"a line is not JSON: {error}") from error
    name, properties = mapping(found).get("event"), mapping(found).get("properties")
    if not isinstance(name, str) or not isinstance(properties, dict):
        raise unreadable(answer, detail="a line is no event")
    return TrackedEvent(
        name=name,
        person=text(properties.get("distinct_id")),
        properties={key: value for key, value in properties.items() if key not in _OURS},
        occurred_at=moment_of(properties.get("time")),
        id=text(properties.get("$insert_id")),
        session=text(properties.get("session_id")),
    )


def moment_of(value: Any) -> datetime | None:
    """A time in milliseconds (or in seconds, as older exports have it) since 1970."""
    found = number(value)
    if found is None:
        return None
    seconds = found / 1000 if found >= 100_000_000_000 else found
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _too_large(day: date, event: str) -> UnexpectedResponse:
    narrower = (
        "Use Mixpanel's Data Pipelines for this amount."
        if event
        else "Export one event at a time by its name, or use Mixpanel's Data Pipelines."
    )
    return UnexpectedResponse(
        f"The events of {day.isoformat()} are more than 32 MiB, which is more than one answer may hold.",
        fix=narrower,
        code="too_large",
    )
