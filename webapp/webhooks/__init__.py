"""Deliveries in: ingest, processing, inbox."""

from flask import Flask

from webapp.webhooks import models as models


def init_app(app: Flask) -> None:
    """Nothing to bind yet: records and verbs only."""
