"""The stand-in's Data API: reports over the seeded history and the events that were sent, and the realtime report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_accounts import require_property
from .sandbox_collect import sent
from .sandbox_columns import (
    CUSTOM_EVENT,
    DIMENSIONS,
    METRICS,
    REALTIME_DIMENSIONS,
    REALTIME_METRICS,
    Dimension,
    custom_event,
    metadata,
    minutes_ago,
)
from .sandbox_filters import keeps
from .sandbox_history import Happened, history
from .sandbox_quota import charge
from .sandbox_store import State, bad_argument, json_object

_SCHEMA = "https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema"
_DEFAULT_ROWS = 10_000
_MAX_ROWS = 250_000
_REALTIME_MINUTES = 30


def read_metadata(state: State, request: SandboxRequest, who: str, now: datetime, property_id: str) -> dict[str, Any]:
    require_property(property_id, who)
    return metadata(property_id)


def run_report(state: State, request: SandboxRequest, who: str, now: datetime, property_id: str) -> dict[str, Any]:
    property_ = require_property(property_id, who)
    return _report(state, json_object(request), property_, now)


def run_reports(state: State, request: SandboxRequest, who: str, now: datetime, property_id: str) -> dict[str, Any]:
    """POST …:batchRunReports, five at most."""
    property_ = require_property(property_id, who)
    asked = json_object(request).get("requests")
    if not isinstance(asked, list) or not 1 <= len(asked) <= 5 or not all(isinstance(one, dict) for one in asked):
        raise bad_argument("A batch has 1 to 5 requests.")
    reports = [_report(state, one, property_, now) for one in asked]
    return {"reports": reports, "kind": "analyticsData#batchRunReports"}


def run_realtime(state: State, request: SandboxRequest, who: str, now: datetime, property_id: str) -> dict[str, Any]:
    property_, body = require_property(property_id, who), json_object(request)
    dimensions = _named(body, "dimensions")
    metrics = _named(body, "metrics")
    for name in (*dimensions, *metrics):
        known = REALTIME_DIMENSIONS if name in dimensions else REALTIME_METRICS
        if name not in known and not name.startswith("customUser:"):
            raise bad_argument(f"Field {name} is not a valid dimension or metric for realtime reports.")
    begins = now - timedelta(minutes=_REALTIME_MINUTES)
    events = [
        one
        for one in (*history(property_, begins.date(), now.date(), now), *_shown_at_once(sent(state, property_)))
        if begins <= one.at <= now + timedelta(minutes=1)
    ]
    answer = _table(body, events, dimensions, metrics, now)
    answer["kind"] = "analyticsData#runRealtimeReport"
    return {**answer, **charge(state, property_["id"], now, 1, shown=body.get("returnPropertyQuota") is True)}


def _shown_at_once(events: Iterable[Happened]) -> Iterable[Happened]:
    """Realtime shows sent events only with a session and the time of engagement."""
    return (one for one in events if one.session and "engagement_time_msec" in one.parameters)


def between(state: State, property_: dict[str, Any], start: date, end: date, now: datetime) -> list[Happened]:
    """All events of these days, sent ones included."""
    later = (one for one in sent(state, property_) if start <= one.at.date() <= end)
    return [*history(property_, start, end, now), *later]


def days_of(body: Mapping[str, Any], now: datetime) -> tuple[date, date]:
    """First and last day of the request's one range. Raises Refusal 400."""
    ranges = body.get("dateRanges")
    if not isinstance(ranges, list) or len(ranges) != 1 or not isinstance(ranges[0], dict):
        raise bad_argument("The request needs one date range.")
    start, end = (_day(ranges[0].get(name), now) for name in ("startDate", "endDate"))
    if end < start:
        raise bad_argument(f"endDate {end} is before startDate {start}.")
    return start, end


def _day(value: Any, now: datetime) -> date:
    words, today = str(value), now.astimezone(UTC).date()
    back = {"today": 0, "yesterday": 1}.get(words)
    if back is None and words.endswith("daysAgo") and words[:-7].isdecimal():
        back = int(words[:-7])
    if back is not None:
        return today - timedelta(days=back)
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise bad_argument(f"Invalid date: {words[:40]}. Use YYYY-MM-DD, NdaysAgo, yesterday or today.") from None


def _report(state: State, body: Mapping[str, Any], property_: dict[str, Any], now: datetime) -> dict[str, Any]:
    dimensions, metrics = _named(body, "dimensions"), _named(body, "metrics")
    if not metrics or len(metrics) > 10 or len(dimensions) > 9:
        raise bad_argument("Requests are allowed 1 to 10 metrics and up to 9 dimensions.")
    for name in dimensions:
        if name not in DIMENSIONS and not name.startswith(CUSTOM_EVENT):
            raise bad_argument(f"Field {name} is not a valid dimension. For a list, see {_SCHEMA}")
    for name in metrics:
        if name not in METRICS:
            raise bad_argument(f"Field {name} is not a valid metric. For a list, see {_SCHEMA}")
    start, end = days_of(body, now)
    answer = _table(body, between(state, property_, start, end, now), dimensions, metrics, now)
    answer["metadata"] = {"currencyCode": "EUR", "timeZone": "Etc/UTC"}
    answer["kind"] = "analyticsData#runReport"
    tokens = 1 + (end - start).days // 10 + len(answer.get("rows", ())) // 100
    return {**answer, **charge(state, property_["id"], now, tokens, shown=body.get("returnPropertyQuota") is True)}


def _named(body: Mapping[str, Any], key: str) -> list[str]:
    listed = body.get(key) or []
    if not isinstance(listed, list) or not all(isinstance(one, dict) and one.get("name") for one in listed):
        raise bad_argument(f"Invalid value at '{key}'.")
    return [str(one["name"]) for one in listed]


def _table(
    body: Mapping[str, Any], events: Sequence[Happened], dimensions: list[str], metrics: list[str], now: datetime
) -> dict[str, Any]:
    def value_of(name: str) -> Callable[[Happened], str]:
        return _dimension(name, now).of

    kept = keeps(body.get("dimensionFilter"), value_of)
    groups: dict[tuple[str, ...], list[Happened]] = {}
    readers = [value_of(name) for name in dimensions]
    for event in events:
        if kept(event):
            groups.setdefault(tuple(read(event) for read in readers), []).append(event)
    rows = [(words, tuple(METRICS[name].of(found) for name in metrics)) for words, found in groups.items()]
    rows = _ordered([row for row in rows if any(row[1])], body, dimensions, metrics)
    offset, limit = _number(body, "offset", 0), _number(body, "limit", _DEFAULT_ROWS)
    if limit < 1 or offset < 0:
        raise bad_argument("limit must be positive and offset must not be negative.")
    table: dict[str, Any] = {
        "dimensionHeaders": [{"name": name} for name in dimensions],
        "metricHeaders": [{"name": name, "type": METRICS[name].kind} for name in metrics],
        "rowCount": len(rows),
        "rows": [
            {
                "dimensionValues": [{"value": one} for one in words],
                "metricValues": [{"value": f"{figure:g}" if figure % 1 else str(int(figure))} for figure in figures],
            }
            for words, figures in rows[offset : offset + min(limit, _MAX_ROWS)]
        ],
    }
    return {key: value for key, value in table.items() if value not in ([], 0)}


def _dimension(name: str, now: datetime) -> Dimension:
    if name == "minutesAgo":
        return minutes_ago(now)
    if name in DIMENSIONS:
        return DIMENSIONS[name]
    if name.startswith(CUSTOM_EVENT):
        return custom_event(name)
    raise bad_argument(f"Field {name} is not a valid dimension. For a list, see {_SCHEMA}")


_Row = tuple[tuple[str, ...], tuple[float, ...]]


def _ordered(rows: list[_Row], body: Mapping[str, Any], dimensions: list[str], metrics: list[str]) -> list[_Row]:
    """By the request's orders; what is equal stays in the order of the first metric, then of the words."""
    rows = sorted(rows, key=lambda row: (-row[1][0], row[0]) if row[1] else (0, row[0]))
    for order in reversed(body.get("orderBys") or []):
        metric = (order.get("metric") or {}).get("metricName")
        dimension = (order.get("dimension") or {}).get("dimensionName")
        reverse = order.get("desc") is True
        if metric in metrics:
            rows.sort(key=lambda row, at=metrics.index(metric): row[1][at], reverse=reverse)  # type: ignore[misc]
        elif dimension in dimensions:
            rows.sort(key=lambda row, at=dimensions.index(dimension): row[0][at], reverse=reverse)  # type: ignore[misc]
        else:
            raise bad_argument("Ordering is only allowed by a dimension or metric of the request.")
    return rows


def _number(body: Mapping[str, Any], key: str, default: int) -> int:
    value = body.get(key, default)
    try:
        return int(value)
    except (TypeError, ValueError):
        raise bad_argument(f"Invalid value at '{key}' (TYPE_INT64).") from None
