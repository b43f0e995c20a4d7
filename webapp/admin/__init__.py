"""The installation at a glance, its providers and its people: for site admins."""

from flask import Flask

from webapp.core import navigation
from webapp.core.navigation import NavEntry


def init_app(app: Flask) -> None:
    from webapp.admin import mail as mail  # adds its views to the blueprint
    from webapp.admin import people as people  # adds its views to the blueprint
    from webapp.admin.routes import bp

    app.register_blueprint(bp)
    navigation.add(
        app,
        NavEntry(
            label="Admin",
            endpoint="admin.index",
            icon="shield-check",
            order=95,
            permission="admin.view",
            group="Installation",
        ),
    )
