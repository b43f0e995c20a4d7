"""What people read of a document: its differences, its OpenAPI description, its guide, highlighted source."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.kit.conformance_files import GUIDE_SECTIONS
from providers.kit.declarative.document_calls import ApiKeyAuth, BearerAuth, GraphqlBody, Operation
from providers.kit.declarative.generating import difference, guide, highlighted, openapi
from tests.providers_kit.declarative.bench import NAMES, document, with_operation

ORDERS = document("orders")


def test_the_same_document_has_no_differences() -> None:
    assert difference(ORDERS, document("orders")) == ()


def test_each_change_is_named_with_its_place_and_both_values() -> None:
    account = replace(ORDERS.operation("account"), method="POST", path="/me")
    new = replace(ORDERS, base_url="https://elsewhere.example.com", operations=(account, *ORDERS.operations[1:]))
    found = {one.pointer: (one.words, one.before, one.after) for one in difference(ORDERS, new)}
    assert found == {
        "/base_url": ("Base address was changed.", ORDERS.base_url, "https://elsewhere.example.com"),
        "/operations/0/method": ("Operation “Read the account”: method was changed.", "GET", "POST"),
        "/operations/0/path": ("Operation “Read the account”: address was changed.", "/account", "/me"),
    }


def test_an_operation_that_moves_is_one_change_of_order() -> None:
    turned = replace(ORDERS, operations=ORDERS.operations[::-1])
    assert [(one.pointer, one.words) for one in difference(ORDERS, turned)] == [
        ("/operations", "Operations are in another order.")
    ]


def test_what_is_added_or_removed_is_shown_whole() -> None:
    fewer = replace(ORDERS, operations=ORDERS.operations[:-1])
    removed, added = difference(ORDERS, fewer)[0], difference(fewer, ORDERS)[0]
    assert removed.words == "Operation “Read a customer” was removed."
    assert "/customers/{{ input.id }}" in removed.before
    assert (removed.after, added.before) == ("", "")
    assert added.after == removed.before


def test_no_secret_is_shown_wherever_it_stands() -> None:
    canary = "canary-0123456789-zyx"
    field = replace(ORDERS.fields[1], default=canary, example=canary, help=f"Not {canary}")
    places = [
        replace(ORDERS, fields=(ORDERS.fields[0], field)),
        replace(ORDERS, auth=BearerAuth(token=canary)),
        replace(ORDERS, auth=ApiKeyAuth(name="X-Key", value=canary)),
        replace(ORDERS, headers={"Authorization": f"Token {canary}"}),
        replace(ORDERS, headers={"X-Api-Key": canary}),
        with_operation(ORDERS, replace(ORDERS.operation("account"), query={"access_token": canary})),
        with_operation(ORDERS, Operation(id="new", label="New", headers={"Cookie": canary})),
        replace(ORDERS, base_url=f"https://user:{canary}@example.com"),
    ]
    for one in places:
        shown = repr(difference(ORDERS, one)) + repr(difference(one, ORDERS))
        assert shown != "()()"
        assert canary not in shown


@pytest.mark.parametrize("name", NAMES)
def test_the_openapi_description_is_valid(name: str) -> None:
    schemathesis.openapi.from_dict(openapi(document(name))).validate()


def test_the_openapi_description_says_what_is_called() -> None:
    found = openapi(ORDERS)
    assert found["servers"][0]["url"] == "https://{region}.api.northwind-orders.example.com/v2"
    assert found["servers"][0]["variables"]["region"]["enum"] == ["eu", "us"]
    assert found["components"]["securitySchemes"] == {"account": {"type": "http", "scheme": "bearer"}}
    assert set(found["paths"]) == {"/account", "/customers", "/customers/{id}"}
    listing = found["paths"]["/customers"]["get"]
    assert [one["name"] for one in listing["parameters"]] == ["q", "updated_after", "after", "limit"]
    body = found["paths"]["/customers"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["email"]
    assert body["properties"]["seats"]["maximum"] == 50
    assert found["paths"]["/account"]["get"]["responses"]["401"]["description"].startswith(
        "Northwind does not accept"
    )


def test_operations_at_one_address_are_described_together() -> None:
    one = Operation(id="a", label="A", method="POST", path="/graphql", body=GraphqlBody(query="{ a }"))
    two = replace(one, id="b", label="B", body=GraphqlBody(query="{ b }"))
    found = openapi(replace(ORDERS, operations=(one, two)))
    schemathesis.openapi.from_dict(found).validate()
    made = found["paths"]["/graphql"]["post"]
    assert made["summary"] == "A · B"
    queries = made["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    assert [each["properties"]["query"]["const"] for each in queries] == ["{ a }", "{ b }"]


def test_the_guide_has_every_section_and_names_every_operation() -> None:
    text = guide(ORDERS)
    assert all(f"## {one}" in text for one in GUIDE_SECTIONS)
    assert all(one.label in text for one in ORDERS.operations)
    assert "<script" not in guide(replace(ORDERS, tagline="<script>", description="<script>alert(1)</script>"))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(max_size=80)
    | st.sampled_from(["<script>alert(1)</script>", "'\"><img onerror=x>", "</pre><b>", "&lt;"]),
    language=st.sampled_from(["python", "yaml", "json", "markdown", "xml", "text", "no such"]),
)
def test_highlighted_source_is_escaped_whatever_it_holds(text: str, language: str) -> None:
    page = _Tags()
    page.feed(highlighted(text, language))
    page.close()
    assert page.tags <= {"div", "pre", "span", "code"}
    assert page.attributes <= {"class"}
