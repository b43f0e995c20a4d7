"""Documents and values that try to get out: by private addresses, other hosts, paths, headers, redirects, bombs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from providers.kit.contract import Environment
from providers.kit.declarative import Severity, provider_class, validate
from providers.kit.declarative.document_calls import ByLinkHeader, ByNextUrl, Operation, Response
from providers.kit.declarative.document_fields import InputField
from providers.kit.errors import (
    InvalidConfiguration,
    InvalidRequest,
    ProviderError,
    RefusedByPolicy,
    UnexpectedResponse,
)
from providers.kit.http import DoorPolicy
from tests.providers_kit.declarative.bench import ORDERS_TOKEN, Answers, answering, document, opened, with_operation

ORDERS = document("orders")


def errors(one: Any) -> dict[str, str]:
    return {each.pointer: each.rule for each in validate(one) if each.severity is Severity.ERROR}


@pytest.mark.parametrize(
    "address",
    [
        "http://api.example.com",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest",
        "https://10.0.0.1",
        "https://[::1]/",
        "https://localhost",
        "https://2130706433",
        "https://api.internal",
        "https://user:password@api.example.com",
        "https://api.example.com:8443",
        "ftp://api.example.com",
        "https://api.example.com\\@evil.example",
        "//api.example.com",
        "https://api.example.com/?a=1",
        "",
    ],
)
def test_an_address_that_is_not_public_is_an_error_in_the_document(address: str) -> None:
    assert errors(replace(ORDERS, base_url=address)).get("/base_url") == "address"


@pytest.mark.parametrize(
    "value", ["evil.example/", "a@evil.example", "x#", "a.b/../", "x?y", "", "a\r\nb", "-a", "1:80"]
)
def test_a_value_inside_the_hosts_name_cannot_change_the_host(value: str) -> None:
    one = replace(
        ORDERS, fields=(InputField(name="region", label="R", example="eu", required=False), ORDERS.fields[1])
    )
    provider = opened(one, {"region": value})
    with pytest.raises(ProviderError) as caught:
        provider.identify()
    assert isinstance(caught.value, InvalidConfiguration | RefusedByPolicy | InvalidRequest)


def test_an_address_that_was_asked_for_is_held_by_the_door() -> None:
    site = InputField(name="site", label="Site", kind="url", example="https://shop.example.com")
    one = replace(ORDERS, fields=(site, ORDERS.fields[1]), base_url="{{ configuration.site }}")
    for address in ("https://127.0.0.1", "https://169.254.169.254/x", "https://[::ffff:10.0.0.1]", "https://0x7f.1"):
        with pytest.raises(RefusedByPolicy):
            opened(one, {"site": address}, environment=Environment.LIVE).identify()


@pytest.mark.parametrize("value", ["..", ".", "../../admin", "a/../../b", "x?y=1#z", "%2e%2e"])
def test_a_value_in_the_path_stays_one_part_of_it(value: str) -> None:
    provider, transport = answering(ORDERS, {"email": "x"})
    try:
        provider.run_operation("read-customer", {"id": value})
    except InvalidRequest:
        assert transport.requests == []
        return
    path = transport.requests[0].path_url
    assert path.startswith("/v2/customers/")
    assert path.count("/") == 3
    assert "?" not in path
    assert "/.." not in path


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "naïve"])
def test_a_value_in_a_header_cannot_begin_another(value: str) -> None:
    operation = replace(ORDERS.operation("read-customer"), headers={"X-Customer": "{{ input.id }}"}, path="/x")
    provider, transport = answering(with_operation(ORDERS, operation), {})
    with pytest.raises(InvalidRequest):
        provider.run_operation("read-customer", {"id": value})
    assert transport.requests == []


@pytest.mark.parametrize("name", ["X Y", "X\r\nEvil", "Host", "Content-Length", "", "Transfer-Encoding"])
def test_headers_that_are_not_a_documents_to_set_are_errors(name: str) -> None:
    assert "header" in errors(replace(ORDERS, headers={name: "x"})).values()


@pytest.mark.parametrize("path", ["https://evil.example/x", "//evil.example", "/a/../b", "/a?x=1", "/a b", "\\x"])
def test_a_path_that_leads_elsewhere_is_an_error(path: str) -> None:
    operation = Operation(id="evil", label="Evil", path=path)
    assert "path" in errors(with_operation(ORDERS, operation)).values()


@pytest.mark.parametrize(
    "link", ["https://evil.example/x", "//evil.example/x", "http://eu.api.northwind-orders.example.com/"]
)
def test_a_next_page_at_another_service_is_never_asked_for(link: str) -> None:
    for pages, headers, body in (
        (ByNextUrl(select="next"), {}, {"next": link}),
        (ByLinkHeader(), {"Link": f'<{link}>; rel="next"'}, {}),
    ):
        operation = Operation(id="pages", label="Pages", path="/p", pagination=pages)
        transport = Answers(lambda request, h=headers, b=body: (200, h, json.dumps(b).encode()))
        with pytest.raises(UnexpectedResponse, match="another service"):
            opened(with_operation(ORDERS, operation), transport=transport).run_operation("pages", {})
        assert len(transport.requests) == 1


def live(server: HTTPServer, one: Any = ORDERS) -> Any:
    policy = DoorPolicy(allow_hosts=frozenset({(server.host, server.port)}))
    base = server.url_for("").rstrip("/")
    return opened(one, environment=Environment.LIVE, policy=policy, api_base_override=base)


def test_a_redirect_to_a_private_address_is_refused(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/account").respond_with_data(
        status=302, headers={"Location": "http://169.254.169.254/latest"}
    )
    with pytest.raises(RefusedByPolicy):
        live(httpserver).identify()


def test_a_redirect_within_the_service_is_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/account").respond_with_data(status=302, headers={"Location": "/moved"})
    httpserver.expect_request("/moved").respond_with_json({"id": "a", "company": {"name": "n"}})
    assert live(httpserver).identify().id == "a"


def test_an_answer_that_is_too_large_is_refused(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/account").respond_with_data(b"[" + b"1," * 700_000 + b"1]")
    with pytest.raises(UnexpectedResponse):
        live(httpserver).identify()


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x SYSTEM "http://169.254.169.254/x"><x/>',
        b"<a>" * 500,
        b"<a>" * 80 + b"</a>" * 80,
        b"\xff\xfe\x00",
        b"<a/><b/>",
    ],
)
def test_xml_with_entities_or_without_end_is_refused(content: bytes) -> None:
    provider, _ = answering(document("warehouse"), content)
    with pytest.raises(UnexpectedResponse):
        provider.identify()


def test_a_secret_in_the_address_or_as_plain_text_is_an_error() -> None:
    operation = replace(ORDERS.operation("account"), query={"k": "{{ configuration.api_token }}"})
    found = errors(with_operation(ORDERS, operation))
    assert "secret-in-address" in found.values()
    assert "secret-in-document" in errors(replace(ORDERS, headers={"X-A": "sk_live_0123456789abcdef"})).values()
    plain = tuple(replace(one, kind="text") for one in ORDERS.fields)
    assert {"secret-kind", "auth"} <= set(errors(replace(ORDERS, fields=plain)).values())


def test_no_secret_is_in_any_error(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/account").respond_with_json({"error": {"message": ORDERS_TOKEN}}, status=422)
    with pytest.raises(InvalidRequest) as caught:
        live(httpserver).identify()
    assert ORDERS_TOKEN not in f"{caught.value} {caught.value.fix} {caught.value.detail}"


def test_a_path_expression_that_explodes_on_an_answer_is_told_as_an_error() -> None:
    operation = replace(ORDERS.operation("account"), response=Response(select="[@,@]" + "|[@,@]" * 30))
    provider, _ = answering(with_operation(ORDERS, operation), {"id": 1})
    with pytest.raises(UnexpectedResponse) as caught:
        provider.run_operation("account", {})
    assert "simpler" in caught.value.fix


def test_a_class_made_of_a_document_runs_no_code_of_it() -> None:
    one = replace(ORDERS, tagline="__import__('os').system('true')", name="{{ 1 }}{% x %}")
    assert provider_class(one).manifest.name == "{{ 1 }}{% x %}"
