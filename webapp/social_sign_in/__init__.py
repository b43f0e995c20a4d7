"""Signing in with an account elsewhere: there and back, joining, linking and unlinking.

Apart from the connections that publish or read at the same vendors: other apps, other permissions, no token kept.
"""

from flask import Flask

from webapp.core import settings_tabs
from webapp.core.permissions import SIGNED_IN, actor
from webapp.core.settings_tabs import YOU, SettingsTab
from webapp.extensions import db
from webapp.social_sign_in import models as models


def init_app(app: Flask) -> None:
    from webapp.social_sign_in.routes import bp
    from webapp.social_sign_in.service import ways_of
    from webapp.social_sign_in.ways import ways

    app.register_blueprint(bp)
    app.jinja_env.globals["ways_in"] = ways
    app.jinja_env.globals["own_ways_in"] = lambda: ways_of(db.session(), actor().user_id)
    settings_tabs.add(
        app,
        SettingsTab(label="Sign-in", endpoint="social_sign_in.ways_page", permission=SIGNED_IN, order=55, group=YOU),
    )
