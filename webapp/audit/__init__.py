"""The audit log."""

from flask import Flask

from webapp.audit import models as models


def init_app(app: Flask) -> None:
    """Nothing to bind yet: records and verbs only."""
