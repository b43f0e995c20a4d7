"""The main navigation as data: each feature adds its own entries when it is bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app, request, url_for

from webapp.core.permissions import current_actor


@dataclass(frozen=True, kw_only=True)
class NavEntry:
    """`order` sorts; entries of one `group` stand together. `badge` gives a short text or ""."""

    label: str
    endpoint: str
    icon: str
    order: int
    permission: str
    group: str = ""
    badge: Callable[[], str] | None = None


@dataclass(frozen=True, kw_only=True)
class NavLink:
    label: str
    href: str
    icon: str
    active: bool
    badge: str
    group: str


def add(app: Flask, entry: NavEntry) -> None:
    entries: list[NavEntry] = app.extensions.setdefault("navigation", [])
    entries.append(entry)
    entries.sort(key=lambda one: one.order)


def links() -> list[NavLink]:
    """What the person of this request may open."""
    who = current_actor()
    if who is None:
        return []
    current = (request.endpoint or "").split(".")[0]
    return [
        NavLink(
            label=entry.label,
            href=url_for(entry.endpoint),
            icon=entry.icon,
            active=entry.endpoint.split(".")[0] == current,
            badge=entry.badge() if entry.badge else "",
            group=entry.group,
        )
        for entry in current_app.extensions.get("navigation", [])
        if who.may(entry.permission)
    ]
