"""Connections and the wizard that makes them."""

from flask import Flask

from webapp.instances import models as models
from webapp.instances import reach


def init_app(app: Flask) -> None:
    reach.init_app(app)
