"""Connections and the wizard that makes them."""

from flask import Flask

from webapp.instances import models as models


def init_app(app: Flask) -> None:
    """Nothing to bind yet: records and verbs only."""
