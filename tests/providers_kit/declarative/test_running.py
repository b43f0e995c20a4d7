"""Running a document: requests as described, answers picked, pages followed, errors in the document's words."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from providers.kit.contract import StepStatus
from providers.kit.declarative import DocumentError, from_plain, plain, provider_class
from providers.kit.declarative.document_calls import (
    ApiKeyAuth,
    ByLinkHeader,
    ByNextUrl,
    ByOffset,
    ClientCredentials,
    Csv,
    FilePart,
    FormBody,
    GraphqlBody,
    MultipartBody,
    OAuthCode,
    Operation,
    Response,
    SampleAnswer,
    SignedRequests,
)
from providers.kit.declarative.document_fields import InputField
from providers.kit.errors import (
    AuthenticationFailed,
    InvalidRequest,
    OutcomeUnknown,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from providers.kit.steps import run_steps
from providers.kit.tokens import MemoryTokens, Token
from providers.kit.vocabulary.crm import Contact
from tests.providers_kit.declarative.bench import Answers, answering, document, opened, with_operation

ORDERS = document("orders")


def test_the_account_is_named() -> None:
    account = opened(ORDERS).identify()
    assert (account.id, account.name) == ("acc_51", "Blue Bottle Books")


def test_all_pages_are_read_and_become_our_type() -> None:
    result = opened(ORDERS).run_operation("list-customers", {})
    assert [one.email for one in result.items] == ["ada@example.com", "bob@example.com", "cyd@example.com"]
    assert isinstance(result.items[0], Contact)
    assert result.items[0].id == "1"
    assert result.items[0].more == {"plan": "free"}
    assert result.complete
    assert result.since == "2026-11-03T00:00:00Z"
    assert [urlsplit(one.url).query for one in result.exchanges] == ["limit=2", "limit=2&after=c2"]


def test_the_next_incremental_run_asks_for_what_is_new() -> None:
    provider, transport = answering(ORDERS, {"data": [], "paging": {}})
    result = provider.run_operation("list-customers", {}, since="2026-11-03T00:00:00Z")
    assert parse_qs(urlsplit(transport.requests[0].url).query)["updated_after"] == ["2026-11-03T00:00:00Z"]
    assert result.since == "2026-11-03T00:00:00Z"
    assert result.picked == []


def test_pages_are_bounded() -> None:
    listing = ORDERS.operation("list-customers")
    pages = iter(range(1000))
    transport = Answers(
        lambda request: (200, {}, json.dumps({"data": [], "paging": {"next": f"c{next(pages)}"}}).encode())
    )
    result = opened(ORDERS, transport=transport).run_operation(listing.id, {})
    assert len(transport.requests) == 10
    assert not result.complete


def test_pages_that_lead_in_a_circle_end() -> None:
    provider, transport = answering(ORDERS, {"data": [], "paging": {"next": "c2"}})
    with pytest.raises(UnexpectedResponse, match="circle"):
        provider.run_operation("list-customers", {})
    assert len(transport.requests) == 2


def test_a_body_keeps_types_and_leaves_out_what_was_not_given() -> None:
    provider, transport = answering(ORDERS, {"id": 4}, status=201)
    result = provider.run_operation("create-customer", {"email": "Eve@Example.com", "seats": "3"})
    assert json.loads(transport.requests[0].body) == {"email": "eve@example.com", "name": {}, "seats": 3}
    assert transport.requests[0].headers["Authorization"] == "Bearer nwo_0123456789abcdef"
    assert result.picked == {"id": 4}


def test_secrets_are_masked_in_what_is_shown() -> None:
    provider, _ = answering(ORDERS, {"id": "x", "echo": "nwo_0123456789abcdef", "company": {"name": "n"}})
    result = provider.run_operation("account", {})
    shown = repr(result.exchanges)
    assert "nwo_0123456789abcdef" not in shown
    assert result.exchanges[0].request_headers["Authorization"] == "[hidden]"
    assert "[hidden]" in result.exchanges[0].body


def test_what_failed_is_shown_too() -> None:
    provider, _ = answering(ORDERS, {"error": {"message": "No such plan"}}, status=422)
    with pytest.raises(InvalidRequest, match="No such plan"):
        provider.run_operation("create-customer", {"email": "a@b.c"})
    assert provider.exchanges[0].status == 422


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {}, AuthenticationFailed),
        (402, {"error": {"code": "plan_limit"}}, QuotaExceeded),
        (200, {"error": {"code": "plan_limit"}}, QuotaExceeded),
        (500, {}, Unavailable),
        (429, {}, RateLimited),
        (302, {}, UnexpectedResponse),
        (200, b"<html>hello", UnexpectedResponse),
        (200, b'{"a":', UnexpectedResponse),
        (200, b"[" * 100_000, UnexpectedResponse),
    ],
)
def test_each_answer_becomes_its_error(status: int, body: Any, error: type[Exception]) -> None:
    provider, _ = answering(ORDERS, body, status=status)
    with pytest.raises(error) as caught:
        provider.run_operation("create-customer", {"email": "a@b.c"})
    assert caught.value.fix  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", [None, 7, [], {}, "x", [None], [[]], {"data": None}, {"data": [1, None]}])
def test_oddly_shaped_answers_are_no_crash(value: Any) -> None:
    from providers.kit.errors import ProviderError

    for operation, inputs in (("list-customers", {}), ("account", {}), ("read-customer", {"id": "1"})):
        provider, _ = answering(ORDERS, value)
        with contextlib.suppress(ProviderError):
            provider.run_operation(operation, inputs)


def test_xml_is_sent_escaped_and_read_with_pages() -> None:
    stock = document("warehouse")
    provider, transport = answering(stock, b"<Response><Item no='1'><Count>2</Count></Item></Response>")
    assert provider.run_operation("stock", {"article": "<a>&'"}).picked == [{"article": "1", "count": "2"}]
    assert b"<Article>&lt;a&gt;&amp;&apos;</Article>" in transport.requests[0].body
    assert [one["article"] for one in opened(stock).run_operation("stock", {"article": "A"}).picked] == [
        "A-1",
        "A-2",
        "A-3",
    ]


def test_a_documents_tests_run_line_by_line() -> None:
    provider = opened(ORDERS)
    for test in provider.manifest.tests:
        assert {outcome.status for _, outcome in run_steps(provider.steps(test.id, {}))} == {StepStatus.PASSED}, (
            test.id
        )


def test_an_expectation_that_does_not_hold_is_a_failed_line() -> None:
    provider, _ = answering(ORDERS, {"data": [], "paging": {}})
    outcomes = [one for _, one in run_steps(provider.steps("northwind-orders-customers", {}))]
    assert [one.status for one in outcomes] == ["passed", "passed", "failed", "failed"]
    assert all(one.fix for one in outcomes[2:])


def test_a_draft_with_errors_is_no_provider() -> None:
    with pytest.raises(DocumentError) as caught:
        provider_class(replace(ORDERS, base_url=""))
    assert any(one.pointer == "/base_url" for one in caught.value.findings)


def variant(**changes: Any) -> Any:
    return replace(ORDERS, **changes)


def test_link_headers_and_next_urls_are_followed_on_the_stand_in() -> None:
    here = "https://eu.api.northwind-orders.example.com/v2/things"
    linked = Operation(
        id="things",
        label="Things",
        path="/things",
        pagination=ByLinkHeader(),
        samples=(
            SampleAnswer(json=[1, 2], headers={"Link": f'<{here}?p=2>; rel="next"'}),
            SampleAnswer(json=[3]),
        ),
    )
    assert opened(with_operation(ORDERS, linked)).run_operation("things", {}).picked == [1, 2, 3]
    by_url = replace(
        linked,
        pagination=ByNextUrl(select="next"),
        response=Response(select="items"),
        samples=(SampleAnswer(json={"items": [1], "next": "/v2/things?p=2"}), SampleAnswer(json={"items": [2]})),
    )
    assert opened(with_operation(ORDERS, by_url), {"region": "us"}).run_operation("things", {}).picked == [1, 2]
    by_offset = replace(
        linked, pagination=ByOffset(size=2), samples=(SampleAnswer(json=[1, 2]), SampleAnswer(json=[3]))
    )
    assert opened(with_operation(ORDERS, by_offset)).run_operation("things", {}).picked == [1, 2, 3]


def test_graphql_sends_variables_and_places_the_cursor_itself() -> None:
    from providers.kit.declarative.document_calls import ByCursor

    query = "query($after: String) { people(after: $after) { name } }"
    operation = Operation(
        id="people",
        label="People",
        method="POST",
        path="/graphql",
        body=GraphqlBody(query=query, variables={"after": "{{ cursor }}"}),
        response=Response(select="data.people"),
        pagination=ByCursor(parameter="", select="data.end"),
        samples=(
            SampleAnswer(json={"data": {"people": [{"name": "Ada"}], "end": "e1"}}),
            SampleAnswer(json={"data": {"people": [{"name": "Bob"}], "end": None}}),
        ),
    )
    result = opened(with_operation(ORDERS, operation)).run_operation("people", {})
    assert result.picked == [{"name": "Ada"}, {"name": "Bob"}]
    assert json.loads(result.exchanges[1].request_body)["variables"] == {"after": "e1"}


def test_forms_files_and_csv() -> None:
    form = Operation(
        id="form",
        label="Form",
        effect="write",
        method="POST",
        path="/f",
        body=FormBody(fields={"a": "{{ input.a }}"}),
        inputs=(InputField(name="a", label="A"),),
        response=Response(kind="csv", csv=Csv(delimiter=";")),
    )
    provider, transport = answering(with_operation(ORDERS, form), "id;name\n1;Zoë\n".encode())
    assert provider.run_operation("form", {"a": "x&y=1"}).picked == [{"id": "1", "name": "Zoë"}]
    assert transport.requests[0].body == "a=x%26y%3D1"
    upload = replace(
        form, body=MultipartBody(fields={"a": "1"}, files={"f": FilePart(filename="{{ input.a }}", content="data")})
    )
    provider, transport = answering(with_operation(ORDERS, upload), b"id;name\n")
    provider.run_operation("form", {"a": "../../etc/passwd"})
    assert b'filename=".._.._etc_passwd"' in transport.requests[0].body


def test_a_key_in_the_query_is_added_last_and_never_shown() -> None:
    one = variant(auth=ApiKeyAuth(place="query", name="key", value="{{ configuration.api_token }}"))
    result = opened(one).run_operation("account", {})
    assert result.exchanges[0].url.endswith("/account?key=[hidden]")


def test_signed_requests_are_proven_on_the_stand_in() -> None:
    one = variant(
        auth=SignedRequests(secret="{{ configuration.api_token }}", headers={"X-Time": "{{ now | unix_time }}"})
    )
    assert opened(one).identify().id == "acc_51"
    with pytest.raises(AuthenticationFailed):
        opened(one, {"api_token": "nwo_0123456789abcdee"}).identify()


def test_client_credentials_get_their_token_once() -> None:
    client_id = InputField(name="client_id", label="Id", example="hub")
    auth = ClientCredentials(
        token_url="https://eu.api.northwind-orders.example.com/token",
        client_id="{{ configuration.client_id }}",
        client_secret="{{ configuration.api_token }}",
    )
    one = variant(auth=auth, fields=(*ORDERS.fields, client_id))
    provider = opened(one)
    assert provider.identify().id == "acc_51"
    assert len(provider.run_operation("list-customers", {}).items) == 3
    with pytest.raises(AuthenticationFailed):
        opened(one, {"api_token": "nwo_0123456789abcdee"}).identify()


def test_oauth_uses_the_kept_token() -> None:
    auth = OAuthCode(
        authorize_url="https://login.example.com/a", token_url="https://login.example.com/t", scopes=("read",)
    )
    one = variant(auth=auth)
    assert opened(one).identify().id == "acc_51"
    assert provider_class(one).manifest.oauth.token_url == "https://login.example.com/t"
    with pytest.raises(AuthenticationFailed):
        opened(one, tokens=MemoryTokens(Token(access_token="another"))).identify()


def test_a_write_without_an_answer_is_not_repeated() -> None:
    from providers.kit.transport import NoAnswer

    calls = []

    def silent(request: Any) -> Any:
        calls.append(request)
        raise NoAnswer("nothing came", code="timeout")

    with pytest.raises(OutcomeUnknown):
        opened(ORDERS, transport=Answers(silent)).run_operation("create-customer", {"email": "a@b.c"})
    assert len(calls) == 1


def test_unknown_parts_survive_a_round_through_plain_data() -> None:
    assert from_plain(json.loads(json.dumps(plain(ORDERS)))) == ORDERS
