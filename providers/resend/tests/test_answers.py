"""Answers of any shape: whatever is replaced in one, only an error of ours that says what to do comes of it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from providers.kit.errors import InvalidRequest, ProviderError
from providers.kit.testing import NOW, Bench
from providers.kit.vocabulary.email import SuppressionKind, TemplateContent

from ..provider import Resend
from .exercise import ADDRESS, message, opened
from .test_exercise import ENTRY

DAY = date(2026, 11, 23)
NEWS = message(to=())

VERBS: dict[str, Callable[[Resend, SimpleNamespace], Any]] = {
    "identify": lambda resend, known: resend.identify(),
    "send": lambda resend, known: resend.send(message(), idempotency_key="k"),
    "batch": lambda resend, known: resend.send_batch([message(), message()], idempotency_key="k"),
    "cancel": lambda resend, known: resend.cancel_scheduled(known.scheduled),
    "domains": lambda resend, known: resend.domains(),
    "verify": lambda resend, known: resend.verify_domain(known.domain),
    "templates": lambda resend, known: resend.templates(),
    "template": lambda resend, known: resend.template(known.template),
    "create": lambda resend, known: resend.create_template("n", TemplateContent(subject="s", html="{{{A}}}")),
    "preview": lambda resend, known: resend.preview_template(known.template, {"ORDER": "7"}),
    "audiences": lambda resend, known: resend.audiences(),
    "audience": lambda resend, known: resend.create_audience("n"),
    "subscribers": lambda resend, known: resend.subscribers(known.audience),
    "subscribe": lambda resend, known: resend.subscribe(known.audience, email="x@example.org", first_name="X"),
    "again": lambda resend, known: resend.subscribe(known.audience, email=known.person, first_name="X"),
    "broadcasts": lambda resend, known: resend.broadcasts(),
    "broadcast": lambda resend, known: resend.create_broadcast(known.audience, NEWS, name="n"),
    "start": lambda resend, known: resend.send_broadcast(known.broadcast),
    "delete": lambda resend, known: resend.delete_broadcast(known.broadcast),
    "suppressions": lambda resend, known: resend.suppressions(SuppressionKind.BOUNCE),
    "unsubscribes": lambda resend, known: resend.suppressions(SuppressionKind.UNSUBSCRIBE),
    "unsuppress": lambda resend, known: resend.unsuppress("gone@example.net", SuppressionKind.BOUNCE),
    "suppress": lambda resend, known: resend.suppress(known.person, SuppressionKind.UNSUBSCRIBE),
    "topics": lambda resend, known: resend.unsubscribe_groups(),
    "figures": lambda resend, known: resend.email_figures(start=DAY, end=DAY),
    "register": lambda resend, known: resend.register_webhook(ADDRESS, ()),
    "connection": lambda resend, known: [_run(one) for one in resend.steps(f"{ENTRY.id}-connection", {})],
}


def _run(step: Any) -> None:
    try:
        assert step.run().message, step.name
    except ProviderError as error:
        assert error.fix, step.name  # noqa: PT017 - either is right


@pytest.mark.parametrize("verb", VERBS)
def test_no_odd_answer_raises_anything_but_an_error_of_ours(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(ENTRY)
    bench.transport.description = None
    resend = opened(bench)
    known = SimpleNamespace(
        scheduled=resend.send(message(send_at=NOW + timedelta(hours=1)), idempotency_key="s").id,
        domain=resend.domains()[1].id,
        template=resend.templates().items[0].id,
        audience=resend.audiences().items[0].id,
        person="grace.hopper@example.com",
    )
    known.broadcast = resend.create_broadcast(known.audience, NEWS, name="n").id
    before = orjson.dumps(bench.state.read())
    real = bench.transport.exchange
    bodies: list[Any] = []

    def run(change: Callable[[int, Any], Any]) -> None:
        bench.state.write(orjson.loads(before))
        numbers = iter(range(100))

        def exchanged(request: Any, limits: Any) -> Any:
            response = real(request, limits)
            response._content = orjson.dumps(change(next(numbers), orjson.loads(response.content)))
            return response

        monkeypatch.setattr(bench.transport, "exchange", exchanged)
        try:
            VERBS[verb](opened(bench), known)
        except ProviderError as error:
            assert error.fix  # noqa: PT017 - either is right

    def keep(number: int, body: Any) -> Any:
        bodies.append(body)
        return body

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


@pytest.mark.parametrize("cursor", ["a/b", "a b", "x" * 101, "?"])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    resend = opened(Bench(ENTRY))
    for read in (resend.templates, resend.audiences, resend.broadcasts):
        with pytest.raises(InvalidRequest):
            read(cursor=cursor)


def test_unknown_fields_and_statuses_are_survived() -> None:
    bench = Bench(ENTRY)
    bench.transport.description = None
    resend = opened(bench)
    audience = resend.audiences().items[0].id
    made = resend.create_broadcast(audience, NEWS, name="n")
    bench.state.read()["broadcasts"][made.id].update(status="resting", colour="red")
    assert resend.broadcasts().items[0].status == "resting"
