"""Templates and paths: what they give, and that none of them runs away."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.kit.declarative.expressions import TemplateError, evaluate, fill, parse
from providers.kit.declarative.patterns import PatternError, check_pattern
from providers.kit.declarative.selecting import SelectionError, select

SCOPE = {
    "configuration": {"shop": "Blue", "key": "k"},
    "input": {"id": 7, "tags": ["a"], "none": None},
    "now": datetime(2026, 11, 23, 12, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("{{ input.id }}", 7),
        ("{{ input.tags }}", ["a"]),
        ("no-{{ input.id }}", "no-7"),
        ("{{ input.none }}", None),
        ("[{{ input.none }}{{ input.unknown }}]", "[]"),
        ("{{ configuration.shop | lower }}", "blue"),
        ("{{ concat('a', ':', input.id) | base64 }}", "YTo3"),
        ("{{ now | unix_time }}", 1795435200),
        ("{{ now }}x", "2026-11-23T12:00:00Zx"),
        ("{{ now | days_ago(2) | date }}", "2026-11-21"),
        ("{{ '{{' }}id}}", "{{id}}"),
        ("{{ 'it\\'s }}' }}", "it's }}"),
        ("{{ input.none | default('x') }}", "x"),
        ("{{ 'a b/c' | urlencode }}", "a%20b%2Fc"),
        ("{{ 'x' | hmac_sha256('k') | first(8) }}", "c38edc88"),
    ],
)
def test_a_template_gives_its_value(text: str, value: object) -> None:
    assert evaluate(text, SCOPE) == value


@pytest.mark.parametrize(
    "text",
    [
        "{{ input.id",
        "{{ }}",
        "{{ __import__('os') }}",
        "{{ input.id.__class__ }}{{ (1) }}",
        "{{ system('ls') }}",
        "{{ input['id'] }}",
        "{% for x in y %}{{ x",
        "{{ " + "lower(" * 40 + "'a'" + ")" * 40 + " }}",
        "{{ base64() }}",
        "{{ 1 + 1 }}",
    ],
)
def test_what_is_not_of_the_language_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        parse(text)


def test_references_reach_into_given_values_only() -> None:
    assert evaluate("{{ now.year }}", SCOPE) is None
    assert evaluate("{{ configuration.shop.upper }}", SCOPE) is None


@pytest.mark.parametrize(
    "text",
    [
        "{{ '" + "x" * 1000 + "' " + "| base64 " * 200 + "}}",
        "{{ replace('" + "a" * 2000 + "', 'a', '" + "b" * 2000 + "') }}",
        "{{ concat(" + ",".join(["'" + "x" * 3000 + "'"] * 12) + ") " + "| urlencode | json " * 60 + "}}",
    ],
)
def test_a_growing_template_ends_early(text: str) -> None:
    began = time.perf_counter()
    with contextlib.suppress(TemplateError):
        assert len(str(evaluate(text, SCOPE))) < 300_000
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "path",
    [
        "[@,@]" + "|[@,@]" * 38,
        "a" + "[].[@,@][]" * 39,
        "to_string(@)" + "|[to_string(@),to_string(@)]" * 20,
        "(" * 300 + "@" + ")" * 300,
        "a" * 700,
        "[?",
        "no_such_function(@)",
    ],
)
def test_a_path_that_grows_or_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(SelectionError):
        select(path, {"a": [{"b": 1}] * 50})


def test_a_path_finds_what_jmespath_finds() -> None:
    data = {"a": [{"b": 1, "c": "x"}, {"b": 2, "c": "y"}]}
    assert select("a[?b > `1`].c | [0]", data) == "y"
    assert select("a[*].{n: b}", data) == [{"n": 1}, {"n": 2}]
    assert select("", data) is data


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", r"(.*)\1", "(?=a)b", "a*b*c*d*e", "(", "(x{1,9}){1,9}"])
def test_patterns_that_may_run_away_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        check_pattern(pattern)


@pytest.mark.parametrize("pattern", [r"sk_(live|test)_[A-Za-z0-9]{24}", r"[a-z]+-[0-9]+", r"(?i)acme(-x)?", r"\d{4}"])
def test_patterns_as_people_write_them_are_fine(pattern: str) -> None:
    check_pattern(pattern)


@given(st.text(max_size=200))
@settings(deadline=None)
def test_no_text_breaks_a_template(text: str) -> None:
    with contextlib.suppress(TemplateError):
        fill(text, SCOPE)


@given(st.text(alphabet="{}'| (),.abinputconfiguration0\\", max_size=60))
@settings(deadline=None)
def test_no_placeholder_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(TemplateError):
        evaluate("{{" + text + "}}", SCOPE)
