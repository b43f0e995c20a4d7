"""Which deliveries a list, a count or a bulk replay means: the filters of the address as conditions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_

from webapp.webhooks.models import WebhookEvent

STATUSES = ("waiting", "held", "processed", "failed", "dead")
_E = WebhookEvent


@dataclass(frozen=True, kw_only=True)
class Filters:
    """ "" or None: does not matter. `since` is included, `until` is not."""

    instance_id: str = ""
    status: str = ""
    type: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def any(self) -> bool:
        return self != Filters(instance_id=self.instance_id)


def conditions(workspace_id: str, filters: Filters) -> list[Any]:
    """For a WHERE over `webhook_events`, always within one workspace."""
    wanted: list[Any] = [_E.workspace_id == workspace_id]
    if filters.instance_id:
        wanted.append(_E.instance_id == filters.instance_id)
    if filters.status:
        wanted.append(_E.status == filters.status)
    if filters.type:
        wanted.append(_E.type == filters.type)
    if filters.text:
        text = filters.text.lower()
        wanted.append(
            or_(
                _E.sentence.icontains(text, autoescape=True),
                _E.type.icontains(text, autoescape=True),
                _E.external_id == filters.text,
            )
        )
    if filters.since:
        wanted.append(_E.received_at >= filters.since)
    if filters.until:
        wanted.append(_E.received_at < filters.until)
    return wanted
