"""Facebook without Facebook: one app, one person, three Pages; what is published lives in `state`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC
from typing import Any

from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

from . import sandbox_people as people
from . import sandbox_posts as posts
from .sandbox_store import Call, Refusal, gone, in_version, parse_body

_PAGE, _NODE, _APP = "([0-9]+)", "([0-9]+(?:_[0-9]+)*)", "([0-9]+)"
_USAGE = {"x-app-usage": json.dumps({"call_count": 28, "total_time": 25, "total_cputime": 25})}
_LIMIT = {
    "x-business-use-case-usage": json.dumps(
        {people.FIRST: [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 45}]}
    )
}

_Handler = Callable[..., Any]
_OPEN = ("oauth/access_token",)
_ROUTES: tuple[tuple[str, str, _Handler], ...] = (
    ("GET", "oauth/access_token", people.access_token),
    ("POST", "oauth/access_token", people.access_token),
    ("GET", "debug_token", people.debug_token),
    ("GET", "me", people.me),
    ("GET", "me/accounts", people.accounts),
    ("GET", "me/permissions", people.permissions),
    ("DELETE", "me/permissions", people.revoke),
    ("GET", f"{_APP}/subscriptions", people.list_addresses),
    ("POST", f"{_APP}/subscriptions", people.set_address),
    ("DELETE", f"{_APP}/subscriptions", people.remove_address),
    ("GET", f"{_PAGE}/subscribed_apps", people.list_subscribed),
    ("POST", f"{_PAGE}/subscribed_apps", people.subscribe),
    ("DELETE", f"{_PAGE}/subscribed_apps", people.unsubscribe),
    ("POST", f"{_PAGE}/feed", posts.create_post),
    ("GET", f"{_PAGE}/(?:feed|posts|published_posts)", posts.list_posts),
    ("GET", f"{_PAGE}/scheduled_posts", posts.list_scheduled),
    ("POST", f"{_PAGE}/photos", posts.upload_photo),
    ("POST", f"{_PAGE}/videos", posts.upload_video),
    ("GET", f"{_PAGE}/videos", posts.list_videos),
    ("GET", f"{_NODE}/insights", posts.insights),
    ("GET", f"{_NODE}/comments", posts.list_comments),
    ("POST", f"{_NODE}/comments", posts.create_comment),
    ("GET", _NODE, posts.get_node),
    ("DELETE", _NODE, posts.delete_node),
)
_COMPILED = tuple((method, re.compile(path), handler) for method, path, handler in _ROUTES)


class Sandbox(VendorStandIn):
    """Its app asks for `appsecret_proof` with each call, as the guide recommends."""

    @staticmethod
    def credentials() -> dict[str, str]:
        return {
            "app_id": people.APP_ID,
            "app_secret": people.APP_SECRET,
            "access_token": people.FULL_TOKEN,
            "page_id": people.FIRST,
        }

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        now = self.now().astimezone(UTC)
        posts.seed(self.state, now)
        posts.publish_due(self.state, now)
        try:
            path = in_version(request.path)
            handler, parts = _route(request.method, path)
            fields, files = parse_body(request)
            opened = people.Opened()
            if path not in _OPEN:
                proof = request.query.get("appsecret_proof", [""])[-1] or fields.get("appsecret_proof", "")
                opened = people.authorise(self.state, request.headers.get("authorization", ""), proof)
            call = Call(
                request=request,
                state=self.state,
                now=now,
                page=opened.page,
                app=opened.app,
                scopes=opened.scopes,
                fields=fields,
                files=files,
            )
            return _answer(200, handler(call, *parts), _USAGE)
        except Refusal as refusal:
            return _refusal(refusal)

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        refusals = {
            Fault.BAD_KEY: Refusal(190, "Error validating access token: The user has not authorized application."),
            Fault.MISSING_PERMISSION: Refusal(
                200, "(#200) The user hasn't authorized the application to perform this action", status=403
            ),
            Fault.RATE_LIMIT: Refusal(4, "(#4) Application request limit reached", headers=_LIMIT),
        }
        return _refusal(refusals[fault])


def _route(method: str, path: str) -> tuple[_Handler, tuple[str, ...]]:
    for allowed, pattern, handler in _COMPILED:
        found = pattern.fullmatch(path)
        if found and allowed == method:
            return handler, found.groups()
    raise gone(path.partition("/")[0])


def _refusal(refusal: Refusal) -> SandboxResponse:
    return _answer(refusal.status, refusal.body(), refusal.headers)


def _answer(status: int, body: Any, headers: Any) -> SandboxResponse:
    told = {"content-type": "application/json", "facebook-api-version": "v26.0", **headers}
    return SandboxResponse(status=status, body=json.dumps(body).encode(), headers=told)
