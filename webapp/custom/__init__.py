"""Custom integrations as records: drafts with their revisions, versions with their approval. Documents are plain data
here; what they mean is `providers.kit.declarative`, who may be shown them is `catalog`."""

from flask import Flask

from webapp.custom import models as models


def init_app(app: Flask) -> None:
    """Nothing to bind: records and verbs only."""
