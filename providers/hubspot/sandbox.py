"""A stand-in of api.hubapi.com: token, scopes, limits and routes here; records and the rest in the modules beside it.

It knows the dated paths and those of v3 and v4, which have the same shapes. Five tokens show the situations people
meet. Calls are counted and reported in the headers, but refused only for two of the tokens: the stand-in must work
under a clock that stands still.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC
from email.utils import format_datetime
from urllib.parse import unquote

import orjson

from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

from . import sandbox_access as access
from . import sandbox_batches as batches
from . import sandbox_catalog as catalog
from . import sandbox_links as links
from . import sandbox_objects as objects
from .sandbox_search import search
from .sandbox_seed import seed
from .sandbox_store import KINDS, Refusal, Reply, milliseconds

CALLS_PER_DAY = 250_000
CALLS_AT_ONCE = 100
_WINDOW_MS = 10_000

_Handler = Callable[..., Reply]
_OPEN: tuple[tuple[str, str, _Handler], ...] = (
    ("POST", "/oauth/:v/token", access.give_token),
    ("POST", "/oauth/:v/token/introspect", access.introspect),
    ("POST", "/oauth/:v/token/revoke", access.revoke),
)
_ROUTES: tuple[tuple[str, str, _Handler, str], ...] = (
    ("GET", "/account-info/:v/details", catalog.details, ""),
    ("POST", "/oauth/v2/private-apps/get/access-token-info", access.token_info, ""),
    ("GET", "/crm/objects/:v/{}", objects.list_records, "read"),
    ("POST", "/crm/objects/:v/{}", objects.create_record, "write"),
    ("POST", "/crm/objects/:v/{}/search", search, "read"),
    ("POST", "/crm/objects/:v/{}/merge", objects.merge_records, "write"),
    ("POST", "/crm/objects/:v/{}/gdpr-delete", objects.erase_record, "write"),
    ("POST", "/crm/objects/:v/{}/batch/create", batches.batch_create, "write"),
    ("POST", "/crm/objects/:v/{}/batch/read", batches.batch_read, "read"),
    ("POST", "/crm/objects/:v/{}/batch/update", batches.batch_update, "write"),
    ("POST", "/crm/objects/:v/{}/batch/upsert", batches.batch_upsert, "write"),
    ("POST", "/crm/objects/:v/{}/batch/archive", batches.batch_archive, "write"),
    ("PUT", "/crm/objects/:v/{}/{}/associations/default/{}/{}", links.associate_default, "write"),
    ("GET", "/crm/objects/:v/{}/{}/associations/{}", links.list_associations, "read"),
    ("PUT", "/crm/objects/:v/{}/{}/associations/{}/{}", links.associate, "write"),
    ("DELETE", "/crm/objects/:v/{}/{}/associations/{}/{}", links.dissociate, "write"),
    ("POST", "/crm/associations/:v/{}/{}/batch/associate/default", links.batch_associate_default, "write"),
    ("GET", "/crm/objects/:v/{}/{}", objects.get_record, "read"),
    ("PATCH", "/crm/objects/:v/{}/{}", objects.update_record, "write"),
    ("DELETE", "/crm/objects/:v/{}/{}", objects.archive_record, "write"),
    ("GET", "/crm/properties/:v/{}", catalog.list_properties, "schema"),
    ("POST", "/crm/properties/:v/{}", catalog.create_property, "schema"),
    ("GET", "/crm/properties/:v/{}/{}", catalog.get_property, "schema"),
    ("DELETE", "/crm/properties/:v/{}/{}", catalog.delete_property, "schema"),
    ("GET", "/crm/pipelines/:v/{}", catalog.list_pipelines, "read"),
    ("GET", "/crm/pipelines/:v/{}/{}", catalog.get_pipeline, "read"),
    ("GET", "/crm/owners/:v", catalog.list_owners, "owners"),
    ("GET", "/crm/owners/:v/{}", catalog.get_owner, "owners"),
)


def _pattern(path: str) -> re.Pattern[str]:
    version = r"(?:v[1-4]|[0-9]{4}-[0-9]{2})"
    return re.compile(path.replace(":v", version).replace("{}", "([^/]+)"))


_PATTERNS = tuple((method, _pattern(path), handler, need) for method, path, handler, need in _ROUTES)
_OPEN_PATTERNS = tuple((method, _pattern(path), handler) for method, path, handler in _OPEN)
_NUMBERED = re.compile(r"/(crm|account-info)/(v[34])/([a-z]+)")


class Sandbox(VendorStandIn):
    """HubSpot without HubSpot: an account of contacts, companies and deals that lives in `state`."""

    @staticmethod
    def credentials() -> dict[str, str]:
        return {"access_token": access.FULL_TOKEN, "client_secret": access.CLIENT_SECRET}

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        now = milliseconds(self.now())
        seed(self.state, now)
        limits: dict[str, str] = {}
        try:
            reply, limits = self._answered(request, now)
            status, body = reply.status, reply.body
        except Refusal as refusal:
            status, body = refusal.status, refusal.body()
            limits |= refusal.headers
        content = b"" if body is None else orjson.dumps(body)
        return SandboxResponse(status=status, body=content, headers={**self._headers(), **limits})

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        refusal = {
            Fault.BAD_KEY: Refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found."),
            Fault.MISSING_PERMISSION: _lacks("crm.objects.contacts.read"),
            Fault.RATE_LIMIT: _too_many("TEN_SECONDLY_ROLLING", "60"),
        }[fault]
        headers = {**self._headers(), **refusal.headers}
        return SandboxResponse(status=refusal.status, body=orjson.dumps(refusal.body()), headers=headers)

    def _answered(self, request: SandboxRequest, now: int) -> tuple[Reply, dict[str, str]]:
        path = _NUMBERED.sub(r"/\1/\3/\2", request.path) if request.path.startswith("/crm/v") else request.path
        path = path.rstrip("/") or "/"
        for method, pattern, handler in _OPEN_PATTERNS:
            if method == request.method and pattern.fullmatch(path):
                return handler(self.state, request, now), {}
        token = _token(request)
        scopes = access.scopes_of(self.state, token, now)
        limits = self._count(now)
        if token == access.RATE_LIMITED_TOKEN:
            raise _too_many("TEN_SECONDLY_ROLLING", "60")
        if token == access.USED_UP_TOKEN:
            raise _too_many("DAILY", "")
        handler, need, parts = _route(request.method, path)
        scope = _scope(need, parts)
        if scope and scope not in scopes:
            raise _lacks(scope)
        # HubSpot leaves the headers about limits out of answers to a search.
        return handler(self.state, request, now, *parts), {} if handler is search else limits

    def _count(self, now: int) -> dict[str, str]:
        """Counts this call, and says what is left of the day and of these ten seconds."""
        day, window = self.now().astimezone(UTC).strftime("%Y-%m-%d"), now // _WINDOW_MS
        calls = self.state.setdefault("calls", {"day": day, "today": 0, "window": window, "now": 0})
        if calls["day"] != day:
            calls.update(day=day, today=0)
        if calls["window"] != window:
            calls.update(window=window, now=0)
        calls["today"] += 1
        calls["now"] += 1
        return {
            "X-HubSpot-RateLimit-Daily": str(CALLS_PER_DAY),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, CALLS_PER_DAY - calls["today"])),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(_WINDOW_MS),
            "X-HubSpot-RateLimit-Max": str(CALLS_AT_ONCE),
            "X-HubSpot-RateLimit-Remaining": str(max(0, CALLS_AT_ONCE - calls["now"])),
        }

    def _headers(self) -> dict[str, str]:
        moment = format_datetime(self.now().astimezone(UTC), usegmt=True)
        return {"content-type": "application/json;charset=utf-8", "date": moment}


def _token(request: SandboxRequest) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
    return token.strip()


def _route(method: str, path: str) -> tuple[_Handler, str, tuple[str, ...]]:
    known = False
    for wanted, pattern, handler, need in _PATTERNS:
        found = pattern.fullmatch(path)
        if found and wanted == method:
            return handler, need, tuple(unquote(part) for part in found.groups())
        known = known or found is not None
    if known:
        raise Refusal(405, "METHOD_NOT_ALLOWED", "Method Not Allowed")
    raise Refusal(404, "OBJECT_NOT_FOUND", "No resource matched the path")


def _scope(need: str, parts: tuple[str, ...]) -> str:
    """The scope that a call needs."""
    if need == "owners":
        return "crm.objects.owners.read"
    kind = KINDS.get(parts[0]) if parts else None
    if kind is None or not need:
        return ""
    return f"crm.schemas.{kind}.read" if need == "schema" else f"crm.objects.{kind}.{need}"


def _lacks(scope: str) -> Refusal:
    words = "One or more of the following scopes are required."
    return Refusal(
        403,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call.",
        errors=[{"message": words, "context": {"requiredGranularScopes": [scope]}}],
    )


def _too_many(policy: str, wait: str) -> Refusal:
    return Refusal(
        429,
        "RATE_LIMITS",
        f"You have reached your {policy.lower()} limit.",
        headers={"retry-after": wait} if wait else {},
        errorType="RATE_LIMIT",
        policyName=policy,
    )
