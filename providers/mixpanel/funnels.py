"""Funnels and saved reports.

Mixpanel's API answers only for funnels that somebody saved, and its list gives names without steps. So a funnel that
is asked for by its steps is looked for among the saved ones. Of saved Insights reports there is no list at all: they
are opened by the number in their address. Sources: https://docs.mixpanel.com/reference/funnels-query,
…/funnels-list-saved, …/insights-query
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from providers.kit.errors import InvalidRequest, NotFoundAtVendor, Unsupported
from providers.kit.vocabulary.analytics import Column, FunnelQuery, FunnelStep, Report, SavedReport

from .client import Client
from .errors import unreadable_report
from .shapes import count, mapping, number, sequence, text

MAX_LOOKED_AT = 8
MAX_WITHIN_DAYS = 90
SAVED_DAYS = 30
FUNNEL = "funnel-"
INSIGHTS = "insights-"
_NUMBER = re.compile(r"\d{1,18}")
_IN_ADDRESS = re.compile(r"report-(\d{1,18})")
_CONFIGURED = re.compile(r"\s*(\d{1,18})\s*(.*?)\s*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def funnel(client: Client, query: FunnelQuery) -> tuple[FunnelStep, ...]:
    """The saved funnel with exactly these steps. Raises Unsupported when there is none among those looked at."""
    if len(query.steps) < 2 or not all(query.steps):
        raise InvalidRequest("A funnel needs two steps or more.", field="steps", fix="Add an event.")
    if query.end < query.start:
        raise InvalidRequest("The last day lies before the first.", field="end", fix="Choose a later last day.")
    if not 1 <= query.within_days <= MAX_WITHIN_DAYS:
        raise InvalidRequest(
            f"People may take from 1 to {MAX_WITHIN_DAYS} days.", field="within_days", fix="Choose another number."
        )
    saved = _likely_first(list_funnels(client), query.steps)
    for one in saved[:MAX_LOOKED_AT]:
        steps = ask(client, one.id, start=query.start, end=query.end, within_days=query.within_days)
        if tuple(step.name for step in steps) == query.steps:
            return steps
    wanted = " → ".join(query.steps)
    left = "" if len(saved) <= MAX_LOOKED_AT else f" (among the {MAX_LOOKED_AT} of {len(saved)} that were looked at)"
    raise Unsupported(
        f"Mixpanel answers only for saved funnels, and none has the steps {wanted[:200]}{left}.",
        fix="In Mixpanel, make a funnel with exactly these events and save it. Name it after its steps: it is found "
        "sooner.",
        fix_url=client.region.app,
    )


def list_funnels(client: Client) -> tuple[SavedReport, ...]:
    found = client.query("funnels/list", operation="list funnels")
    if not isinstance(found, list):
        raise unreadable_report("no list of funnels")
    pairs = [(text(mapping(one).get("funnel_id")), text(mapping(one).get("name"))) for one in found]
    return tuple(
        SavedReport(id=f"{FUNNEL}{number}", name=name or f"Funnel {number}", kind="funnel")
        for number, name in pairs
        if _NUMBER.fullmatch(number)
    )


def ask(client: Client, report_id: str, *, start: date, end: date, within_days: int = 0) -> tuple[FunnelStep, ...]:
    """A saved funnel's steps over the whole time. Mixpanel tells the mean time to convert, not the median."""
    params: dict[str, Any] = {
        "funnel_id": report_id.removeprefix(FUNNEL),
        "from_date": start.isoformat(),
        "to_date": end.isoformat(),
        "interval": (end - start).days + 1,
    }
    if within_days:
        params |= {"length": within_days, "length_unit": "day"}
    data = mapping(client.query("funnels", params, operation="ask funnel")).get("data")
    if not isinstance(data, dict):
        raise unreadable_report("no data")
    names: list[str] = []
    people: list[int] = []
    for day in data.values():
        for place, step in enumerate(sequence(mapping(day).get("steps"))):
            if place == len(names):
                names.append(_step_name(mapping(step)))
                people.append(0)
            people[place] += count(mapping(step).get("count"))
    first = people[0] if people else 0
    return tuple(
        FunnelStep(name=name, people=found, share=found / first if first else 0.0)
        for name, found in zip(names, people, strict=True)
    )


def saved_reports(client: Client, configured: str) -> tuple[SavedReport, ...]:
    """All saved funnels, after the Insights reports that somebody named in the connection's settings."""
    return (*configured_reports(configured), *list_funnels(client))


def configured_reports(configured: str) -> Iterator[SavedReport]:
    """`75315985 Weekly sign-ups, 75315990` as saved reports."""
    for part in configured.split(","):
        found = _CONFIGURED.fullmatch(part)
        if found:
            name = found[2] or f"Insights report {found[1]}"
            yield SavedReport(id=f"{INSIGHTS}{found[1]}", name=name, kind="insights")


def saved_report(client: Client, report_id: str) -> Report:
    """A funnel (`funnel-7509`) of the last 30 days, or an Insights report by its number or its page's address."""
    funnel_number = report_id.removeprefix(FUNNEL)
    if report_id.startswith(FUNNEL) and _NUMBER.fullmatch(funnel_number):
        end = client.connection.now().date()
        return _funnel_report(ask(client, report_id, start=end - timedelta(days=SAVED_DAYS - 1), end=end))
    in_address = _IN_ADDRESS.search(report_id)
    bookmark = in_address[1] if in_address else report_id.removeprefix(INSIGHTS).strip()
    if not _NUMBER.fullmatch(bookmark):
        raise NotFoundAtVendor(
            "This is no saved report's number.",
            fix="Open the report in Mixpanel and copy the number after “report-” in its address.",
            fix_url=client.region.app,
        )
    return insights(client.query("insights", {"bookmark_id": bookmark}, operation="open saved report"))


def insights(answer: Any) -> Report:
    """A saved Insights report as a table: `series` nests names, then (for lines over time) moments, then numbers."""
    series = mapping(answer).get("series")
    if not isinstance(series, dict):
        raise unreadable_report("no series")
    leaves = list(_leaves(series, ()))
    depth = max((len(path) for path, _ in leaves), default=0)
    over_time = bool(leaves) and all(path and _DAY.match(path[-1]) for path, _ in leaves)
    headers = [text(one) for one in sequence(mapping(answer).get("headers"))]
    columns = []
    for place in range(depth):
        last = place == depth - 1
        if last and over_time:
            columns.append(Column(name="date", label="Day", kind="date"))
        else:
            name = headers[place] if place < len(headers) and headers[place] else f"level_{place + 1}"
            columns.append(Column(name=name, label=name.removeprefix("$").replace("_", " ").capitalize()))
    columns.append(Column(name="value", label="Value", kind="number"))
    rows = tuple((*_padded(path, depth, over_time=over_time), value) for path, value in leaves)
    period = mapping(mapping(answer).get("date_range"))
    days = [text(period.get(name))[:10] for name in ("from_date", "to_date")]
    note = f"From {days[0]} to {days[1]}, as the saved report says." if all(days) else ""
    return Report(columns=tuple(columns), rows=rows, total_rows=len(rows), note=note)


def _leaves(node: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int | float]]:
    if len(path) > 20:
        return
    for name, value in node.items():
        found = number(value)
        if found is not None:
            yield (*path, name), found
        elif isinstance(value, dict):
            yield from _leaves(value, (*path, name))


def _padded(path: tuple[str, ...], depth: int, *, over_time: bool) -> tuple[str, ...]:
    """A path as long as the longest; the moment stays last and is shortened to its day."""
    if over_time:
        return (*path[:-1], *([""] * (depth - len(path))), path[-1][:10])
    return (*path, *([""] * (depth - len(path))))


def _funnel_report(steps: Sequence[FunnelStep]) -> Report:
    columns = (
        Column(name="step", label="Step"),
        Column(name="people", label="People", kind="number"),
        Column(name="share", label="Share of those who began", kind="number"),
    )
    rows = tuple((one.name, one.people, round(one.share, 4)) for one in steps)
    return Report(columns=columns, rows=rows, total_rows=len(rows), note=f"The last {SAVED_DAYS} days.")


def _likely_first(saved: Sequence[SavedReport], steps: Sequence[str]) -> list[SavedReport]:
    """Those whose names mention the most steps come first: each look costs one of the 60 questions an hour."""
    return sorted(saved, key=lambda one: -sum(step.lower() in one.name.lower() for step in steps))


def _step_name(step: Mapping[str, Any]) -> str:
    """People's name for a step: a custom event has a label besides its number."""
    return text(step.get("step_label")) or text(step.get("event")) or text(step.get("goal"))
