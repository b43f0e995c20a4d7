"""Signing in at a vendor for a connection: going there and back, keeping the access fresh, giving it back."""

from flask import Flask

from webapp.oauth import models as models


def init_app(app: Flask) -> None:
    """Nothing but records and verbs: the pages are those of connections."""
