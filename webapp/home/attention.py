"""What needs a look now, worst first, each with its one next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from providers.kit.contract import Field
from webapp.catalog import service as catalog
from webapp.core.clock import now
from webapp.home.connections import Connection
from webapp.instances.models import Instance, SecretVersion
from webapp.usage.causes import words_for
from webapp.usage.models import IntegrationError
from webapp.webhooks.models import WebhookEvent, WebhookRefusal

REFUSALS_OF = timedelta(days=1)
MOST = 12
_ORDER = {"bad": 0, "warn": 1, "info": 2}


@dataclass(frozen=True, kw_only=True)
class Item:
    """`tone`: bad (something does not work), warn (it will not, or not all of it does), info (left unfinished)."""

    id: str
    tone: str
    icon: str
    title: str
    text: str
    href: str
    action: str
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Attention:
    """`more` counts what was left out."""

    items: tuple[Item, ...]
    more: int = 0


def attention(session: Session, workspace_id: str, connections: Sequence[Connection]) -> Attention:
    """Four queries, besides the connections."""
    known = {one.id: one for one in connections}
    found = [
        *_unwell(connections),
        *_stuck(session, workspace_id, known),
        *_errors(session, workspace_id, known),
        *_refused(session, known),
        *_ending(session, workspace_id, known),
        *_drafts(connections),
    ]
    found.sort(key=lambda item: _ORDER[item.tone])
    return Attention(items=tuple(found[:MOST]), more=max(0, len(found) - MOST))


def _unwell(connections: Sequence[Connection]) -> list[Item]:
    """Those to reconnect before those that are degraded."""
    found = []
    for state, tone, icon, said, action in (
        ("needs_reconnect", "bad", "plug-connected-x", "needs reconnecting", "Reconnect"),
        ("degraded", "warn", "alert-triangle", "works, but not all of it", "Look at it"),
    ):
        found += [
            Item(
                id=f"health-{one.id}",
                tone=tone,
                icon=icon,
                title=f"{one.name} {said}",
                text=one.health_reason or "Its last test says why.",
                href=one.href,
                action=action,
                at=one.health_changed_at,
            )
            for one in connections
            if one.health == state
        ]
    return found


def _stuck(session: Session, workspace_id: str, known: Mapping[str, Connection]) -> list[Item]:
    """Deliveries that failed or were given up, from the index that holds only those."""
    rows = session.execute(
        select(WebhookEvent.instance_id, WebhookEvent.status, func.count(), func.max(WebhookEvent.received_at))
        .where(
            WebhookEvent.workspace_id == workspace_id,
            WebhookEvent.instance_id.in_(known),
            WebhookEvent.status.in_(("failed", "dead")),
        )
        .group_by(WebhookEvent.instance_id, WebhookEvent.status)
    )
    found = []
    for instance_id, status, count, at in rows:
        one, dead = known[instance_id], status == "dead"
        what = f"{count} {'delivery' if count == 1 else 'deliveries'} of {one.name}"
        title = f"{what} could not be processed" if dead else f"{what} will be tried again"
        text = (
            "Nothing is lost: read what went wrong, then replay." if dead else "Each try waits longer than the last."
        )
        found.append(
            Item(
                id=f"deliveries-{status}-{instance_id}",
                tone="bad" if dead else "warn",
                icon="inbox",
                title=title,
                text=text,
                href=f"{one.href}/deliveries?status={status}",
                action="Read and replay" if dead else "See them",
                at=at,
            )
        )
    return found


def _errors(session: Session, workspace_id: str, known: Mapping[str, Connection]) -> list[Item]:
    """Open causes of failures, newest first; what an item above says already is left out."""
    rows = session.execute(
        select(
            IntegrationError.id,
            IntegrationError.instance_id,
            IntegrationError.category,
            IntegrationError.fix,
            IntegrationError.count.label("failures"),
            IntegrationError.last_at,
        )
        .where(IntegrationError.workspace_id == workspace_id, IntegrationError.resolved_at.is_(None))
        .order_by(IntegrationError.last_at.desc())
        .limit(MOST + 1)
    )
    return [
        Item(
            id=f"error-{row.id}",
            tone="warn",
            icon="alert-circle",
            title=f"{words_for(row.category).title}: {known[row.instance_id].name}",
            text=row.fix,
            href=f"/monitoring/errors?connection={row.instance_id}&category={row.category}",
            action=f"See {row.failures:,} failures" if row.failures > 1 else "See the failure",
            at=row.last_at,
        )
        for row in rows
        if row.instance_id in known and not _said(row.category, known[row.instance_id])
    ]


def _said(category: str, one: Connection) -> bool:
    return (category == "authentication" and one.health == "needs_reconnect") or category == "processing"


def _refused(session: Session, known: Mapping[str, Connection]) -> list[Item]:
    """Deliveries of the last day whose sender could not be proven."""
    rows = session.execute(
        select(
            WebhookRefusal.instance_id,
            func.sum(WebhookRefusal.count).label("refused"),
            func.max(WebhookRefusal.last_at).label("at"),
            func.max(WebhookRefusal.fix).label("fix"),
        )
        .where(WebhookRefusal.instance_id.in_(known), WebhookRefusal.hour > now() - REFUSALS_OF)
        .group_by(WebhookRefusal.instance_id)
    )
    return [
        Item(
            id=f"refused-{row.instance_id}",
            tone="warn",
            icon="shield-x",
            title=f"{_refused_words(row.refused)}: {known[row.instance_id].name}",
            text=row.fix or words_for("signature").fix,
            href=known[row.instance_id].href,
            action="Check the secret",
            at=row.at,
        )
        for row in rows
    ]


def _refused_words(count: int) -> str:
    return (
        "A delivery was refused, its signature does not fit"
        if count == 1
        else (f"{count} deliveries were refused, their signature does not fit")
    )


def _ending(session: Session, workspace_id: str, known: Mapping[str, Connection]) -> list[Item]:
    """Old secrets that still work beside new ones, and stop soon."""
    rows = session.execute(
        select(SecretVersion.instance_id, SecretVersion.field, func.max(SecretVersion.retires_at).label("ends"))
        .join(Instance, Instance.id == SecretVersion.instance_id)
        .where(Instance.workspace_id == workspace_id, SecretVersion.retires_at > now())
        .group_by(SecretVersion.instance_id, SecretVersion.field)
        .order_by("ends")
        .limit(MOST)
    )
    return [
        Item(
            id=f"secret-{row.instance_id}-{row.field}",
            tone="info",
            icon="key",
            title=f"The old {_label(known[row.instance_id], row.field)} of {known[row.instance_id].name} ends soon",
            text="Until then old and new both work. Make sure that the service uses the new one.",
            href=known[row.instance_id].href,
            action="Look at it",
            at=row.ends,
        )
        for row in rows
        if row.instance_id in known and known[row.instance_id].in_use
    ]


def _label(one: Connection, field: str) -> str:
    registry = catalog.registry()
    fields: tuple[Field, ...] = registry.manifest(one.provider_id).fields if one.provider_id in registry else ()
    return next((each.label.lower() for each in fields if each.name == field), "secret")


def _drafts(connections: Sequence[Connection]) -> list[Item]:
    return [
        Item(
            id=f"draft-{one.id}",
            tone="info",
            icon="pencil",
            title=f"{one.name} is begun and not finished",
            text="What you entered is kept.",
            href=f"{one.href}/connect",
            action="Go on",
            at=one.updated_at,
        )
        for one in connections
        if not one.in_use
    ]
