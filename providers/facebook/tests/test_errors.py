"""Each refusal of Facebook as the right error, and no answer of any shape as anything but one of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from providers.kit import errors
from providers.kit.errors import (
    AuthenticationFailed,
    InvalidConfiguration,
    InvalidRequest,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    UnexpectedResponse,
)
from providers.kit.faults import Fault, set_fault
from providers.kit.testing import NOW
from providers.kit.tokens import Token
from providers.kit.transport import NoAnswer
from providers.kit.vocabulary.social import Media, MediaKind, PostDraft

from ..provider import Facebook
from ..sandbox_people import APP_SECRET, FIRST, FULL_TOKEN, page_token
from .conftest import FacebookBench, answer, published

CASES = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "errors.json").read_text("utf-8"))["cases"]
POST = f"{FIRST}_120000000000001"


def told(code: int, message: str = "(#1) Something", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "x", **more}}


@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one['code']}-{one.get('subcode', 0)}")
def test_each_code_becomes_its_error_whatever_the_status(bench: FacebookBench, case: dict[str, Any]) -> None:
    bench.answer("/me?", case["status"], told(case["code"], error_subcode=case.get("subcode", 0)))
    with pytest.raises(ProviderError) as refusal:
        bench.open().identify()
    assert type(refusal.value) is getattr(errors, case["becomes"])
    assert refusal.value.fix


def test_the_documented_errors_are_understood(bench: FacebookBench) -> None:
    documented = published("fixtures/facebook/documented.json")
    expected = {"error_190": "AuthenticationFailed", "error_200": "PermissionMissing", "error_4": "RateLimited"}
    for name, kind in {**expected, "error_100": "InvalidRequest"}.items():
        bench.answer("/me?", 400, documented[name])
        with pytest.raises(getattr(errors, kind)):
            bench.open().identify()


def test_the_wait_is_taken_from_the_usage_header(bench: FacebookBench) -> None:
    set_fault(bench.state.read(), Fault.RATE_LIMIT)
    with pytest.raises(RateLimited) as refusal:
        bench.open().identify()
    assert refusal.value.retry_after == 45 * 60
    bench.transport.calls.clear()
    with pytest.raises(RateLimited):
        bench.open().identify()
    assert len(bench.transport.calls) == 1


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("body", [told(1), told(2, is_transient=True), b"<html>busy</html>"])
def test_a_failing_server_leaves_a_write_in_doubt_and_it_is_not_repeated(
    bench: FacebookBench, status: int, body: Any
) -> None:
    bench.answer("/feed", status, body)
    with pytest.raises(OutcomeUnknown):
        bench.open().publish(PostDraft(text="Hello"), idempotency_key="k")
    assert len(bench.sent("POST", "/feed")) == 1


def test_no_answer_leaves_a_post_in_doubt_until_it_is_looked_for(bench: FacebookBench) -> None:
    def silent(request: requests.PreparedRequest, response: requests.Response) -> None:
        if request.method == "POST" and "/feed" in (request.url or ""):
            raise NoAnswer("Nothing came back.", code="timeout")

    bench.alter(silent)
    provider, draft = bench.open(), PostDraft(text="Are you there?")
    with pytest.raises(OutcomeUnknown):
        provider.publish(draft, idempotency_key="k")
    assert len(bench.sent("POST", "/feed")) == 1
    assert provider.find_post(draft, NOW) is not None
    assert provider.find_post(PostDraft(text="Another"), NOW) is None
    assert provider.find_post(draft, NOW + timedelta(hours=1)) is None


def test_the_same_text_twice_is_named(bench: FacebookBench) -> None:
    provider = bench.open()
    provider.publish(PostDraft(text="Twice"), idempotency_key="1")
    with pytest.raises(InvalidRequest) as refusal:
        provider.publish(PostDraft(text="Twice"), idempotency_key="2")
    assert (refusal.value.code, refusal.value.field) == ("duplicate", "text")


def test_a_wrong_secret_does_not_lengthen_a_token(bench: FacebookBench) -> None:
    with pytest.raises(InvalidConfiguration):
        bench.open({"app_secret": "0" * 32}).finish_sign_in(Token(access_token=FULL_TOKEN))
    with pytest.raises(AuthenticationFailed):
        bench.open({"access_token": ""}).identify()


def test_no_secret_can_be_read_in_an_error(bench: FacebookBench) -> None:
    message = f"Bad token {FULL_TOKEN} or {page_token(FULL_TOKEN, FIRST)} with {APP_SECRET}"
    for code in (100, 190, 200, 4, 368, 999):
        bench.answer("/me?", 400, told(code, message))
        with pytest.raises(ProviderError) as refusal:
            bench.open().identify()
        shown = f"{refusal.value} {refusal.value.fix} {refusal.value.detail} {refusal.value.code}"
        assert FULL_TOKEN not in shown
        assert APP_SECRET not in shown
    bench.alter(lambda request, response: None)
    assert FULL_TOKEN not in repr(bench.open().accounts.pages)


def test_a_web_page_instead_of_data_is_said_so(bench: FacebookBench) -> None:
    bench.transport.description = None
    set_fault(bench.state.read(), Fault.GARBAGE)
    with pytest.raises(UnexpectedResponse):
        bench.open().identify()


def _verbs() -> dict[str, Callable[[Facebook], Any]]:
    picture = Media(kind=MediaKind.IMAGE, filename="p.png", content_type="image/png", content=b"picture")
    film = Media(kind=MediaKind.VIDEO, filename="f.mp4", content_type="video/mp4", content=b"film")
    draft = PostDraft(text="Hello")
    return {
        "identify": lambda one: one.identify(),
        "who_is": lambda one: one.who_is(Token(access_token=FULL_TOKEN)),
        "finish": lambda one: one.finish_sign_in(Token(access_token=FULL_TOKEN)),
        "inspect": lambda one: one.client.access.inspect(),
        "destinations": lambda one: one.destinations(),
        "publish": lambda one: one.publish(draft, idempotency_key="k"),
        "picture": lambda one: one.publish(PostDraft(text="P", media=(picture,)), idempotency_key="k"),
        "film": lambda one: one.publish(PostDraft(text="F", media=(film,)), idempotency_key="k"),
        "find": lambda one: one.find_post(PostDraft(text="F", media=(film,)), NOW - timedelta(days=9)),
        "posts": lambda one: one.posts(FIRST, limit=2),
        "scheduled": lambda one: one.scheduled_posts(FIRST),
        "metrics": lambda one: one.post_metrics([POST]),
        "page_figures": lambda one: one.reading.page_figures(FIRST, 7, NOW),
        "comments": lambda one: one.comments(POST),
        "comment": lambda one: one.comment(POST, "Hi"),
        "register": lambda one: one.register_webhook("https://hub.example.com/x", ["feed"]),
        "delete": lambda one: one.delete_post(POST),
    }


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the leaves of a JSON value are; its objects and lists count too."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from _leaves(inner, (*path, key))


def _replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    copy = json.loads(json.dumps(value))
    at = copy
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = by
    return copy


@pytest.mark.parametrize("verb", _verbs())
def test_an_answer_of_any_shape_raises_nothing_but_our_errors(verb: str) -> None:
    """Every leaf of every JSON answer becomes null, a number, a list, a huge number (the Pages' once)."""
    call = _verbs()[verb]
    for number, (address, body) in enumerate(_recorded(call)):
        if "/me/accounts" in address and verb != "destinations":
            continue
        for path in _leaves(body):
            for odd in (None, 7, [], 1e300):
                _try(call, number, _replaced(body, path, odd))
        for whole in (None, 7, [], [1], "x", {}, b"", b"<html>", b"{"):
            _try(call, number, whole)


def _recorded(call: Callable[[Facebook], Any]) -> list[tuple[str, Any]]:
    """What the sandbox is asked and answers for a verb, in order."""
    bench = FacebookBench()
    found: list[tuple[str, Any]] = []

    def alter(request: requests.PreparedRequest, response: requests.Response) -> None:
        found.append((request.url or "", json.loads(response.content or b"{}")))

    bench.alter(alter)
    call(bench.open())
    return found


def _try(call: Callable[[Facebook], Any], number: int, body: Any) -> None:
    bench, seen = FacebookBench(), iter(range(1000))
    bench.transport.strict = False
    bench.transport.description = None  # what follows an odd answer may be odd itself

    def alter(request: requests.PreparedRequest, response: requests.Response) -> requests.Response | None:
        if next(seen) != number:
            return None
        return answer(request, response.status_code, body, **dict(response.headers))

    bench.alter(alter)
    try:
        call(bench.open())
    except ProviderError as error:
        assert error.fix, error  # noqa: PT017  # most shapes raise nothing at all
