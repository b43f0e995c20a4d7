"""Geometry of the charts that the server draws, so that a page needs no JavaScript to show them.

Pages build a frozen chart here and hand it to a macro of ``templates/_macros/charts.html``. Nothing here
knows Flask, the database or a feature. Horizontal positions are percentages (0-100) of the drawing's width,
vertical ones pixels from its top, so that text keeps its size on every screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

PLOT_WIDTH = 1000.0  # units of the stretched inner drawing
PLOT_HEIGHT = 180.0  # pixels
X_TICKS = 6
DAY = 86_400


@dataclass(frozen=True)
class Series:
    """One line: a name, a value (or None for "not known") for each x, and a tone of the design system."""

    label: str
    values: tuple[float | None, ...]
    tone: str = "accent"


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: ``position`` in percent (x) or pixels (y), what it says, and how x labels align."""

    position: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Line:
    """A drawn series: SVG path data of its stroke and of the area below it (empty for none)."""

    label: str
    tone: str
    path: str
    area: str


@dataclass(frozen=True)
class Row:
    """One row of the table behind a chart: its moment, the same as text, a text for each series."""

    at: datetime
    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class TimeChart:
    """Everything the ``time_chart`` macro draws; ``payload`` is what static/js/charts.js reads."""

    id: str
    title: str
    caption: str
    unit: str
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    payload: dict[str, object]

    @property
    def is_empty(self) -> bool:
        """True when no series has a value."""
        return not any(line.path for line in self.lines)


@dataclass(frozen=True)
class Bar:
    """One row of a bar list; ``percent`` is its length (0-100) beside the longest."""

    label: str
    value: str
    percent: float
    href: str | None = None
    tone: str = "accent"


@dataclass(frozen=True)
class Sparkline:
    """A small line without axes: SVG path data in a 100 x 28 box, and a sentence that says the same."""

    path: str
    area: str
    label: str


@dataclass(frozen=True)
class UptimeDay:
    """One day of an uptime strip; ``state`` is healthy, degraded, down or unknown, ``text`` says more."""

    label: str
    state: str
    text: str


@dataclass(frozen=True)
class UptimeCell:
    """A drawn day: its left edge and width in percent."""

    x: float
    width: float
    day: UptimeDay


def time_chart(
    *,
    id: str,
    title: str,
    x: Sequence[int],
    series: Sequence[Series],
    unit: str = "",
    caption: str = "",
    zone: tzinfo = UTC,
) -> TimeChart:
    """Lay out lines over time.

    ``x`` is epoch seconds, rising, as long as each series' values; ``zone`` is the reader's time zone.
    Raises ValueError when a series has another length than ``x``.
    """
    for one in series:
        if len(one.values) != len(x):
            raise ValueError(f"series {one.label!r} has {len(one.values)} values for {len(x)} times")
    top = nice_ceiling(max((v for one in series for v in one.values if v is not None), default=0.0))
    span = (x[-1] - x[0]) if len(x) > 1 else 0
    return TimeChart(
        id=id,
        title=title,
        caption=caption,
        unit=unit,
        lines=tuple(_line(one, x, top, fill=index == 0) for index, one in enumerate(series)),
        x_ticks=_x_ticks(x, span, zone),
        y_ticks=tuple(Tick(PLOT_HEIGHT * (1 - part / 4), number(top * part / 4)) for part in range(5)),
        rows=_rows(x, series, span, zone),
        payload={
            "unit": unit,
            "x": list(x),
            "series": [{"label": s.label, "tone": s.tone, "values": list(s.values)} for s in series],
        },
    )


def bar_list(
    rows: Sequence[tuple[str, float, str | None]], *, unit: str = "", tone: str = "accent"
) -> tuple[Bar, ...]:
    """Lay out (label, value, address or None) rows as bars, in the order given."""
    longest = max((value for _, value, _ in rows), default=0) or 1
    suffix = f" {unit}" if unit else ""
    return tuple(
        Bar(label, number(value) + suffix, round(max(value, 0) / longest * 100, 2), href, tone)
        for label, value, href in rows
    )


def sparkline(values: Sequence[float | None], *, label: str) -> Sparkline:
    """Lay out a small line of evenly spaced values; ``label`` says in words what it shows."""
    top = nice_ceiling(max((v for v in values if v is not None), default=0.0))
    step = 100 / max(len(values) - 1, 1)
    points = [None if v is None else (i * step, 2 + 24 * (1 - v / top)) for i, v in enumerate(values)]
    return Sparkline(path=_path(points), area=_area(points, 28.0), label=label)


def uptime_strip(days: Sequence[UptimeDay]) -> tuple[UptimeCell, ...]:
    """Lay out one cell a day, oldest first, filling the width."""
    width = 100 / max(len(days), 1)
    return tuple(UptimeCell(round(i * width, 3), round(width * 0.72, 3), day) for i, day in enumerate(days))


def nice_ceiling(value: float) -> float:
    """Round up to 1, 2, 2.5, 4, 5, 8 or 10 times a power of ten; 4 for zero, which still gives four steps."""
    if value < 1e-300:  # what is smaller has no power of ten that a float can hold
        return 4.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 4, 5, 8, 10) if step * power >= value * (1 - 1e-9))


def number(value: float) -> str:
    """Write a number for an axis or a table: thousands separated, at most two decimals."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _line(series: Series, x: Sequence[int], top: float, *, fill: bool) -> Line:
    points = [
        None if value is None else (_across(x, i) * PLOT_WIDTH, PLOT_HEIGHT * (1 - value / top))
        for i, value in enumerate(series.values)
    ]
    return Line(series.label, series.tone, _path(points), _area(points, PLOT_HEIGHT) if fill else "")


def _across(x: Sequence[int], index: int) -> float:
    """Return where a time lies between the first (0) and the last (1)."""
    span = x[-1] - x[0]
    return (x[index] - x[0]) / span if span else 0.5


def _runs(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Split at unknown values, so that a gap in the data is a gap in the line."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    # A lone point gets a line of no length: with round caps it shows as a dot.
    return " ".join(_strokes(run if len(run) > 1 else run * 2) for run in _runs(points))


def _area(points: Sequence[tuple[float, float] | None], bottom: float) -> str:
    return " ".join(
        f"{_strokes(run)} L{run[-1][0]:.1f} {bottom:.1f} L{run[0][0]:.1f} {bottom:.1f} Z"
        for run in _runs(points)
        if len(run) > 1
    )


def _strokes(run: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{left:.1f} {down:.1f}" for left, down in run)


def _x_ticks(x: Sequence[int], span: int, zone: tzinfo) -> tuple[Tick, ...]:
    if not x:
        return ()
    count = min(X_TICKS, len(x))
    chosen = sorted({round(i * (len(x) - 1) / max(count - 1, 1)) for i in range(count)})
    anchors = {0: "start", len(x) - 1: "end"} if len(x) > 1 else {}
    return tuple(
        Tick(round(_across(x, i) * 100, 2), _when(x[i], span, zone), anchors.get(i, "middle")) for i in chosen
    )


def _rows(x: Sequence[int], series: Sequence[Series], span: int, zone: tzinfo) -> tuple[Row, ...]:
    return tuple(
        Row(
            at=datetime.fromtimestamp(at, UTC),
            label=_when(at, span, zone),
            cells=tuple("–" if s.values[i] is None else number(float(s.values[i] or 0)) for s in series),
        )
        for i, at in enumerate(x)
    )


def _when(at: int, span: int, zone: tzinfo) -> str:
    moment = datetime.fromtimestamp(at, zone)
    return moment.strftime("%H:%M") if span <= 2 * DAY else f"{moment.day} {moment.strftime('%b')}"
