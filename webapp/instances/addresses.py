"""Where a vendor delivers to, and whether it could reach that address."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import current_app

from providers.kit.policy import is_public
from webapp.config import Settings
from webapp.instances.models import Instance

_LOCAL = (".localhost", ".local", ".internal", ".lan", ".test", ".invalid", ".example")


def webhook_url(instance: Instance) -> str:
    """The address for the vendor: PUBLIC_URL/webhooks/<provider>/<key>."""
    settings: Settings = current_app.config["SETTINGS"]
    return f"{settings.public_url}/webhooks/{instance.provider_id}/{instance.webhook_key}"


def public_address_problem() -> str:
    """Why no vendor could reach PUBLIC_URL, "" when one could."""
    settings: Settings = current_app.config["SETTINGS"]
    parts = urlsplit(settings.public_url)
    host = (parts.hostname or "").lower()
    try:
        reachable = is_public(ipaddress.ip_address(host))
    except ValueError:
        reachable = "." in host and not host.endswith(_LOCAL)
    if not reachable:
        return (
            f"This toolkit's address ({settings.public_url}) can only be reached from this machine or its network, "
            "so no service can deliver events to it. Set PUBLIC_URL to its public https:// address."
        )
    if parts.scheme != "https":
        return (
            f"This toolkit's address ({settings.public_url}) is not encrypted, and services deliver events to "
            "https:// addresses only. Set PUBLIC_URL to its https:// address."
        )
    return ""
