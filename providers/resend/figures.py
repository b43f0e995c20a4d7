"""Figures by day, from GET /emails/metrics (released 2026-08: https://resend.com/changelog/email-metrics-api).

Resend caches an answer for up to 15 minutes and gives nothing from before its plan's retention:
https://resend.com/docs/api-reference/emails/get-metrics.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from providers.kit.errors import InvalidRequest, Unsupported
from providers.kit.vocabulary.email import EmailFigures, EmailStatus

from .client import Client
from .shapes import Found, objects, text

MAX_DAYS = 366

_METRICS = {
    EmailStatus.SENT: "sent",
    EmailStatus.DELIVERED: "delivered",
    EmailStatus.DEFERRED: "delivery_delayed",
    EmailStatus.BOUNCED: "bounced",
    EmailStatus.FAILED: "failed",
    EmailStatus.REJECTED: "suppressed",
    EmailStatus.OPENED: "opened",
    EmailStatus.CLICKED: "clicked",
    EmailStatus.COMPLAINED: "complained",
    EmailStatus.UNSUBSCRIBED: "unsubscribed",
}


def email_figures(client: Client, *, start: date, end: date, tag: str) -> tuple[EmailFigures, ...]:
    """Raises InvalidRequest for a period without end or too long, Unsupported for a tag."""
    if tag:
        raise Unsupported(
            "Resend counts by day, domain and broadcast, and not by tag.",
            fix="Look at the figures of all e-mails, or count the events that carry the tag.",
        )
    if not timedelta(0) <= end - start < timedelta(days=MAX_DAYS):
        raise InvalidRequest(
            f"The period must end after it begins and have at most {MAX_DAYS} days.",
            field="end",
            fix="Choose other days.",
        )
    params = {
        "start_date": f"{start.isoformat()}T00:00:00Z",
        "end_date": f"{end.isoformat()}T23:59:59Z",
        "timezone": "UTC",
        "granularity": "daily",
        "dimensions": "period",
        "metrics": ",".join(_METRICS.values()),
    }
    found = client.call("GET", "/emails/metrics", "read metrics", params=params)
    rows = {text(row, "period")[:10]: row for row in objects(found.get("data"))}
    days = (start + timedelta(days=number) for number in range((end - start).days + 1))
    return tuple(EmailFigures(day=day, counts=_counts(rows.get(day.isoformat(), {}))) for day in days)


def _counts(row: Found) -> dict[EmailStatus, int]:
    return {status: _count(row.get(name)) for status, name in _METRICS.items()}


def _count(value: Any) -> int:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15
    return int(value) if fits else 0
