"""The builder: a custom integration made in five steps, without code. Drafts and versions are `custom`'s."""

from flask import Flask

from webapp.core import navigation
from webapp.core.navigation import NavEntry


def init_app(app: Flask) -> None:
    from webapp.builder.routes import bp

    app.register_blueprint(bp)
    navigation.add(
        app,
        NavEntry(label="Builder", endpoint="builder.index", icon="puzzle", order=25, permission="custom.view"),
    )
