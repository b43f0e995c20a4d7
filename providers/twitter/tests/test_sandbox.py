"""The stand-in as X would be: who may do what, X's shapes of refusals, limits, and its way over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from providers.kit import errors
from providers.kit.faults import Fault, set_fault
from providers.kit.registry import Registry
from providers.kit.sandbox import MemoryState, SandboxRequest, SandboxResponse
from providers.kit.sandbox_http import SandboxApplication
from providers.kit.testing import NOW, Bench

from ..sandbox import ACCESS_TOKEN, BEARER_TOKEN, READ_ONLY_TOKEN, SIGN_IN_TOKEN, Sandbox
from ..sandbox_store import MAX_KEPT
from .conftest import ENTRY


def ask(
    state: dict[str, Any], method: str, path: str, *, token: str = ACCESS_TOKEN, json_body: Any = None, **query: str
) -> SandboxResponse:
    request = SandboxRequest(
        method=method,
        path=path,
        query={name.replace("__", "."): [value] for name, value in query.items()},
        headers={"authorization": f"Bearer {token}"} if token else {},
        body=b"" if json_body is None else json.dumps(json_body).encode(),
    )
    return Sandbox(state, lambda: NOW).respond(request)


def told(answer: SandboxResponse) -> Any:
    return json.loads(answer.body)


@pytest.mark.parametrize(
    ("token", "method", "path", "status", "kind"),
    [
        ("", "GET", "/2/users/me", 401, "about:blank"),
        ("nobody-knows-this-token", "GET", "/2/users/me", 401, "about:blank"),
        (BEARER_TOKEN, "GET", "/2/users/me", 403, "unsupported-authentication"),
        (ACCESS_TOKEN, "GET", "/2/webhooks", 403, "unsupported-authentication"),
        (READ_ONLY_TOKEN, "POST", "/2/tweets", 403, "about:blank"),
        (SIGN_IN_TOKEN, "POST", "/2/tweets", 403, "about:blank"),
        (ACCESS_TOKEN, "DELETE", "/2/tweets/1", 404, "resource-not-found"),
        (ACCESS_TOKEN, "GET", "/2/nothing", 404, "about:blank"),
        (ACCESS_TOKEN, "POST", "/2/tweets", 400, "invalid-request"),
        (BEARER_TOKEN, "POST", "/2/webhooks", 400, "invalid-request"),
        (BEARER_TOKEN, "PUT", "/2/webhooks/5", 404, "resource-not-found"),
    ],
)
def test_a_refusal_has_xs_shape(token: str, method: str, path: str, status: int, kind: str) -> None:
    answer = ask({}, method, path, token=token, json_body={} if method == "POST" else None)
    assert answer.status == status
    body = told(answer)
    assert {"title", "detail", "type", "status"} <= set(body)
    assert body["type"].endswith(kind)
    assert answer.headers["content-type"] == "application/problem+json"


def test_too_many_calls_have_the_old_shape_and_tell_the_moment_in_a_header() -> None:
    answer = Sandbox({}, lambda: NOW).refuse(
        Fault.RATE_LIMIT, SandboxRequest(method="GET", path="/", query={}, headers={}, body=b"")
    )
    assert told(answer) == {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}
    assert int(answer.headers["x-rate-limit-reset"]) == int((NOW + timedelta(minutes=15)).timestamp())
    assert "retry-after" not in answer.headers


def test_a_state_that_holds_only_a_fault_is_seeded_all_the_same(bench: Bench) -> None:
    set_fault(bench.state.read(), Fault.RATE_LIMIT, 1)
    with pytest.raises(errors.RateLimited):
        bench.open().identify()  # type: ignore[attr-defined]  # the provider's own class has it
    assert bench.open().identify().name == "@ExampleStudio"  # type: ignore[attr-defined]


def test_the_same_questions_get_the_same_answers_in_every_fresh_sandbox() -> None:
    one, other = ({}, {})  # type: tuple[dict[str, Any], dict[str, Any]]
    for state in (one, other):
        ask(state, "POST", "/2/tweets", json_body={"text": "Hello"})
        ask(state, "GET", "/2/users/1445880548472328192/tweets")
    assert one == other
    assert json.loads(json.dumps(one)) == one


def test_a_sandbox_left_running_stays_small() -> None:
    state: dict[str, Any] = {}
    for number in range(MAX_KEPT + 20):
        ask(state, "POST", "/2/media/upload/initialize", json_body=_upload(number))
    assert len(state["media"]) == MAX_KEPT


def _upload(number: int) -> dict[str, Any]:
    return {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": number + 1}


def test_links_become_short_ones_and_marks_entities_as_x_keeps_them() -> None:
    state: dict[str, Any] = {}
    made = told(ask(state, "POST", "/2/tweets", json_body={"text": "A & B: https://example.com/x"}))["data"]
    assert made["text"] == "A &amp; B: https://t.co/sandbox0001"
    shown = told(ask(state, "GET", "/2/tweets", ids=made["id"], post__fields="entities"))["data"][0]
    assert shown["entities"]["urls"][0]["expanded_url"] == "https://example.com/x"


def test_some_posts_that_are_gone_come_as_errors_beside_the_others() -> None:
    state: dict[str, Any] = {}
    made = told(ask(state, "POST", "/2/tweets", json_body={"text": "Hello"}))["data"]
    answer = ask(state, "GET", "/2/tweets", ids=f"{made['id']},1")
    assert answer.status == 200
    assert [one["id"] for one in told(answer)["data"]] == [made["id"]]
    assert told(answer)["errors"][0]["resource_id"] == "1"


@pytest.mark.parametrize(
    "query", [{"max_results": "4"}, {"max_results": "101"}, {"max_results": "x"}, {"pagination_token": "nonsense"}]
)
def test_odd_pages_are_refused(query: dict[str, str]) -> None:
    assert ask({}, "GET", "/2/users/1445880548472328192/tweets", **query).status == 400


def test_somebody_elses_post_cannot_be_deleted() -> None:
    state: dict[str, Any] = {}
    ask(state, "GET", "/2/users/me")
    other = next(one["id"] for one in state["posts"].values() if one["author_id"] != "1445880548472328192")
    assert ask(state, "DELETE", f"/2/tweets/{other}").status == 403


def test_it_answers_over_http_below_its_name() -> None:
    registry = Registry({ENTRY.id: ENTRY})
    states = {ENTRY.id: MemoryState()}
    application = SandboxApplication(registry, lambda: NOW, lambda provider_id: states[provider_id])
    seen: list[str] = []
    body = b"".join(
        application(
            {
                "REQUEST_METHOD": "GET",
                "PATH_INFO": f"/{ENTRY.id}/2/users/me",
                "QUERY_STRING": urlencode({"user.fields": "username"}),
                "HTTP_AUTHORIZATION": f"Bearer {ACCESS_TOKEN}",
                "CONTENT_LENGTH": "",
            },
            lambda status, headers: seen.append(status),
        )
    )
    assert seen == ["200 OK"]
    assert json.loads(body)["data"]["username"] == "ExampleStudio"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.BAD_KEY, errors.AuthenticationFailed),
        (Fault.MISSING_PERMISSION, errors.PermissionMissing),
        (Fault.RATE_LIMIT, errors.RateLimited),
        (Fault.GARBAGE, errors.UnexpectedResponse),
    ],
)
def test_each_fault_ends_as_its_error_with_a_fix(
    bench: Bench, fault: Fault, expected: type[errors.ProviderError]
) -> None:
    bench.transport.strict = False
    bench.transport.description = None  # a fault's answers are not X's
    set_fault(bench.state.read(), fault)
    with pytest.raises(expected) as failed:
        bench.open().identify()  # type: ignore[attr-defined]
    assert failed.value.fix
