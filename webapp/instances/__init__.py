"""Connections and the wizard that makes them."""

from flask import Flask

from webapp.instances import models as models
from webapp.instances.mailing import ConnectedMail
from webapp.mail import senders


def init_app(app: Flask) -> None:
    """Records and verbs, and another way out for the hub's own mails."""
    senders.register(app, ConnectedMail())
