"""The filters of the inbox in its address, both ways."""

from __future__ import annotations

from datetime import datetime, timedelta

from werkzeug.datastructures import MultiDict

from webapp.core.errors import BadRequest
from webapp.core.formats import zone
from webapp.webhooks.selection import STATUSES, Filters

NAMES = ("status", "connection", "type", "text", "from", "to")


def filters_of(values: MultiDict[str, str], instance_id: str = "") -> Filters:
    """Raises BadRequest, in words, for what can't be a filter."""
    status = values.get("status", "")
    if status and status not in STATUSES:
        raise BadRequest("There is no such state of a delivery.", fix="Choose one from the list.")
    return Filters(
        instance_id=instance_id or values.get("connection", "")[:40],
        status=status,
        type=_clean(values.get("type", ""))[:120],
        text=_clean(values.get("text", "")).strip()[:200],
        since=_day(values.get("from", "")),
        until=_day(values.get("to", ""), after=True),
    )


def _clean(text: str) -> str:
    return text.replace("\x00", "")


def _day(text: str, *, after: bool = False) -> datetime | None:
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone())
        return day + timedelta(days=1) if after else day
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"“{text[:30]}” is not a date.", fix="Write it like 2026-11-23.") from error


def kept(values: MultiDict[str, str]) -> dict[str, str]:
    """The filters that are set, to be carried along in links."""
    return {name: values[name][:200] for name in NAMES if values.get(name)}
