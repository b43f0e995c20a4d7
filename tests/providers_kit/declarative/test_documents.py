"""A document is read and written without loss, in JSON and YAML, and what is no document is told in words."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.kit.conformance import check
from providers.kit.declarative import (
    Document,
    DocumentError,
    Tier,
    from_plain,
    plain,
    read,
    readiness,
    registered,
    schema,
    to_json,
    to_yaml,
    validate,
)
from providers.kit.declarative.document import Expectation, ServiceTest
from providers.kit.declarative.document_calls import JsonBody, Operation, SampleAnswer
from providers.kit.declarative.document_fields import InputField
from tests.providers_kit.declarative.bench import NAMES, document

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


@st.composite
def documents(draw: Any) -> Document:
    operation = Operation(
        id=draw(names),
        label=draw(words),
        path=draw(words),
        method="POST",
        query=draw(st.dictionaries(words, words, max_size=3)),
        body=JsonBody(content=draw(values)),
        samples=(SampleAnswer(json=draw(values), text=draw(words)),),
    )
    return Document(
        id=draw(words),
        name=draw(words),
        description=draw(words),
        fields=(InputField(name=draw(names), label=draw(words), minimum=draw(st.none() | st.floats(0, 9))),),
        operations=(operation,),
        tests=(ServiceTest(id=draw(names), expect=(Expectation(test="is", value=draw(values)),)),),
    )


@given(documents())
@settings(deadline=None, max_examples=150)
def test_yaml_and_json_say_the_same_and_lose_nothing(made: Document) -> None:
    assert read(to_yaml(made)) == made
    assert read(to_json(made)) == made
    assert to_yaml(read(to_json(read(to_yaml(made))))) == to_yaml(made)


@given(documents())
@settings(deadline=None, max_examples=60)
def test_validation_never_fails_whatever_a_document_holds(made: Document) -> None:
    for finding in validate(made):
        assert finding.message
        assert finding.pointer == "" or finding.pointer.startswith("/")


@pytest.mark.parametrize("name", NAMES)
def test_real_documents_are_gold_and_fit_their_schema(name: str) -> None:
    one = document(name)
    findings = validate(one)
    assert findings == ()
    assert readiness(findings).tier is Tier.GOLD
    jsonschema.Draft202012Validator(schema()).validate(plain(one))
    assert read(to_yaml(one)) == one == read(to_json(one))


@pytest.mark.parametrize("name", NAMES)
def test_real_documents_pass_the_conformance_suite(name: str, tmp_path: Any) -> None:
    one = document(name)
    assert check(registered(one, tmp_path / one.id.replace("-", "_"))) == ()


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_words_that_yaml_would_read_as_something_else_stay_words() -> None:
    one = read("name: no\ntagline: 12:30\ndescription: 2026-11-23\nwebsite: 0o17\n")
    assert (one.name, one.tagline, one.description, one.website) == ("no", "12:30", "2026-11-23", "0o17")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &a [1]\nb: *a\n", "Anchors"),
        ("x: &x {y: 1}\n", "Anchors"),
        ("name: one\nname: two\n", "twice"),
        ('{"name": "one", "name": "two"}', "twice"),
        ("[" * 5000, "deep"),
        ("{a: " * 60 + "1" + "}" * 60, "deep"),
        ("1: x", "not a text"),
        ("name: !!python/object/apply:os.system ['true']", "cannot be read"),
        ("name: [", "cannot be read"),
        ('{"pace": {"per_seconds": NaN}}', "number"),
        ("name: " + "x" * 3_000_000, "larger"),
        (b"\xff\xfe", "UTF-8"),
        ("just words", "cannot be read"),
        ("version: 99", "version 99"),
    ],
)
def test_a_hostile_or_broken_text_is_refused_in_words(text: str | bytes, words: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(text)
    assert words in f"{caught.value} {caught.value.fix}"


def test_each_wrong_part_is_pointed_to() -> None:
    with pytest.raises(DocumentError) as caught:
        from_plain({"operations": [{"id": "a", "colour": 1}], "auth": {"kind": "bearer", "token": 7}})
    assert {one.pointer for one in caught.value.findings} == {"/operations/0/colour", "/auth/token"}


def test_a_document_is_frozen() -> None:
    one = document("orders")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "Other"  # type: ignore[misc]


def test_defaults_are_not_written() -> None:
    assert json.loads(to_json(Document(name="A"))) == {"version": 1, "name": "A"}
