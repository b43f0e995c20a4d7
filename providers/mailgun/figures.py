"""Daily figures from the analytics API, which replaces the deprecated statistics.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/metrics
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from providers.kit.errors import InvalidRequest
from providers.kit.http import Retry
from providers.kit.vocabulary.email import EmailFigures, EmailStatus

from .client import Client
from .reading import mapping, moment, objects, rfc2822, text, whole

_PAGE = 300
_MAX_PAGES = 10
_SUPPRESSED = ("suppressed_bounces_count", "suppressed_unsubscribed_count", "suppressed_complaints_count")
_COUNTS = {
    EmailStatus.QUEUED: "accepted_outgoing_count",
    EmailStatus.DELIVERED: "delivered_count",
    EmailStatus.OPENED: "opened_count",
    EmailStatus.CLICKED: "clicked_count",
    EmailStatus.UNSUBSCRIBED: "unsubscribed_count",
    EmailStatus.COMPLAINED: "complained_count",
    EmailStatus.DEFERRED: "temporary_failed_count",
    EmailStatus.BOUNCED: "hard_bounces_count",
}
_FAILED = "permanent_failed_count"
METRICS = (*_COUNTS.values(), _FAILED, *_SUPPRESSED)


def figures(client: Client, *, start: date, end: date, tag: str) -> tuple[EmailFigures, ...]:
    """Of the connected domain, by day (UTC)."""
    if end < start:
        raise InvalidRequest("The last day is before the first.", field="end", fix="Exchange the two days.")
    by_day: dict[date, dict[EmailStatus, int]] = {}
    for item in _items(client, start, end, tag):
        day = _day(item)
        if day is not None:
            by_day[day] = _counts(mapping(item.get("metrics")))
    days = (start + timedelta(days=number) for number in range((end - start).days + 1))
    return tuple(EmailFigures(day=day, tag=tag, counts=by_day.get(day) or _counts({})) for day in days)


def _items(client: Client, start: date, end: date, tag: str) -> list[Mapping[str, Any]]:
    filters = [("domain", client.domain)] + ([("tag", tag)] if tag else [])
    query: dict[str, Any] = {
        "start": rfc2822(datetime.combine(start, time(), UTC)),
        "end": rfc2822(datetime.combine(end, time(23, 59, 59), UTC)),
        "resolution": "day",
        "dimensions": ["time"],
        "metrics": list(METRICS),
        "filter": {
            "AND": [
                {"attribute": name, "comparator": "=", "values": [{"label": value, "value": value}]}
                for name, value in filters
            ]
        },
        "include_aggregates": False,
    }
    found: list[Mapping[str, Any]] = []
    for _ in range(_MAX_PAGES):
        pagination = {"sort": "time:asc", "skip": len(found), "limit": _PAGE}
        body = client.call(
            "POST",
            "/v1/analytics/metrics",
            "read figures",
            permission="analytics",
            json={**query, "pagination": pagination},
            retry=Retry.SAFE,
        )
        page = objects(body.get("items"))
        found += page
        if not page or len(found) >= whole(mapping(body.get("pagination")).get("total")):
            break
    return found


def _day(item: Mapping[str, Any]) -> date | None:
    for one in objects(item.get("dimensions")):
        if text(one.get("dimension")) == "time":
            at = moment(text(one.get("value")))
            return at.date() if at else None
    return None


def _counts(metrics: Mapping[str, Any]) -> dict[EmailStatus, int]:
    """Failures that are neither bounces nor held back because of the lists stand as failed."""
    counts = {status: max(0, whole(metrics.get(name))) for status, name in _COUNTS.items()}
    held = sum(max(0, whole(metrics.get(name))) for name in _SUPPRESSED)
    counts[EmailStatus.REJECTED] = held
    counts[EmailStatus.FAILED] = max(0, whole(metrics.get(_FAILED)) - counts[EmailStatus.BOUNCED] - held)
    return counts
