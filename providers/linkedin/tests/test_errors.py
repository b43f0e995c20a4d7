"""Each answer that was not hoped for becomes one of our errors, with what to do; nothing else is raised."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from providers.kit import errors
from providers.kit.errors import ProviderError, RateLimited
from providers.kit.testing import NOW
from providers.kit.tokens import Token
from providers.kit.vocabulary.social import Media, MediaKind, PostDraft

from ..provider import LinkedIn
from ..sandbox_people import FULL_TOKEN
from .conftest import LinkedInBench, answer
from .conftest import published as published_by_the_vendor

PAGE = "urn:li:organization:5515715"
CASES = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "errors.json").read_text("utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=[f"{one['status']}-{number}" for number, one in enumerate(CASES)])
def test_each_answer_becomes_its_error(bench: LinkedInBench, case: dict[str, Any]) -> None:
    bench.answer("/rest/posts", case["status"], case["body"])
    with pytest.raises(ProviderError) as refusal:
        bench.open().posts(PAGE)
    assert type(refusal.value) is getattr(errors, case["error"])
    assert refusal.value.fix
    assert refusal.value.status == case["status"]


def test_the_vendors_own_sample_error_is_understood(bench: LinkedInBench) -> None:
    sample = published_by_the_vendor("fixtures/linkedin/documented.json")["error_401"]
    bench.answer("userinfo", 401, sample)
    with pytest.raises(errors.AuthenticationFailed):
        bench.open().identify()


def test_too_many_calls_with_a_time_to_wait_is_a_matter_of_pace(bench: LinkedInBench) -> None:
    bench.answer("/rest/posts", 429, {"status": 429}, Retry_After="30")
    with pytest.raises(RateLimited) as refusal:
        bench.open().posts(PAGE)
    assert refusal.value.retry_after == 30
    assert len(bench.sent("GET", "/rest/posts")) == 1


def test_a_retired_version_names_its_field(bench: LinkedInBench) -> None:
    with pytest.raises(errors.InvalidConfiguration) as refusal:
        bench.open({"api_version": "202401"}).posts(PAGE)
    assert refusal.value.field == "api_version"


def test_nothing_like_a_token_is_repeated(bench: LinkedInBench) -> None:
    bench.answer("/rest/posts", 400, {"message": f"Bad token {FULL_TOKEN} and WPL_AP1.abcdefghijklmnop"})
    with pytest.raises(errors.InvalidRequest) as refusal:
        bench.open().posts(PAGE)
    assert "Bad token [hidden] and [hidden]" in str(refusal.value)


# --------------------------------------------------------------------------------------------- answers of any shape


def _verbs() -> dict[str, Callable[[LinkedIn], Any]]:
    picture = Media(kind=MediaKind.IMAGE, filename="a.png", content_type="image/png", content=b"png")
    film = Media(kind=MediaKind.VIDEO, filename="f.mp4", content_type="video/mp4", content=b"film")
    draft = PostDraft(text="Hello", destination_id=PAGE)
    return {
        "identify": lambda one: one.identify(),
        "who_is": lambda one: one.who_is(Token(access_token=FULL_TOKEN)),
        "destinations": lambda one: one.destinations(),
        "publish": lambda one: one.publish(draft, idempotency_key="k"),
        "picture": lambda one: one.publish(PostDraft(text="P", media=(picture,)), idempotency_key="k"),
        "film": lambda one: one.publish(PostDraft(text="F", media=(film,)), idempotency_key="k"),
        "find": lambda one: one.find_post(draft, NOW - timedelta(days=9)),
        "posts": lambda one: one.posts(PAGE, limit=2),
        "metrics": lambda one: one.post_metrics(["urn:li:share:7300000000000000004"]),
        "comments": lambda one: one.comments("urn:li:share:7300000000000000004"),
        "comment": lambda one: one.comment("urn:li:share:7300000000000000004", "Hi"),
        "introspect": lambda one: one.access.introspect(),
        "delete": lambda one: one.delete_post("urn:li:share:7300000000000000004"),
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
    """Every leaf of every JSON answer becomes null, a number, a list, an object, a huge number, a text."""
    call = _verbs()[verb]
    answers = _recorded(call)
    for number, body in enumerate(answers):
        for path in _leaves(body):
            for odd in (None, 7, [], {}, 1e300, "x"):
                _try(call, number, _replaced(body, path, odd))
        for whole in (None, 7, [], [1], "x", {}, b"", b"<html>", b"{"):
            _try(call, number, whole)


def _recorded(call: Callable[[LinkedIn], Any]) -> list[Any]:
    """The JSON bodies that the sandbox answers to a verb, in order; {} where it answers none."""
    bench, found = LinkedInBench(), []

    def alter(request: requests.PreparedRequest, response: requests.Response) -> None:
        found.append(json.loads(response.content or b"{}"))

    bench.transport.alter = alter  # type: ignore[method-assign]
    call(bench.open())
    return found


def _try(call: Callable[[LinkedIn], Any], number: int, body: Any) -> None:
    bench, seen = LinkedInBench(), iter(range(1000))
    bench.transport.strict = False
    bench.transport.description = None  # what follows an odd answer may be odd itself

    def alter(request: requests.PreparedRequest, response: requests.Response) -> requests.Response | None:
        if next(seen) != number:
            return None
        return answer(request, response.status_code, body, **dict(response.headers))

    bench.transport.alter = alter  # type: ignore[method-assign]
    try:
        call(bench.open())
    except ProviderError as error:
        assert error.fix, error  # noqa: PT017  # most shapes raise nothing at all
