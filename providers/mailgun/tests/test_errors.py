"""Refusals in our words, and that no shape of an answer breaks anything."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
import requests

from providers.kit import errors
from providers.kit.faults import Fault, set_fault
from providers.kit.http import Answer
from providers.kit.testing import Bench
from providers.kit.testing.bench import NOW
from providers.kit.transport import Limits
from providers.kit.vocabulary.email import EmailMessage, SuppressionKind, TemplateContent

from ..errors import error_from
from ..sandbox import ACCOUNT_KEY
from .conftest import FOLDER

HOOK = "https://hub.example.com/hook"
MAIL = EmailMessage(sender="", to=("ada@example.com",), subject="S", text="T", tags=("a",))
CONTENT = TemplateContent(subject="{{a}}", html="<p>{{a}}</p>", name="x")

VERBS: dict[str, Callable[[Any], object]] = {
    "identify": lambda one: one.identify(),
    "send": lambda one: one.send(MAIL, idempotency_key="new"),
    "domains": lambda one: one.domains(),
    "verify_domain": lambda one: one.verify_domain("news.example.com"),
    "email_events": lambda one: one.email_events(since=NOW - timedelta(days=1)),
    "events_since": lambda one: one.events_since(NOW - timedelta(days=1), 50),
    "email_figures": lambda one: one.email_figures(start=NOW.date(), end=NOW.date()),
    "templates": lambda one: one.templates(limit=1),
    "template": lambda one: one.template("seeded"),
    "create_template": lambda one: one.create_template("new", CONTENT),
    "add_version": lambda one: one.add_version("seeded", TemplateContent(subject="", html="<p>n</p>")),
    "activate_version": lambda one: one.activate_version("seeded", "x"),
    "preview_template": lambda one: one.preview_template("seeded", {"a": 1}),
    "delete_template": lambda one: one.delete_template("seeded"),
    "suppressions": lambda one: one.suppressions(SuppressionKind.BOUNCE, limit=1),
    "suppress": lambda one: one.suppress("alan@example.com", SuppressionKind.COMPLAINT),
    "unsuppress": lambda one: one.unsuppress("grace@example.com", SuppressionKind.BOUNCE),
    "routes": lambda one: one.routes(limit=1),
    "create_route": lambda one: one.create_route(expression="catch_all()", actions=("stop()",)),
    "matching_routes": lambda one: one.matching_routes("ada@example.com"),
    "register_webhook": lambda one: one.register_webhook(HOOK, ()),
    "unregister_webhook": lambda one: one.unregister_webhook("https://other.example.com/hook"),
}


def own_cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "fixtures" / "errors.json").read_text())["cases"]
    return found


def answer(case: dict[str, Any]) -> Answer:
    content = case["text"].encode() if "text" in case else json.dumps(case["body"]).encode()
    return Answer(status=case["status"], headers={}, content=content, elapsed_ms=1.0)


@pytest.mark.parametrize("case", own_cases(), ids=lambda one: f"{one['status']}-{one['error']}")
def test_each_refusal_is_named_for_what_happens_next(case: dict[str, Any]) -> None:
    error: Any = error_from(answer(case), NOW, permission="events")
    assert type(error).__name__ == case["error"]
    assert error.fix
    assert error.status == case["status"]
    if "wait" in case:
        assert error.retry_after == case["wait"]
    if "field" in case:
        assert error.field == case["field"]
    if case["error"] == "PermissionMissing":
        assert error.permission == "events"
    if "writing" in case:
        assert type(error_from(answer(case), NOW, writing=True)).__name__ == case["writing"]


def test_a_key_that_the_vendor_repeats_is_cut_out() -> None:
    content = json.dumps({"message": f"bad {ACCOUNT_KEY} and key-0123456789abcdef"}).encode()
    error = error_from(Answer(status=400, headers={}, content=content, elapsed_ms=1.0), NOW)
    assert ACCOUNT_KEY not in str(error) + error.detail
    assert "key-0123" not in str(error)


def prepared(bench: Bench) -> Any:
    """A provider whose every list has something in it."""
    bench.transport.description = None
    provider: Any = bench.open()
    provider.create_template("seeded", CONTENT)
    provider.create_template("other", CONTENT)
    provider.create_route(expression="catch_all()", actions=("stop()",))
    provider.create_route(expression="catch_all()", actions=("stop()",))
    for name in ("grace", "ada"):
        provider.suppress(f"{name}@example.com", SuppressionKind.BOUNCE)
    provider.send(MAIL, idempotency_key="first")
    provider.register_webhook("https://other.example.com/hook", ())
    return provider


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "fault", [Fault.BAD_KEY, Fault.MISSING_PERMISSION, Fault.RATE_LIMIT, Fault.DOWN, Fault.GARBAGE]
)
def test_every_verb_names_every_fault(bench: Bench, verb: str, fault: Fault) -> None:
    prepared(bench)
    provider = bench.open()
    set_fault(bench.state.read(), fault)
    expected: dict[Fault, tuple[type[Exception], ...]] = {
        Fault.BAD_KEY: (errors.AuthenticationFailed, errors.PermissionMissing),
        Fault.MISSING_PERMISSION: (errors.PermissionMissing,),
        Fault.RATE_LIMIT: (errors.RateLimited,),
        Fault.DOWN: (errors.Unavailable,),
        Fault.GARBAGE: (errors.UnexpectedResponse, errors.OutcomeUnknown),
    }
    with pytest.raises(expected[fault]) as refusal:
        VERBS[verb](provider)
    assert refusal.value.fix  # type: ignore[attr-defined]


# ---------------------------------------------------------------------------------- answers of any shape


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in an answer, the whole first; of long lists the first two items."""
    yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*at, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value[:2]):
            yield from paths(inner, (*at, number))


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    found = copy.deepcopy(value)
    inner = found
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = by
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_no_part_of_an_answer_breaks_a_verb(bench: Bench, verb: str) -> None:
    prepared(bench)
    before = copy.deepcopy(bench.state.read())
    theirs = bench.transport.exchange
    recorded: list[requests.Response] = []

    def record(request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        recorded.append(theirs(request, limits))
        return recorded[-1]

    bench.transport.exchange = record  # type: ignore[method-assign]
    VERBS[verb](bench.open())
    answers = [orjson.loads(one.content) for one in recorded]

    without_fix: list[str] = []
    for number, given in enumerate(answers):
        for path in paths(given):
            for by in (None, 7, ["x"], {"x": None}, "x"):
                calls = iter(range(1000))

                def spoil(
                    request: requests.PreparedRequest,
                    limits: Limits,
                    number: int = number,
                    body: bytes = orjson.dumps(replaced(given, path, by)),
                    calls: Iterator[int] = calls,
                ) -> requests.Response:
                    response = theirs(request, limits)
                    if next(calls) == number:
                        response._content = body
                    return response

                bench.transport.exchange = spoil  # type: ignore[method-assign]
                bench.state.write(copy.deepcopy(before))
                try:
                    VERBS[verb](bench.open())
                except errors.ProviderError as error:
                    without_fix += [] if error.fix else [f"{number} {path} {by}: {error}"]
    assert without_fix == []


@pytest.mark.parametrize("cursor", ["../../x", "a/b", "?x=1", "a b", "\n"])
def test_a_cursor_leads_nowhere_else(bench: Bench, cursor: str) -> None:
    provider: Any = bench.open()
    with pytest.raises(errors.InvalidRequest):
        provider.email_events(since=NOW, cursor=cursor)
    bench.transport.description = None
    provider.templates(cursor=f"{cursor}&page=first&evil=1")
    assert "evil" not in (bench.transport.calls[-1].url or "")


def test_ids_are_one_segment_of_the_path_whatever_they_hold(bench: Bench) -> None:
    provider: Any = bench.open()
    bench.transport.description = None
    for one in ("../routes", "a/b?c=d#e", "..", "é\n"):
        with pytest.raises(errors.NotFoundAtVendor):
            provider.template(one)
        assert (bench.transport.calls[-1].path_url or "").startswith("/v3/mg.example.com/templates/")
        assert (bench.transport.calls[-1].path_url or "").count("/") == 4
