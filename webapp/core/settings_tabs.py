"""The tabs of the settings pages as data."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app, request, url_for

from webapp.core.permissions import SIGNED_IN, current_actor


@dataclass(frozen=True, kw_only=True)
class SettingsTab:
    label: str
    endpoint: str
    permission: str
    order: int


@dataclass(frozen=True, kw_only=True)
class TabLink:
    label: str
    href: str
    active: bool


def add(app: Flask, tab: SettingsTab) -> None:
    tabs: list[SettingsTab] = app.extensions.setdefault("settings_tabs", [])
    tabs.append(tab)
    tabs.sort(key=lambda one: one.order)


def links() -> list[TabLink]:
    """The tabs that the person of this request may open."""
    who = current_actor()
    if who is None:
        return []
    return [
        TabLink(
            label=tab.label,
            href=url_for(tab.endpoint),
            active=request.path == url_for(tab.endpoint),
        )
        for tab in current_app.extensions.get("settings_tabs", [])
        if tab.permission == SIGNED_IN or who.may(tab.permission)
    ]


def init_app(app: Flask) -> None:
    app.jinja_env.globals["settings_tabs"] = links
