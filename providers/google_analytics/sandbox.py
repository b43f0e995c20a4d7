"""A stand-in of Google Analytics: sign-in, Measurement Protocol, Admin API and Data API. The parts are beside it.

It knows 90 days of visits, the same for everybody, and keeps the events that are sent to it: they show in realtime
and in reports. As at Google, a wrong API secret is taken with 204 and its events are dropped. See `sandbox_access`
for whose sign-in shows which situation, and `sandbox_accounts` for the property whose quota is used up.
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

from . import sandbox_access as access
from . import sandbox_accounts as accounts
from . import sandbox_collect as collection
from . import sandbox_consent as consent
from . import sandbox_funnels as funnels
from . import sandbox_reports as reports
from .sandbox_key import key_file
from .sandbox_store import Refusal, TokenRefusal

_ADMIN, _DATA = "analyticsadmin.googleapis.com", "analyticsdata.googleapis.com"
_COLLECT, _CHECK = "/mp/collect", "/debug/mp/collect"
_SIGN_IN = ("/token", "/revoke")
_KEPT = ("tokens", "quota")

_Handler = Callable[..., dict[str, Any]]
_PATTERNS: tuple[tuple[str, re.Pattern[str], str, _Handler], ...] = tuple(
    (method, re.compile(path.replace("{}", "([^/:]+)")), service, handler)
    for method, path, service, handler in (
        ("GET", "/v1beta/accountSummaries", _ADMIN, accounts.account_summaries),
        ("GET", "/v1beta/properties/{}/dataStreams", _ADMIN, accounts.data_streams),
        (
            "GET",
            "/v1beta/properties/{}/dataStreams/{}/measurementProtocolSecrets",
            _ADMIN,
            accounts.secrets,
        ),
        ("GET", "/v1beta/properties/{}/metadata", _DATA, reports.read_metadata),
        ("POST", "/v1beta/properties/{}:runReport", _DATA, reports.run_report),
        ("POST", "/v1beta/properties/{}:batchRunReports", _DATA, reports.run_reports),
        ("POST", "/v1beta/properties/{}:runRealtimeReport", _DATA, reports.run_realtime),
        ("POST", "/v1alpha/properties/{}:runFunnelReport", _DATA, funnels.run_funnel),
    )
)


class Sandbox(VendorStandIn):
    """Google Analytics without Google."""

    @staticmethod
    def credentials() -> dict[str, str]:
        return {
            "measurement_id": accounts.MEASUREMENT_ID,
            "api_secret": accounts.API_SECRET,
            "property_id": accounts.PROPERTY_ID,
            "region": "eu",
            "edition": "standard",
            "service_account": key_file("owner"),
        }

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        self._seed()
        now = self.now().astimezone(UTC)
        if request.method == "POST" and request.path == _COLLECT:
            collection.collect(self.state, request, now)
            return SandboxResponse(status=204, headers={"date": format_datetime(now, usegmt=True)})
        try:
            if (request.method, request.path) == ("GET", "/o/oauth2/v2/auth"):
                return SandboxResponse(status=302, headers={"location": consent.agree(self.state, request)})
            return self._answer(200, self._found(request))
        except Refusal as refusal:
            return self._refused(refusal)

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        """What Google says itself. Collecting never refuses, and a missing permission does not keep one from signing
        in."""
        if request.path in (_COLLECT, _CHECK) or (fault is Fault.MISSING_PERMISSION and request.path in _SIGN_IN):
            return self.handle(request)
        if fault is Fault.RATE_LIMIT:
            words = "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'."
            return self._refused(Refusal(429, "RESOURCE_EXHAUSTED", words, retry_after=60))
        if fault is Fault.MISSING_PERMISSION:
            return self._refused(Refusal(403, "PERMISSION_DENIED", "The caller does not have permission"))
        if request.path in _SIGN_IN:
            return self._refused(TokenRefusal("invalid_grant", "Invalid JWT Signature."))
        return self._refused(access.unauthenticated())

    def _seed(self) -> None:
        if "events" in self.state:
            return
        self.state.update(events=[], revoked=[], counter=0)
        for name in _KEPT:
            self.state[name] = {}

    def _found(self, request: SandboxRequest) -> dict[str, Any]:
        now = self.now().astimezone(UTC)
        if (request.method, request.path) == ("GET", "/oauth2/v3/certs"):
            return consent.certificates()
        if request.method == "POST":
            if request.path == "/token":
                return access.give_token(self.state, request, now)
            if request.path == "/revoke":
                return access.revoke(self.state, request, now)
            if request.path == _CHECK:
                return collection.check(request, now)
        for method, pattern, service, handler in _PATTERNS:
            found = pattern.fullmatch(request.path)
            if found and method == request.method:
                who = access.who_asks(self.state, request, now, service)
                parts = [unquote(part) for part in found.groups()]
                if service == _ADMIN:
                    return handler(self.state, request, who, *parts)
                return handler(self.state, request, who, now, *parts)
        raise Refusal(404, "NOT_FOUND", "Requested entity was not found.")

    def _refused(self, refusal: Refusal) -> SandboxResponse:
        answer = self._answer(refusal.code, refusal.body())
        return SandboxResponse(status=answer.status, body=answer.body, headers={**answer.headers, **refusal.headers})

    def _answer(self, status: int, body: dict[str, Any]) -> SandboxResponse:
        date = format_datetime(self.now().astimezone(UTC), usegmt=True)
        headers = {"content-type": "application/json; charset=UTF-8", "date": date}
        return SandboxResponse(status=status, body=json.dumps(body).encode(), headers=headers)
