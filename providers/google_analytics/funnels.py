"""Funnels: `runFunnelReport` of the Data API's v1alpha, which Google may still change.

https://developers.google.com/analytics/devguides/reporting/data/v1/funnels and
https://developers.google.com/analytics/devguides/reporting/data/v1/rest/v1alpha/properties/runFunnelReport
The table's step names are numbered ("1. page_view"); a step that nobody reached is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.kit.errors import InvalidRequest, UnexpectedResponse
from providers.kit.vocabulary.analytics import FunnelQuery, FunnelStep

from .reports import number_of
from .shapes import objects, text

MAX_STEPS = 10


def request_of(query: FunnelQuery) -> dict[str, Any]:
    """The body for `runFunnelReport`. Raises InvalidRequest.

    Google limits the time from one step to the next, and not from the first to the last: `within_days` is used for
    each, so that nobody who belongs in the funnel is lost.
    """
    if not 1 <= len(query.steps) <= MAX_STEPS or not all(query.steps):
        raise InvalidRequest(
            f"A funnel has 1 to {MAX_STEPS} steps.", field="steps", fix="Change the steps.", code="local"
        )
    if query.end < query.start:
        raise InvalidRequest("The last day is before the first.", field="end", fix="Change the days.", code="local")
    if query.within_days < 1:
        raise InvalidRequest(
            "Give people one day at least.", field="within_days", fix="Change the days.", code="local"
        )
    return {
        "dateRanges": [{"startDate": query.start.isoformat(), "endDate": query.end.isoformat()}],
        "funnel": {"isOpenFunnel": False, "steps": [_step(query, place) for place in range(len(query.steps))]},
        "returnPropertyQuota": True,
    }


def _step(query: FunnelQuery, place: int) -> dict[str, Any]:
    name = query.steps[place]
    step: dict[str, Any] = {"name": name, "filterExpression": {"funnelEventFilter": {"eventName": name}}}
    if place:
        step["withinDurationFromPriorStep"] = f"{query.within_days * 86_400}s"
    return step


def steps_of(body: Mapping[str, Any], names: tuple[str, ...]) -> tuple[FunnelStep, ...]:
    """The steps in an answer, each with who got so far. Raises UnexpectedResponse for one without a table."""
    table = body.get("funnelTable")
    if not isinstance(table, dict):
        raise UnexpectedResponse(
            "Google made no funnel of it.",
            fix="Try again later: Google may have changed this part, which it calls a preview.",
            code="shape",
        )
    headers = [text(one.get("name")) for one in objects(table.get("metricHeaders"))]
    users = headers.index("activeUsers") if "activeUsers" in headers else 0
    people = [0] * len(names)
    for row in objects(table.get("rows")):
        words = [text(one.get("value")) for one in objects(row.get("dimensionValues"))]
        figures = [one.get("value") for one in objects(row.get("metricValues"))]
        number = words[0].partition(".")[0] if words else ""
        if number.isdecimal() and len(number) < 4 and 1 <= int(number) <= len(names) and users < len(figures):
            people[int(number) - 1] = int(number_of(figures[users]))
    began = people[0]
    return tuple(
        FunnelStep(name=name, people=count, share=min(1.0, count / began) if began > 0 else 0.0)
        for name, count in zip(names, people, strict=True)
    )
