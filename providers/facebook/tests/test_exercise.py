"""The whole provider once, and which calls of the description it makes."""

from __future__ import annotations

import re

from .conftest import FacebookBench
from .exercise import UNDESCRIBED, exercise


def test_every_verb_works_on_the_sandbox_and_keeps_to_the_description(bench: FacebookBench) -> None:
    exercise(bench)
    outside = {re.sub(r"[0-9]+/(photos|videos)$", r"{page}/\1", one) for one in bench.transport.outside}
    assert {re.sub(r"[0-9]+/subscriptions$", "{app}/subscriptions", one) for one in outside} == UNDESCRIBED
    if bench.transport.description is not None:
        assert bench.transport.operations == {
            "DELETE /v26.0/{node_id}",
            "DELETE /v26.0/{node_id}/subscribed_apps",
            "GET /v26.0/debug_token",
            "GET /v26.0/me",
            "GET /v26.0/me/accounts",
            "GET /v26.0/oauth/access_token",
            "GET /v26.0/{node_id}",
            "GET /v26.0/{node_id}/comments",
            "GET /v26.0/{node_id}/insights",
            "GET /v26.0/{node_id}/published_posts",
            "GET /v26.0/{node_id}/scheduled_posts",
            "GET /v26.0/{node_id}/subscribed_apps",
            "GET /v26.0/{node_id}/videos",
            "POST /v26.0/{node_id}/comments",
            "POST /v26.0/{node_id}/feed",
            "POST /v26.0/{node_id}/subscribed_apps",
        }


def test_every_call_with_a_token_carries_the_proof_of_the_app(bench: FacebookBench) -> None:
    exercise(bench)
    bare = [one.path_url for one in bench.transport.calls if "appsecret_proof=" not in (one.url or "")]
    assert all("/oauth/access_token" in one or "/debug_token" in one for one in bare), bare
    assert all((one.url or "").split("/")[3] == "v26.0" for one in bench.transport.calls)


def test_videos_go_to_the_video_host(bench: FacebookBench) -> None:
    exercise(bench)
    hosts = {(one.url or "").split("/")[2] for one in bench.sent("POST", "/videos")}
    assert hosts == {"graph-video.facebook.com"}
