"""Notices to one person: a bell with a count, a page, and a copy by mail."""

from flask import Flask

from webapp.notices import models as models


def init_app(app: Flask) -> None:
    from webapp.notices.routes import bp

    app.register_blueprint(bp)
