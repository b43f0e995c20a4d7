"""Reports: our query as the Data API's request, and its table as ours.

https://developers.google.com/analytics/devguides/reporting/data/v1/basics
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.analytics import Column, Report, ReportQuery

from .shapes import mapping, objects, text, whole

MAX_DIMENSIONS = 9
MAX_METRICS = 10
MAX_ROWS = 250_000

_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")


def request_of(query: ReportQuery) -> dict[str, Any]:
    """The body for `runReport`. Raises InvalidRequest for what Google never takes."""
    _check(query)
    body: dict[str, Any] = {
        "dateRanges": [{"startDate": query.start.isoformat(), "endDate": query.end.isoformat()}],
        "metrics": [{"name": one} for one in query.metrics],
        "dimensions": [{"name": one} for one in query.dimensions],
        "limit": str(query.limit),
        "offset": str(query.offset),
        "returnPropertyQuota": True,
    }
    filters = [exactly(name, value) for name, value in query.filters.items()]
    if filters:
        body["dimensionFilter"] = filters[0] if len(filters) == 1 else {"andGroup": {"expressions": filters}}
    if query.order_by:
        by_metric = query.order_by in query.metrics
        order = (
            {"metric": {"metricName": query.order_by}}
            if by_metric
            else {"dimension": {"dimensionName": query.order_by}}
        )
        body["orderBys"] = [{**order, "desc": query.descending}]
    return body


def exactly(name: str, value: str) -> dict[str, Any]:
    """A filter: the dimension has this very value."""
    return {
        "filter": {"fieldName": name, "stringFilter": {"matchType": "EXACT", "value": value, "caseSensitive": True}}
    }


def _check(query: ReportQuery) -> None:
    problem = ""
    field = ""
    if query.end < query.start:
        problem, field = "The last day is before the first.", "end"
    elif not 1 <= len(query.metrics) <= MAX_METRICS:
        problem, field = f"A report has 1 to {MAX_METRICS} metrics.", "metrics"
    elif len(query.dimensions) > MAX_DIMENSIONS:
        problem, field = f"A report has at most {MAX_DIMENSIONS} dimensions.", "dimensions"
    elif not 1 <= query.limit <= MAX_ROWS or query.offset < 0:
        problem, field = f"A report has 1 to {MAX_ROWS} rows at a time.", "limit"
    elif query.order_by and query.order_by not in (*query.metrics, *query.dimensions):
        problem, field = "A report can only be ordered by one of its own columns.", "order_by"
    if problem:
        raise InvalidRequest(problem, field=field, fix="Change it and try again.", code="local")


def report_of(body: Mapping[str, Any], *, offset: int = 0) -> Report:
    """The table in an answer of `runReport` or `runRealtimeReport`."""
    dimensions = [text(one.get("name")) for one in objects(body.get("dimensionHeaders"))]
    metrics = [text(one.get("name")) for one in objects(body.get("metricHeaders"))]
    columns = (
        *(Column(name=name, label=label_of(name), kind="text") for name in dimensions),
        *(Column(name=name, label=label_of(name), kind="number") for name in metrics),
    )
    rows = tuple(_row(one, dimensions, metrics) for one in objects(body.get("rows")))
    total = whole(body.get("rowCount"))
    total_rows = max(total or 0, offset + len(rows)) if rows else total or 0
    following = offset + len(rows)
    return Report(
        columns=columns,
        rows=rows,
        total_rows=total_rows,
        note=note_of(body),
        next_offset=following if rows and following < total_rows else None,
    )


def _row(row: Mapping[str, Any], dimensions: list[str], metrics: list[str]) -> tuple[str | float | int, ...]:
    words = [text(one.get("value")) for one in objects(row.get("dimensionValues"))]
    figures = [one.get("value") for one in objects(row.get("metricValues"))]
    words += [""] * (len(dimensions) - len(words))
    figures += [0] * (len(metrics) - len(figures))
    return (
        *(_dimension(name, value) for name, value in zip(dimensions, words, strict=False)),
        *(number_of(value) for _, value in zip(metrics, figures, strict=False)),
    )


def _dimension(name: str, value: str) -> str:
    """Days come as 20261123."""
    found = _DAY.fullmatch(value) if name == "date" else None
    return "-".join(found.groups()) if found else value


def number_of(value: Any) -> int | float:
    """A figure: they come as text. 0 for what is none."""
    exact = whole(value)
    if exact is not None:
        return exact
    try:
        figure = float(value) if isinstance(value, str | float) else 0.0
    except ValueError:
        return 0
    return figure if abs(figure) < 1e18 else 0


def label_of(name: str) -> str:
    """A column's name for people: `activeUsers` is "Active users"."""
    words = " ".join(_WORDS.findall(name.rpartition(":")[2])).lower()
    return words[:1].upper() + words[1:] if words else name


def note_of(body: Mapping[str, Any]) -> str:
    """What Google left out of the figures, and what is left of the quota."""
    about = mapping(body.get("metadata"))
    notes: list[str] = []
    for one in objects(about.get("samplingMetadatas")):
        read, space = whole(one.get("samplesReadCount")), whole(one.get("samplingSpaceSize"))
        if read and space:
            notes.append(f"Estimated from {read:,} of {space:,} events.")
    if about.get("subjectToThresholding") is True:
        notes.append("Google left small figures out, so that nobody can be recognised.")
    if about.get("dataLossFromOtherRow") is True:
        notes.append("Rare values are added up in a row “(other)”.")
    for one in objects(about.get("dataTruncationReasons")):
        notes.append(text(one.get("dataTruncationMessage"))[:200] or "Google cut a part of the figures off.")
    restricted = objects(mapping(about.get("schemaRestrictionResponse")).get("activeMetricRestrictions"))
    names = [text(one.get("metricName")) for one in restricted]
    if any(names):
        notes.append(f"Hidden from this role: {', '.join(one for one in names if one)}.")
    if text(about.get("emptyReason")):
        notes.append(f"Google gave no rows: {text(about.get('emptyReason'))[:100]}.")
    quota = quota_words(body)
    return " ".join([*notes, quota] if quota else notes)


def quota_words(body: Mapping[str, Any]) -> str:
    """What is left of the property's quota; "" where Google did not say."""
    quota = mapping(body.get("propertyQuota"))
    parts = [
        f"{left:,} {words}"
        for key, words in (("tokensPerDay", "today"), ("tokensPerHour", "this hour"))
        if (left := whole(mapping(quota.get(key)).get("remaining"))) is not None
    ]
    return f"Report tokens left: {', '.join(parts)}." if parts else ""


def tokens_left(body: Mapping[str, Any]) -> int | None:
    """The smaller of what is left today and this hour."""
    quota = mapping(body.get("propertyQuota"))
    known = [whole(mapping(quota.get(key)).get("remaining")) for key in ("tokensPerDay", "tokensPerHour")]
    figures = [one for one in known if one is not None]
    return min(figures) if figures else None
