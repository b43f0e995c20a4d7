"""People: sign-in, sessions, set-up."""

from flask import Flask

from webapp.accounts import models as models
from webapp.core import settings_tabs
from webapp.core.permissions import SIGNED_IN
from webapp.core.settings_tabs import SettingsTab


def init_app(app: Flask) -> None:
    from webapp.accounts import proof
    from webapp.accounts.routes import bp

    app.register_blueprint(bp)
    proof.init_app(app)
    settings_tabs.add(
        app, SettingsTab(label="Your profile", endpoint="accounts.profile", permission=SIGNED_IN, order=50)
    )
    settings_tabs.add(
        app, SettingsTab(label="Signed-in browsers", endpoint="accounts.sessions", permission=SIGNED_IN, order=60)
    )
