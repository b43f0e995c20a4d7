"""The realtime report: the last half hour of a property.

https://developers.google.com/analytics/devguides/reporting/data/v1/realtime-api-schema
"""

from __future__ import annotations

from typing import Any

from providers.kit.vocabulary.analytics import Report

from .client import Client
from .reports import exactly, report_of

_METRICS = ("activeUsers", "eventCount")
_ROWS = 100


def latest(client: Client, property_id: str) -> Report:
    """Event names with the people who caused them and how often, most people first."""
    body: dict[str, Any] = {
        "dimensions": [{"name": "eventName"}],
        "metrics": [{"name": one} for one in _METRICS],
        "orderBys": [{"metric": {"metricName": "activeUsers"}, "desc": True}],
        "limit": str(_ROWS),
        "returnPropertyQuota": True,
    }
    return report_of(client.realtime(property_id, body))


def count_of(client: Client, property_id: str, event_name: str) -> int:
    """How often an event of this name happened in the last half hour, as far as Google shows it yet."""
    body: dict[str, Any] = {
        "dimensions": [{"name": "eventName"}],
        "metrics": [{"name": "eventCount"}],
        "dimensionFilter": exactly("eventName", event_name),
        "limit": "1",
    }
    rows = report_of(client.realtime(property_id, body)).rows
    return sum(int(figure) for row in rows for figure in row[1:2] if isinstance(figure, int | float))
