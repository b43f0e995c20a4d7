"""Refusals become errors named for what happens next; odd answers never become anything else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from providers.kit import errors
from providers.kit.contract import Provider
from providers.kit.steps import run_steps
from providers.kit.testing import Bench, vendor_json
from providers.kit.transport import NoAnswer
from providers.kit.vocabulary.crm import ContactValues, CrmObject

from ..manifest import CONNECTION_TEST
from ..provider import HubSpot
from ..sandbox_access import FULL_TOKEN
from .answers import always, answering
from .conftest import HERE

CASES = json.loads((HERE / "fixtures" / "errors.json").read_text(encoding="utf-8"))["cases"]
VALUES = ContactValues(email="a@example.com")
VERBS: dict[str, Callable[[HubSpot], Any]] = {
    "identify": lambda hubspot: hubspot.identify(),
    "allowances": lambda hubspot: hubspot.allowances(),
    "contacts": lambda hubspot: hubspot.contacts(),
    "contact": lambda hubspot: hubspot.contact("101"),
    "search": lambda hubspot: hubspot.search_contacts("a"),
    "create": lambda hubspot: hubspot.create_contact(VALUES),
    "update": lambda hubspot: hubspot.update_contact("101", ContactValues(first_name="Z")),
    "upsert": lambda hubspot: hubspot.upsert_contacts([VALUES]),
    "changed_contacts": lambda hubspot: hubspot.changed_contacts(limit=5),
    "changed_deals": lambda hubspot: hubspot.changed_deals(),
    "companies": lambda hubspot: hubspot.companies(),
    "create_company": lambda hubspot: hubspot.create_company(name="x"),
    "changed_companies": lambda hubspot: hubspot.changed_companies(),
    "pipelines": lambda hubspot: hubspot.pipelines(),
    "deals": lambda hubspot: hubspot.deals(),
    "create_deal": lambda hubspot: hubspot.create_deal(name="x", stage_id="contractsent", amount=Decimal(1)),
    "move_deal": lambda hubspot: hubspot.move_deal("701", "contractsent"),
    "fields_of": lambda hubspot: hubspot.fields_of(CrmObject.CONTACT),
    "owners": lambda hubspot: hubspot.owners(),
    "link": lambda hubspot: hubspot.link(CrmObject.CONTACT, "101", CrmObject.COMPANY, "501"),
    "linked": lambda hubspot: hubspot.linked(CrmObject.COMPANY, "501", CrmObject.CONTACT),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['status']}-{case['category']}")
def test_each_refusal_is_named_for_what_happens_next(case: dict[str, Any]) -> None:
    body = {name: value for name, value in case.items() if name not in ("error", "field", "code", "permission")}
    hubspot, _ = always(case["status"], {"status": "error", "correlationId": "c-1", **body}, {"retry-after": "60"})
    with pytest.raises(getattr(errors, case["error"])) as raised:
        hubspot.contact("1")
    assert type(raised.value).__name__ == case["error"]
    assert raised.value.fix
    for name in ("field", "code", "permission"):
        if name in case:
            assert getattr(raised.value, name) == case[name]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("400", errors.InvalidRequest),
        ("401", errors.AuthenticationFailed),
        ("403", errors.PermissionMissing),
        ("409", errors.InvalidRequest),
        ("429", errors.RateLimited),
    ],
)
def test_the_published_refusals_are_understood(status: str, error: type[Exception]) -> None:
    try:
        published = vendor_json("fixtures/hubspot/errors.json")
    except FileNotFoundError as missing:
        pytest.skip(f"the vendors' data is not here: {missing.filename}")
    with pytest.raises(error):
        always(int(status), published[status], {"retry-after": "60"})[0].contact("1")


@pytest.mark.parametrize("status", [200, 400, 403, 404, 409, 500, 503])
@pytest.mark.parametrize(
    "body", [b"", b"<!doctype html><h1>Hello</h1>", b'{"results": [', b"7", b"null", b"[]", b'"x"']
)
def test_a_web_page_or_half_an_answer_is_an_error_of_ours(status: int, body: bytes) -> None:
    for name in ("identify", "contact", "contacts", "create", "upsert", "changed_contacts", "fields_of"):
        hubspot, _ = always(status, body, {"retry-after": "60"})
        if name == "upsert" and status in (400, 409):
            assert not VERBS[name](hubspot)[0].ok  # one refused row is told as that row's problem
            continue
        with pytest.raises(errors.ProviderError):
            VERBS[name](hubspot)


def test_a_write_without_an_answer_is_unknown_and_never_repeated() -> None:
    hubspot, transport = answering(lambda request: NoAnswer("gone", fix="", code="timeout", detail=""))
    for name in ("create", "create_company"):
        before = len(transport.calls)
        with pytest.raises(errors.OutcomeUnknown):
            VERBS[name](hubspot)
        assert len(transport.calls) == before + 1


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_failure_in_the_middle_of_a_write_is_unknown_too(status: int) -> None:
    hubspot, transport = always(status, {"message": "oops"})
    with pytest.raises(errors.OutcomeUnknown):
        VERBS["create"](hubspot)
    assert len(transport.calls) == 1


def test_no_token_is_in_any_word_of_an_error() -> None:
    message = f"The token {FULL_TOKEN} is wrong: Bearer {FULL_TOKEN}"
    for status in (400, 401, 403, 409, 500):
        hubspot, _ = always(status, {"category": "X", "message": message, "correlationId": FULL_TOKEN})
        with pytest.raises(errors.ProviderError) as raised:
            hubspot.contact("1")
        error = raised.value
        assert FULL_TOKEN not in f"{error} {error.fix} {error.detail} {error.code} {error!r}"


def test_a_shape_that_is_not_hubspots_raises_nothing_but_ours(bench: Bench) -> None:
    """Every part of every answer, replaced by what it may not be."""
    for name, verb in VERBS.items():
        for answers in _recorded(bench, verb):
            for number, changed in enumerate(answers):
                for odd in _odd(changed[1]):
                    listed = [*answers]
                    listed[number] = (changed[0], odd)
                    hubspot, _ = _replayed(listed)
                    try:
                        verb(hubspot)
                    except errors.ProviderError:
                        continue
                    except Exception as error:  # what this test looks for
                        raise AssertionError(f"{name} raised {error!r} for answer {number}: {odd!r:.300}") from error


def test_a_connection_test_survives_odd_answers(bench: Bench) -> None:
    def test(provider: Provider) -> Any:
        return list(run_steps(provider.steps(CONNECTION_TEST, {})))

    for answers in _recorded(bench, test):
        for number, changed in enumerate(answers):
            for odd in _odd(changed[1]):
                listed = [*answers]
                listed[number] = (changed[0], odd)
                for _, outcome in test(_replayed(listed)[0]):
                    assert outcome.error is None or isinstance(outcome.error, errors.ProviderError)


def _recorded(bench: Bench, verb: Callable[[Any], Any]) -> Iterator[list[tuple[int, Any]]]:
    """The answers of the stand-in while a verb runs, long lists cut short."""
    answers: list[tuple[int, Any]] = []
    exchange = bench.transport.exchange

    def recording(request: requests.PreparedRequest, limits: Any) -> requests.Response:
        response = exchange(request, limits)
        body = json.loads(response.content) if response.content else None
        if isinstance(body, dict) and isinstance(body.get("results"), list):
            body["results"] = body["results"][:2]
        answers.append((response.status_code, body))
        return response

    bench.transport.exchange = recording  # type: ignore[method-assign]
    try:
        verb(bench.open())
    finally:
        bench.transport.exchange = exchange  # type: ignore[method-assign]
    yield answers


def _replayed(answers: list[tuple[int, Any]]) -> tuple[HubSpot, Any]:
    left = iter(answers)
    last = answers[-1]
    return answering(lambda request: next(left, last))


def _odd(body: Any) -> Iterator[Any]:
    """The body with one part at a time replaced."""
    yield from (None, 7, [], {}, "x", [None], True)
    if isinstance(body, dict):
        for name, value in body.items():
            for inner in _odd(value) if isinstance(value, dict | list) else (None, 7, [], {}, "", True, 1e400):
                yield {**body, name: inner}
    elif isinstance(body, list) and body:
        yield from ([inner, *body[1:]] for inner in _odd(body[0]))
