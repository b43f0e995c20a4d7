"""The stand-in's addresses that answer: whose account, reports, funnels, retention, saved reports, raw events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import (
    ORGANIZATION_ID,
    OTHER_PROJECT_ID,
    PROJECT_ID,
    Refusal,
    between,
    day_of,
    days,
    one,
    period,
    who,
)

FUNNELS = (
    (7509, "Viewed page to Signed up", ("Viewed page", "Signed up")),
    (9070, "Buyers", ("Viewed page", "Signed up", "Order placed")),
    (9071, "Orders after a visit", ("Viewed page", "Order placed")),
)
WEEKLY, BY_PLAN = 75315985, 75315990
_CONDITION = re.compile(r'properties\["((?:[^"\\]|\\.)*)"\] == "((?:[^"\\]|\\.)*)"')
_PROPERTY = re.compile(r'properties\["((?:[^"\\]|\\.)*)"\]')
_MAX_EXPORT = 100_000

_Query = Mapping[str, Sequence[str]]
_Events = list[tuple[str, Mapping[str, Any]]]


def me(state: dict[str, Any], username: str, role: str, *, opens_project: bool) -> dict[str, Any]:
    numbers = (PROJECT_ID, OTHER_PROJECT_ID) if opens_project else (OTHER_PROJECT_ID,)
    names = {PROJECT_ID: "Example Studio", OTHER_PROJECT_ID: "Example Studio (tests)"}
    return {
        "status": "ok",
        "results": {
            "user_id": 41,
            "user_name": username.partition(".")[0],
            "user_email": username,
            "organizations": {
                ORGANIZATION_ID: {
                    "id": int(ORGANIZATION_ID),
                    "name": "Example Agency",
                    "role": role,
                    "type": "growth",
                }
            },
            "projects": {
                number: {"id": int(number), "name": names[number], "organization_id": int(ORGANIZATION_ID)}
                for number in numbers
            },
        },
    }


def event_names(state: dict[str, Any], request: SandboxRequest, now: datetime) -> list[str]:
    limit = _whole(request.query, "limit", 255)
    names = {name for name, _ in between(state, now.date() - timedelta(days=31), now.date())}
    return sorted(names, reverse=True)[:limit]


def events(state: dict[str, Any], request: SandboxRequest, now: datetime) -> dict[str, Any]:
    query = request.query
    start, end = period(query)
    try:
        names = json.loads(one(query, "event"))
    except ValueError:
        names = None
    if not isinstance(names, list):
        raise Refusal(400, "event must be a JSON array of event names.")
    found = list(between(state, start, end))
    values = {
        name: _counted(state, [pair for pair in found if pair[0] == name], days(start, end), one(query, "type"))
        for name in names
    }
    return _answer(days(start, end), {name: value for name, value in values.items() if any(value.values())})


def segmentation(state: dict[str, Any], request: SandboxRequest, now: datetime) -> dict[str, Any]:
    query = request.query
    start, end = period(query)
    name = one(query, "event")
    if not name:
        raise Refusal(400, "Missing required parameter: event")
    found = [
        pair for pair in between(state, start, end) if pair[0] == name and _matches(pair[1], one(query, "where"))
    ]
    buckets = days(start, end)
    if one(query, "interval"):
        buckets = buckets[:: max(1, _whole(query, "interval", 1))]
    kind = one(query, "type", "general")
    if not one(query, "on"):
        return _answer(buckets, {name: _counted(state, found, buckets, kind)})
    on = _PROPERTY.fullmatch(one(query, "on"))
    if on is None:
        raise Refusal(400, "Unable to parse expression in parameter: on")
    segments: dict[str, _Events] = {}
    for pair in found:
        segments.setdefault(str(pair[1].get(_unquoted(on[1]), "undefined")), []).append(pair)
    largest = sorted(segments, key=lambda value: -len(segments[value]))[: _whole(query, "limit", 60)]
    return _answer(buckets, {value: _counted(state, segments[value], buckets, kind) for value in largest})


def list_funnels(state: dict[str, Any], request: SandboxRequest, now: datetime) -> list[dict[str, Any]]:
    return [{"funnel_id": number, "name": name} for number, name, _ in FUNNELS]


def funnel(state: dict[str, Any], request: SandboxRequest, now: datetime) -> dict[str, Any]:
    query = request.query
    start, end = period(query)
    steps = next((steps for number, _, steps in FUNNELS if str(number) == one(query, "funnel_id")), None)
    if steps is None:
        raise Refusal(404, "funnel_id not found in this project")
    length = timedelta(days=_whole(query, "length", 14))
    if length > timedelta(days=90):
        raise Refusal(400, "length may not be greater than 90 days.")
    reached = [0] * len(steps)
    seconds = [0] * len(steps)
    for times in _by_person(state, start, end).values():
        for place, taken in enumerate(_climbed(times, steps, length)):
            reached[place] += 1
            seconds[place] += taken
    rows = [
        {
            "count": count,
            "avg_time": seconds[place] // count if count else 0,
            "avg_time_from_start": seconds[place] // count if count else 0,
            "step_conv_ratio": count / reached[place - 1] if place and reached[place - 1] else 1,
            "overall_conv_ratio": count / reached[0] if reached[0] else 0,
            "goal": steps[place],
            "event": steps[place],
        }
        for place, count in enumerate(reached)
    ]
    analysis = {"completion": reached[-1], "starting_amount": reached[0], "steps": len(steps), "worst": 1}
    first = start.isoformat()
    return {"meta": {"dates": [first]}, "data": {first: {"steps": rows, "analysis": analysis}}}


def retention(state: dict[str, Any], request: SandboxRequest, now: datetime) -> dict[str, Any]:
    query = request.query
    start, end = period(query)
    if one(query, "retention_type", "birth") == "birth" and not one(query, "born_event"):
        raise Refusal(400, "born_event is required when retention_type is birth.")
    width = {"day": 1, "week": 7, "month": 30}[one(query, "unit", "day")]
    intervals = _whole(query, "interval_count", 1)
    born, back = one(query, "born_event"), one(query, "event")
    found: dict[str, dict[str, Any]] = {
        day: {"counts": [0] * (intervals + 1), "first": 0} for day in days(start, end)[::width]
    }
    for times in _by_person(state, start, end + timedelta(days=width * intervals)).values():
        first = next((moment for name, moment in times if not born or name == born), None)
        if first is None or day_of(first) > end.isoformat():
            continue
        cohort = max(day for day in found if day <= day_of(first))
        found[cohort]["first"] += 1
        returned = {
            (moment - first) // (86_400_000 * width)
            for name, moment in times
            if moment > first and (not back or name == back)
        }
        for place in returned:
            if place <= intervals:
                found[cohort]["counts"][place] += 1
    return found


def insights(state: dict[str, Any], request: SandboxRequest, now: datetime) -> dict[str, Any]:
    end = now.date()
    start = end - timedelta(days=6)
    moments = {day: f"{day}T00:00:00+00:00" for day in days(start, end)}
    names = ("Signed up", "Order placed")
    found = list(between(state, start, end))
    series: dict[str, Any]
    if one(request.query, "bookmark_id") == str(WEEKLY):
        headers = ["$event"]
        series = {
            name: {
                moments[day]: sum(1 for other, kept in found if other == name and day_of(kept["time"]) == day)
                for day in moments
            }
            for name in names
        }
    elif one(request.query, "bookmark_id") == str(BY_PLAN):
        headers = ["$event", "plan"]
        orders = [kept for name, kept in found if name == "Order placed"]
        plans = sorted({str(kept.get("plan", "undefined")) for kept in orders})
        series = {
            "Order placed": {
                "$overall": {"all": len(orders)},
                **{plan: {"all": sum(1 for kept in orders if kept.get("plan") == plan)} for plan in plans},
            }
        }
    else:
        raise Refusal(404, "bookmark_id not found in this project")
    return {
        "computed_at": now.isoformat(),
        "date_range": {"from_date": f"{start}T00:00:00+00:00", "to_date": f"{end}T23:59:59.999000+00:00"},
        "headers": headers,
        "series": series,
    }


def export(state: dict[str, Any], request: SandboxRequest, now: datetime) -> bytes:
    """Lines of JSON; nothing at all for days without events."""
    query = request.query
    start, end = period(query)
    if start > now.date():
        raise Refusal(400, "from_date is in the future")
    wanted = json.loads(one(query, "event") or "[]")
    limit = min(_whole(query, "limit", _MAX_EXPORT), _MAX_EXPORT)
    divide = 1 if one(query, "time_in_ms") == "true" else 1000
    lines = [
        json.dumps(
            {
                "event": name,
                "properties": {**kept, "time": kept["time"] // divide, "mp_processing_time_ms": kept["time"]},
            }
        )
        for name, kept in between(state, start, end)
        if not wanted or name in wanted
    ]
    return "".join(f"{line}\n" for line in lines[:limit]).encode()


def _answer(dates: list[str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {"data": {"series": dates, "values": values}, "legend_size": len(values)}


def _counted(state: Mapping[str, Any], found: _Events, buckets: list[str], kind: str) -> dict[str, int]:
    """Events, or people, in each bucket; a bucket begins on its day and lasts until the next one."""
    inside: dict[str, list[str]] = {day: [] for day in buckets}
    for _, kept in found:
        inside[max(day for day in buckets if day <= day_of(kept["time"]))].append(who(state, kept))
    return {day: len(set(people)) if kind == "unique" else len(people) for day, people in inside.items()}


def _by_person(state: Mapping[str, Any], start: date, end: date) -> dict[str, list[tuple[str, int]]]:
    people: dict[str, list[tuple[str, int]]] = {}
    for name, kept in between(state, start, end):
        people.setdefault(who(state, kept), []).append((name, kept["time"]))
    return people


def _climbed(times: list[tuple[str, int]], steps: Sequence[str], length: timedelta) -> Iterator[int]:
    """Seconds from the first step, for each step that a person reached in order and in time."""
    begun, place = 0, 0
    for name, moment in times:
        if place < len(steps) and name == steps[place]:
            begun = begun or moment
            if moment - begun > length.total_seconds() * 1000:
                return
            yield (moment - begun) // 1000
            place += 1


def _matches(properties: Mapping[str, Any], where: str) -> bool:
    if not where:
        return True
    for part in where.split(" and "):
        found = _CONDITION.fullmatch(part.strip())
        if found is None:
            raise Refusal(400, "Unable to parse expression in parameter: where")
        if str(properties.get(_unquoted(found[1]))) != _unquoted(found[2]):
            return False
    return True


def _unquoted(text: str) -> str:
    return str(json.loads(f'"{text}"'))


def _whole(query: _Query, name: str, default: int) -> int:
    value = one(query, name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise Refusal(400, f"{name} must be a positive integer.")
    return int(value)
