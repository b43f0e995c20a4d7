"""Counts facts into rollup rows: the one place that says what a row adds to which counter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol

from webapp.usage.histogram import bucket_of
from webapp.usage.periods import HOUR_MS, day_of

TIMED = "api_call"
"""The kind whose latencies are counted: how long a vendor took to answer."""

Key = tuple[str | int, ...]
ROLLUP_KEY = ("workspace_id", "grain", "level", "environment", "bucket", "subject", "kind", "error_category")
LATENCY_KEY = ("workspace_id", "grain", "level", "subject", "environment", "bucket")


class Fact(Protocol):
    """A usage row or what becomes one."""

    @property
    def at_ms(self) -> int: ...
    @property
    def workspace_id(self) -> str: ...
    @property
    def provider_id(self) -> str: ...
    @property
    def instance_id(self) -> str: ...
    @property
    def environment(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def ok(self) -> bool: ...
    @property
    def error_category(self) -> str: ...
    @property
    def latency_us(self) -> int: ...
    @property
    def items(self) -> int: ...


class Tally:
    """Sums by key. `zone_of` maps workspaces to their time zones; `grains` says which buckets of time are wanted."""

    def __init__(
        self, zone_of: Mapping[str, Any], grains: tuple[Literal["hour", "day"], ...] = ("hour", "day")
    ) -> None:
        self._zone_of = zone_of
        self._grains = grains
        self._days: dict[str, tuple[int, int]] = {}
        # Summed in one level first and spread over levels and grains at the end: most facts of a batch share buckets.
        self._sums: dict[Key, list[int]] = {}
        self._times: dict[Key, dict[int, int]] = {}

    def add(self, facts: Iterable[Fact]) -> None:
        sums, times = self._sums, self._times
        for fact in facts:
            at, workspace_id = fact.at_ms, fact.workspace_id
            start, end = self._days.get(workspace_id, (0, 0))
            if not start <= at < end:
                start, end = self._days[workspace_id] = day_of(at, self._zone_of[workspace_id])
            place = (
                workspace_id,
                fact.environment,
                fact.provider_id,
                fact.instance_id,
                at // HOUR_MS * 3600,
                start // 1000,
            )
            key = (*place, fact.kind, fact.error_category)
            row = sums.get(key)
            if row is None:
                row = sums[key] = [0, 0, 0, 0]
            row[0] += 1
            row[1] += fact.ok
            row[2] += fact.items
            row[3] += fact.latency_us
            if fact.kind == TIMED:
                counts = times.setdefault(place, {})
                latency = bucket_of(fact.latency_us)
                counts[latency] = counts.get(latency, 0) + 1

    def add_sums(self, place: Key, kind: str, category: str, numbers: Iterable[int]) -> None:
        """Adds what the database has summed up already. `place`: workspace, environment, provider, instance, hour and
        day; `numbers`: count, ok, items, latency."""
        _add(self._sums, (*place, kind, category), list(numbers))

    def add_times(self, place: Key, latencies_us: Iterable[int]) -> None:
        """Adds latencies of TIMED rows of one place."""
        counts = self._times.setdefault(place, {})
        for bucket in map(bucket_of, latencies_us):
            counts[bucket] = counts.get(bucket, 0) + 1

    def rollups(self) -> list[tuple[Any, ...]]:
        """Values in the order ROLLUP_KEY, provider_id, count, ok_count, items, latency_us; sorted, so that writers
        who meet take their row locks in the same order."""
        found: dict[Key, list[int]] = {}
        for (workspace, environment, provider, instance, hour, day, kind, category), row in self._sums.items():
            for grain, bucket in self._buckets(hour, day):
                for level, subject in (("workspace", ""), ("provider", provider), ("instance", instance)):
                    owner = "" if level == "workspace" else provider
                    key = (workspace, grain, level, environment, bucket, subject, kind, category, owner)
                    _add(found, key, row)
        return [(*key, *row) for key, row in sorted(found.items())]

    def latencies(self) -> list[tuple[Key, dict[int, int]]]:
        """Calls by latency bucket for each LATENCY_KEY; sorted as above."""
        found: dict[Key, dict[int, int]] = {}
        for (workspace, environment, provider, instance, hour, day), counts in self._times.items():
            for grain, bucket in self._buckets(hour, day):
                for level, subject in (("workspace", ""), ("provider", provider), ("instance", instance)):
                    sums = found.setdefault((workspace, grain, level, subject, environment, bucket), {})
                    for latency, count in counts.items():
                        sums[latency] = sums.get(latency, 0) + count
        return sorted(found.items())

    def _buckets(self, hour: str | int, day: str | int) -> list[tuple[str, str | int]]:
        return [(grain, hour if grain == "hour" else day) for grain in self._grains]


def _add(found: dict[Key, list[int]], key: Key, row: list[int]) -> None:
    sums = found.get(key)
    if sums is None:
        found[key] = list(row)
        return
    for index, value in enumerate(row):
        sums[index] += value
