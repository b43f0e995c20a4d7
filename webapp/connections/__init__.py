"""Connecting an account in steps, the list of connections, and each connection's own pages."""

from flask import Flask

from webapp.core import navigation
from webapp.core.navigation import NavEntry


def init_app(app: Flask) -> None:
    from webapp.connections.routes import bp

    app.register_blueprint(bp)
    navigation.add(
        app,
        NavEntry(
            label="Connections",
            endpoint="connections.index",
            icon="plug-connected",
            order=20,
            permission="instances.view",
        ),
    )
