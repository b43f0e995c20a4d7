"""The audit log."""

from flask import Flask

from webapp.audit import models as models
from webapp.core import settings_tabs
from webapp.core.settings_tabs import SettingsTab


def init_app(app: Flask) -> None:
    from webapp.audit.routes import bp

    app.register_blueprint(bp)
    settings_tabs.add(app, SettingsTab(label="Audit log", endpoint="audit.log", permission="audit.view", order=40))
