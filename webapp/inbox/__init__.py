"""The inbox: what services told us, as sentences; and what we refused, with the likely reason."""

from flask import Flask

from webapp.core import navigation
from webapp.inbox.routes import bp


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    navigation.add(
        app,
        navigation.NavEntry(
            label="Deliveries", endpoint="inbox.deliveries", icon="inbox", order=40, permission="events.view"
        ),
    )
