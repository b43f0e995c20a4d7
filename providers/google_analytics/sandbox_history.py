"""What happened in the stand-in's properties: the same visits for the same day, wherever and whenever it is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

HISTORY_DAYS = 90

_COUNTRIES = (
    ("Germany", "Berlin"),
    ("Austria", "Vienna"),
    ("Germany", "Hamburg"),
    ("France", "Lyon"),
    ("Japan", "Osaka"),
)
_DEVICES = ("mobile", "desktop", "mobile", "tablet")
_SOURCES = (
    ("google", "organic", "Organic Search"),
    ("(direct)", "(none)", "Direct"),
    ("newsletter", "email", "Email"),
    ("instagram", "social", "Organic Social"),
    ("google", "cpc", "Paid Search"),
)
_PAGES = (("/", "Example Shop"), ("/shoes", "Shoes"), ("/bags", "Bags"), ("/about", "About us"))
_PRICES = (19.9, 49.0, 120.0, 35.5, 249.0)


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One event as reports see it. `engaged` in seconds."""

    name: str
    person: str
    session: str
    at: datetime
    stream_id: str
    stream_name: str
    country: str = "(not set)"
    city: str = "(not set)"
    device: str = "desktop"
    source: str = "(direct)"
    medium: str = "(none)"
    channel: str = "Direct"
    path: str = "(not set)"
    title: str = "(not set)"
    value: float = 0.0
    transaction: str = ""
    engaged: float = 0.0
    parameters: dict[str, Any] = field(default_factory=dict)


def history(property_: dict[str, Any], start: date, end: date, now: datetime) -> Iterator[Happened]:
    """Events from `start` to `end` (both included) that have happened by `now`, of the last HISTORY_DAYS."""
    today = now.astimezone(UTC).date()
    day = max(start, today - timedelta(days=HISTORY_DAYS))
    stream_id, stream_name = property_["streams"][0][:2]
    while day <= min(end, today):
        for one in _day(property_["id"], day, stream_id, stream_name):
            if one.at <= now:
                yield one
        day += timedelta(days=1)


@lru_cache(maxsize=400)
def _day(property_id: str, day: date, stream_id: str, stream_name: str) -> tuple[Happened, ...]:
    visits = (40 if day.weekday() >= 5 else 60) + day.toordinal() % 13
    return tuple(
        event for number in range(visits) for event in _visit(property_id, day, number, stream_id, stream_name)
    )


def _visit(property_id: str, day: date, number: int, stream_id: str, stream_name: str) -> Iterator[Happened]:
    dice = hashlib.sha256(f"{property_id} {day.isoformat()} {number}".encode()).digest()
    is_new = dice[3] < 100
    regular = int.from_bytes(dice[:2]) % 400
    person = f"{day:%y%m%d}{number:03d}.1" if is_new else f"{10_000_000 + regular}.2"
    country, city = _COUNTRIES[dice[7] % len(_COUNTRIES)]
    source, medium, channel = _SOURCES[dice[8] % len(_SOURCES)]
    path, title = _PAGES[dice[9] % len(_PAGES)]
    began = datetime.combine(day, datetime.min.time(), UTC) + timedelta(seconds=int.from_bytes(dice[5:8]) % 85_800)
    names = [
        "first_visit" if is_new else "",
        "session_start",
        "page_view",
        "view_item" if dice[4] < 170 else "",
        "add_to_cart" if dice[4] < 90 else "",
        "begin_checkout" if dice[4] < 50 else "",
        "purchase" if dice[4] < 28 else "",
    ]
    for place, name in enumerate(one for one in names if one):
        bought = name == "purchase"
        yield Happened(
            name=name,
            person=person,
            session=f"{day:%y%m%d}{number:03d}",
            at=began + timedelta(seconds=45 * place),
            stream_id=stream_id,
            stream_name=stream_name,
            country=country,
            city=city,
            device=_DEVICES[dice[10] % len(_DEVICES)],
            source=source,
            medium=medium,
            channel=channel,
            path=path,
            title=title,
            value=_PRICES[dice[11] % len(_PRICES)] if bought else 0.0,
            transaction=f"T-{day:%y%m%d}-{number}" if bought else "",
            engaged=float(dice[12] % 40) if name in ("page_view", "view_item") else 0.0,
        )
