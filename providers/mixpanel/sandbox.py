"""Mixpanel without Mixpanel: events, profiles and reports over them that live in `state`.

Service accounts it knows: one that may everything, one that may only read, one whose hour is used up, one of another
project. Tokens are never refused, as at the vendor; events of another token than its own are taken and forgotten.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

from . import sandbox_ingest as ingest
from . import sandbox_query as query
from .sandbox_store import PROJECT_ID, TOKEN, Refusal, one, seed

SECRET = "SandboxOnlySecret4Mixpanel0001"  # the stand-in's own
FULL = "hub.4f2a1c.mp-service-account"
READ_ONLY = "reader.4f2a1c.mp-service-account"
USED_UP = "usedup.4f2a1c.mp-service-account"
ELSEWHERE = "elsewhere.4f2a1c.mp-service-account"


@dataclass(frozen=True, kw_only=True)
class _ServiceAccount:
    username: str
    role: str
    opens_project: bool = True
    used_up: bool = False


_ACCOUNTS = {
    one.username: one
    for one in (
        _ServiceAccount(username=FULL, role="admin"),
        _ServiceAccount(username=READ_ONLY, role="consumer"),
        _ServiceAccount(username=USED_UP, role="analyst", used_up=True),
        _ServiceAccount(username=ELSEWHERE, role="analyst", opens_project=False),
    )
}

_Handler = Callable[[dict[str, Any], SandboxRequest, datetime], Any]
_OPEN: dict[str, _Handler] = {"/track": ingest.track, "/engage": ingest.engage, "/groups": ingest.groups}
_QUERIES: dict[str, _Handler] = {
    "/api/query/events": query.events,
    "/api/query/events/names": query.event_names,
    "/api/query/segmentation": query.segmentation,
    "/api/query/funnels": query.funnel,
    "/api/query/funnels/list": query.list_funnels,
    "/api/query/retention": query.retention,
    "/api/query/insights": query.insights,
    "/api/2.0/export": query.export,
}
_ME, _IMPORT = "/api/app/me", "/import"
_REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
}
_TOO_MANY = "Project exceeded rate limits. Please retry the request with exponential backoff."
_TOO_MANY_QUERIES = "Query rate limit exceeded: 60 queries per hour."


class Sandbox(VendorStandIn):
    @staticmethod
    def credentials() -> dict[str, str]:
        return {
            "project_token": TOKEN,
            "project_id": PROJECT_ID,
            "service_account_username": FULL,
            "service_account_secret": SECRET,
            "region": "us",
            "identity_merge": "simplified",
            "insights_reports": f"{query.WEEKLY} Weekly sign-ups and orders, {query.BY_PLAN} Orders by plan",
        }

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        now = self.now().astimezone(UTC)
        seed(self.state, now)
        try:
            status, body = self._answered(request, now)
        except Refusal as refusal:
            status, body = refusal.status, _error_body(request, refusal)
        return self._response(status, body, now)

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        """As the vendor says it. There is no Retry-After: Mixpanel names no time to wait."""
        querying = request.path.startswith("/api/query") or request.path.startswith("/api/2.0")
        refusal = {
            Fault.BAD_KEY: Refusal(401, "Invalid credentials"),
            Fault.MISSING_PERMISSION: Refusal(403, "User does not have permission to access this project."),
            Fault.RATE_LIMIT: Refusal(429, _TOO_MANY_QUERIES if querying else _TOO_MANY),
        }[fault]
        return self._response(refusal.status, _error_body(request, refusal), self.now().astimezone(UTC))

    def _answered(self, request: SandboxRequest, now: datetime) -> tuple[int, Any]:
        if request.path in _OPEN:
            _method(request, "POST")
            return 200, _OPEN[request.path](self.state, request, now)
        if request.path != _ME and request.path != _IMPORT and request.path not in _QUERIES:
            raise Refusal(404, "Not found")
        _method(request, "POST" if request.path == _IMPORT else "GET")
        account = _signed_in(request)
        if request.path == _ME:
            who, role = account.username, account.role
            return 200, query.me(self.state, who, role, opens_project=account.opens_project)
        _permit(account, request)
        if request.path == _IMPORT:
            return ingest.import_events(self.state, request, now)
        return 200, _QUERIES[request.path](self.state, request, now)

    @staticmethod
    def _response(status: int, body: Any, now: datetime) -> SandboxResponse:
        headers = {"content-type": "application/json", "date": format_datetime(now, usegmt=True)}
        if isinstance(body, bytes):
            return SandboxResponse(status=status, body=body, headers={**headers, "content-type": "text/plain"})
        return SandboxResponse(status=status, body=json.dumps(body).encode(), headers=headers)


def _method(request: SandboxRequest, method: str) -> None:
    if request.method != method:
        raise Refusal(405, f"The method {request.method} is not allowed here.")


def _signed_in(request: SandboxRequest) -> _ServiceAccount:
    scheme, _, pair = request.headers.get("authorization", "").partition(" ")
    try:
        username, _, secret = base64.b64decode(pair, validate=True).decode().partition(":")
    except ValueError:
        username, secret = "", ""
    account = _ACCOUNTS.get(username)
    if scheme.lower() != "basic" or account is None or secret != SECRET:
        raise Refusal(401, "Invalid credentials")
    return account


def _permit(account: _ServiceAccount, request: SandboxRequest) -> None:
    if account.used_up:
        raise Refusal(429, _TOO_MANY if request.path == _IMPORT else _TOO_MANY_QUERIES)
    project = one(request.query, "project_id")
    if not project:
        raise Refusal(400, "Missing required parameter: project_id")
    if project != PROJECT_ID or not account.opens_project:
        raise Refusal(403, "User does not have permission to access this project.")
    if request.path == _IMPORT and account.role not in ("admin", "owner"):
        raise Refusal(403, "The service account's role does not allow importing.")


def _error_body(request: SandboxRequest, refusal: Refusal) -> dict[str, Any]:
    """The shape of the address's family."""
    if request.path == _IMPORT:
        status = _REASONS.get(refusal.status, "Error")
        return {"code": refusal.status, "error": refusal.error, "status": status}
    if request.path.startswith("/api/query") or request.path.startswith("/api/2.0"):
        return {"request": request.path, "error": refusal.error}
    return {"error": refusal.error, "status": "error"}
