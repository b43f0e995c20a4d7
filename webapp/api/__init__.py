"""The JSON API and its description."""

from flask import Flask

from webapp.api import (
    analytics,
    connect_links,
    contacts,
    documents,
    events,
    integrations,
    marketplace,
    tests,
    waiting,
)
from webapp.api.operations import blueprint
from webapp.core import settings_tabs
from webapp.core.permissions import SIGNED_IN

__all__ = [
    "analytics",
    "connect_links",
    "contacts",
    "documents",
    "events",
    "init_app",
    "integrations",
    "marketplace",
    "tests",
]


def init_app(app: Flask) -> None:
    waiting.init_app(app)
    app.register_blueprint(blueprint)
    tab = settings_tabs.SettingsTab(label="API reference", endpoint="api.docs", permission=SIGNED_IN, order=35)
    settings_tabs.add(app, tab)
