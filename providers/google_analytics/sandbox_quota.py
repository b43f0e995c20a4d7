"""The stand-in's quota: tokens of each property by day and by hour, and one property that has used them up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .sandbox_accounts import QUOTA_USED_UP_ID
from .sandbox_store import Refusal, State

PER_DAY = 200_000
PER_HOUR = 40_000


def charge(state: State, property_id: str, now: datetime, tokens: int, *, shown: bool) -> dict[str, Any]:
    """Takes tokens away; gives the answer's `propertyQuota` when it is asked for. Raises Refusal 429."""
    day, hour = now.strftime("%Y-%m-%d"), now.strftime("%Y-%m-%dT%H")
    used = state["quota"].get(property_id) or {}
    today = used.get("today", 0) if used.get("day") == day else 0
    this_hour = used.get("this_hour", 0) if used.get("hour") == hour else 0
    if property_id == QUOTA_USED_UP_ID or this_hour + tokens > PER_HOUR:
        raise Refusal(429, "RESOURCE_EXHAUSTED", "Exhausted property tokens per hour.", retry_after=3600)
    if today + tokens > PER_DAY:
        raise Refusal(429, "RESOURCE_EXHAUSTED", "Exhausted property tokens per day.", retry_after=3600)
    state["quota"][property_id] = {"day": day, "today": today + tokens, "hour": hour, "this_hour": this_hour + tokens}
    if not shown:
        return {}
    return {
        "propertyQuota": {
            "tokensPerDay": {"consumed": tokens, "remaining": PER_DAY - today - tokens},
            "tokensPerHour": {"consumed": tokens, "remaining": PER_HOUR - this_hour - tokens},
            "concurrentRequests": {"consumed": 0, "remaining": 10},
            "serverErrorsPerProjectPerHour": {"consumed": 0, "remaining": 10},
            "potentiallyThresholdedRequestsPerHour": {"consumed": 0, "remaining": 120},
        }
    }
