"""A stand-in of api.linkedin.com and www.linkedin.com: routes and versions here, the rest in the modules beside.

It answers in LinkedIn's shapes and publishes nothing. Each token of `sandbox_people.GRANTS` shows a situation
that people meet; any other is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC
from urllib.parse import unquote

from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

from . import sandbox_media as media
from . import sandbox_people as people
from . import sandbox_posts as posts
from .fields import PAGES
from .sandbox_store import Call, Refusal, Reply

OLDEST_VERSION = "202512"
"""The version before it was retired on 2026-11-16."""

_Handler = Callable[..., Reply]
_OPEN: tuple[tuple[str, str, _Handler], ...] = (
    ("POST", "/oauth/v2/accessToken", people.access_token),
    ("POST", "/oauth/v2/introspectToken", people.introspect),
    ("POST", "/oauth/v2/revoke", people.revoke),
    ("PUT", "/dms-uploads/sandbox/{}", media.put),
)
_UNVERSIONED: tuple[tuple[str, str, _Handler], ...] = (
    ("GET", "/v2/userinfo", people.userinfo),
    ("GET", "/v2/me", people.me),
)
_VERSIONED: tuple[tuple[str, str, _Handler], ...] = (
    ("GET", "/rest/organizationAcls", people.list_roles),
    ("GET", "/rest/organizations/{}", people.get_organisation),
    ("POST", "/rest/posts", posts.create_post),
    ("GET", "/rest/posts", posts.list_posts),
    ("GET", "/rest/posts/{}", posts.get_post),
    ("POST", "/rest/posts/{}", posts.update_post),
    ("DELETE", "/rest/posts/{}", posts.delete_post),
    ("GET", "/rest/organizationalEntityShareStatistics", posts.share_statistics),
    ("GET", "/rest/socialActions/{}/comments", posts.list_comments),
    ("POST", "/rest/socialActions/{}/comments", posts.create_comment),
    ("POST", "/rest/images", media.start_image),
    ("GET", "/rest/images/{}", media.get_image),
    ("POST", "/rest/documents", media.start_document),
    ("POST", "/rest/videos", media.start_video),
)
_ROUTES = tuple(
    (method, re.compile(path.replace("{}", "([^/]+)")), handler, kind)
    for kind, table in (("open", _OPEN), ("unversioned", _UNVERSIONED), ("versioned", _VERSIONED))
    for method, path, handler in table
)


class Sandbox(VendorStandIn):
    """LinkedIn without LinkedIn: one member, three pages, posts, comments and files that live in `state`."""

    sandbox_code = "sandbox-code"

    @staticmethod
    def credentials() -> dict[str, str]:
        return {
            "client_id": people.CLIENT_ID,
            "client_secret": people.CLIENT_SECRET,
            "access_token": people.FULL_TOKEN,
            "access": PAGES,
        }

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        now = self.now().astimezone(UTC)
        posts.seed(self.state, int(now.timestamp() * 1000))
        try:
            handler, parts, kind = _route(request)
            call = Call(request=request, state=self.state, now=now)
            if kind != "open":
                grant = people.authorise(self.state, request.headers.get("authorization", ""))
                call = Call(
                    request=request, state=self.state, now=now, member=people.MEMBER, scopes=frozenset(grant.scopes)
                )
            if kind == "versioned":
                _check_version(request)
            reply = handler(call, *parts)
        except Refusal as refusal:
            reply = Reply(status=refusal.status, body=refusal.body())
        return _response(reply)

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        refusal = {
            Fault.BAD_KEY: Refusal(401, "INVALID_ACCESS_TOKEN", "Invalid access token", 65600),
            Fault.MISSING_PERMISSION: Refusal(
                403, "ACCESS_DENIED", f"Not enough permissions to access: {request.method} {request.path}", 100
            ),
            Fault.RATE_LIMIT: Refusal(
                429,
                "TOO_MANY_REQUESTS",
                "Resource level throttle APPLICATION DAY limit for calls to this resource is reached.",
                101,
            ),
        }[fault]
        return _response(Reply(status=refusal.status, body=refusal.body()))


def _route(request: SandboxRequest) -> tuple[_Handler, tuple[str, ...], str]:
    known = False
    for method, pattern, handler, kind in _ROUTES:
        found = pattern.fullmatch(request.path)
        if found and method == request.method:
            return handler, tuple(unquote(part) for part in found.groups()), kind
        known = known or found is not None
    if known:
        raise Refusal(405, "METHOD_NOT_ALLOWED", f"{request.method} is not supported here")
    raise Refusal(404, "RESOURCE_NOT_FOUND", f"No virtual resource found for {request.path}")


def _check_version(request: SandboxRequest) -> None:
    version = request.headers.get("linkedin-version", "")
    if not version:
        raise Refusal(
            400, "VERSION_MISSING", "A version must be present. Please specify a version by adding the header"
        )
    if not re.fullmatch(r"20[0-9]{4}(?:\.[0-9]{2})?", version) or version[:6] < OLDEST_VERSION:
        raise Refusal(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
    # Without the header LinkedIn speaks an older protocol, as its own Python client does, which misspells it.
    if request.headers.get("x-restli-protocol-version", "2.0.0") != "2.0.0":
        raise Refusal(400, "ILLEGAL_ARGUMENT", "X-Restli-Protocol-Version must be 2.0.0")


def _response(reply: Reply) -> SandboxResponse:
    body = b"" if reply.body is None else json.dumps(reply.body).encode()
    headers = {"content-type": "application/json", **reply.headers}
    return SandboxResponse(status=reply.status, body=body, headers=headers)
