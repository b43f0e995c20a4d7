"""Addresses of connections: the list, the wizard, and a connection's own pages."""

from webapp.connections.routes import access as access
from webapp.connections.routes import credentials as credentials
from webapp.connections.routes import danger as danger
from webapp.connections.routes import events as events
from webapp.connections.routes import finishing as finishing
from webapp.connections.routes import listing as listing
from webapp.connections.routes import pages as pages
from webapp.connections.routes import practice as practice
from webapp.connections.routes import purpose as purpose
from webapp.connections.routes import secrets as secrets
from webapp.connections.routes import settings as settings
from webapp.connections.routes import sign_in as sign_in
from webapp.connections.routes import tests as tests
from webapp.connections.routes.base import bp

__all__ = ["bp"]
