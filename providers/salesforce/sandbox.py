"""A stand-in of a Salesforce organisation: sign-in, limits and routes here; what they do in the modules beside it.

It answers in the vendor's shapes (the published description is the test) and keeps everything in `state`. Besides
its own credentials it knows access tokens that show the situations people meet (`sandbox_sign_in.PROFILES`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from providers.kit.faults import STATE_KEY, Fault, set_fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

from . import sandbox_bulk as bulk
from . import sandbox_records as records
from . import sandbox_sign_in as sign_in
from . import sandbox_together as together
from .sandbox_store import CALLS_A_DAY, Call, OAuthRefusal, Refusal, State, seed

VERSIONS = {
    "60.0": "Spring '24",
    "62.0": "Winter '25",
    "64.0": "Summer '25",
    "66.0": "Spring '26",
    "67.0": "Summer '26",
}
_OAUTH: dict[tuple[str, str], Callable[[State, Call], tuple[int, Any]]] = {
    ("POST", "/services/oauth2/token"): sign_in.token,
    ("POST", "/services/oauth2/revoke"): sign_in.revoke,
    ("GET", "/services/oauth2/revoke"): sign_in.revoke,
    ("POST", "/services/oauth2/introspect"): sign_in.introspect,
}
_ROUTES: tuple[tuple[str, str, Callable[..., tuple[int, Any]]], ...] = (
    ("GET", "/query", records.query),
    ("GET", "/queryAll", records.query_all),
    ("GET", "/query/{}", records.query_more),
    ("GET", "/search", records.search),
    ("GET", "/sobjects", records.objects),
    ("GET", "/sobjects/{}", records.info),
    ("POST", "/sobjects/{}", records.create),
    ("GET", "/sobjects/{}/describe", records.describe),
    ("GET", "/sobjects/{}/{}", records.read),
    ("PATCH", "/sobjects/{}/{}", records.update),
    ("DELETE", "/sobjects/{}/{}", records.delete),
    ("GET", "/sobjects/{}/{}/{}", records.read_by_field),
    ("PATCH", "/sobjects/{}/{}/{}", records.upsert),
    ("POST", "/composite/sobjects", together.create_many),
    ("PATCH", "/composite/sobjects", together.update_many),
    ("DELETE", "/composite/sobjects", together.delete_many),
    ("PATCH", "/composite/sobjects/{}/{}", together.upsert_many),
    ("POST", "/jobs/ingest", bulk.create),
    ("GET", "/jobs/ingest", bulk.list_jobs),
    ("GET", "/jobs/ingest/{}", bulk.look),
    ("PATCH", "/jobs/ingest/{}", bulk.change_state),
    ("DELETE", "/jobs/ingest/{}", bulk.delete),
    ("PUT", "/jobs/ingest/{}/batches", bulk.upload),
    ("GET", "/jobs/ingest/{}/{}", bulk.results),
)
_PATTERNS = tuple((method, re.compile(path.replace("{}", "([^/]+)")), handler) for method, path, handler in _ROUTES)
_DATA = re.compile(r"/services/data/(v\d\d\.0)(/.*)?")


class Sandbox(VendorStandIn):
    """Salesforce without Salesforce: an organisation with contacts, accounts, leads and opportunities."""

    sandbox_code = sign_in.CODE

    @staticmethod
    def credentials() -> dict[str, str]:
        """Client credentials at the organisation's own My Domain: they work without anybody signing in."""
        return {
            "client_id": sign_in.CLIENT_ID,
            "client_secret": sign_in.CLIENT_SECRET,
            "login_host": "my_domain",
            "my_domain": "example.my.salesforce.com",
        }

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        now = self.now().astimezone(UTC)
        seed(self.state, now)
        call = Call(
            method=request.method,
            path=request.path.rstrip("/") or "/",
            query=request.query,
            headers=request.headers,
            body=request.body,
            now=now,
        )
        try:
            status, body = self._answer(call)
        except (Refusal, OAuthRefusal) as refusal:
            status, body = refusal.status, refusal.body()
        return self._response(status, body, counted=_DATA.match(call.path) is not None)

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        """Signing in is not counted and needs no right: those two faults begin with the first call after it."""
        if request.path.startswith("/services/oauth2/token"):
            if fault is Fault.BAD_KEY:
                refused = OAuthRefusal(400, "invalid_client", "invalid client credentials")
                return self._response(refused.status, refused.body())
            kept = self.state.get(STATE_KEY)
            if kept is None:
                set_fault(self.state, fault, 1)
            elif kept["left"] is not None:
                kept["left"] += 1
            return self.handle(request)
        refusal = {
            Fault.BAD_KEY: Refusal(401, "INVALID_SESSION_ID", "Session expired or invalid"),
            Fault.MISSING_PERMISSION: Refusal(
                403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this user."
            ),
            Fault.RATE_LIMIT: Refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        }[fault]
        return self._response(refusal.status, refusal.body())

    def _answer(self, call: Call) -> tuple[int, Any]:
        handler = _OAUTH.get((call.method, call.path))
        if handler:
            return handler(self.state, call)
        if call.method == "GET" and call.path == "/services/data":
            return 200, [
                {"label": label, "url": f"/services/data/v{version}", "version": version}
                for version, label in VERSIONS.items()
            ]
        return self._signed_in(call)

    def _signed_in(self, call: Call) -> tuple[int, Any]:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        profile = sign_in.profile_of(self.state, token) if scheme.lower() in ("bearer", "oauth") else ""
        if call.path == "/services/oauth2/userinfo":
            return sign_in.userinfo(self.state, call) if profile else (403, "Bad_OAuth_Token")
        if not profile:
            raise Refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if profile == "used_up":
            raise Refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.state["calls"] = min(CALLS_A_DAY, self.state["calls"] + 1)
        return self._data(call, profile)

    def _data(self, call: Call, profile: str) -> tuple[int, Any]:
        found = _DATA.fullmatch(call.path)
        if not found or found[1].removeprefix("v") not in VERSIONS:
            raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
        version, path = found[1], found[2] or "/"
        call = Call(**{**vars(call), "version": version, "profile": profile, "path": path})
        if path == "/limits" and call.method == "GET":
            return 200, self._limits()
        if path == "/" and call.method == "GET":
            return 200, {name: f"/services/data/{version}/{name}" for name in ("sobjects", "query", "limits", "jobs")}
        if path in ("/composite", "/composite/batch") and call.method == "POST":
            return self._several(call, profile)
        known = False
        for method, pattern, handler in _PATTERNS:
            match = pattern.fullmatch(path)
            if match and method == call.method:
                return handler(self.state, call, *(unquote(one) for one in match.groups()))
            known = known or match is not None
        if known:
            raise Refusal(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{call.method}' not allowed.")
        raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")

    def _several(self, call: Call, profile: str) -> tuple[int, Any]:
        def again(method: str, url: str, headers: dict[str, str], body: Any) -> tuple[int, Any]:
            parts = urlsplit(url)
            inner = Call(
                method=method,
                path=parts.path.rstrip("/"),
                query=parse_qs(parts.query, keep_blank_values=True),
                headers={name.lower(): str(value) for name, value in headers.items()},
                body=b"" if body is None else json.dumps(body).encode(),
                now=call.now,
            )
            try:
                return self._data(inner, profile)
            except Refusal as refusal:
                return refusal.status, refusal.body()

        if call.path == "/composite":
            return together.composite(self.state, call, again)
        steps = call.object().get("batchRequests") or []
        told = [
            again(one["method"], f"/services/data/{one['url'].lstrip('/')}", {}, one.get("richInput"))
            for one in steps[:25]
        ]
        results = [{"statusCode": status, "result": body} for status, body in told]
        return 200, {"hasErrors": any(one["statusCode"] >= 400 for one in results), "results": results}

    def _limits(self) -> dict[str, Any]:
        full = {"DailyBulkApiBatches": 15_000, "DailyBulkV2QueryJobs": 10_000, "HourlyODataCallout": 1_000}
        return {
            "DailyApiRequests": {"Max": CALLS_A_DAY, "Remaining": CALLS_A_DAY - self.state["calls"]},
            "DataStorageMB": {"Max": 5, "Remaining": 4},
            "FileStorageMB": {"Max": 20, "Remaining": 20},
            "SingleEmail": {"Max": 15, "Remaining": 15},
            **{name: {"Max": limit, "Remaining": limit} for name, limit in full.items()},
        }

    def _response(self, status: int, body: Any, *, counted: bool = False) -> SandboxResponse:
        headers = {"date": format_datetime(self.now().astimezone(UTC), usegmt=True)}
        if counted:
            headers["sforce-limit-info"] = f"api-usage={self.state['calls']}/{CALLS_A_DAY}"
        if body is None:
            return SandboxResponse(status=status, headers=headers)
        if isinstance(body, str):
            kind = "text/html" if status >= 400 else "text/csv"
            return SandboxResponse(status=status, body=body.encode(), headers={**headers, "content-type": kind})
        headers["content-type"] = "application/json;charset=UTF-8"
        return SandboxResponse(status=status, body=json.dumps(body).encode(), headers=headers)
