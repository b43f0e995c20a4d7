"""The figures of `GET /api/integrations/analytics`, in the words of the programs that read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from webapp.usage.figures import Figures, Percentiles, Sums
from webapp.usage.periods import Period
from webapp.usage.queries import figures
from webapp.usage.scope import Scope


@dataclass(frozen=True, kw_only=True)
class Performance:
    """Shares are 0 to 1, times milliseconds; None where nothing is known."""

    success_rate: float | None
    average_response_time: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    uptime: float | None


@dataclass(frozen=True, kw_only=True)
class Counts:
    api_calls: int
    webhook_deliveries: int
    data_syncs: int


@dataclass(frozen=True, kw_only=True)
class Errors:
    total: int
    by_category: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class ProviderAnalytics:
    provider_id: str
    usage: Counts
    errors: int
    success_rate: float | None
    average_response_time: float | None
    uptime: float | None


@dataclass(frozen=True, kw_only=True)
class PointAnalytics:
    """One hour or day; `start` is its first moment."""

    start: datetime
    usage: Counts
    errors: int
    performance: Performance


@dataclass(frozen=True, kw_only=True)
class Analytics:
    """Counts are exact. `environments` says what was counted: live and test, or sandbox, never both."""

    total_integrations: int
    active_integrations: int
    performance: Performance
    usage: Counts
    errors: Errors
    providers: tuple[ProviderAnalytics, ...]
    series: tuple[PointAnalytics, ...]
    start: datetime
    end: datetime
    grain: str
    environments: tuple[str, ...]


def analytics(
    session: Session, scope: Scope, period: Period, *, total_integrations: int, active_integrations: int
) -> Analytics:
    """Figures of a range. How many integrations there are is for the caller to say: usage knows no instances."""
    found = figures(session, scope, period)
    return Analytics(
        total_integrations=total_integrations,
        active_integrations=active_integrations,
        performance=_performance(found.sums, found.percentiles),
        usage=_counts(found.sums),
        errors=Errors(total=found.sums.failed, by_category=found.errors_by_category),
        providers=_providers(found),
        series=tuple(
            PointAnalytics(
                start=datetime.fromtimestamp(point.at, UTC),
                usage=_counts(point.sums),
                errors=point.sums.failed,
                performance=_performance(point.sums, point.percentiles),
            )
            for point in found.points
        ),
        start=datetime.fromtimestamp(period.start / 1000, UTC),
        end=datetime.fromtimestamp(period.end / 1000, UTC),
        grain=period.grain,
        environments=scope.environments,
    )


def _counts(sums: Sums) -> Counts:
    return Counts(api_calls=sums.calls, webhook_deliveries=sums.deliveries, data_syncs=sums.syncs)


def _performance(sums: Sums, percentiles: Percentiles) -> Performance:
    return Performance(
        success_rate=sums.success_rate,
        average_response_time=sums.average_ms,
        p50=percentiles.p50,
        p95=percentiles.p95,
        p99=percentiles.p99,
        uptime=sums.uptime,
    )


def _providers(found: Figures) -> tuple[ProviderAnalytics, ...]:
    return tuple(
        ProviderAnalytics(
            provider_id=line.provider_id,
            usage=_counts(line.sums),
            errors=line.sums.failed,
            success_rate=line.sums.success_rate,
            average_response_time=line.sums.average_ms,
            uptime=line.sums.uptime,
        )
        for line in found.providers
    )
