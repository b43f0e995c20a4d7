"""Reports: how often events happened, or how many people did them, by day and by one property.

A metric is an event's name (how often) or `unique:` and an event's name (how many people). A dimension is `date` or
the name of a property. Sources: https://docs.mixpanel.com/reference/list-recent-events, …/segmentation-query,
…/segmentation-expressions
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from providers.kit.errors import InvalidRequest, Unsupported
from providers.kit.vocabulary.analytics import Column, Metric, Report, ReportQuery

from .client import Client
from .errors import unreadable_report
from .shapes import mapping, number, sequence

DATE = "date"
UNIQUE = "unique:"
MAX_METRICS = 10
MAX_VALUES = 10_000
_USUAL_VALUES = 1000
_NAMES = 255

Cells = Mapping[tuple[str, ...], int | float]
"""A number for each combination of the report's dimensions."""

Segments = Mapping[str, Mapping[str, int | float]]
"""A number by a property's value ("" without a property) and by day."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A metric as Mixpanel asks for it: `kind` is `general` (how often) or `unique` (how many people)."""

    event: str
    kind: str

    @classmethod
    def of(cls, metric: str) -> Measure:
        if metric.startswith(UNIQUE):
            return cls(event=metric.removeprefix(UNIQUE), kind="unique")
        return cls(event=metric, kind="general")

    @property
    def label(self) -> str:
        return f"{self.event} (people)" if self.kind == "unique" else self.event


def metrics(client: Client) -> tuple[Metric, ...]:
    """Two for each event of the last month: how often it happened, and how many people did it."""
    found = client.query("events/names", {"type": "general", "limit": _NAMES}, operation="list event names")
    names = [one for one in sequence(found) if isinstance(one, str) and one]
    if not isinstance(found, list):
        raise unreadable_report("no list of names")
    every = [(name, f"{UNIQUE}{name}") for name in names]
    return tuple(Metric(name=one, label=Measure.of(one).label) for pair in every for one in pair)


def report(client: Client, query: ReportQuery) -> Report:
    """A table of the metrics. Raises InvalidRequest, Unsupported and what the calls raise."""
    _check(query)
    measures = [Measure.of(one) for one in query.metrics]
    recent = _recent(client, query, [one for one in measures if _is_recent(query, one)])
    segments = [recent.get(one) or _segments(client, query, one) for one in measures]
    columns = [_cells(query, one) for one in segments]
    # Days without anything are there, too: a chart needs them.
    keys = dict.fromkeys(key for cells in columns for key in cells)
    rows = [(*key, *(cells.get(key, 0) for cells in columns)) for key in keys]
    titles = _columns(query, measures)
    rows = _ordered(rows, titles, query)
    page = rows[query.offset : query.offset + query.limit]
    after = query.offset + len(page)
    return Report(
        columns=titles,
        rows=tuple(page),
        total_rows=len(rows),
        note=_note(query, measures, segments),
        next_offset=after if page and after < len(rows) else None,
    )


def where(filters: Mapping[str, str]) -> str:
    """The expression that keeps events whose properties have these values."""
    return " and ".join(f"{expression(name)} == {_quoted(value)}" for name, value in filters.items())


def expression(name: str) -> str:
    """A property in Mixpanel's expressions: `properties["plan"]`."""
    return f"properties[{_quoted(name)}]"


def _quoted(value: str) -> str:
    return orjson.dumps(value).decode()


def _check(query: ReportQuery) -> None:
    if query.end < query.start:
        raise InvalidRequest("The last day lies before the first.", field="end", fix="Choose a later last day.")
    if not query.metrics or not all(Measure.of(one).event for one in query.metrics):
        raise InvalidRequest("The report needs at least one event.", field="metrics", fix="Choose an event.")
    if len(query.metrics) > MAX_METRICS:
        raise InvalidRequest(
            f"A report may have up to {MAX_METRICS} events, since Mixpanel answers only 60 questions an hour.",
            field="metrics",
            fix="Choose fewer events.",
        )
    if query.limit < 1 or query.offset < 0:
        raise InvalidRequest("The report needs at least one row.", field="limit", fix="Ask for more rows.")
    if len([one for one in query.dimensions if one != DATE]) > 1 or len(set(query.dimensions)) != len(
        query.dimensions
    ):
        raise Unsupported(
            "Mixpanel splits a report by the day and by one property, not by more.",
            fix="Choose one property, or make the report in Mixpanel and open it here as a saved report.",
        )


def _property(query: ReportQuery) -> str:
    return next((one for one in query.dimensions if one != DATE), "")


def _values(query: ReportQuery) -> int:
    """How many of a property's values are asked for: more than are shown, so that the number of rows is true."""
    return min(MAX_VALUES, max(_USUAL_VALUES, query.offset + query.limit + 1))


def _days(query: ReportQuery) -> int:
    return (query.end - query.start).days + 1


def _is_recent(query: ReportQuery, measure: Measure) -> bool:
    """Whether the list of events by day is enough: it takes many events in one question, but no property."""
    by_day = DATE in query.dimensions or measure.kind == "general"
    return by_day and not _property(query) and not query.filters


def _cells(query: ReportQuery, values: Segments) -> Cells:
    """One metric's numbers by the report's dimensions, in their order."""
    cells: dict[tuple[str, ...], int | float] = {}
    for value, by_date in values.items():
        for day, found in by_date.items():
            parts = {DATE: day, _property(query): value}
            key = tuple(parts[one] for one in query.dimensions)
            cells[key] = cells.get(key, 0) + found
    if not query.dimensions and not cells:
        cells[()] = 0
    return cells


def _recent(client: Client, query: ReportQuery, measures: Sequence[Measure]) -> Mapping[Measure, Segments]:
    """Numbers of each day, zeros included: one question for all that count alike."""
    answers: dict[Measure, Segments] = {}
    for kind in dict.fromkeys(one.kind for one in measures):
        alike = [one for one in measures if one.kind == kind]
        params = {
            "event": orjson.dumps([one.event for one in alike]).decode(),
            "type": kind,
            "unit": "day",
            "from_date": query.start.isoformat(),
            "to_date": query.end.isoformat(),
        }
        dates, values = _series(client.query("events", params, operation="count events"))
        answers |= {one: {"": _whole(dates, values.get(one.event, {}))} for one in alike}
    return answers


def _whole(dates: Sequence[str], found: Mapping[str, int | float]) -> Mapping[str, int | float]:
    return {day: found.get(day, 0) for day in sorted({*dates, *found})}


def _segments(client: Client, query: ReportQuery, measure: Measure) -> Segments:
    """An event's numbers by a property's value and day. People of the whole time are asked for as one long day."""
    params: dict[str, Any] = {
        "event": measure.event,
        "type": measure.kind,
        "from_date": query.start.isoformat(),
        "to_date": query.end.isoformat(),
    }
    if measure.kind == "unique" and DATE not in query.dimensions:
        params["interval"] = _days(query)
    else:
        params["unit"] = "day"
    if _property(query):
        params |= {"on": expression(_property(query)), "limit": _values(query)}
    if query.filters:
        params["where"] = where(query.filters)
    dates, values = _series(client.query("segmentation", params, operation="segment events"))
    if _property(query):
        return values
    return {"": _whole(dates, next(iter(values.values()), {}))}


def _series(answer: Any) -> tuple[list[str], dict[str, dict[str, int | float]]]:
    """Dates, and numbers by name and date, of `{"data": {"series": […], "values": {name: {date: n}}}}`."""
    data = mapping(answer).get("data")
    if not isinstance(data, dict) or not isinstance(data.get("values"), dict):
        raise unreadable_report("no data.values")
    dates = [one for one in sequence(data.get("series")) if isinstance(one, str)]
    values = {
        name: {day: found for day, raw in mapping(by_date).items() if (found := number(raw)) is not None}
        for name, by_date in data["values"].items()
    }
    return dates, values


def _columns(query: ReportQuery, measures: Sequence[Measure]) -> tuple[Column, ...]:
    dimensions = [
        Column(name=one, label="Day", kind=DATE) if one == DATE else Column(name=one, label=one)
        for one in query.dimensions
    ]
    numbers = [
        Column(name=name, label=measure.label, kind="number")
        for name, measure in zip(query.metrics, measures, strict=True)
    ]
    return (*dimensions, *numbers)


def _ordered(rows: list[Any], columns: Sequence[Column], query: ReportQuery) -> list[Any]:
    """By the column asked for; else by day, or by the first number with the largest first."""
    names = [one.name for one in columns]
    if query.order_by:
        if query.order_by not in names:
            raise InvalidRequest("The report has no such column.", field="order_by", fix="Choose another column.")
        place = names.index(query.order_by)
        return sorted(rows, key=lambda row: row[place], reverse=query.descending)
    if DATE in names:
        place = names.index(DATE)
        return sorted(rows, key=lambda row: row[place])
    place = len(query.dimensions)
    return sorted(rows, key=lambda row: row[place], reverse=True)


def _note(query: ReportQuery, measures: Sequence[Measure], segments: Sequence[Segments]) -> str:
    notes = []
    if DATE in query.dimensions and any(one.kind == "unique" for one in measures):
        notes.append("People are counted once for each day, so the days add up to more than the people.")
    if _property(query) and any(len(one) >= _values(query) for one in segments):
        notes.append(f"Only the {_values(query):,} most frequent values are in it.")
    return " ".join(notes)
