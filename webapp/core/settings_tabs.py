"""The menu of the settings pages as data: what is the workspace's, then what is one's own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from flask import Flask, current_app, request, url_for

from webapp.core.permissions import SIGNED_IN, current_actor

WORKSPACE, YOU = "Workspace", "You"


@dataclass(frozen=True, kw_only=True)
class SettingsTab:
    """`group` is the heading it stands below: WORKSPACE or YOU."""

    label: str
    endpoint: str
    permission: str
    order: int
    group: str = WORKSPACE


@dataclass(frozen=True, kw_only=True)
class TabLink:
    label: str
    href: str
    active: bool


@dataclass(frozen=True, kw_only=True)
class TabGroup:
    heading: str
    links: tuple[TabLink, ...]


def add(app: Flask, tab: SettingsTab) -> None:
    tabs: list[SettingsTab] = app.extensions.setdefault("settings_tabs", [])
    tabs.append(tab)
    tabs.sort(key=lambda one: (one.group != WORKSPACE, one.order))


def links() -> list[TabGroup]:
    """The pages that the person of this request may open, below their headings."""
    who = current_actor()
    if who is None:
        return []
    mine = [
        tab
        for tab in current_app.extensions.get("settings_tabs", [])
        if tab.permission == SIGNED_IN or who.may(tab.permission)
    ]
    return [
        TabGroup(heading=heading, links=tuple(_link(tab) for tab in tabs))
        for heading, tabs in groupby(mine, key=lambda tab: tab.group)
    ]


def _link(tab: SettingsTab) -> TabLink:
    href = url_for(tab.endpoint)
    return TabLink(label=tab.label, href=href, active=request.path == href)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["settings_menu"] = links
