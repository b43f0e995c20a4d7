"""/api/integrations/analytics: exact counts and response times of any range of time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import g
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.api import requests, schemas
from webapp.api.errors import Unreadable
from webapp.api.operations import Answer, operation
from webapp.catalog import service as catalog
from webapp.core.clock import now
from webapp.core.permissions import actor
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.instances.service import instance_of
from webapp.usage.analytics import analytics
from webapp.usage.periods import Period, day_start
from webapp.usage.scope import Scope, usual_environments

TAG = "Analytics"
LONGEST = timedelta(days=731)
USUAL = timedelta(days=30)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+ -]\d{2}:\d{2})", re.ASCII)
_HOW = "Write a date such as 2026-11-01, or a moment with its zone such as 2026-11-01T00:00:00Z."


@operation(
    "GET",
    "/analytics",
    tag=TAG,
    action="usage.view",
    query=requests.AnalyticsQuery,
    answers={200: (schemas.AnalyticsAnswer, "Figures of the range; counts are exact.")},
    problems={404: "This workspace has no such connection."},
)
def read_analytics(query: requests.AnalyticsQuery) -> Answer:
    """Read analytics

    Counts are exact; percentiles are within 2 %. Shares (`successRate`, `uptime`) are from 0 to 1. Dates are days of
    the workspace's time zone. The series is by hour up to three days, by day beyond; a range is at most 731 days.
    """
    session, workspace_id = db.session(), actor().workspace_id
    period = period_of(query.start_date, query.end_date, zone=ZoneInfo(g.time_zone), at=now())
    chosen = None
    if query.instance_id:
        chosen = instance_of(session, workspace_id=workspace_id, instance_id=query.instance_id, deleted=True)
    connections = _connections(session, workspace_id, query)
    scope = Scope(
        workspace_id=workspace_id,
        environments=_environments(query, chosen, connections),
        provider_id=query.provider_id or "",
        instance_id=query.instance_id or "",
    )
    found = analytics(
        session,
        scope,
        period,
        total_integrations=sum(count for _, _, count in connections),
        active_integrations=sum(count for _, status, count in connections if status == "active"),
    )
    document = schemas.Analytics.model_validate(found)
    document.providers = [_named(line) for line in document.providers]
    return Answer(document=schemas.AnalyticsAnswer(analytics=document))


def period_of(start: str | None, end: str | None, *, zone: ZoneInfo, at: datetime) -> Period:
    """Raises Unreadable, naming the parameter."""
    last = _end("endDate", end, zone) if end is not None else int(at.timestamp() * 1000)
    first = _start("startDate", start, zone) if start is not None else last - int(USUAL.total_seconds() * 1000)
    if first >= last:
        raise _wrong(
            "startDate", "It must be before endDate. Swap them, or leave endDate out for everything until now."
        )
    if last - first > LONGEST.total_seconds() * 1000:
        raise _wrong("startDate", f"The range is too long: at most {LONGEST.days} days. Ask for it in parts.")
    return Period(first, last, zone)


def _start(name: str, text: str, zone: ZoneInfo) -> int:
    found = _read(name, text)
    return int(found.timestamp() * 1000) if isinstance(found, datetime) else day_start(found, zone)


def _end(name: str, text: str, zone: ZoneInfo) -> int:
    found = _read(name, text)
    if isinstance(found, datetime):
        return int(found.timestamp() * 1000)
    return day_start(found + timedelta(days=1), zone)


def _read(name: str, text: str) -> date | datetime:
    found: date | datetime | None = None
    try:
        if _DATE.fullmatch(text):
            found = date.fromisoformat(text)
        elif _MOMENT.fullmatch(text):
            # A plus sign that was not written as %2B arrives as a space.
            found = datetime.fromisoformat(f"{text[:19]}{text[19:].replace(' ', '+')}".upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise _wrong(name, f"It can't be read. {_HOW}")
    if not 1990 <= found.year <= 2200:
        raise _wrong(name, "The year must be between 1990 and 2200.")
    return found


def _wrong(name: str, said: str) -> Unreadable:
    return Unreadable(f"{name}: {said}", problems=[{"parameter": name, "detail": said}])


def _connections(session: Session, workspace_id: str, query: requests.AnalyticsQuery) -> list[tuple[str, str, int]]:
    """(environment, status, how many) of what is not removed and fits."""
    wanted = [Instance.workspace_id == workspace_id, Instance.deleted_at.is_(None)]
    if query.provider_id:
        wanted.append(Instance.provider_id == query.provider_id)
    if query.instance_id:
        wanted.append(Instance.id == query.instance_id)
    if query.environment:
        wanted.append(Instance.environment == query.environment)
    groups = (Instance.environment, Instance.status)
    rows = session.execute(select(*groups, func.count()).where(*wanted).group_by(*groups))
    return [(environment, status, count) for environment, status, count in rows]


def _environments(
    query: requests.AnalyticsQuery, chosen: Instance | None, connections: list[tuple[str, str, int]]
) -> tuple[str, ...]:
    if query.environment:
        return (query.environment,)
    if chosen is not None:
        return (chosen.environment,)
    return usual_environments({environment for environment, _, _ in connections})


def _named(line: schemas.ProviderFigures) -> schemas.ProviderFigures:
    """Also of a provider whose folder is gone: its figures stay."""
    known = line.provider_id in catalog.registry()
    name = catalog.manifest_of(line.provider_id).name if known else line.provider_id
    return line.model_copy(update={"name": name})
