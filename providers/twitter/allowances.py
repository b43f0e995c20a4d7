"""What is left of X's limits: its headers, and the posts read this month.

https://docs.x.com/x-api/fundamentals/rate-limits; the 24-hour headers and GET /2/usage/tweets (with the app's token).
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from providers.kit.http import Answer
from providers.kit.vocabulary.crm import Allowance

from .answers import mapping, moment, whole
from .client import Client

_WINDOWS = (
    ("x-rate-limit", "Readings of the account in 15 minutes"),
    ("x-user-limit-24hour", "Posts of the account in 24 hours"),
    ("x-app-limit-24hour", "Posts of the app in 24 hours"),
)


def in_headers(answer: Answer) -> tuple[Allowance, ...]:
    """The windows that an answer tells of."""
    return tuple(_windows(answer.headers))


def of_month(client: Client) -> Allowance | None:
    """Posts read this month by the whole project; None where X does not say. Raises ProviderError."""
    params = {"usage.fields": "cap_reset_day,project_cap,project_usage"}
    body = client.ask("GET", "/2/usage/tweets", "read usage", as_app=True, params=params)
    data = mapping(body.get("data"))
    cap, used = whole(data.get("project_cap")), whole(data.get("project_usage"))
    if cap is None or used is None:
        return None
    return Allowance(
        name="Posts read this month",
        limit=cap,
        remaining=max(0, cap - used),
        resets_at=_next_day(client.connection.now(), whole(data.get("cap_reset_day"))),
    )


def _windows(headers: Mapping[str, str]) -> Iterator[Allowance]:
    for prefix, name in _WINDOWS:
        limit, left = whole(headers.get(f"{prefix}-limit")), whole(headers.get(f"{prefix}-remaining"))
        if limit is not None and left is not None:
            yield Allowance(
                name=name, limit=limit, remaining=left, resets_at=moment(whole(headers.get(f"{prefix}-reset")))
            )


def _next_day(now: datetime, day: int | None) -> datetime | None:
    """The next time that day of a month begins (its last day, where a month is shorter)."""
    if day is None or not 1 <= day <= 31:
        return None
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    year, month = today.year, today.month
    if today.day >= min(day, calendar.monthrange(year, month)[1]):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return today.replace(year=year, month=month, day=min(day, calendar.monthrange(year, month)[1]))
