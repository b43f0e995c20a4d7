"""What the vendor answers: each error becomes ours, and no odd answer becomes anything but an error of ours."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from requests.structures import CaseInsensitiveDict

from providers.kit import errors as kit
from providers.kit.errors import InvalidRequest, NotFoundAtVendor, ProviderError, RateLimited
from providers.kit.http import Answer
from providers.kit.testing import NOW, Bench
from providers.kit.vocabulary.email import SuppressionKind, TemplateContent

from ..errors import error_from
from ..manifest import CONNECTION_TEST, WEBHOOK_TEST
from ..permissions import ALL_SCOPES, PURPOSES, purpose_of
from .conftest import own_fixture
from .exercise import message

ADDRESS = "https://hub.example.com/webhooks/x/y"


def answer(status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    content = b"" if body is None else orjson.dumps(body)
    return Answer(status=status, headers=CaseInsensitiveDict(headers or {}), content=content, elapsed_ms=1.0)


@pytest.mark.parametrize(
    "case", own_fixture("errors.json")["cases"], ids=lambda case: f"{case['status']}-{case['error']}"
)
def test_each_status_and_message_becomes_the_error_for_what_happens_next(case: dict[str, Any]) -> None:
    error = error_from(answer(case["status"], case["body"]), scope="mail.send")
    assert type(error) is getattr(kit, case["error"])
    assert error.fix
    assert error.status == case["status"]


def test_a_web_page_in_place_of_an_error_is_understood_by_its_status() -> None:
    page = Answer(status=502, headers={}, content=b"<html>Bad Gateway</html>", elapsed_ms=1.0)
    assert isinstance(error_from(page), kit.Unavailable)


def test_the_field_that_is_wrong_is_named_and_keys_are_cut_out() -> None:
    body = {"errors": [{"message": "SG.abcdefgh.ijklmnop is odd", "field": "from.email"}, {"message": "and more."}]}
    error = error_from(answer(400, body))
    assert isinstance(error, InvalidRequest)
    assert error.field == "from.email"
    assert "SG." not in str(error)
    assert "and more" in str(error)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 30)}, 30),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) - 30)}, 0),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({}, None),
    ],
)
def test_the_wait_comes_from_whichever_header_tells_it(headers: dict[str, str], seconds: float | None) -> None:
    error = error_from(answer(429, {"errors": []}, headers), now=NOW)
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


def test_each_scope_has_a_purpose_and_each_purpose_words() -> None:
    assert len(set(ALL_SCOPES)) == len(ALL_SCOPES)
    for scope in ALL_SCOPES:
        found = purpose_of(scope)
        assert found in PURPOSES
        refusal = error_from(answer(403, {"errors": [{"message": "access forbidden"}]}), scope=scope)
        assert scope in str(refusal)
        assert found.console in refusal.fix


# ------------------------------------------------------------------------------------------- odd answers

DAY = date(2026, 11, 20)

VERBS: dict[str, Callable[[Any, SimpleNamespace], Any]] = {
    "identify": lambda provider, known: provider.identify(),
    "send": lambda provider, known: provider.send(message(send_at=NOW + timedelta(hours=1)), idempotency_key="k"),
    "cancel": lambda provider, known: provider.cancel_scheduled(known.scheduled),
    "sender": lambda provider, known: provider._sending.default_sender,
    "domains": lambda provider, known: provider.domains(),
    "verify": lambda provider, known: provider.verify_domain("2"),
    "templates": lambda provider, known: provider.templates(limit=2),
    "template": lambda provider, known: provider.template(known.template),
    "create": lambda provider, known: provider.create_template("n", TemplateContent(subject="s", html="h")),
    "preview": lambda provider, known: provider.preview_template(known.template, {"name": "x"}),
    "bounces": lambda provider, known: provider.suppressions(SuppressionKind.BOUNCE),
    "unsubscribes": lambda provider, known: provider.suppressions(SuppressionKind.UNSUBSCRIBE, cursor="groups:0"),
    "unsuppress": lambda provider, known: provider.unsuppress(known.person, SuppressionKind.UNSUBSCRIBE),
    "groups": lambda provider, known: provider.unsubscribe_groups(),
    "figures": lambda provider, known: provider.email_figures(start=DAY, end=DAY),
    "category": lambda provider, known: provider.email_figures(start=DAY, end=DAY, tag="receipts"),
    "register": lambda provider, known: provider.register_webhook(ADDRESS, ("open",)),
    "connection": lambda provider, known: [_run(one) for one in provider.steps(CONNECTION_TEST, {})],
    "webhook": lambda provider, known: [_run(one) for one in provider.steps(WEBHOOK_TEST, {})],
}


@contextmanager
def _ours() -> Iterator[None]:
    """What goes wrong inside is an error of ours that says what to do."""
    fix = "nothing went wrong"
    try:
        yield
    except ProviderError as error:
        fix = error.fix
    assert fix


def _run(step: Any) -> None:
    with _ours():
        assert step.run().message, step.name


@pytest.mark.parametrize("verb", VERBS)
def test_no_odd_answer_raises_anything_but_an_error_of_ours(
    bench: Bench, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.transport.description = None
    provider: Any = bench.open()
    provider.register_webhook(ADDRESS, ("open",))
    known = SimpleNamespace(
        scheduled=provider.send(message(send_at=NOW + timedelta(hours=1)), idempotency_key="k").id,
        template=provider.templates(limit=1).items[0].id,
        person="charles.babbage@groups.example.com",
    )
    before = orjson.dumps(bench.state.read())
    real = bench.transport.exchange
    bodies: list[Any] = []

    def exchange(change: Callable[[int, Any], Any]) -> Callable[..., Any]:
        numbers = iter(range(100))

        def exchanged(request: Any, limits: Any) -> Any:
            response = real(request, limits)
            if response.content:
                response._content = orjson.dumps(change(next(numbers), orjson.loads(response.content)))
            return response

        return exchanged

    def keep(number: int, body: Any) -> Any:
        bodies.append(body)
        return body

    def run(change: Callable[[int, Any], Any]) -> None:
        bench.state.write(orjson.loads(before))
        monkeypatch.setattr(bench.transport, "exchange", exchange(change))
        with _ours():
            VERBS[verb](bench.open({"from_address": ""}), known)

    run(keep)
    tried = 0
    for place, body in enumerate(list(bodies)):
        for changed in odd(body):
            run(lambda number, found, place=place, changed=changed: changed if number == place else found)
            tried += 1
    assert tried


def odd(body: Any) -> Iterator[Any]:
    """The body with one part after the other replaced by something else, and the whole of it too."""
    for path in _paths(body):
        for value in (None, 7, [], "x", {}):
            changed = copy.deepcopy(body)
            if not path:
                yield value
                continue
            inner = changed
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
            yield changed


def _paths(body: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of a long list the first two elements are enough."""
    yield at
    items: Any = body.items() if isinstance(body, dict) else enumerate(body[:2]) if isinstance(body, list) else ()
    for key, value in items:
        yield from _paths(value, (*at, key))


# ------------------------------------------------------------------------------------- lists and figures


def test_lists_end_with_their_last_page(bench: Bench) -> None:
    provider: Any = bench.open()
    page = provider.suppressions(SuppressionKind.BOUNCE, limit=500)
    assert len(page.items) == 3
    assert page.next_cursor == ""
    assert page.items[0].created_at
    assert page.items[0].reason


@pytest.mark.parametrize("cursor", ["x", "-1", "groups:x", "9" * 20])
def test_a_cursor_that_is_not_ours_is_refused(bench: Bench, cursor: str) -> None:
    provider: Any = bench.open()
    with pytest.raises(InvalidRequest):
        provider.suppressions(SuppressionKind.UNSUBSCRIBE, cursor=cursor)


def test_lifting_an_unsubscribe_lifts_no_more_than_was_asked_for(bench: Bench) -> None:
    provider: Any = bench.open()
    email = "charles.babbage@groups.example.com"
    provider.suppress(email, SuppressionKind.UNSUBSCRIBE)
    provider.unsuppress(email, SuppressionKind.UNSUBSCRIBE)
    assert email in bench.state.read()["groups"]["12345"]["people"]
    provider.unsuppress(email, SuppressionKind.UNSUBSCRIBE)
    assert email not in bench.state.read()["groups"]["12345"]["people"]
    with pytest.raises(NotFoundAtVendor):
        provider.unsuppress(email, SuppressionKind.UNSUBSCRIBE)


@pytest.mark.parametrize(("start", "end"), [(DAY, DAY - timedelta(days=1)), (DAY - timedelta(days=400), DAY)])
def test_a_period_has_an_end_and_a_length(bench: Bench, start: date, end: date) -> None:
    provider: Any = bench.open()
    with pytest.raises(InvalidRequest):
        provider.email_figures(start=start, end=end)


def test_categories_add_up_to_the_whole(bench: Bench) -> None:
    provider: Any = bench.open()
    (whole,) = provider.email_figures(start=DAY, end=DAY)
    parts = [provider.email_figures(start=DAY, end=DAY, tag=tag)[0] for tag in ("account", "newsletter", "receipts")]
    assert {status: sum(one.counts[status] for one in parts) for status in whole.counts} == dict(whole.counts)


def test_domains_come_in_as_many_pages_as_there_are(bench: Bench) -> None:
    provider: Any = bench.open()
    provider.identify()
    kept = bench.state.read()["domains"]
    for number in range(10, 160):
        kept[str(number)] = {**kept["2"], "id": number, "domain": f"d{number}.example.com"}
    assert len(provider.domains()) == 152
    assert len([one for one in bench.transport.calls if "whitelabel" in one.path_url]) == 2


def test_a_domain_set_up_by_hand_shows_its_mx_line_with_its_priority(bench: Bench) -> None:
    provider: Any = bench.open()
    provider.identify()
    bench.transport.description = None
    bench.state.read()["domains"]["2"]["dns"] = {
        "mail_server": {"valid": False, "type": "mx", "host": "em.example.com", "data": "mx.sendgrid.net"},
        "subdomain_spf": {"valid": False, "type": "txt", "host": "em.example.com", "data": "v=spf1 include:x ~all"},
        "dkim": {"valid": True, "type": "txt", "host": "m1._domainkey.example.com", "data": "k=rsa; p=x"},
        "dkim1": "odd",
    }
    records = provider.domains()[1].records
    assert [(one.type, one.priority, one.purpose, one.status) for one in records] == [
        ("MX", 10, "return path", "missing"),
        ("TXT", None, "SPF", "missing"),
        ("TXT", None, "DKIM", "valid"),
    ]
