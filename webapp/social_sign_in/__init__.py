"""Signing in with an account elsewhere: there and back, joining, linking and unlinking.

Apart from the connections that publish or read at the same vendors: other apps, other permissions, no token kept.
"""

from flask import Flask

from webapp.core import settings_tabs
from webapp.core.permissions import SIGNED_IN
from webapp.core.settings_tabs import SettingsTab
from webapp.social_sign_in import models as models


def init_app(app: Flask) -> None:
    from webapp.social_sign_in.routes import bp
    from webapp.social_sign_in.ways import ways

    app.register_blueprint(bp)
    app.jinja_env.globals["ways_in"] = ways
    settings_tabs.add(
        app, SettingsTab(label="Ways to sign in", endpoint="social_sign_in.ways_page", permission=SIGNED_IN, order=55)
    )
