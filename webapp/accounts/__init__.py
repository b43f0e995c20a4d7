"""People: sign-in, second factors, sessions, set-up."""

from flask import Flask

from webapp.accounts import models as models
from webapp.core import settings_tabs
from webapp.core.permissions import SIGNED_IN
from webapp.core.settings_tabs import YOU, SettingsTab


def init_app(app: Flask) -> None:
    from webapp.accounts import proof
    from webapp.accounts import reset_routes as reset_routes  # this and the next two add views to the blueprint
    from webapp.accounts import second_step_routes as second_step_routes
    from webapp.accounts import security_routes as security_routes
    from webapp.accounts.routes import bp

    app.register_blueprint(bp)
    proof.init_app(app)
    settings_tabs.add(
        app,
        SettingsTab(label="Your profile", endpoint="accounts.profile", permission=SIGNED_IN, order=50, group=YOU),
    )
    settings_tabs.add(
        app,
        SettingsTab(label="Security", endpoint="accounts.security", permission=SIGNED_IN, order=55, group=YOU),
    )
    settings_tabs.add(
        app,
        SettingsTab(
            label="Signed-in browsers", endpoint="accounts.sessions", permission=SIGNED_IN, order=60, group=YOU
        ),
    )
