"""What providers exist here and what is known of them."""

from flask import Flask

from webapp.catalog import models as models


def init_app(app: Flask) -> None:
    """Nothing to bind yet: records and verbs only."""
