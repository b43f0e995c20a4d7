"""What happened just now, as sentences: what deliveries meant, and how tests ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.connection_tests.models import ConnectionTest
from webapp.home.connections import Connection
from webapp.webhooks.models import WebhookEffect, WebhookEvent

LINES = 10
TESTS = 3
"""Of all lines, at most so many about tests: what services say is the news."""

EVERY_SECONDS = 10
POLLS = 60
"""How often it asks again by itself: ten minutes."""

_TESTS = {
    "passed": ("passed", "good", "circle-check"),
    "failed": ("found something to mend", "bad", "circle-x"),
    "error": ("could not be run", "attention", "alert-triangle"),
}


@dataclass(frozen=True, kw_only=True)
class Activity:
    """`tone`: good, bad, neutral, attention. `where` names the connection."""

    id: str
    at: datetime
    icon: str
    tone: str
    text: str
    where: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Live:
    """The part of the page that renews itself. `poll` counts how often it did; it rests when `resting`."""

    lines: tuple[Activity, ...]
    poll: int = 0

    @property
    def resting(self) -> bool:
        return self.poll >= POLLS


def live(session: Session, workspace_id: str, known: Mapping[str, Connection], poll: int = 0) -> Live:
    """The newest lines, newest first: two queries."""
    lines = [*_effects(session, workspace_id, known), *_tests(session, workspace_id, known)]
    lines.sort(key=lambda line: line.at, reverse=True)
    return Live(lines=tuple(lines[:LINES]), poll=poll)


def _effects(session: Session, workspace_id: str, known: Mapping[str, Connection]) -> list[Activity]:
    newest = (
        select(
            WebhookEffect.id,
            WebhookEffect.event_sequence,
            WebhookEffect.instance_id,
            WebhookEffect.sentence,
            WebhookEffect.tone,
            WebhookEffect.icon,
            WebhookEffect.applied_at,
        )
        .where(WebhookEffect.workspace_id == workspace_id)
        .order_by(WebhookEffect.applied_at.desc())
        .limit(LINES)
        .subquery()
    )
    rows = session.execute(
        select(newest, WebhookEvent.id.label("event_id")).join(
            WebhookEvent, WebhookEvent.sequence == newest.c.event_sequence
        )
    )
    return [
        Activity(
            id=f"effect-{row.id}",
            at=row.applied_at,
            icon=row.icon,
            tone=row.tone,
            text=row.sentence,
            where=known[row.instance_id].name,
            href=f"/deliveries/{row.event_id}",
        )
        for row in rows
        if row.instance_id in known
    ]


def _tests(session: Session, workspace_id: str, known: Mapping[str, Connection]) -> list[Activity]:
    """Those somebody asked for; the hourly checks would drown everything else."""
    rows = session.execute(
        select(ConnectionTest.id, ConnectionTest.instance_id, ConnectionTest.status, ConnectionTest.created_at)
        .where(
            ConnectionTest.workspace_id == workspace_id,
            ConnectionTest.status.in_(_TESTS),
            ConnectionTest.trigger != "schedule",
            ConnectionTest.instance_id.is_not(None),
        )
        .order_by(ConnectionTest.created_at.desc())
        .limit(TESTS)
    )
    return [
        Activity(
            id=row.id,
            at=row.created_at,
            icon=_TESTS[row.status][2],
            tone=_TESTS[row.status][1],
            text=f"The test of {known[row.instance_id].name} {_TESTS[row.status][0]}",
            where=known[row.instance_id].name,
            href=known[row.instance_id].href,
        )
        for row in rows
        if row.instance_id in known
    ]
