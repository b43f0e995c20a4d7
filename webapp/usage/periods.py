"""Ranges of dates in a workspace's time zone, and the fewest rows that hold exactly their figures.

A whole local day is read from daily rollups, a whole hour outside of those from hourly ones, and what is left at the
edges (only where a range or a zone does not begin on a full hour) from the rows themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

HOUR_MS = 3_600_000
HOURLY_UP_TO = timedelta(days=3)
"""Longer ranges are drawn by day."""

Grain = Literal["row", "hour", "day"]


@dataclass(frozen=True)
class Part:
    """A stretch of a range, read from one place. `start` and `end` (not included) in milliseconds since 1970."""

    grain: Grain
    start: int
    end: int


@dataclass(frozen=True)
class Period:
    """A range of time: milliseconds since 1970, `end` not included, in the time zone it is told in."""

    start: int
    end: int
    zone: ZoneInfo

    @classmethod
    def of_days(cls, first: date, last: date, zone: ZoneInfo) -> Period:
        """From the first moment of `first` to the last of `last`."""
        return cls(day_start(first, zone), day_start(last + timedelta(days=1), zone), zone)

    @classmethod
    def between(cls, start: datetime, end: datetime, zone: ZoneInfo) -> Period:
        """From one aware moment up to another."""
        return cls(int(start.timestamp() * 1000), int(end.timestamp() * 1000), zone)

    @property
    def grain(self) -> Literal["hour", "day"]:
        """How finely it is drawn."""
        # A day of 25 hours at the end of summer time must not turn three days into a daily drawing.
        return "hour" if self.end - self.start <= HOURLY_UP_TO.total_seconds() * 1000 + HOUR_MS else "day"

    @property
    def first(self) -> date:
        return local_date(self.start, self.zone)

    @property
    def last(self) -> date:
        return local_date(max(self.end - 1, self.start), self.zone)

    def buckets(self) -> list[int]:
        """Starts, in seconds since 1970, of every hour or day it touches."""
        if self.grain == "hour":
            return list(range(self.start // HOUR_MS * 3600, -(-self.end // HOUR_MS) * 3600, 3600))
        days = (self.last - self.first).days + 1
        return [day_start(self.first + timedelta(days=number), self.zone) // 1000 for number in range(days)]

    def bucket_of(self, at: int) -> int:
        """Start, in seconds, of the bucket a moment (milliseconds) is drawn in."""
        return at // HOUR_MS * 3600 if self.grain == "hour" else day_of(at, self.zone)[0] // 1000

    def parts(self) -> list[Part]:
        """Where to read: together they hold every moment of the range exactly once."""
        if self.end <= self.start:
            return []
        if self.grain == "hour":
            return _hours(self.start, self.end)
        first, last = _ceil_day(self.start, self.zone), day_of(self.end, self.zone)[0]
        if first >= last:
            return _hours(self.start, self.end)
        return [*_hours(self.start, first), Part("day", first, last), *_hours(last, self.end)]


def local_date(at: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(at / 1000, zone).date()


@lru_cache(maxsize=4096)
def day_start(day: date, zone: tzinfo) -> int:
    """The first moment of a local day, in milliseconds since 1970: midnight, or what follows where there is none."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


@lru_cache(maxsize=4096)
def _day_span(day: date, zone: tzinfo) -> tuple[int, int]:
    return day_start(day, zone), day_start(day + timedelta(days=1), zone)


def day_of(at: int, zone: tzinfo) -> tuple[int, int]:
    """First moment of the local day a moment lies in and of the next one, in milliseconds since 1970."""
    return _day_span(local_date(at, zone), zone)


def _ceil_day(at: int, zone: tzinfo) -> int:
    start, end = day_of(at, zone)
    return at if at == start else end


def _hours(start: int, end: int) -> list[Part]:
    first, last = -(-start // HOUR_MS) * HOUR_MS, end // HOUR_MS * HOUR_MS
    if first >= last:
        parts = [Part("row", start, end)]
    else:
        parts = [Part("row", start, first), Part("hour", first, last), Part("row", last, end)]
    return [part for part in parts if part.start < part.end]
