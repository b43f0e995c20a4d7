"""The stand-in's funnels (Data API v1alpha): who did one event after the other, each in time.

https://developers.google.com/analytics/devguides/reporting/data/v1/funnels
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_accounts import require_property
from .sandbox_history import Happened
from .sandbox_quota import charge
from .sandbox_reports import between, days_of
from .sandbox_store import State, bad_argument, json_object

_METRICS = ("activeUsers", "funnelStepCompletionRate", "funnelStepAbandonments", "funnelStepAbandonmentRate")


def run_funnel(state: State, request: SandboxRequest, who: str, now: datetime, property_id: str) -> dict[str, Any]:
    property_, body = require_property(property_id, who), json_object(request)
    steps = [_step(one) for one in (body.get("funnel") or {}).get("steps") or []]
    if not 1 <= len(steps) <= 10:
        raise bad_argument("A funnel needs 1 to 10 steps.")
    start, end = days_of(body, now)
    people: dict[str, list[Happened]] = {}
    for event in sorted(between(state, property_, start, end, now), key=lambda one: one.at):
        people.setdefault(event.person, []).append(event)
    reached = [_reached(events, steps) for events in people.values()]
    counts = [sum(1 for far in reached if far > place) for place in range(len(steps))]
    names = [f"{place}. {name}" for place, (name, _, _) in enumerate(steps, start=1)]
    quota = charge(
        state, property_id, now, 1 + (end - start).days // 10, shown=body.get("returnPropertyQuota") is True
    )
    return {
        "funnelTable": _table(names, counts),
        "funnelVisualization": {
            "dimensionHeaders": [{"name": "funnelStepName"}],
            "metricHeaders": [{"name": "activeUsers", "type": "TYPE_INTEGER"}],
            "rows": [_row(name, [count]) for name, count in zip(names, counts, strict=True) if count],
        },
        **quota,
        "kind": "analyticsData#runFunnelReport",
    }


_Step = tuple[str, str, timedelta | None]


def _step(step: Mapping[str, Any]) -> _Step:
    """(its name, the event's name, the longest time since the step before)."""
    event = ((step.get("filterExpression") or {}).get("funnelEventFilter") or {}).get("eventName")
    if not isinstance(event, str) or not event:
        raise bad_argument("A funnel step needs a funnelEventFilter with an eventName.")
    within = str(step.get("withinDurationFromPriorStep") or "")
    if within and not (within.endswith("s") and within[:-1].isdecimal()):
        raise bad_argument("Invalid duration. Use seconds, such as 86400s.")
    return str(step.get("name") or ""), event, timedelta(seconds=int(within[:-1])) if within else None


def _reached(events: Sequence[Happened], steps: Sequence[_Step]) -> int:
    """How many steps a person made; beginning again with each time that they did the first."""
    best = 0
    for place, event in enumerate(events):
        if event.name == steps[0][1]:
            best = max(best, _from(events[place:], steps))
        if best == len(steps):
            break
    return best


def _from(events: Sequence[Happened], steps: Sequence[_Step]) -> int:
    done, last = 1, events[0].at
    for event in events[1:]:
        if done == len(steps):
            break
        _, wanted, within = steps[done]
        if event.name == wanted and (within is None or event.at - last <= within):
            done, last = done + 1, event.at
    return done


def _table(names: Sequence[str], counts: Sequence[int]) -> dict[str, Any]:
    rows = []
    for place, (name, count) in enumerate(zip(names, counts, strict=True)):
        following = counts[place + 1] if place + 1 < len(counts) else count
        if count:  # a step that nobody reached is left out
            rows.append(_row(name, [count, following / count, count - following, (count - following) / count]))
    return {
        "dimensionHeaders": [{"name": "funnelStepName"}],
        "metricHeaders": [{"name": name, "type": "TYPE_INTEGER"} for name in _METRICS],
        "rows": rows,
    }


def _row(name: str, figures: Sequence[float]) -> dict[str, Any]:
    return {
        "dimensionValues": [{"value": name}],
        "metricValues": [{"value": str(one)} for one in figures],
    }
