"""Frozen views of usage: what pages, exports and the API show. Shares are 0 to 1, None where nothing is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

KINDS = ("api_call", "webhook", "sync")

NO_ANSWER = frozenset({"unavailable", "outcome_unknown"})
"""Categories that say that the service itself was not there; a refused key is an answer."""

UPTIME_DEFINITION = (
    "Of all calls to the service, scheduled health checks among them, the share that it answered at all. "
    "A call without an answer, or answered that the service is down, counts against it; a refused key or a wrong "
    "value does not, for the service was there. A time without calls counts neither way."
)
SUCCESS_DEFINITION = (
    "Everything that went well, divided by everything that happened: "
    "calls to services, deliveries from them, and syncs."
)
SPEED_DEFINITION = (
    "How long services took to answer our calls, whatever the answer. Half of all calls were faster than p50, 95 of "
    "100 faster than p95, 99 of 100 faster than p99. Percentiles are within 2% of the exact value; counts are exact."
)


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What happened, counted exactly. `calls`, `deliveries` and `syncs` add up to `count`."""

    count: int = 0
    ok: int = 0
    calls: int = 0
    deliveries: int = 0
    syncs: int = 0
    call_latency_us: int = 0
    unanswered: int = 0

    @classmethod
    def total(cls, parts: Iterable[Sums]) -> Sums:
        parts = list(parts)
        return cls(**{one.name: sum(getattr(part, one.name) for part in parts) for one in fields(cls)})

    @property
    def failed(self) -> int:
        return self.count - self.ok

    @property
    def success_rate(self) -> float | None:
        return self.ok / self.count if self.count else None

    @property
    def uptime(self) -> float | None:
        """See UPTIME_DEFINITION."""
        return 1 - self.unanswered / self.calls if self.calls else None

    @property
    def average_ms(self) -> float | None:
        return self.call_latency_us / self.calls / 1000 if self.calls else None


@dataclass(frozen=True, kw_only=True)
class Percentiles:
    """Milliseconds; None when there was no call."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, kw_only=True)
class Point:
    """One hour or day of a series; `at` is its start in seconds since 1970."""

    at: int
    sums: Sums
    percentiles: Percentiles


@dataclass(frozen=True, kw_only=True)
class SubjectFigures:
    """One connection or one provider (`instance_id` is "" then)."""

    provider_id: str
    instance_id: str = ""
    sums: Sums


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Everything about a range of time that comes from the rollups."""

    sums: Sums
    percentiles: Percentiles
    points: tuple[Point, ...]
    errors_by_category: Mapping[str, int]
    instances: tuple[SubjectFigures, ...]
    providers: tuple[SubjectFigures, ...]


@dataclass(frozen=True, kw_only=True)
class UsageLine:
    """One row of usage, as the live activity tells it."""

    id: int
    at: datetime
    provider_id: str
    instance_id: str
    environment: str
    kind: str
    operation: str
    ok: bool
    status: int | None
    error_category: str
    latency_ms: float
    items: int


@dataclass(kw_only=True)
class Adder:
    """Adds up rows of (kind, category, count, ok, latency) into Sums."""

    count: int = 0
    ok: int = 0
    kinds: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    call_latency_us: int = 0
    unanswered: int = 0

    def add(self, kind: str, category: str, count: int, ok: int, latency_us: int) -> None:
        self.count += count
        self.ok += ok
        self.kinds[kind] = self.kinds.get(kind, 0) + count
        if kind == "api_call":
            self.call_latency_us += latency_us
            if category in NO_ANSWER:
                self.unanswered += count

    def sums(self) -> Sums:
        return Sums(
            count=self.count,
            ok=self.ok,
            calls=self.kinds["api_call"],
            deliveries=self.kinds["webhook"],
            syncs=self.kinds["sync"],
            call_latency_us=self.call_latency_us,
            unanswered=self.unanswered,
        )
