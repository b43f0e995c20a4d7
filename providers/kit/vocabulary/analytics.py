"""Events that are sent to an analytics service, and the reports it makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, runtime_checkable

from providers.kit.exchange import Account


@dataclass(frozen=True, kw_only=True)
class TrackedEvent:
    """Something a person did. `person` is the stable id of who (a vendor's client or distinct id).

    `id` makes it count once where the vendor knows such a thing. `occurred_at` None is now.
    """

    name: str
    person: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None
    id: str = ""
    session: str = ""


@dataclass(frozen=True, kw_only=True)
class EventProblem:
    """Why an event would be, or was, refused. `index` is its place in what was sent."""

    index: int
    message: str
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class TrackResult:
    """`confirmed` True: the vendor says it has them; None: it takes everything and says nothing (say so, too)."""

    accepted: int
    problems: tuple[EventProblem, ...] = ()
    confirmed: bool | None = None


@dataclass(frozen=True, kw_only=True)
class PersonProfile:
    """`set_once` does not replace what is there; `add` counts up; `remove` takes whole properties away."""

    person: str
    set: Mapping[str, Any] = field(default_factory=dict)
    set_once: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, float] = field(default_factory=dict)
    union: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A number to report, by the vendor's name (`activeUsers`); `label` is for people."""

    name: str
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportQuery:
    """Both days are included, in the property's own time zone. `dimensions` and `metrics` by the vendor's names."""

    start: date
    end: date
    metrics: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    limit: int = 100
    offset: int = 0
    filters: Mapping[str, str] = field(default_factory=dict)
    order_by: str = ""
    descending: bool = True


@dataclass(frozen=True, kw_only=True)
class Column:
    name: str
    label: str
    kind: str = "text"


@dataclass(frozen=True, kw_only=True)
class Report:
    """A table. `columns` are dimensions, then metrics; a number's column has kind `number`. `note` says what the
    vendor left out (sampling, thresholds)."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | float | int, ...], ...]
    total_rows: int
    note: str = ""
    next_offset: int | None = None


@dataclass(frozen=True, kw_only=True)
class FunnelQuery:
    """Events in order, by name. `within_days` is how long a person may take from the first to the last."""

    steps: tuple[str, ...]
    start: date
    end: date
    within_days: int = 14


@dataclass(frozen=True, kw_only=True)
class FunnelStep:
    """`share` of those who began (0 to 1); `median_seconds` from the step before, where the vendor tells it."""

    name: str
    people: int
    share: float
    median_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class SavedReport:
    id: str
    name: str
    kind: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class AnalyticsProperty:
    """A place events go to and reports come from, below an account."""

    id: str
    name: str
    account: Account
    streams: tuple[str, ...] = ()


@runtime_checkable
class TracksEvents(Protocol):
    """`check_events` is local: no call. `track` sends those without problems. Raises ProviderError."""

    def check_events(self, events: Sequence[TrackedEvent]) -> tuple[EventProblem, ...]: ...

    def track(self, events: Sequence[TrackedEvent]) -> TrackResult: ...


@runtime_checkable
class ImportsEvents(Protocol):
    def import_events(self, events: Sequence[TrackedEvent]) -> TrackResult:
        """Past events, each at most once however often it is asked for."""
        ...


@runtime_checkable
class ConfirmsEvents(Protocol):
    def arrived(self, event_name: str) -> bool:
        """Whether the vendor shows an event of this name in its last half hour."""
        ...


@runtime_checkable
class ProfilesPeople(Protocol):
    def update_people(self, profiles: Sequence[PersonProfile]) -> TrackResult: ...

    def update_groups(self, group_key: str, profiles: Sequence[PersonProfile]) -> TrackResult: ...

    def merge_identities(self, person: str, other: str) -> None:
        """Says that both ids are one person."""
        ...


@runtime_checkable
class ReportsAnalytics(Protocol):
    def metrics(self) -> tuple[Metric, ...]: ...

    def report(self, query: ReportQuery) -> Report: ...

    def funnel(self, query: FunnelQuery) -> tuple[FunnelStep, ...]: ...


@runtime_checkable
class ReportsRealtime(Protocol):
    def realtime(self) -> Report:
        """The last half hour: event names or pages, and people."""
        ...


@runtime_checkable
class ListsProperties(Protocol):
    def properties(self) -> tuple[AnalyticsProperty, ...]: ...


@runtime_checkable
class KeepsSavedReports(Protocol):
    def saved_reports(self) -> tuple[SavedReport, ...]: ...

    def saved_report(self, report_id: str) -> Report: ...


@runtime_checkable
class ExportsEvents(Protocol):
    def export_events(self, *, start: date, end: date, event: str = "") -> Iterator[TrackedEvent]:
        """One after the other, however many: never all in memory."""
        ...
