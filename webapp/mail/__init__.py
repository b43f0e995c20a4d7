"""Mail to people: kept in an outbox, sent by jobs."""

from flask import Flask

from webapp.mail import models as models


def init_app(app: Flask) -> None:
    """No pages: other features send."""
