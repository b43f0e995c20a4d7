"""Rows of usage as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from webapp.core.formats import duration_ms, number
from webapp.monitoring.connections import Connection
from webapp.usage.causes import words_for
from webapp.usage.figures import UsageLine

ICONS = {"api_call": "send", "webhook": "webhook", "sync": "refresh"}


@dataclass(frozen=True, kw_only=True)
class Activity:
    """One line of the live activity. `where` names the connection; `address` is "" for one that was removed."""

    id: int
    at: datetime
    icon: str
    tone: str
    where: str
    address: str
    text: str


def activity(line: UsageLine, connections: Mapping[str, Connection]) -> Activity:
    connection = connections.get(line.instance_id)
    return Activity(
        id=line.id,
        at=line.at,
        icon=ICONS.get(line.kind, "activity"),
        tone="good" if line.ok else "bad",
        where=connection.name if connection else "A removed connection",
        address=f"/monitoring/connections/{line.instance_id}" if connection else "",
        text=_text(line),
    )


def _text(line: UsageLine) -> str:
    what = _what(line)
    if not line.ok:
        return f"{what} did not work. {words_for(line.error_category).title}."
    if line.kind == "api_call":
        return f"{what} was answered in {duration_ms(line.latency_ms)}."
    if line.kind == "sync":
        return f"{what} brought {number(line.items)} {'record' if line.items == 1 else 'records'}."
    return f"{what} arrived and was processed."


def _what(line: UsageLine) -> str:
    name = line.operation.strip()
    if line.kind == "webhook":
        return f"A delivery ({name})" if name and name != "delivery" else "A delivery"
    if line.kind == "sync":
        return f"A sync ({name})" if name and name != "sync" else "A sync"
    return f"A call (“{name}”)" if name else "A call"
