"""The validation engine: plain words, the very control, and what stands before the next tier."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from providers.kit.declarative import Document, Severity, Tier, readiness, validate
from providers.kit.declarative.document_calls import ByCursor, ErrorRule, JsonBody, Operation, Response
from providers.kit.declarative.document_fields import DependsOn, InputField, Option
from providers.kit.declarative.rules import complaints
from providers.kit.declarative.validation import Known
from tests.providers_kit.declarative.bench import document, with_operation

ORDERS = document("orders")


def pointers(one: Document, severity: Severity = Severity.ERROR) -> set[str]:
    return {each.pointer for each in validate(one) if each.severity is severity}


def changed(**changes: object) -> Document:
    return with_operation(ORDERS, replace(ORDERS.operation("read-customer"), **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "pointer"),
    [
        (replace(ORDERS, id="Not An Id"), "/id"),
        (replace(ORDERS, name=""), "/name"),
        (replace(ORDERS, permissions=()), "/permissions"),
        (replace(ORDERS, fields=(*ORDERS.fields, ORDERS.fields[0])), "/fields/2/name"),
        (replace(ORDERS, identify=replace(ORDERS.identify, operation="create-customer")), "/identify/operation"),
        (replace(ORDERS, errors=(ErrorRule(),)), "/errors/0/statuses"),
        (changed(path="/customers/{{ input.nobody }}"), "/operations/3/path"),
        (changed(path="/customers/{{ input.id"), "/operations/3/path"),
        (changed(query={"a/b": "{{ secrets.x }}"}), "/operations/3/query"),
        (changed(body=JsonBody(content={})), "/operations/3/body"),
        (changed(method="DELETE"), "/operations/3/effect"),
        (changed(response=Response(select="a[")), "/operations/3/response/select"),
        (changed(response=Response(outputs={"a": "??"})), "/operations/3/response/outputs/a"),
        (changed(response=Response(type="payment")), "/operations/3/response/outputs"),
        (changed(pagination=ByCursor()), "/operations/3/pagination/select"),
        (replace(ORDERS, operations=(*ORDERS.operations, ORDERS.operations[0])), "/operations/4/id"),
        (replace(ORDERS, tests=(replace(ORDERS.tests[0], operation="gone"),)), "/tests/0/operation"),
        (replace(ORDERS, tests=(replace(ORDERS.tests[2], inputs={}),)), "/tests/0/inputs/id"),
    ],
)
def test_each_mistake_is_found_at_its_control(one: Document, pointer: str) -> None:
    assert pointer in pointers(one)


def test_each_operation_wants_a_test_and_a_sample() -> None:
    one = replace(changed(samples=()), tests=ORDERS.tests[:2])
    assert {"/operations/3", "/operations/3/samples"} <= pointers(one, Severity.WARNING)


def test_the_tiers_lead_from_nothing_to_gold() -> None:
    assert readiness(validate(Document())).tier is Tier.NONE
    bronze = readiness(validate(replace(ORDERS, tests=())))
    assert bronze.tier is Tier.BRONZE
    assert all("has no test" in one.message for one in bronze.next)
    assert readiness(validate(replace(ORDERS, pace=None))).tier is Tier.SILVER
    assert readiness(validate(ORDERS)).tier is Tier.GOLD


def test_a_provider_that_is_there_already_is_named() -> None:
    known = [Known(id="other", name="Northwind", website="https://northwind-orders.example.com/")]
    assert [one.rule for one in validate(ORDERS, known=known)] == ["duplicate"]


def test_rules_of_fields_are_told_in_words() -> None:
    fields = (
        InputField(name="mode", label="Mode", options=(Option(value="a"), Option(value="b"))),
        InputField(
            name="size",
            label="Size",
            kind="number",
            minimum=1,
            maximum=9,
            depends_on=DependsOn(field="mode", values=("b",)),
        ),
        InputField(name="code", label="Code", pattern="[A-Z]{3}", pattern_hint="Three capitals.", required=False),
        InputField(name="site", label="Site", kind="url", required=False),
        InputField(name="data", label="Data", kind="json", required=False),
    )
    assert complaints(fields, {"mode": "a"}) == {}
    assert complaints(fields, {"mode": "b"}) == {"size": "Size is needed."}
    assert complaints(fields, {"mode": "b", "size": "10"}) == {"size": "Size must be at most 9."}
    assert set(complaints(fields, {"mode": "c", "code": "ab", "site": "http://x", "data": "{"})) == {
        "mode",
        "code",
        "site",
        "data",
    }
    assert complaints(fields, {"mode": "a", "code": "A" * 5000})["code"] == "Three capitals."


def test_two_hundred_operations_are_validated_at_once() -> None:
    listing = ORDERS.operation("list-customers")
    many = tuple(replace(listing, id=f"list-{number}") for number in range(200))
    one = replace(ORDERS, operations=(*ORDERS.operations, *many))
    began = time.perf_counter()
    assert len(validate(one)) == 200
    assert time.perf_counter() - began < 3


def test_an_operation_by_itself_is_found_wanting_everywhere() -> None:
    found = pointers(replace(ORDERS, operations=(Operation(),)))
    assert {"/operations/0/id", "/operations/0/label", "/operations/0/path"} <= found
