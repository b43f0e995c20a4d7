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
from webapp.usage.figures import Figures, Percentiles, Point, SubjectFigures, Sums
from webapp.usage.periods import Period, day_start
from webapp.usage.queries import figures
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
    found = figures(session, scope, period)
    return Answer(document=schemas.AnalyticsAnswer(analytics=_document(found, scope, period, connections)))


def period_of(start: str | None, end: str | None, *, zone: ZoneInfo, at: datetime) -> Period:
    """Raises Unreadable, naming the parameter."""
    last = _end("endDate", end, zone) if end is not None else int(at.timestamp() * 1000)
    first = _start("startDate", start, zone) if start is not None else last - int(USUAL.total_seconds() * 1000)
    if first >= last:
        raise _wrong("startDate", "It must be before endDate. Swap them, or leave endDate out for everything until now.")
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
    return [tuple(row) for row in session.execute(select(*groups, func.count()).where(*wanted).group_by(*groups))]


def _environments(
    query: requests.AnalyticsQuery, chosen: Instance | None, connections: list[tuple[str, str, int]]
) -> tuple[str, ...]:
    if query.environment:
        return (query.environment,)
    if chosen is not None:
        return (chosen.environment,)
    return usual_environments({environment for environment, _, _ in connections})


def _document(
    found: Figures, scope: Scope, period: Period, connections: list[tuple[str, str, int]]
) -> schemas.Analytics:
    return schemas.Analytics(
        start=_moment(period.start // 1000),
        end=_moment(period.end // 1000),
        environments=list(scope.environments),
        total_integrations=sum(count for _, _, count in connections),
        active_integrations=sum(count for _, status, count in connections if status == "active"),
        performance=_performance(found.sums, found.percentiles),
        usage=_usage(found.sums),
        errors=schemas.ErrorCounts(total=found.sums.failed, by_category=dict(found.errors_by_category)),
        providers=[_provider(line) for line in found.providers],
        granularity=period.grain,
        series=[_point(point) for point in found.points],
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _usage(sums: Sums) -> schemas.Usage:
    return schemas.Usage(api_calls=sums.calls, webhook_deliveries=sums.deliveries, data_syncs=sums.syncs)


def _performance(sums: Sums, times: Percentiles) -> schemas.Performance:
    return schemas.Performance(
        success_rate=sums.success_rate,
        average_response_time=sums.average_ms,
        p50=times.p50,
        p95=times.p95,
        p99=times.p99,
        uptime=sums.uptime,
    )


def _provider(line: SubjectFigures) -> schemas.ProviderFigures:
    known = line.provider_id in catalog.registry()
    return schemas.ProviderFigures(
        provider_id=line.provider_id,
        name=catalog.manifest_of(line.provider_id).name if known else line.provider_id,
        usage=_usage(line.sums),
        errors=line.sums.failed,
        success_rate=line.sums.success_rate,
        average_response_time=line.sums.average_ms,
        uptime=line.sums.uptime,
    )


def _point(point: Point) -> schemas.SeriesPoint:
    return schemas.SeriesPoint(
        at=_moment(point.at),
        usage=_usage(point.sums),
        errors=point.sums.failed,
        success_rate=point.sums.success_rate,
        average_response_time=point.sums.average_ms,
        p50=point.percentiles.p50,
        p95=point.percentiles.p95,
        p99=point.percentiles.p99,
    )
