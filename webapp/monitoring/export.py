"""Usage as CSV, row by row, safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from webapp.core.exports import csv_lines
from webapp.monitoring.connections import Connection
from webapp.usage.causes import words_for
from webapp.usage.feed import rows_of
from webapp.usage.periods import Period
from webapp.usage.scope import Scope

HEADINGS = (
    "time",
    "kind",
    "provider",
    "connection",
    "connection id",
    "environment",
    "operation",
    "result",
    "status",
    "error",
    "milliseconds",
    "items",
)
LINES_AT_ONCE = 500


def as_csv(rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    """The rows as text, a few hundred lines at a time."""
    lines = csv_lines(HEADINGS, rows)
    while text := "".join(islice(lines, LINES_AT_ONCE)):
        yield text


def activity_rows(
    session: Session, scope: Scope, period: Period, connections: Mapping[str, Connection]
) -> Iterator[tuple[Any, ...]]:
    """Every row of the range, oldest first, in the order of HEADINGS. Times are in the workspace's time zone."""
    for line in rows_of(session, scope, period):
        connection = connections.get(line.instance_id)
        yield (
            line.at.astimezone(period.zone).isoformat(timespec="milliseconds"),
            line.kind,
            line.provider_id,
            connection.name if connection else "",
            line.instance_id,
            line.environment,
            line.operation,
            "ok" if line.ok else "failed",
            "" if line.status is None else line.status,
            "" if line.ok else words_for(line.error_category).title,
            round(line.latency_ms, 3),
            line.items,
        )
