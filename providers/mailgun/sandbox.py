"""A stand-in of api.mailgun.net: keys and routes here; messages, lists and other objects in the modules beside it.

It answers in the vendor's shapes (its published description is the test) and delivers nothing. Both regions are one
here. Three keys show the situations people meet; any other key is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from datetime import UTC, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

from . import sandbox_lists as lists
from . import sandbox_mail as mail
from . import sandbox_objects as objects
from .sandbox_store import Refusal

ACCOUNT_KEY = "sandboxaccountkey000000000000000-00000001-00000001"
SENDING_KEY = "sandboxsendingkey000000000000000-00000002-00000002"
ANALYST_KEY = "sandboxanalystkey000000000000000-00000003-00000003"
KEYS = (ACCOUNT_KEY, SENDING_KEY, ANALYST_KEY)

_LISTED = "(bounces|unsubscribes|complaints)"
_ROUTES: tuple[tuple[str, str, str, Callable[..., tuple[int, Any]]], ...] = (
    ("POST", "/v3/{}/messages", "messages", mail.send),
    ("GET", "/v3/{}/events", "events", mail.list_events),
    ("GET", "/v3/{}/events/{}", "events", mail.next_events),
    ("POST", "/v1/analytics/metrics", "analytics", mail.metrics),
    ("GET", "/v4/domains", "domains", objects.list_domains),
    ("GET", "/v4/domains/{}", "domains", objects.get_domain),
    ("PUT", "/v4/domains/{}/verify", "settings", objects.verify_domain),
    ("GET", "/v3/domains/{}/webhooks", "settings", objects.list_webhooks),
    ("POST", "/v4/domains/{}/webhooks", "settings", objects.create_webhook),
    ("PUT", "/v4/domains/{}/webhooks", "settings", objects.change_webhook),
    ("DELETE", "/v4/domains/{}/webhooks", "settings", objects.delete_webhook),
    ("GET", "/v5/accounts/http_signing_key", "settings", objects.signing_key),
    ("GET", "/v3/routes", "settings", lists.list_routes),
    ("POST", "/v3/routes", "settings", lists.create_route),
    ("GET", "/v3/routes/match", "settings", lists.match_route),
    ("DELETE", "/v3/routes/{}", "settings", lists.delete_route),
    ("GET", "/v3/{}/templates", "settings", lists.list_templates),
    ("POST", "/v3/{}/templates", "settings", lists.create_template),
    ("GET", "/v3/{}/templates/{}", "settings", lists.get_template),
    ("DELETE", "/v3/{}/templates/{}", "settings", lists.delete_template),
    ("GET", "/v3/{}/templates/{}/versions", "settings", lists.list_versions),
    ("POST", "/v3/{}/templates/{}/versions", "settings", lists.create_version),
    ("GET", "/v3/{}/templates/{}/versions/{}", "settings", lists.get_version),
    ("PUT", "/v3/{}/templates/{}/versions/{}", "settings", lists.change_version),
    ("GET", f"/v3/{{}}/{_LISTED}", "settings", lists.list_suppressed),
    ("POST", f"/v3/{{}}/{_LISTED}", "settings", lists.add_suppressed),
    ("DELETE", f"/v3/{{}}/{_LISTED}/{{}}", "settings", lists.delete_suppressed),
)
_PATTERNS = tuple(
    (method, re.compile(path.replace("{}", "([^/]+)")), area, handler) for method, path, area, handler in _ROUTES
)
_AREAS = {SENDING_KEY: ("messages",), ANALYST_KEY: ("domains", "events", "analytics")}


class Sandbox(VendorStandIn):
    """Mailgun without Mailgun: domains, e-mails, events, templates, routes and lists that live in `state`."""

    @staticmethod
    def credentials() -> dict[str, str]:
        return {
            "api_key": ACCOUNT_KEY,
            "domain": objects.DOMAIN,
            "region": "us",
            "from_address": f"Example Studio <hello@{objects.DOMAIN}>",
            "webhook_signing_key": objects.SIGNING_KEY,
        }

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        now = self.now().astimezone(UTC)
        objects.seed(self.state, now)
        try:
            key = _key(request)
            area, handler, parts = _route(request)
            _permit(key, area)
            if request.path.startswith("/v3/") and request.path.split("/")[2] not in ("routes", "domains"):
                objects.find_domain(self.state, parts[0])
            status, body = handler(self.state, request, now, *parts)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body
        return _response(status, body, {"date": format_datetime(now, usegmt=True)})

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        if fault is Fault.BAD_KEY:
            return _response(401, "Forbidden", {})
        if fault is Fault.MISSING_PERMISSION:
            return _response(403, {"message": "Incompatible key for this endpoint"}, {})
        if request.path.endswith("/messages"):
            until = format_datetime(self.now().astimezone(UTC) + timedelta(minutes=5), usegmt=True)
            words = f"Domain {objects.DOMAIN} is not allowed to send: request limit exceeded, try again after {until}"
            return _response(429, {"message": words}, {})
        # The vendor documents no header; with this one nobody waits for the sandbox.
        return _response(429, {"retry-seconds": 60}, {"retry-after": "60"})


def _response(status: int, body: Any, headers: dict[str, str]) -> SandboxResponse:
    """The bare word for a refused key is text, everything else JSON."""
    if isinstance(body, str):
        return SandboxResponse(status=status, body=body.encode(), headers={"content-type": "text/plain", **headers})
    content = json.dumps(body).encode()
    return SandboxResponse(status=status, body=content, headers={"content-type": "application/json", **headers})


def _key(request: SandboxRequest) -> str:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, key = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        user = key = ""
    if scheme.lower() != "basic" or user != "api" or key not in KEYS:
        message = "Invalid private key"
        raise Refusal(401, message, "Forbidden" if request.path.endswith("/messages") else None)
    return key


def _route(request: SandboxRequest) -> tuple[str, Callable[..., tuple[int, Any]], tuple[str, ...]]:
    known_path = False
    for method, pattern, area, handler in _PATTERNS:
        found = pattern.fullmatch(request.path)
        if found and method == request.method:
            return area, handler, tuple(unquote(part) for part in found.groups())
        known_path = known_path or found is not None
    if known_path:
        raise Refusal(405, "Method Not Allowed")
    raise Refusal(404, "Not Found")


def _permit(key: str, area: str) -> None:
    allowed = _AREAS.get(key)
    if allowed is None or area in allowed:
        return
    if key == SENDING_KEY:
        raise Refusal(401, "Forbidden", "Forbidden")
    raise Refusal(403, "Incompatible key for this endpoint")
