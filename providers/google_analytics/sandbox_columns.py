"""Dimensions and metrics of the stand-in's reports, under Google's names.

https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .sandbox_history import Happened

KEY_EVENTS = frozenset({"purchase", "generate_lead", "sign_up"})
CUSTOM_EVENT = "customEvent:"


@dataclass(frozen=True, kw_only=True)
class Dimension:
    label: str
    category: str
    of: Callable[[Happened], str]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`kind` is Google's type of the value."""

    label: str
    category: str
    of: Callable[[Sequence[Happened]], float]
    kind: str = "TYPE_INTEGER"


def _dimension(label: str, category: str, of: Callable[[Happened], str]) -> Dimension:
    return Dimension(label=label, category=category, of=of)


DIMENSIONS: dict[str, Dimension] = {
    "date": _dimension("Date", "Time", lambda one: one.at.strftime("%Y%m%d")),
    "yearMonth": _dimension("Year month", "Time", lambda one: one.at.strftime("%Y%m")),
    "hour": _dimension("Hour", "Time", lambda one: one.at.strftime("%H")),
    "eventName": _dimension("Event name", "Event", lambda one: one.name),
    "country": _dimension("Country", "Geography", lambda one: one.country),
    "city": _dimension("City", "Geography", lambda one: one.city),
    "deviceCategory": _dimension("Device category", "Platform / Device", lambda one: one.device),
    "platform": _dimension("Platform", "Platform / Device", lambda one: "web"),
    "streamId": _dimension("Stream ID", "Platform / Device", lambda one: one.stream_id),
    "streamName": _dimension("Stream name", "Platform / Device", lambda one: one.stream_name),
    "sessionSource": _dimension("Session source", "Traffic Source", lambda one: one.source),
    "sessionMedium": _dimension("Session medium", "Traffic Source", lambda one: one.medium),
    "sessionDefaultChannelGroup": _dimension(
        "Session default channel group", "Traffic Source", lambda one: one.channel
    ),
    "pagePath": _dimension("Page path", "Page / Screen", lambda one: one.path),
    "pageTitle": _dimension("Page title", "Page / Screen", lambda one: one.title),
    "unifiedScreenName": _dimension("Page title and screen name", "Page / Screen", lambda one: one.title),
}
REALTIME_DIMENSIONS = (
    "country",
    "city",
    "deviceCategory",
    "eventName",
    "minutesAgo",
    "platform",
    "streamId",
    "streamName",
    "unifiedScreenName",
)


def minutes_ago(now: datetime) -> Dimension:
    return _dimension("Realtime minutes ago", "Time", lambda one: f"{int((now - one.at).total_seconds() // 60):02d}")


def custom_event(name: str) -> Dimension:
    parameter = name.removeprefix(CUSTOM_EVENT)
    return _dimension(parameter, "Custom", lambda one: str(one.parameters.get(parameter, "(not set)")))


def _named(*names: str) -> Callable[[Sequence[Happened]], float]:
    return lambda events: sum(1 for one in events if one.name in names)


def _people(events: Sequence[Happened]) -> float:
    return len({one.person for one in events})


def _sessions(events: Sequence[Happened]) -> set[str]:
    return {one.session for one in events if one.session}


def _engaged(events: Sequence[Happened]) -> set[str]:
    return {one.session for one in events if one.session and (one.engaged > 10 or one.name in KEY_EVENTS)}


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


METRICS: dict[str, Figure] = {
    "activeUsers": Figure(label="Active users", category="User", of=_people),
    "totalUsers": Figure(label="Total users", category="User", of=_people),
    "newUsers": Figure(label="New users", category="User", of=_named("first_visit", "first_open")),
    "sessions": Figure(label="Sessions", category="Session", of=lambda events: len(_sessions(events))),
    "engagedSessions": Figure(label="Engaged sessions", category="Session", of=lambda events: len(_engaged(events))),
    "engagementRate": Figure(
        label="Engagement rate",
        category="Session",
        of=lambda events: _share(len(_engaged(events)), len(_sessions(events))),
        kind="TYPE_FLOAT",
    ),
    "userEngagementDuration": Figure(
        label="User engagement",
        category="Page / Screen",
        of=lambda events: sum(one.engaged for one in events),
        kind="TYPE_SECONDS",
    ),
    "screenPageViews": Figure(label="Views", category="Page / Screen", of=_named("page_view", "screen_view")),
    "eventCount": Figure(label="Event count", category="Event", of=len),
    "keyEvents": Figure(
        label="Key events",
        category="Event",
        of=lambda events: sum(1 for one in events if one.name in KEY_EVENTS),
        kind="TYPE_FLOAT",
    ),
    "transactions": Figure(
        label="Transactions",
        category="Ecommerce",
        of=lambda events: len({one.transaction for one in events if one.transaction}),
    ),
    "purchaseRevenue": Figure(
        label="Purchase revenue",
        category="Ecommerce",
        of=lambda events: sum(one.value for one in events),
        kind="TYPE_CURRENCY",
    ),
    "totalRevenue": Figure(
        label="Total revenue",
        category="Revenue",
        of=lambda events: sum(one.value for one in events),
        kind="TYPE_CURRENCY",
    ),
}
REALTIME_METRICS = ("activeUsers", "eventCount", "keyEvents", "screenPageViews")


def metadata(property_id: str) -> dict[str, object]:
    """The answer of GET …/metadata."""
    return {
        "name": f"properties/{property_id}/metadata",
        "dimensions": [
            {"apiName": name, "uiName": one.label, "description": f"{one.label}.", "category": one.category}
            for name, one in DIMENSIONS.items()
        ],
        "metrics": [
            {
                "apiName": name,
                "uiName": one.label,
                "description": f"{one.label}.",
                "category": one.category,
                "type": one.kind,
            }
            for name, one in METRICS.items()
        ],
    }
