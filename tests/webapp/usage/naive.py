"""The same figures by reading every row: slow, short and obviously right."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.usage.models import LatencyHistogram, UsageRecord, UsageRollup
from webapp.usage.periods import Period
from webapp.usage.scope import Scope


def rows(session: Session, scope: Scope, period: Period) -> list[UsageRecord]:
    return [
        row
        for row in session.scalars(select(UsageRecord).where(UsageRecord.workspace_id == scope.workspace_id))
        if period.start <= row.at < period.end
        and row.environment in scope.environments
        and scope.provider_id in ("", row.provider_id)
        and scope.instance_id in ("", row.instance_id)
    ]


def percentile(values: list[int], share: float) -> float | None:
    if not values:
        return None
    return sorted(values)[max(1, math.ceil(share * len(values) - 1e-9)) - 1] / 1000


def by_category(found: list[UsageRecord]) -> dict[str, int]:
    return dict(Counter(row.error_category for row in found if not row.ok))


def stored(session: Session) -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    """Everything the rollups hold, to be compared with themselves after a rebuild."""
    session.expire_all()
    return (
        {tuple(row) for row in session.execute(select(*UsageRollup.__table__.columns))},
        {tuple(row) for row in session.execute(select(*LatencyHistogram.__table__.columns))},
    )
