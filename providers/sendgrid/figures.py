"""Figures by day: of all e-mail, or of one category.

Source: https://www.twilio.com/docs/sendgrid/api-reference/stats. Days are SendGrid's own.
"""

from __future__ import annotations

from datetime import date, timedelta

from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.email import EmailFigures, EmailStatus

from .client import Client, Item, count, items, objects, text

_MAX_DAYS = 366

COUNTED: dict[EmailStatus, tuple[str, ...]] = {
    EmailStatus.QUEUED: ("requests",),
    EmailStatus.SENT: ("processed",),
    EmailStatus.REJECTED: ("bounce_drops", "spam_report_drops", "unsubscribe_drops", "invalid_emails"),
    EmailStatus.BOUNCED: ("bounces", "blocks"),
    EmailStatus.DEFERRED: ("deferred",),
    EmailStatus.DELIVERED: ("delivered",),
    EmailStatus.OPENED: ("unique_opens",),
    EmailStatus.CLICKED: ("unique_clicks",),
    EmailStatus.COMPLAINED: ("spam_reports",),
    EmailStatus.UNSUBSCRIBED: ("unsubscribes",),
}
"""Our states and the vendor's metrics that add up to each. Opens and clicks count once for each recipient, so that
they can be compared with what was delivered."""


def email_figures(client: Client, *, start: date, end: date, tag: str = "") -> tuple[EmailFigures, ...]:
    """Each day from `start` to `end`, in order. Raises InvalidRequest for a period that is backwards or too long."""
    if end < start or (end - start).days >= _MAX_DAYS:
        raise InvalidRequest(
            "The period must end after it begins and last at most a year.", field="end", fix="Choose another period."
        )
    params = {"start_date": start.isoformat(), "end_date": end.isoformat(), "aggregated_by": "day"}
    if tag:
        answer = client.call(
            "GET",
            "/v3/categories/stats",
            "read category figures",
            scope="categories.stats.read",
            params={**params, "categories": tag},
        )
    else:
        answer = client.call("GET", "/v3/stats", "read figures", scope="stats.read", params=params)
    days = {text(one, "date")[:10]: one for one in items(answer)}
    length = (end - start).days + 1
    return tuple(
        EmailFigures(day=day, tag=tag, counts=_counts(days.get(day.isoformat(), {}), tag))
        for day in (start + timedelta(days=number) for number in range(length))
    )


def _counts(day: Item, tag: str) -> dict[EmailStatus, int]:
    parts = [
        metrics
        for one in objects(day.get("stats"))
        if isinstance(metrics := one.get("metrics"), dict) and (not tag or one.get("name") in (tag, None))
    ]
    return {status: sum(count(one, name) for one in parts for name in names) for status, names in COUNTED.items()}
