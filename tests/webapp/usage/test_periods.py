"""Ranges: every moment is read exactly once, whatever the time zone does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from webapp.usage.periods import HOUR_MS, Period, day_of, day_start, local_date

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/Havana",
    "America/Santiago",
    "Africa/Cairo",
    "Pacific/Apia",
)
zones = some.sampled_from([ZoneInfo(name) for name in ZONES])
moments = some.integers(min_value=1_577_836_800_000, max_value=1_893_456_000_000)


@given(zones, moments)
def test_a_moment_lies_in_its_own_local_day(zone: ZoneInfo, at: int) -> None:
    start, end = day_of(at, zone)
    assert start <= at < end
    assert local_date(start, zone) == local_date(at, zone)


@given(zones, moments, some.integers(min_value=0, max_value=40 * 24 * HOUR_MS))
def test_the_parts_of_a_range_are_the_range(zone: ZoneInfo, start: int, length: int) -> None:
    period = Period(start, start + length, zone)
    parts = period.parts()
    edges = [start, *(part.end for part in parts)]
    assert [part.start for part in parts] == edges[: len(parts)]
    assert edges[-1] == period.end
    for part in parts:
        if part.grain == "day":
            assert part.start == day_of(part.start, zone)[0]
            assert part.end == day_of(part.end, zone)[0]
        elif part.grain == "hour":
            assert part.start % HOUR_MS == part.end % HOUR_MS == 0
        else:
            assert part.end - part.start < HOUR_MS * 2


@given(zones, some.dates(date(2021, 1, 1), date(2029, 1, 1)), some.integers(min_value=4, max_value=60))
def test_whole_days_are_read_from_days_alone(zone: ZoneInfo, first: date, days: int) -> None:
    period = Period.of_days(first, first + timedelta(days=days - 1), zone)
    assert [part.grain for part in period.parts()] == ["day"]
    assert len(period.buckets()) == days
    assert (period.first, period.last) == (first, first + timedelta(days=days - 1))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/Havana", date(2026, 3, 8), 23),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Kolkata", date(2026, 3, 29), 24),
    ],
)
def test_days_are_as_long_as_the_clocks_make_them(zone: str, day: date, hours: float) -> None:
    start, end = day_of(day_start(day, ZoneInfo(zone)), ZoneInfo(zone))
    assert (end - start) / HOUR_MS == hours


def test_three_days_at_the_end_of_summer_time_are_still_drawn_by_hour() -> None:
    period = Period.of_days(date(2026, 10, 24), date(2026, 10, 26), ZoneInfo("Europe/Berlin"))
    assert period.grain == "hour"
    assert len(period.buckets()) == 73


def test_an_empty_range_is_read_from_nowhere() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert Period.between(start, start, ZoneInfo("UTC")).parts() == []
