"""Retention: how many people came back after their first time. https://docs.mixpanel.com/reference/retention-query"""

from __future__ import annotations

from datetime import date
from typing import Any

from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.analytics import Column, Report

from .client import Client
from .errors import unreadable_report
from .reports import DATE
from .shapes import count, mapping, sequence


def retention(
    client: Client, *, born_event: str, event: str, start: date, end: date, unit: str, intervals: int
) -> Report:
    """How many came back: a row for each day (week, month) of beginning, a column for each one after."""
    if unit not in ("day", "week", "month") or not 1 <= intervals <= 90:
        raise InvalidRequest("Choose days, weeks or months, up to 90 of them.", field="unit", fix="Choose another.")
    params: dict[str, Any] = {
        "from_date": start.isoformat(),
        "to_date": end.isoformat(),
        "retention_type": "birth" if born_event else "compounded",
        "unit": unit,
        "interval_count": intervals,
    }
    params |= {name: value for name, value in (("born_event", born_event), ("event", event)) if value}
    answer = client.query("retention", params, operation="ask retention")
    if not isinstance(answer, dict):
        raise unreadable_report("no retention")
    found = [
        (day, count(mapping(one).get("first")), [count(n) for n in sequence(mapping(one).get("counts"))])
        for day, one in sorted(answer.items())
    ]
    width = max((len(counts) for _, _, counts in found), default=0)
    rows = tuple((day, first, *counts, *([0] * (width - len(counts)))) for day, first, counts in found)
    columns = (
        Column(name=DATE, label="Began", kind=DATE),
        Column(name="people", label="People", kind="number"),
        *(Column(name=f"{unit}_{n}", label=f"{unit.title()} {n}", kind="number") for n in range(width)),
    )
    return Report(columns=columns, rows=rows, total_rows=len(rows))
