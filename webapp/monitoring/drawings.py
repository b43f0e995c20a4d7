"""Charts of figures, as the chart macros want them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from webapp.core.charting import Series, TimeChart, UptimeCell, UptimeDay, time_chart, uptime_strip
from webapp.core.formats import number
from webapp.usage.figures import Figures, Point, Sums
from webapp.usage.periods import Period

GOOD, FAIR = 0.995, 0.95


@dataclass(frozen=True, kw_only=True)
class Drawings:
    activity: TimeChart
    speed: TimeChart
    uptime: tuple[UptimeCell, ...]


def drawings(figures: Figures, period: Period) -> Drawings:
    """`x` of each chart is the start of its hour or day; days are those of the workspace's time zone."""
    points = [point for point in figures.points if point.at * 1000 < period.end]
    step = "hour" if period.grain == "hour" else "day"
    return Drawings(
        activity=time_chart(
            id="chart-activity",
            title=f"Activity by {step}",
            x=[point.at for point in points],
            series=(
                Series("Calls", tuple(point.sums.calls for point in points), "accent"),
                Series("Deliveries", tuple(point.sums.deliveries for point in points), "good"),
                Series("Failed", tuple(point.sums.failed for point in points), "bad"),
            ),
            caption=_activity_caption(figures.sums),
            zone=period.zone,
        ),
        speed=time_chart(
            id="chart-speed",
            title=f"Response time by {step}",
            unit="ms",
            x=[point.at for point in points],
            series=(
                Series("p50", tuple(_rounded(point.percentiles.p50) for point in points), "accent"),
                Series("p95", tuple(_rounded(point.percentiles.p95) for point in points), "warn"),
                Series("p99", tuple(_rounded(point.percentiles.p99) for point in points), "bad"),
            ),
            caption=_speed_caption(figures),
            zone=period.zone,
        ),
        uptime=uptime_strip([_uptime(point, period) for point in points]),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _activity_caption(sums: Sums) -> str:
    if not sums.count:
        return "Nothing happened in this time."
    return (
        f"{number(sums.calls)} calls to services, {number(sums.deliveries)} deliveries from them, "
        f"{number(sums.syncs)} syncs; {number(sums.failed)} of all these failed."
    )


def _speed_caption(figures: Figures) -> str:
    found = figures.percentiles
    if found.p50 is None or found.p95 is None:
        return "No service was called in this time."
    return (
        f"Half of all calls were answered within {number(round(found.p50))} ms, "
        f"95 of 100 within {number(round(found.p95))} ms."
    )


def _uptime(point: Point, period: Period) -> UptimeDay:
    # One a day, so written as the charts' axes are: the reader's own formats would cost more than the figures.
    moment = datetime.fromtimestamp(point.at, period.zone)
    label = f"{moment.day} {moment:%b}" + (f", {moment:%H:%M}" if period.grain == "hour" else "")
    share, sums = point.sums.uptime, point.sums
    if share is None:
        return UptimeDay(label, "unknown", "no calls, so nothing is known")
    state = "healthy" if share >= GOOD else "degraded" if share >= FAIR else "down"
    return UptimeDay(label, state, f"{share:.2%} of {sums.calls:,} calls were answered")
