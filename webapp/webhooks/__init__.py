"""Deliveries in: proved, stored durably before the answer, processed exactly once."""

from flask import Flask

from webapp.webhooks import models as models
from webapp.webhooks.ingest import Ingest


def init_app(app: Flask) -> None:
    app.extensions["webhook_ingest"] = Ingest(app)
