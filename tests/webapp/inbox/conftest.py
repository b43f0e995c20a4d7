"""The inbox is looked at with the deliveries of the webhook tests' own provider."""

from tests.webapp.webhooks.conftest import app, instance, make_instance, session, vendor

__all__ = ["app", "instance", "make_instance", "session", "vendor"]
