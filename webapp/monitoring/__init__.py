"""Pages over usage: how well connections do, what failed and how to mend it, what happens right now."""

from flask import Flask

from webapp.core import navigation
from webapp.monitoring.routes import blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    navigation.add(
        app,
        navigation.NavEntry(
            label="Monitoring",
            endpoint="monitoring.overview",
            icon="activity-heartbeat",
            order=40,
            permission="usage.view",
        ),
    )
