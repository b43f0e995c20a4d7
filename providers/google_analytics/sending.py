"""Sending events: what is wrong stays here with a reason, the rest goes out, each event once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from providers.kit.errors import OutcomeUnknown, ProviderError
from providers.kit.vocabulary.analytics import EventProblem, TrackedEvent, TrackResult

from .collection import Collection
from .event_rules import MAX_BODY_BYTES, numbered, problems_of
from .fields import EDITION
from .payloads import Payload, payloads_of, size_of


def check_events(
    events: Sequence[TrackedEvent], configuration: Mapping[str, str], now: datetime
) -> tuple[EventProblem, ...]:
    """Everything that is wrong with these events, without asking anybody."""
    edition = configuration.get(EDITION.name) or "standard"
    found: list[EventProblem] = []
    for index, event in enumerate(events):
        problems = numbered(index, problems_of(event, now, edition=edition))
        found += problems
        if not problems and size_of(payloads_of([(index, event)], now)[0].body) > MAX_BODY_BYTES:
            found.append(EventProblem(index=index, message="The event is larger than 130 kB.", field="properties"))
    return tuple(found)


def send_events(
    collection: Collection, events: Sequence[TrackedEvent], configuration: Mapping[str, str], *, now: datetime
) -> TrackResult:
    """Raises ProviderError when the very first call fails; later failures are told event by event, so that nobody
    sends again what was handed over already."""
    problems = list(check_events(events, configuration, now))
    wrong = {one.index for one in problems}
    payloads = payloads_of([(place, one) for place, one in enumerate(events) if place not in wrong], now)
    accepted = 0
    for number, payload in enumerate(payloads):
        try:
            collection.send(payload.body)
        except ProviderError as error:
            if not accepted:
                raise
            problems += _left_over(error, payloads[number:])
            break
        accepted += len(payload.indexes)
    return TrackResult(accepted=accepted, problems=tuple(sorted(problems, key=lambda one: one.index)), confirmed=None)


def _left_over(error: ProviderError, payloads: Sequence[Payload]) -> list[EventProblem]:
    first, later = payloads[0], payloads[1:]
    words = "Perhaps sent" if isinstance(error, OutcomeUnknown) else "Not sent"
    return [
        *(EventProblem(index=index, message=f"{words}: {error}") for index in first.indexes),
        *(EventProblem(index=index, message=f"Not sent: {error}") for one in later for index in one.indexes),
    ]
