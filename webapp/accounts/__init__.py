"""People: sign-in, sessions, set-up."""

from flask import Flask

from webapp.accounts import models as models


def init_app(app: Flask) -> None:
    """Nothing to bind yet: records and verbs only."""
