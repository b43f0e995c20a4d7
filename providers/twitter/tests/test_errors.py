"""Each refusal of X becomes the error that says what to do next, and no odd answer escapes as anything else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from providers.kit import errors
from providers.kit.contract import StepStatus, WebhookState
from providers.kit.http import Answer
from providers.kit.steps import run_steps
from providers.kit.testing import NOW, Bench, vendor_json
from providers.kit.tokens import Token
from providers.kit.vocabulary.social import PostDraft

from ..errors import error_from
from ..manifest import MANIFEST
from ..provider import Twitter
from .conftest import own_fixture
from .exercise import ADDRESS, picture, video

Answers = dict[str, tuple[int, Any]]


def answered(status: int, body: Any, **headers: str) -> Answer:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Answer(status=status, headers=headers, content=content, elapsed_ms=1)


@pytest.mark.parametrize(
    "case", own_fixture("errors.json")["cases"], ids=lambda case: f"{case['status']}-{case['error']}"
)
def test_a_refusal_becomes_the_error_named_for_what_happens_next(case: dict[str, Any]) -> None:
    error = error_from(answered(case["status"], case["body"]), now=NOW, scope="tweet.write")
    assert type(error).__name__ == case["error"]
    assert error.fix
    assert error.status == case["status"]
    for name in ("field", "permission"):
        if name in case:
            assert getattr(error, name) == case[name]


def test_the_published_errors_are_understood() -> None:
    for body in vendor_json("fixtures/twitter/errors.json")["documented"]:
        error = error_from(answered(400 if "type" in body else 429, body), now=NOW)
        assert isinstance(error, errors.InvalidRequest | errors.RateLimited | errors.QuotaExceeded)


def test_a_used_up_window_says_how_long_it_lasts() -> None:
    reset = str(int(NOW.timestamp()) + 300)
    error = error_from(answered(429, {}, **{"x-rate-limit-reset": reset}), now=NOW)
    assert isinstance(error, errors.RateLimited)
    assert (error.retry_after, error.fix) == (300, "Wait 5 minutes, then try again.")


def test_a_used_up_day_counts_more_than_the_quarter_of_an_hour() -> None:
    at = int(NOW.timestamp())
    headers = {
        "x-rate-limit-reset": str(at + 300),
        "x-rate-limit-remaining": "90",
        "x-app-limit-24hour-remaining": "0",
        "x-app-limit-24hour-reset": str(at + 7200),
    }
    error = error_from(answered(429, {}, **headers), now=NOW)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after == 7200


def test_a_secret_that_x_repeats_is_not_shown() -> None:
    body = {"title": "Invalid Request", "detail": "The token hush-hush-hush is odd", "type": "about:blank"}
    error = error_from(answered(400, body), now=NOW, secrets=("hush-hush-hush",))
    assert "hush" not in f"{error} {error.detail} {error.fix}"


def test_a_write_that_fails_half_way_is_unknown_and_one_x_did_not_take_is_not() -> None:
    for status in (500, 502, 504):
        assert isinstance(error_from(answered(status, ""), now=NOW, write=True), errors.OutcomeUnknown)
    assert isinstance(error_from(answered(503, ""), now=NOW, write=True), errors.Unavailable)


# ------------------------------------------------------------------------- odd answers, leaf by leaf


POST = {
    "id": "1990000000000000001",
    "text": "Chairs https://t.co/x",
    "created_at": "2026-11-23T11:00:00.000Z",
    "author_id": "15",
    "entities": {"urls": [{"start": 7, "end": 20, "url": "https://t.co/x", "expanded_url": "https://example.com"}]},
    "referenced_posts": [{"type": "replied_to", "id": "1"}],
    "public_metrics": {"repost_count": 1, "reply_count": 2, "like_count": 3, "quote_count": 4, "impression_count": 5},
    "non_public_metrics": {"url_link_clicks": 6},
}
ME = {
    "id": "1445880548472328192",
    "name": "Example Studio",
    "username": "ExampleStudio",
    "profile_image_url": "https://pbs.twimg.com/a.jpg",
    "confirmed_email": "hello@example.com",
    "public_metrics": {"followers_count": 5},
}
USAGE = {"project_cap": "100", "project_usage": "5", "cap_reset_day": 1}
SUBSCRIPTION = {
    "subscription_id": "7",
    "event_type": "post.create",
    "filter": {"user_id": ME["id"]},
    "webhook_id": "9",
}
PROBLEM = {
    "title": "Not Found Error",
    "detail": "Gone",
    "type": "https://api.x.com/2/problems/resource-not-found",
    "resource_id": "2",
    "resource_type": "tweet",
}
GOOD: Answers = {
    "GET /2/users/me": (200, {"data": ME}),
    "GET /2/users/{}/tweets": (200, {"data": [POST], "meta": {"next_token": "abc", "result_count": 1}}),
    "GET /2/tweets": (200, {"data": [POST], "errors": [PROBLEM]}),
    "GET /2/tweets/search/recent": (
        200,
        {"data": [POST], "includes": {"users": [{"id": "15", "username": "ada"}]}, "meta": {"next_token": "abc"}},
    ),
    "POST /2/tweets": (201, {"data": {"id": "5", "text": "Chairs"}}),
    "DELETE /2/tweets/{}": (200, {"data": {"deleted": True}}),
    "POST /2/media/upload/initialize": (200, {"data": {"id": "6"}}),
    "POST /2/media/upload/{}/append": (200, {"data": {"expires_at": 1}}),
    "POST /2/media/upload/{}/finalize": (
        200,
        {"data": {"id": "6", "processing_info": {"state": "pending", "check_after_secs": 0}}},
    ),
    "GET /2/media/upload": (200, {"data": {"id": "6", "processing_info": {"state": "succeeded"}}}),
    "POST /2/media/metadata": (200, {"data": {"id": "6"}}),
    "GET /2/usage/tweets": (200, {"data": USAGE}),
    "GET /2/webhooks": (200, {"data": [{"id": "9", "url": ADDRESS, "valid": True}]}),
    "POST /2/webhooks": (200, {"data": {"id": "9", "url": ADDRESS, "valid": True, "created_at": "x"}}),
    "PUT /2/webhooks/{}": (200, {"data": {"valid": True}}),
    "DELETE /2/webhooks/{}": (200, {"data": {"deleted": True}}),
    "GET /2/activity/subscriptions": (200, {"data": [SUBSCRIPTION], "meta": {"next_token": ""}}),
    "POST /2/activity/subscriptions": (200, {"data": {"subscription": SUBSCRIPTION}}),
    "DELETE /2/activity/subscriptions/{}": (200, {"data": {"deleted": True}}),
}
ODD: tuple[Any, ...] = (None, 7, [], [1], {}, "", "odd")


class OddDoor:
    """Answers by the path, without limits or waiting."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    def bound(self, **options: Any) -> OddDoor:
        return self

    def request(self, method: str, path: str, **options: Any) -> Answer:
        parts = ["{}" if at > 1 and one.isdecimal() else one for at, one in enumerate(path.split("/"))]
        status, body = self.answers[f"{method} {'/'.join(parts)}"]
        return answered(status, body)


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value inside a JSON value, the whole included."""
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from leaves(one, (*at, name))


def with_leaf(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    changed = copy.deepcopy(value)
    inner = changed
    for name in at[:-1]:
        inner = inner[name]
    inner[at[-1]] = new
    return changed


def every_verb(provider: Twitter) -> Iterator[Callable[[], Any]]:
    draft = PostDraft(text="Chairs https://example.com", reply_to="1")
    pictured = PostDraft(text="Chairs", media=(picture(alt_text="A chair"),))
    yield provider.identify
    yield provider.destinations
    yield provider.allowances
    yield lambda: provider.who_is(Token(access_token="t" * 30))
    yield lambda: provider.publish(pictured, idempotency_key="k")
    yield lambda: provider.publish(PostDraft(text="", media=(video(),)), idempotency_key="k")
    yield lambda: provider.publish_thread([draft, draft], idempotency_key="k")
    yield lambda: provider.find_post(draft, NOW)
    yield lambda: provider.delete_post("5")
    yield lambda: provider.posts("", limit=3)
    yield lambda: provider.post_metrics(["1990000000000000001", "2"])
    yield lambda: provider.comments("1", limit=3)
    yield lambda: provider.comment("1", "Hello")
    yield lambda: provider.register_webhook(ADDRESS, ())
    yield lambda: provider.unregister_webhook("9")


def said_in_our_words(verb: Callable[[], Any]) -> bool:
    """True when it works or is refused with what to do; anything else is raised on."""
    try:
        verb()
    except errors.ProviderError as error:
        return bool(error.fix)
    return True


def with_answers(bench: Bench, answers: Answers) -> Twitter:
    provider = cast(Twitter, bench.open(webhook=WebhookState(address=ADDRESS, secret_set=True, registration_id="9")))
    provider = Twitter(replace(provider.connection, http=OddDoor(answers)))
    provider.uploads._pause = lambda seconds: None
    return provider


def test_every_verb_works_with_the_good_answers(bench: Bench) -> None:
    for verb in every_verb(with_answers(bench, GOOD)):
        verb()


@pytest.mark.parametrize("call", GOOD)
def test_an_odd_leaf_in_an_answer_is_read_or_refused_in_our_words(bench: Bench, call: str) -> None:
    status, body = GOOD[call]
    for at in leaves(body):
        for odd in ODD:
            answers = {**GOOD, call: (status, with_leaf(body, at, odd))}
            for verb in every_verb(with_answers(bench, answers)):
                assert said_in_our_words(verb), (call, at, odd)


@pytest.mark.parametrize("answer", [(200, "<html>"), (200, "{"), (403, "<html>"), (500, ""), (302, ""), (204, "")])
def test_an_answer_that_is_not_xs_is_refused_in_our_words(bench: Bench, answer: tuple[int, Any]) -> None:
    for call in GOOD:
        for verb in every_verb(with_answers(bench, {**GOOD, call: answer})):
            assert said_in_our_words(verb), (call, answer)


def test_an_odd_answer_fails_a_line_of_a_test_and_says_what_to_do(bench: Bench) -> None:
    for call in ("GET /2/users/me", "GET /2/webhooks", "GET /2/usage/tweets", "GET /2/activity/subscriptions"):
        for odd in ODD:
            provider = with_answers(bench, {**GOOD, call: (200, odd)})
            for test in MANIFEST.tests:
                for _, outcome in run_steps(provider.steps(test.id, {"text": "Hello"})):
                    assert outcome.status is not StepStatus.FAILED or outcome.fix
                    assert outcome.error is None or isinstance(outcome.error, errors.ProviderError)


def test_a_wrong_clock_in_headers_is_no_reason_to_fail() -> None:
    error = error_from(answered(429, {}, **{"x-rate-limit-reset": "soon"}), now=datetime(2026, 1, 1, tzinfo=UTC))
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after is None
