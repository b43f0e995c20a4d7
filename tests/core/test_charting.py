"""The geometry of server-drawn charts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core import charting
from webapp.core.charting import Series, UptimeDay

HOUR = 3600
MIDNIGHT = 1_795_046_400  # 2026-11-19T00:00:00Z


def chart(values: tuple[float | None, ...], *, step: int = HOUR, zone: str = "UTC") -> charting.TimeChart:
    x = [MIDNIGHT + i * step for i in range(len(values))]
    series = [Series("Calls", values)]
    return charting.time_chart(id="c", title="Calls", x=x, series=series, zone=ZoneInfo(zone))


def test_a_line_runs_from_the_left_edge_to_the_right_and_its_highest_value_is_inside_the_plot() -> None:
    assert chart((0.0, 4.0)).lines[0].path == "M0.0 180.0 L1000.0 0.0"


def test_an_unknown_value_is_a_gap_in_the_line_and_a_dash_in_the_table() -> None:
    drawn = chart((1.0, 1.0, None, 1.0, 1.0))
    assert drawn.lines[0].path.count("M") == 2
    assert drawn.rows[2].cells == ("–",)


def test_a_value_between_two_gaps_is_still_drawn() -> None:
    assert chart((None, 2.0, None)).lines[0].path == "M500.0 0.0 L500.0 0.0"


def test_a_chart_without_values_says_so() -> None:
    assert chart((None, None)).is_empty
    assert chart(()).is_empty
    assert not chart((0.0,)).is_empty


def test_series_of_another_length_than_the_times_are_refused() -> None:
    with pytest.raises(ValueError, match="'Calls' has 1 values for 2 times"):
        charting.time_chart(id="c", title="", x=[1, 2], series=[Series("Calls", (1.0,))])


def test_times_are_in_the_readers_zone() -> None:
    assert chart((1.0, 2.0), zone="Europe/Berlin").x_ticks[0].label == "01:00"


def test_days_are_named_when_the_chart_spans_more_than_two() -> None:
    assert chart((1.0, 2.0, 3.0, 4.0), step=86_400).x_ticks[0].label == "19 Nov"


def test_the_first_and_last_label_stay_inside_the_drawing() -> None:
    ticks = chart(tuple(float(i) for i in range(30))).x_ticks
    assert (ticks[0].position, ticks[0].anchor) == (0, "start")
    assert (ticks[-1].position, ticks[-1].anchor) == (100, "end")
    assert len(ticks) == charting.X_TICKS


@given(st.floats(min_value=1e-6, max_value=1e15))
def test_the_axis_ends_at_a_round_number_not_below_the_highest_value(value: float) -> None:
    top = charting.nice_ceiling(value)
    assert value * (1 - 1e-6) <= top <= value * 2.0001


@given(st.lists(st.none() | st.floats(min_value=0, max_value=1e9), min_size=1, max_size=50))
def test_no_point_leaves_the_plot(values: list[float | None]) -> None:
    numbers = [float(n) for n in chart(tuple(values)).lines[0].path.replace("M", "").replace("L", "").split()]
    assert all(0 <= left <= 1000 for left in numbers[::2])
    assert all(-0.05 <= down <= 180 for down in numbers[1::2])


def test_the_longest_bar_fills_its_row() -> None:
    bars = charting.bar_list([("a", 1000, "/a"), ("b", 250.5, None)], unit="calls")
    assert [(bar.percent, bar.value) for bar in bars] == [(100, "1,000 calls"), (25.05, "250.5 calls")]


def test_bars_of_nothing_have_no_length() -> None:
    assert [bar.percent for bar in charting.bar_list([("a", 0, None)])] == [0]
    assert charting.bar_list([]) == ()


def test_a_sparkline_of_nothing_draws_nothing() -> None:
    assert charting.sparkline([], label="No calls").path == ""


def test_the_days_of_an_uptime_strip_fill_its_width() -> None:
    cells = charting.uptime_strip([UptimeDay(str(i), "healthy", "") for i in range(4)])
    assert [cell.x for cell in cells] == [0, 25, 50, 75]
    assert charting.uptime_strip([]) == ()
