"""Dates, money and numbers as the reader expects them, by Babel (CLDR)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import (
    format_compact_decimal,
    format_decimal,
    format_percent,
)
from flask import Flask, g

from webapp.core.addresses import web_link
from webapp.core.clock import now


def zone() -> tzinfo:
    """The reader's time zone: their own, else the workspace's, else UTC."""
    try:
        return ZoneInfo(g.get("time_zone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def locale() -> Locale:
    return _locale(g.get("locale") or "en")


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name, sep="_")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


def datetime_text(value: datetime | None, style: str = "medium") -> str:
    return "" if value is None else format_datetime(value, style, tzinfo=zone(), locale=locale())


_UTC_MOMENT = re.compile(r"\b(\d{4}-\d{2}-\d{2} \d{2}:\d{2}) UTC\b")


def local_moments(text: str) -> str:
    """A text with its moments ("2026-11-24 05:00 UTC", as a program writes them) in the reader's own zone."""
    return _UTC_MOMENT.sub(_localised, text or "")


def _localised(found: re.Match[str]) -> str:
    try:
        moment = datetime.strptime(found[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return found[0]
    return datetime_text(moment)


def date_text(value: date | datetime | None, style: str = "medium") -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(zone()).date()
    return format_date(value, style, locale=locale())


def ago(value: datetime | None) -> str:
    """ "3 minutes ago", "in 2 hours", "just now"."""
    if value is None:
        return "never"
    distance = value - now()
    if abs(distance) < timedelta(seconds=10):
        return "just now"
    return format_timedelta(distance, add_direction=True, locale=locale())


def number(value: float) -> str:
    return format_decimal(value, locale=locale())


def compact(value: float) -> str:
    """12.4K, 3.1M."""
    return format_compact_decimal(value, fraction_digits=1 if value >= 1000 else 0, locale=locale())


def percent(value: float | None, digits: int = 1) -> str:
    """From a share: 0.987 is 98.7%. "–" when there is nothing to tell."""
    if value is None:
        return "–"
    return format_percent(value, format=f"#,##0.{'#' * digits}%" if digits else "#,##0%", locale=locale())


def duration_ms(value: float | None) -> str:
    """240 ms, 1.2 s, 3 min."""
    if value is None:
        return "–"
    if value < 1000:
        return f"{number(round(value))} ms"
    if value < 60_000:
        return f"{number(round(value / 1000, 1))} s"
    return f"{number(round(value / 60_000))} min"


def init_app(app: Flask) -> None:
    app.jinja_env.filters["web_link"] = web_link
    app.jinja_env.filters.update(
        datetime=datetime_text,
        date=date_text,
        local_moments=local_moments,
        ago=ago,
        number=number,
        compact=compact,
        percent=percent,
        duration_ms=duration_ms,
    )
