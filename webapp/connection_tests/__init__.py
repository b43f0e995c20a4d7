"""Connection tests, line by line, and health."""

from flask import Flask

from webapp.connection_tests import models as models


def init_app(app: Flask) -> None:
    """Nothing to bind yet: records and verbs only."""
