"""Addresses of connections: the list, the wizard, and a connection's own pages."""

from webapp.connections.routes.base import bp
from webapp.connections.routes import (  # isort: skip  # the modules below add their views to bp
    credentials as credentials,
    danger as danger,
    events as events,
    finishing as finishing,
    listing as listing,
    pages as pages,
    purpose as purpose,
    secrets as secrets,
    settings as settings,
    tests as tests,
)

__all__ = ["bp"]
