"""The last seven days in four numbers. Sandbox figures are never mixed with others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webapp.core.charting import Sparkline, sparkline
from webapp.core.clock import now
from webapp.core.formats import duration_ms, number, percent
from webapp.home.connections import Connection
from webapp.usage.figures import SPEED_DEFINITION, SUCCESS_DEFINITION, Point
from webapp.usage.periods import Period
from webapp.usage.queries import figures
from webapp.usage.scope import Scope, usual_environments

DAYS = 7
CALLS_DEFINITION = (
    "Every call this toolkit made to a service in the last 7 days, today included, scheduled checks among them."
)
DELIVERIES_DEFINITION = (
    "Every delivery (webhook) of the last 7 days, today included, counted once however often sent."
)


@dataclass(frozen=True, kw_only=True)
class Tile:
    """`why` is behind “Why this number”; `line` is drawn by day and has a label that says the same."""

    label: str
    value: str
    hint: str
    why: str
    line: Sparkline


@dataclass(frozen=True, kw_only=True)
class Week:
    """`sandbox`: these are sandbox figures, since there are no others. `sandbox_apart`: there are such, too, which
    are not in here."""

    tiles: tuple[Tile, ...]
    sandbox: bool
    sandbox_apart: bool
    anything: bool


def week(session: Session, workspace_id: str, connections: Sequence[Connection], zone: ZoneInfo) -> Week:
    """Two queries."""
    in_use = {one.environment for one in connections if one.in_use}
    environments = usual_environments(in_use)
    today = now().astimezone(zone).date()
    found = figures(
        session,
        Scope(workspace_id=workspace_id, environments=environments),
        Period.of_days(today - timedelta(days=DAYS - 1), today, zone),
        by_instance=False,
    )
    sums, points = found.sums, found.points
    return Week(
        tiles=(
            Tile(
                label="Calls to services",
                value=number(sums.calls),
                hint=f"average answer in {duration_ms(sums.average_ms)}",
                why=CALLS_DEFINITION,
                line=_line("Calls", points, [point.sums.calls for point in points]),
            ),
            Tile(
                label="Deliveries from services",
                value=number(sums.deliveries),
                hint="each kept, whatever happens",
                why=DELIVERIES_DEFINITION,
                line=_line("Deliveries", points, [point.sums.deliveries for point in points]),
            ),
            Tile(
                label="Succeeded",
                value=percent(sums.success_rate, 2),
                hint=f"{number(sums.failed)} of {number(sums.count)} failed",
                why=SUCCESS_DEFINITION,
                line=_line("Failures", points, [point.sums.failed for point in points]),
            ),
            Tile(
                label="95 of 100 answered within",
                value=duration_ms(found.percentiles.p95),
                hint=f"half within {duration_ms(found.percentiles.p50)}",
                why=SPEED_DEFINITION,
                line=_line("Milliseconds", points, [point.percentiles.p95 for point in points]),
            ),
        ),
        sandbox="sandbox" in environments,
        sandbox_apart="sandbox" in in_use and "sandbox" not in environments,
        anything=bool(sums.count),
    )


def _line(what: str, points: Sequence[Point], values: Sequence[float | None]) -> Sparkline:
    told = [value for value in values if value is not None]
    if not told or not points:
        return sparkline(values, label=f"{what} a day: nothing yet")
    return sparkline(values, label=f"{what} a day: between {number(round(min(told)))} and {number(round(max(told)))}")
