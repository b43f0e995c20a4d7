"""A stand-in of api.x.com: keys, scopes, limits and routes here; what the calls do in the modules beside it.

It answers in X's shapes (its published description is the test) and publishes nothing. Each access token stands for a
situation people meet; any other is refused. Calls are counted in windows of 15 minutes as X counts them, but only too
many posts and deletions are refused: the stand-in must work under a clock that stands still.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

from . import sandbox_media as media
from . import sandbox_oauth as oauth
from . import sandbox_posts as posts
from . import sandbox_webhooks as webhooks
from .manifest import OAUTH, READ_POSTS, READ_USERS, WRITE_MEDIA, WRITE_POSTS
from .sandbox_store import Refusal, forbidden, seed, unauthorized

ACCESS_TOKEN = "sandbox-access-token-everything-allowed"  # opens nothing but this stand-in
READ_ONLY_TOKEN = "sandbox-access-token-reading-only"
NO_MEDIA_TOKEN = "sandbox-access-token-without-media"
RATE_LIMITED_TOKEN = "sandbox-access-token-too-many-calls"
NO_CREDITS_TOKEN = "sandbox-access-token-credits-used-up"
SIGN_IN_TOKEN = "sandbox-access-token-signing-in"
API_KEY = "sandboxConsumerKey0000001"
BEARER_TOKEN = "AAAAAAAAAAAAAAAAAAAAAsandboxBearerToken0000000001"

_ALL = OAUTH.scopes
_SCOPES: dict[str, tuple[str, ...]] = {
    ACCESS_TOKEN: _ALL,
    READ_ONLY_TOKEN: (READ_POSTS, READ_USERS),
    NO_MEDIA_TOKEN: tuple(one for one in _ALL if one != WRITE_MEDIA),
    RATE_LIMITED_TOKEN: _ALL,
    NO_CREDITS_TOKEN: _ALL,
    SIGN_IN_TOKEN: OAUTH.sign_in_scopes,
}
WINDOW_SECONDS = 900

_Handler = Callable[..., Any]


@dataclass(frozen=True)
class Route:
    """A call X knows: the scopes it needs (none: the app's bearer), and how often it may be made in 15 minutes."""

    method: str
    path: str
    handler: _Handler
    scopes: tuple[str, ...]
    limit: int
    refuses: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.path.replace("{}", "([^/]+)"))


_READ, _WRITE, _MEDIA = (READ_POSTS, READ_USERS), (READ_POSTS, WRITE_POSTS, READ_USERS), (WRITE_MEDIA,)
_ROUTES = (
    Route("GET", "/2/users/me", posts.me, _READ, 75),
    Route("POST", "/2/tweets", posts.create, _WRITE, 100, refuses=True),
    Route("DELETE", "/2/tweets/{}", posts.delete, _WRITE, 50, refuses=True),
    Route("GET", "/2/tweets", posts.lookup, _READ, 5000),
    Route("GET", "/2/tweets/search/recent", posts.search, _READ, 300),
    Route("GET", "/2/users/{}/tweets", posts.timeline, _READ, 900),
    Route("POST", "/2/media/upload/initialize", media.initialize, _MEDIA, 1875),
    Route("POST", "/2/media/upload/{}/append", media.append, _MEDIA, 1875),
    Route("POST", "/2/media/upload/{}/finalize", media.finalize, _MEDIA, 1875),
    Route("GET", "/2/media/upload", media.status, _MEDIA, 1000),
    Route("POST", "/2/media/metadata", media.describe, _MEDIA, 500),
    Route("GET", "/2/webhooks", webhooks.list_webhooks, (), 450),
    Route("POST", "/2/webhooks", webhooks.create_webhook, (), 450),
    Route("PUT", "/2/webhooks/{}", webhooks.validate_webhook, (), 450),
    Route("DELETE", "/2/webhooks/{}", webhooks.delete_webhook, (), 450),
    Route("GET", "/2/activity/subscriptions", webhooks.list_subscriptions, (), 500),
    Route("POST", "/2/activity/subscriptions", webhooks.create_subscription, (READ_USERS,), 500),
    Route("DELETE", "/2/activity/subscriptions/{}", webhooks.delete_subscription, (), 500),
    Route("GET", "/2/usage/tweets", webhooks.usage, (), 50),
)
_PATTERNS = tuple((one, one.pattern) for one in _ROUTES)
_OPEN: dict[tuple[str, str], _Handler] = {
    ("POST", "/2/oauth2/token"): oauth.token,
    ("POST", "/2/oauth2/revoke"): oauth.revoke,
    ("GET", "/i/oauth2/authorize"): oauth.authorize,
}
"""Calls that prove themselves otherwise than by a bearer."""


class Sandbox(VendorStandIn):
    """X without X: an account, its posts and the replies to them, uploads, sign-in and webhooks, all in `state`."""

    @staticmethod
    def credentials() -> dict[str, str]:
        """What people would fill in; the hidden fields (refresh token, its end) come with a sign-in only."""
        return {
            "access_token": ACCESS_TOKEN,
            "api_key": API_KEY,
            "api_secret": webhooks.API_SECRET,
            "bearer_token": BEARER_TOKEN,
            "client_id": oauth.CLIENT_ID,
            "client_secret": oauth.CLIENT_SECRET,
        }

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        now = self.now().astimezone(UTC)
        seed(self.state, now)
        extra: dict[str, str] = {}
        try:
            status, body = self._answer(request, now, extra)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body()
            extra.update(refusal.headers)
        return _response(status, body, now, extra)

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        now = self.now().astimezone(UTC)
        refusal = {
            Fault.BAD_KEY: unauthorized(),
            Fault.MISSING_PERMISSION: forbidden("You are not permitted to perform this action."),
            Fault.RATE_LIMIT: _too_many(75, now),
        }[fault]
        return _response(refusal.status, refusal.body(), now, refusal.headers)

    def _answer(self, request: SandboxRequest, now: datetime, extra: dict[str, str]) -> tuple[int, dict[str, Any]]:
        open_call = _OPEN.get((request.method, request.path))
        if open_call is not None:
            answer = open_call(self.state, request, now)
            if isinstance(answer, Refusal):
                raise answer
            return answer  # type: ignore[no-any-return]  # handlers answer (status, body)
        route, parts = _route(request)
        scopes = self._scopes(request, route, now)
        extra.update(self._count(route, now))
        known = replace(request, headers={**request.headers, "x-sandbox-scopes": " ".join(scopes)})
        if scopes:
            extra["x-access-level"] = "read-write" if WRITE_POSTS in scopes else "read"
        return route.handler(self.state, known, now, *parts)  # type: ignore[no-any-return]

    def _scopes(self, request: SandboxRequest, route: Route, now: datetime) -> tuple[str, ...]:
        """What the caller may do. Raises Refusal."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise unauthorized()
        if token == BEARER_TOKEN:
            if route.scopes:
                raise _wrong_kind("OAuth 2.0 Application-Only", "OAuth 2.0 User Context")
            return ()
        scopes = self._granted(token, now)
        if not route.scopes:
            raise _wrong_kind("OAuth 2.0 User Context", "OAuth 2.0 Application-Only")
        if token == RATE_LIMITED_TOKEN:
            raise _too_many(route.limit, now)
        if token == NO_CREDITS_TOKEN and route.method != "GET":
            detail = "Your enrolled account does not have any credits to fulfill this request."
            raise Refusal(402, "CreditsDepleted", detail, kind="credits")
        if not set(route.scopes) <= set(scopes):
            raise forbidden("You are not permitted to perform this action.")
        return scopes

    def _granted(self, token: str, now: datetime) -> tuple[str, ...]:
        if token in _SCOPES:
            return _SCOPES[token]
        kept = self.state["tokens"].get(token)
        if kept is None or datetime.fromisoformat(kept["until"]) <= now:
            raise unauthorized()
        return tuple(kept["scopes"])

    def _count(self, route: Route, now: datetime) -> dict[str, str]:
        """Counts the call in its window of 15 minutes. Raises Refusal for one post or deletion too many."""
        start = int(now.timestamp()) // WINDOW_SECONDS * WINDOW_SECONDS
        name = f"{route.method} {route.path}"
        window = self.state["windows"].get(name)
        if window is None or window["start"] != start:
            window = self.state["windows"][name] = {"start": start, "calls": 0}
        if route.refuses and window["calls"] >= route.limit:
            raise _too_many(route.limit, now)
        window["calls"] += 1
        left = max(0, route.limit - window["calls"])
        headers = _limits("x-rate-limit", route.limit, left, start + WINDOW_SECONDS)
        if route.handler is posts.create:
            day = (int(now.timestamp()) // 86400 + 1) * 86400
            headers |= _limits("x-app-limit-24hour", 10_000, 10_000 - window["calls"], day)
        return headers


def _route(request: SandboxRequest) -> tuple[Route, tuple[str, ...]]:
    for route, pattern in _PATTERNS:
        found = pattern.fullmatch(request.path)
        if found and route.method == request.method:
            return route, tuple(unquote(part) for part in found.groups())
    raise Refusal(404, "Not Found", "The page was not found.")


def _wrong_kind(used: str, needed: str) -> Refusal:
    detail = (
        f"Authenticating with {used} is forbidden for this endpoint. Supported authentication types are [{needed}]."
    )
    return Refusal(403, "Unsupported Authentication", detail, kind="unsupported-authentication")


def _too_many(limit: int, now: datetime) -> Refusal:
    reset = int(now.timestamp()) + WINDOW_SECONDS
    return Refusal(
        429, "Too Many Requests", "Rate limit exceeded", code=88, headers=_limits("x-rate-limit", limit, 0, reset)
    )


def _limits(prefix: str, limit: int, left: int, reset: int) -> dict[str, str]:
    return {f"{prefix}-limit": str(limit), f"{prefix}-remaining": str(left), f"{prefix}-reset": str(reset)}


def _response(status: int, body: dict[str, Any], now: datetime, extra: dict[str, str]) -> SandboxResponse:
    kind = "application/problem+json" if "title" in body else "application/json"
    headers = {"content-type": kind, "date": format_datetime(now, usegmt=True), **extra}
    return SandboxResponse(status=status, body=json.dumps(body, ensure_ascii=False).encode(), headers=headers)
