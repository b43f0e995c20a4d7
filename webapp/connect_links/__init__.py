"""Links by which clients hand over access without an account here and without mailing a password."""

from flask import Flask

from webapp.core import navigation
from webapp.core.navigation import NavEntry


def init_app(app: Flask) -> None:
    from webapp.connect_links.client_routes import client_bp
    from webapp.connect_links.routes import bp

    app.register_blueprint(bp)
    app.register_blueprint(client_bp)
    navigation.add(
        app,
        NavEntry(
            label="Connect links", endpoint="connect_links.index", icon="share", order=22, permission="links.manage"
        ),
    )
