"""Connections and the wizard that makes them."""

from flask import Flask

from webapp.instances import models as models
from webapp.instances import reach
from webapp.instances.mailing import ConnectedMail
from webapp.mail import senders


def init_app(app: Flask) -> None:
    """Who reaches which connection, and another way out for the hub's own mails."""
    reach.init_app(app)
    senders.register(app, ConnectedMail())
