"""Records of every call, delivery and sync, and their rollups."""

from flask import Flask

from webapp.usage import models as models


def init_app(app: Flask) -> None:
    """Nothing to bind yet: records and verbs only."""
