"""Length as X counts it, and what X takes for a link."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..provider import Twitter
from ..weight import links_in, measure
from .conftest import own_fixture


@pytest.mark.parametrize("case", own_fixture("lengths.json")["cases"], ids=lambda case: case["text"][:30] or "empty")
def test_a_text_is_as_long_as_x_says(case: dict[str, Any]) -> None:
    assert Twitter.measure(case["text"]) == case["length"]


def test_links_are_found_with_what_belongs_to_them() -> None:
    found = links_in("See https://example.com/a_(b)?c=d. Or shop.example.co.uk/x, not a.notatld or me@example.com!")
    assert [one.url for one in found] == ["https://example.com/a_(b)?c=d", "shop.example.co.uk/x"]


def test_a_long_odd_text_is_measured_without_end_of_patience() -> None:
    for text in ("a." * 20_000, "https://" * 5_000, "(" * 20_000, "x@y." * 9_000):
        assert measure(text) == len(text)
    assert measure("http://example.com/" + "(a" * 10_000) > 10_000


@given(st.text(max_size=60))
def test_no_text_makes_measuring_fail_and_links_lie_inside_it(text: str) -> None:
    assert measure(text) >= 0
    for one in links_in(text):
        assert text[one.start : one.end] == one.url
