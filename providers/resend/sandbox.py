"""A stand-in of api.resend.com: key, limits and routes here; e-mails and other objects in the modules beside it.

It answers in the vendor's shapes (its published description is the test) and delivers nothing. Four keys show the
situations people meet; any other key is refused. Bursts are counted and reported in the headers, but refused only for
the "rate limited" key: the stand-in must work under a clock that stands still.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

from . import sandbox_broadcasts as broadcasts
from . import sandbox_contacts as contacts
from . import sandbox_emails as emails
from . import sandbox_objects as objects
from . import sandbox_suppressions as suppressions
from . import sandbox_templates as templates
from .sandbox_metrics import read_metrics
from .sandbox_seed import seed
from .sandbox_store import Refusal

FULL_ACCESS_KEY = "re_sandbox_full_access"
SENDING_ONLY_KEY = "re_sandbox_sending_only"
RATE_LIMITED_KEY = "re_sandbox_rate_limited"
QUOTA_USED_UP_KEY = "re_sandbox_quota_used_up"
KEYS = (FULL_ACCESS_KEY, SENDING_ONLY_KEY, RATE_LIMITED_KEY, QUOTA_USED_UP_KEY)

REQUESTS_PER_SECOND = 5

_Handler = Callable[..., tuple[int, dict[str, Any]]]
_ROUTES: tuple[tuple[str, str, _Handler], ...] = (
    ("POST", "/emails", emails.send_email),
    ("POST", "/emails/batch", emails.send_batch),
    ("GET", "/emails", emails.list_emails),
    ("GET", "/emails/metrics", read_metrics),
    ("GET", "/emails/{}", emails.get_email),
    ("PATCH", "/emails/{}", emails.update_email),
    ("POST", "/emails/{}/cancel", emails.cancel_email),
    ("GET", "/domains", objects.list_domains),
    ("POST", "/domains", objects.create_domain),
    ("GET", "/domains/{}", objects.get_domain),
    ("DELETE", "/domains/{}", objects.delete_domain),
    ("POST", "/domains/{}/verify", objects.verify_domain),
    ("GET", "/webhooks", objects.list_webhooks),
    ("POST", "/webhooks", objects.create_webhook),
    ("GET", "/webhooks/{}", objects.get_webhook),
    ("PATCH", "/webhooks/{}", objects.update_webhook),
    ("DELETE", "/webhooks/{}", objects.delete_webhook),
    ("GET", "/templates", templates.list_templates),
    ("POST", "/templates", templates.create_template),
    ("GET", "/templates/{}", templates.get_template),
    ("PATCH", "/templates/{}", templates.update_template),
    ("DELETE", "/templates/{}", templates.delete_template),
    ("POST", "/templates/{}/publish", templates.publish_template),
    ("GET", "/contacts", contacts.list_contacts),
    ("POST", "/contacts", contacts.create_contact),
    ("GET", "/contacts/{}", contacts.get_contact),
    ("PATCH", "/contacts/{}", contacts.update_contact),
    ("DELETE", "/contacts/{}", contacts.delete_contact),
    ("GET", "/contacts/{}/segments", contacts.list_contact_segments),
    ("POST", "/contacts/{}/segments/{}", contacts.add_to_segment),
    ("DELETE", "/contacts/{}/segments/{}", contacts.remove_from_segment),
    ("GET", "/segments", contacts.list_segments),
    ("POST", "/segments", contacts.create_segment),
    ("GET", "/segments/{}", contacts.get_segment),
    ("DELETE", "/segments/{}", contacts.delete_segment),
    ("GET", "/segments/{}/contacts", contacts.list_contacts),
    ("GET", "/topics", contacts.list_topics),
    ("GET", "/broadcasts", broadcasts.list_broadcasts),
    ("POST", "/broadcasts", broadcasts.create_broadcast),
    ("GET", "/broadcasts/{}", broadcasts.get_broadcast),
    ("PATCH", "/broadcasts/{}", broadcasts.update_broadcast),
    ("DELETE", "/broadcasts/{}", broadcasts.delete_broadcast),
    ("POST", "/broadcasts/{}/send", broadcasts.send_broadcast),
    ("POST", "/broadcasts/{}/cancel", broadcasts.cancel_broadcast),
    ("GET", "/suppressions", suppressions.list_suppressions),
    ("POST", "/suppressions", suppressions.create_suppression),
    ("GET", "/suppressions/{}", suppressions.get_suppression),
    ("DELETE", "/suppressions/{}", suppressions.delete_suppression),
)
_PATTERNS = tuple((method, re.compile(path.replace("{}", "([^/]+)")), handler) for method, path, handler in _ROUTES)
_SENDING = (emails.send_email, emails.send_batch)


class Sandbox(VendorStandIn):
    """Resend without Resend: everything the provider asks for, kept in `state`."""

    @staticmethod
    def credentials() -> dict[str, str]:
        return {"api_key": FULL_ACCESS_KEY, "from_address": "Example Studio <hello@example.com>"}

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        now = self.now().astimezone(UTC)
        seed(self.state, now)
        try:
            key = _key(request)
            handler, parts = _route(request)
            _permit(key, handler)
            status, body = handler(self.state, request, now, *parts)
            extra: dict[str, str] = {}
        except Refusal as refusal:
            status, body, extra = refusal.status, refusal.body(), refusal.headers
        headers = {"content-type": "application/json", "date": format_datetime(now, usegmt=True)}
        return SandboxResponse(
            status=status, body=json.dumps(body).encode(), headers={**headers, **self._limits(), **extra}
        )

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        refusal = {
            Fault.BAD_KEY: Refusal(401, "invalid_api_key", "API key is invalid."),
            Fault.MISSING_PERMISSION: Refusal(
                401, "restricted_api_key", "This API key is restricted to only send emails."
            ),
            Fault.RATE_LIMIT: Refusal(
                429,
                "rate_limit_exceeded",
                f"Too many requests. You can only make {REQUESTS_PER_SECOND} requests per second.",
                {"retry-after": "60", "ratelimit-remaining": "0"},
            ),
        }[fault]
        headers = {"content-type": "application/json", **refusal.headers}
        return SandboxResponse(status=refusal.status, body=json.dumps(refusal.body()).encode(), headers=headers)

    def _limits(self) -> dict[str, str]:
        """Rate-limit headers of this second, and the e-mails used today and this month."""
        now = self.now().astimezone(UTC)
        second = int(now.timestamp())
        window = self.state.setdefault("window", {"second": second, "requests": 0})
        if window["second"] != second:
            window.update(second=second, requests=0)
        window["requests"] += 1
        used = self.state.get("used", {})
        return {
            "ratelimit-limit": str(REQUESTS_PER_SECOND),
            "ratelimit-remaining": str(max(0, REQUESTS_PER_SECOND - window["requests"])),
            "ratelimit-reset": "1",
            "x-resend-daily-quota": str(used.get(now.strftime("%Y-%m-%d"), 0)),
            "x-resend-monthly-quota": str(used.get(now.strftime("%Y-%m"), 0)),
        }


def _key(request: SandboxRequest) -> str:
    if not request.headers.get("user-agent"):
        raise Refusal(403, "validation_error", "A User-Agent header is required.")
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Refusal(401, "missing_api_key", "Missing API key in the authorization header.")
    if key not in KEYS:
        raise Refusal(401, "invalid_api_key", "API key is invalid.")
    return key


def _route(request: SandboxRequest) -> tuple[_Handler, tuple[str, ...]]:
    known_path = False
    for method, pattern, handler in _PATTERNS:
        found = pattern.fullmatch(request.path)
        if found and method == request.method:
            return handler, tuple(unquote(part) for part in found.groups())
        known_path = known_path or found is not None
    if known_path:
        raise Refusal(405, "method_not_allowed", "Method is not allowed for the requested path.")
    raise Refusal(404, "not_found", "The requested endpoint does not exist.")


def _permit(key: str, handler: _Handler) -> None:
    if key == RATE_LIMITED_KEY:
        message = f"Too many requests. You can only make {REQUESTS_PER_SECOND} requests per second."
        raise Refusal(429, "rate_limit_exceeded", message, {"retry-after": "1", "ratelimit-remaining": "0"})
    if key == SENDING_ONLY_KEY and handler not in _SENDING:
        raise Refusal(401, "restricted_api_key", "This API key is restricted to only send emails.")
    if key == QUOTA_USED_UP_KEY and handler in _SENDING:
        raise Refusal(429, "daily_quota_exceeded", "You have reached your daily email sending quota.")
