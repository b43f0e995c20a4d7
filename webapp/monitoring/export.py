"""Usage as CSV, row by row, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

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
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


class _Lines:
    """A file for csv.writer that keeps what was written until it is taken."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def write(self, text: str) -> int:
        self._parts.append(text)
        return len(text)

    def take(self) -> str:
        text = "".join(self._parts)
        self._parts.clear()
        return text

    def __len__(self) -> int:
        return len(self._parts)


def as_csv(rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    """The rows as text, a few hundred lines at a time."""
    lines = _Lines()
    writer = csv.writer(lines)
    for row in rows:
        writer.writerow([safe(value) for value in row])
        if len(lines) >= LINES_AT_ONCE:
            yield lines.take()
    yield lines.take()


def activity_rows(
    session: Session, scope: Scope, period: Period, connections: Mapping[str, Connection]
) -> Iterator[tuple[Any, ...]]:
    """The headings, then every row of the range, oldest first. Times are in the workspace's time zone."""
    yield HEADINGS
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
