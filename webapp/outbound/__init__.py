"""Calls out: which hosts connections may reach, and what the one door refused."""

from flask import Flask

from webapp.core import settings_tabs
from webapp.core.settings_tabs import SettingsTab
from webapp.outbound import models as models


def init_app(app: Flask) -> None:
    from webapp.outbound.routes import bp

    app.register_blueprint(bp)
    settings_tabs.add(
        app, SettingsTab(label="Outbound calls", endpoint="outbound.page", permission="outbound.view", order=35)
    )
