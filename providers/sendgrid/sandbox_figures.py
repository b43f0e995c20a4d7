"""The stand-in's figures: a quiet shop's past, made from the date alone, and on top of it what was sent here."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import Answer, Refusal, State, last, offset_page

METRICS = (
    *("blocks", "bounce_drops", "bounces", "clicks", "deferred", "delivered", "invalid_emails", "opens"),
    *("processed", "requests", "spam_report_drops", "spam_reports", "unique_clicks", "unique_opens"),
    *("unsubscribe_drops", "unsubscribes"),
)
CATEGORIES = ("account", "newsletter", "receipts")
_PAST = timedelta(days=400)


def stats(state: State, request: SandboxRequest, now: datetime) -> Answer:
    days = _days(request, now)
    return 200, [
        {"date": day.isoformat(), "stats": [{"metrics": _sum(_of_day(state, day, now, ""))}]} for day in days
    ]


def category_stats(state: State, request: SandboxRequest, now: datetime) -> Answer:
    wanted = request.query.get("categories", [])
    if not wanted or len(wanted) > 10:
        raise Refusal(400, "categories is required, with at most 10 of them", "categories")
    return 200, [
        {
            "date": day.isoformat(),
            "stats": [
                {"type": "category", "name": name, "metrics": _sum(_of_day(state, day, now, name))} for name in wanted
            ],
        }
        for day in _days(request, now)
    ]


def list_categories(state: State, request: SandboxRequest, now: datetime) -> Answer:
    used = {name for one in state["mail"].values() for name in one["categories"]}
    listed = [{"category": name} for name in sorted({*CATEGORIES, *used})]
    return 200, offset_page(listed, request.query, default=50)


def _days(request: SandboxRequest, now: datetime) -> list[date]:
    try:
        start = date.fromisoformat(last(request.query, "start_date"))
        end = date.fromisoformat(last(request.query, "end_date") or now.date().isoformat())
    except ValueError:
        raise Refusal(400, "start_date and end_date must be in the format YYYY-MM-DD", "start_date") from None
    if last(request.query, "aggregated_by") not in ("", "day"):
        raise Refusal(400, "the sandbox aggregates by day only", "aggregated_by")
    if end < start or (end - start).days > 500:
        raise Refusal(400, "end_date must come after start_date", "end_date")
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _of_day(state: State, day: date, now: datetime, category: str) -> list[dict[str, int]]:
    """The day's past of each category, and the mail that left that day (a cancelled one never does)."""
    past = [_past(day, name, now) for name in CATEGORIES if category in ("", name)]
    sent = [
        one["counts"]
        for one in state["mail"].values()
        if datetime.fromtimestamp(one["at"], UTC).date() == day
        and one["at"] <= now.timestamp()
        and one["batch_id"] not in state["scheduled"]
        and category in ("", *one["categories"])
    ]
    return [*past, *sent]


def _past(day: date, category: str, now: datetime) -> dict[str, int]:
    """Nothing on Sundays, today, or before the shop was there."""
    if day.weekday() == 6 or not (now - _PAST).date() < day < now.date():
        return {}
    chance = random.Random(f"{category} {day}")  # noqa: S311 - variety, nothing secret
    requests = chance.randint(20, 120)
    dropped, bounced, blocked = chance.randint(0, 2), chance.randint(0, 3), chance.randint(0, 2)
    processed = requests - dropped
    delivered = processed - bounced - blocked
    opened = delivered * chance.randint(20, 60) // 100
    clicked = opened * chance.randint(5, 30) // 100
    return {
        "requests": requests,
        "processed": processed,
        "bounce_drops": dropped,
        "bounces": bounced,
        "blocks": blocked,
        "deferred": chance.randint(0, 4),
        "delivered": delivered,
        "opens": opened + chance.randint(0, opened),
        "unique_opens": opened,
        "clicks": clicked + chance.randint(0, clicked),
        "unique_clicks": clicked,
        "spam_reports": int(chance.random() < 0.1),
        "unsubscribes": chance.randint(0, 1),
    }


def _sum(parts: list[dict[str, int]]) -> dict[str, Any]:
    return {name: sum(one.get(name, 0) for one in parts) for name in METRICS}
