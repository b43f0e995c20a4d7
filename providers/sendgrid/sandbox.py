"""A stand-in of api.sendgrid.com and api.eu.sendgrid.com: keys, regions, permissions and routes here; what they lead
to in the modules beside it.

It answers in the vendor's shapes (its published description is the test) and delivers nothing. A key works at the
host of its own region only; at any other host (127.0.0.1, say) every key works.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

from . import sandbox_account as account
from . import sandbox_figures as figures
from . import sandbox_lists as lists
from . import sandbox_mail as mail
from . import sandbox_templates as templates
from . import sandbox_webhooks as webhooks
from .addresses import REGIONS
from .sandbox_keys import public_key
from .sandbox_store import Answer, Refusal, State

FULL_ACCESS_KEY = "SG.sandbox_full_access.of-the-united-states-region-0000000000000001"
EU_KEY = "SG.sandbox_eu_region.of-the-european-union-region-000000000000002"
SENDING_ONLY_KEY = "SG.sandbox_sending_only.may-send-and-nothing-else-00000000000003"
RATE_LIMITED_KEY = "SG.sandbox_rate_limited.every-call-is-one-too-many-0000000000004"
USED_UP_KEY = "SG.sandbox_used_up.all-e-mails-of-the-plan-are-used-up-00005"

REQUESTS_PER_MINUTE = 600

_FULL = frozenset(account.FULL_SCOPES)
_KEYS: dict[str, tuple[str, frozenset[str]]] = {
    FULL_ACCESS_KEY: ("us", _FULL),
    EU_KEY: ("eu", _FULL),
    SENDING_ONLY_KEY: ("us", frozenset({"mail.send"})),
    RATE_LIMITED_KEY: ("us", _FULL),
    USED_UP_KEY: ("us", _FULL),
}
"""Region and permissions of the keys that are always there; keys made in the sandbox are in its state."""

_Handler = Callable[..., Answer]
_EVENTS = "user.webhooks.event.settings"
_ROUTES: tuple[tuple[str, str, _Handler, str], ...] = (
    ("POST", "/v3/mail/send", mail.send, "mail.send"),
    ("POST", "/v3/mail/batch", mail.create_batch, "mail.batch.create"),
    ("GET", "/v3/mail/batch/{}", mail.get_batch, "mail.batch.read"),
    ("GET", "/v3/user/scheduled_sends", mail.list_scheduled, "user.scheduled_sends.read"),
    ("POST", "/v3/user/scheduled_sends", mail.create_scheduled, "user.scheduled_sends.create"),
    ("GET", "/v3/user/scheduled_sends/{}", mail.get_scheduled, "user.scheduled_sends.read"),
    ("PATCH", "/v3/user/scheduled_sends/{}", mail.update_scheduled, "user.scheduled_sends.update"),
    ("DELETE", "/v3/user/scheduled_sends/{}", mail.delete_scheduled, "user.scheduled_sends.update"),
    ("GET", "/v3/user/username", account.username, "user.username.read"),
    ("GET", "/v3/user/credits", account.credits, "user.credits.read"),
    ("GET", "/v3/api_keys", account.list_keys, "api_keys.read"),
    ("POST", "/v3/api_keys", account.create_key, "api_keys.create"),
    ("DELETE", "/v3/api_keys/{}", account.delete_key, "api_keys.delete"),
    ("GET", "/v3/whitelabel/domains", account.list_domains, "whitelabel.read"),
    ("POST", "/v3/whitelabel/domains", account.create_domain, "whitelabel.update"),
    ("GET", "/v3/whitelabel/domains/{}", account.get_domain, "whitelabel.read"),
    ("DELETE", "/v3/whitelabel/domains/{}", account.delete_domain, "whitelabel.update"),
    ("POST", "/v3/whitelabel/domains/{}/validate", account.validate_domain, "whitelabel.update"),
    ("GET", "/v3/verified_senders", account.list_senders, "whitelabel.read"),
    ("GET", "/v3/templates", templates.list_templates, "templates.read"),
    ("POST", "/v3/templates", templates.create_template, "templates.create"),
    ("GET", "/v3/templates/{}", templates.get_template, "templates.read"),
    ("PATCH", "/v3/templates/{}", templates.update_template, "templates.update"),
    ("DELETE", "/v3/templates/{}", templates.delete_template, "templates.delete"),
    ("POST", "/v3/templates/{}/versions", templates.create_version, "templates.versions.create"),
    ("GET", "/v3/templates/{}/versions/{}", templates.get_version, "templates.read"),
    ("PATCH", "/v3/templates/{}/versions/{}", templates.update_version, "templates.versions.create"),
    ("DELETE", "/v3/templates/{}/versions/{}", templates.delete_version, "templates.delete"),
    (
        "POST",
        "/v3/templates/{}/versions/{}/activate",
        templates.activate_version,
        "templates.versions.activate.create",
    ),
    ("GET", "/v3/stats", figures.stats, "stats.read"),
    ("GET", "/v3/categories", figures.list_categories, "categories.read"),
    ("GET", "/v3/categories/stats", figures.category_stats, "categories.stats.read"),
    ("GET", "/v3/suppression/{}", lists.list_entries, "suppression.read"),
    ("GET", "/v3/suppression/{}/{}", lists.get_entry, "suppression.read"),
    ("DELETE", "/v3/suppression/{}/{}", lists.delete_entry, "suppression.delete"),
    ("POST", "/v3/asm/suppressions/global", lists.add_global, "asm.suppressions.global.create"),
    ("GET", "/v3/asm/suppressions/global/{}", lists.get_global, "suppression.read"),
    ("DELETE", "/v3/asm/suppressions/global/{}", lists.delete_global, "suppression.delete"),
    ("GET", "/v3/asm/suppressions", lists.list_all_group_people, "suppression.read"),
    ("GET", "/v3/asm/suppressions/{}", lists.get_person_groups, "suppression.read"),
    ("GET", "/v3/asm/groups", lists.list_groups, "asm.groups.read"),
    ("POST", "/v3/asm/groups", lists.create_group, "asm.groups.read"),
    ("GET", "/v3/asm/groups/{}/suppressions", lists.list_group_people, "suppression.read"),
    ("POST", "/v3/asm/groups/{}/suppressions", lists.add_group_people, "asm.suppressions.global.create"),
    ("DELETE", "/v3/asm/groups/{}/suppressions/{}", lists.delete_group_person, "suppression.delete"),
    ("POST", "/v3/user/webhooks/event/settings", webhooks.create, f"{_EVENTS}.create"),
    ("GET", "/v3/user/webhooks/event/settings/all", webhooks.read_all, f"{_EVENTS}.read"),
    ("GET", "/v3/user/webhooks/event/settings/signed/{}", webhooks.get_signed, f"{_EVENTS}.read"),
    ("PATCH", "/v3/user/webhooks/event/settings/signed/{}", webhooks.set_signed, f"{_EVENTS}.update"),
    ("GET", "/v3/user/webhooks/event/settings/{}", webhooks.read, f"{_EVENTS}.read"),
    ("PATCH", "/v3/user/webhooks/event/settings/{}", webhooks.update, f"{_EVENTS}.update"),
    ("DELETE", "/v3/user/webhooks/event/settings/{}", webhooks.delete, f"{_EVENTS}.delete"),
    ("POST", "/v3/user/webhooks/event/test", webhooks.test, f"{_EVENTS}.update"),
)
_PATTERNS = tuple(
    (method, re.compile(path.replace("{}", "([^/]+)")), handler, scope) for method, path, handler, scope in _ROUTES
)


class Sandbox(VendorStandIn):
    """SendGrid without SendGrid: mail, templates, suppressions, domains, figures, webhooks that live in `state`."""

    @staticmethod
    def credentials() -> dict[str, str]:
        return {
            "api_key": FULL_ACCESS_KEY,
            "region": "us",
            "from_address": "Example Studio <hello@example.com>",
            "webhook_public_key": public_key(),
        }

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        now = self.now().astimezone(UTC)
        _seed(self.state, now)
        try:
            key, scopes = self._key(request)
            if request.method == "GET" and request.path == "/v3/scopes":
                return self._response(200, {"scopes": sorted(scopes)}, now)
            handler, parts, scope = _route(request)
            if scope not in scopes:
                raise Refusal(403, "access forbidden")
            if key == USED_UP_KEY and handler is mail.send:
                raise Refusal(401, "Maximum credits exceeded")
            answer = handler(self.state, request, now, *parts)
        except Refusal as refusal:
            return self._response(refusal.status, refusal.body(), now, refusal.headers)
        return self._response(answer[0], answer[1], now, answer[2] if len(answer) == 3 else {})

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        now = self.now().astimezone(UTC)
        refusal = {
            Fault.BAD_KEY: Refusal(401, "authorization required"),
            Fault.MISSING_PERMISSION: Refusal(403, "access forbidden"),
            Fault.RATE_LIMIT: _too_many(now),
        }[fault]
        return self._response(refusal.status, refusal.body(), now, refusal.headers)

    def _key(self, request: SandboxRequest) -> tuple[str, frozenset[str]]:
        """The key that was sent, and what it may do at this host."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        own = self.state["keys"].get(key)
        region, scopes = _KEYS.get(key, ("us", frozenset(own["scopes"]) if own else frozenset()))
        if scheme.lower() != "bearer" or not scopes or region != (_region(request) or region):
            raise Refusal(401, "authorization required")
        if key == RATE_LIMITED_KEY:
            raise _too_many(self.now())
        return key, scopes

    def _response(
        self, status: int, body: Any, now: datetime, headers: dict[str, str] | None = None
    ) -> SandboxResponse:
        limits = {
            "X-RateLimit-Limit": str(REQUESTS_PER_MINUTE),
            "X-RateLimit-Remaining": str(REQUESTS_PER_MINUTE - 1),
            "X-RateLimit-Reset": str(int(now.timestamp()) + 60),
        }
        common = {"content-type": "application/json", "date": format_datetime(now, usegmt=True)}
        content = b"" if body is None else json.dumps(body).encode()
        return SandboxResponse(status=status, body=content, headers={**common, **limits, **(headers or {})})


def _too_many(now: datetime) -> Refusal:
    """The vendor names the second when calls are taken again; the standard header says the same."""
    headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(now.timestamp()) + 60),
        "Retry-After": "60",
    }
    return Refusal(429, "too many requests", None, headers)


def _region(request: SandboxRequest) -> str:
    """The region whose host was called, "" for a host that is none of the vendor's."""
    host = request.headers.get("host", "").partition(":")[0].lower()
    return next((name for name, url in REGIONS.items() if urlsplit(url).hostname == host), "")


def _route(request: SandboxRequest) -> tuple[_Handler, tuple[str, ...], str]:
    known_path = False
    for method, pattern, handler, scope in _PATTERNS:
        found = pattern.fullmatch(request.path)
        if found and method == request.method:
            return handler, tuple(unquote(part) for part in found.groups()), scope
        known_path = known_path or found is not None
    if known_path:
        raise Refusal(405, "method not allowed")
    raise Refusal(404, "not found")


def _seed(state: State, now: datetime) -> None:
    if state.get("seeded"):
        return
    state.update(seeded=True, mail={}, batches={}, scheduled={}, webhooks={})
    account.seed(state, now)
    lists.seed(state, now)
    templates.seed(state, now)
