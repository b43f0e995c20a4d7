"""The page a person comes to: what is set up, what needs a look, what happened just now."""

from flask import Flask

from webapp.core import navigation
from webapp.core.navigation import NavEntry


def init_app(app: Flask) -> None:
    from webapp.home.routes import bp

    app.register_blueprint(bp)
    navigation.add(
        app, NavEntry(label="Home", endpoint="home.index", icon="home", order=0, permission="instances.view")
    )
