"""The stand-in's figures, counted from the e-mails it keeps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_emails import shown
from .sandbox_store import Refusal

Answer = tuple[int, dict[str, Any]]

_REACHED = {
    "delivered": ("sent", "delivered"),
    "opened": ("sent", "delivered", "opened"),
    "clicked": ("sent", "delivered", "opened", "clicked"),
    "bounced": ("sent", "bounced"),
    "complained": ("sent", "delivered", "complained"),
    "suppressed": ("suppressed",),
    "failed": ("failed",),
    "sent": ("sent",),
    "delivery_delayed": ("sent", "delivery_delayed"),
}
"""What an e-mail with this last event counts for."""

_KNOWN = (*_REACHED, "received", "unsubscribed")
_MAX_DAYS = 10_000


def read_metrics(state: dict[str, Any], request: SandboxRequest, now: datetime) -> Answer:
    """By day (`dimensions=period`) or as totals; other breakdowns are refused."""
    metrics = _listed(request, "metrics") or list(_KNOWN)
    dimensions = _listed(request, "dimensions")
    if set(metrics) - set(_KNOWN) or set(dimensions) - {"period"}:
        raise Refusal(422, "validation_error", "The stand-in counts plain metrics, by `period` or in all.")
    end = _moment(request, "end_date", now)
    start = _moment(request, "start_date", end - timedelta(days=6))
    if not timedelta(0) <= end - start < timedelta(days=_MAX_DAYS):
        raise Refusal(422, "validation_error", "The `start_date` must be on or before `end_date`.")
    days = [start.date() + timedelta(days=number) for number in range((end.date() - start.date()).days + 1)]
    counted = _counted(state, now)
    rows = [{name: counted.get((day, name), 0) for name in metrics} for day in days]
    answer: dict[str, Any] = {
        "object": "metrics",
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "metrics": metrics,
        "dimensions": dimensions,
        "granularity": "daily",
        "totals": {name: sum(row[name] for row in rows) for name in metrics},
    }
    if dimensions:
        answer["data"] = [
            {"period": f"{day.isoformat()}T00:00:00.000Z", **row} for day, row in zip(days, rows, strict=True)
        ]
    return 200, answer


def _counted(state: dict[str, Any], now: datetime) -> dict[tuple[date, str], int]:
    counts: dict[tuple[date, str], int] = {}
    for one in state["emails"].values():
        day = datetime.fromisoformat(one["created_at"]).astimezone(UTC).date()
        for name in _REACHED.get(shown(one, now)["last_event"], ()):
            counts[day, name] = counts.get((day, name), 0) + 1
    return counts


def _listed(request: SandboxRequest, name: str) -> list[str]:
    return [part for value in request.query.get(name, []) for part in value.split(",") if part]


def _moment(request: SandboxRequest, name: str, otherwise: datetime) -> datetime:
    value = request.query.get(name, [""])[-1]
    if not value:
        return otherwise
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise Refusal(422, "validation_error", f"The `{name}` must be an ISO 8601 date.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
