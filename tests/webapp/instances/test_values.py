"""Checking while typing, and pasting anything."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from providers.kit.contract import Environment, Tone
from tests.webapp.fakes import acme
from webapp.instances import service
from webapp.instances.paste import sort_paste
from webapp.instances.values import check, is_masked

MESSY = f"""
# Acme (client: Ada)
export ACME_SECRET_KEY="{acme.GOOD_KEY}"   # the real one
NEXT_PUBLIC_ACME_KEY = 'pk_test_abcdef'
  acme_region: eu ;
DATABASE_URL=postgres://u:p@db/x
EMPTY=
Signing secret: {acme.SIGNING}

{{
"""


@pytest.mark.parametrize(
    ("value", "ok", "tone"),
    [
        ("", False, Tone.NEUTRAL),
        ("ak_", False, Tone.NEUTRAL),
        ("ak_test_abc", True, Tone.GOOD),
        ("ak_live_abc", False, Tone.BAD),
        ("pk_test_abc", False, Tone.BAD),
        ("••••GOOD", True, Tone.NEUTRAL),
    ],
)
def test_a_key_is_judged_while_it_is_typed(app: Flask, value: str, ok: bool, tone: Tone) -> None:
    with app.app_context():
        said = service.check_field("acme", "ACME_SECRET_KEY", value, "test")
    assert (said.ok, said.tone) == (ok, tone)
    assert said.message


def test_a_live_key_is_kept_out_of_the_sandbox_and_a_test_key_is_not() -> None:
    field = acme.MANIFEST.field("api_key")
    assert not check(field, acme.LIVE_KEY, Environment.SANDBOX).ok
    assert check(field, acme.GOOD_KEY, Environment.SANDBOX).ok


def test_a_messy_env_file_is_sorted_into_its_fields() -> None:
    result = sort_paste(acme.MANIFEST, MESSY, Environment.TEST)
    assert result.assigned == {
        "api_key": acme.GOOD_KEY,
        "publishable_key": "pk_test_abcdef",
        "region": "eu",
        "webhook_secret": acme.SIGNING,
    }
    assert result.unknown == ("DATABASE_URL", "EMPTY")
    assert result.problems == {}


def test_keys_without_names_are_known_by_how_they_begin() -> None:
    result = sort_paste(acme.MANIFEST, f"{acme.SIGNING} {acme.LIVE_KEY}\npk_live_abcdef", Environment.TEST)
    assert set(result.assigned) == {"webhook_secret", "api_key", "publishable_key"}
    assert set(result.problems) == {"api_key", "publishable_key"}


@pytest.mark.parametrize(
    "document",
    [
        {"ACME_SECRET_KEY": acme.GOOD_KEY},
        {"acme": {"secretKey": acme.GOOD_KEY}},
        [{"key": "ACME_SECRET_KEY", "value": acme.GOOD_KEY}],
    ],
)
def test_json_is_read_too(document: object) -> None:
    assert sort_paste(acme.MANIFEST, json.dumps(document), Environment.TEST).assigned == {"api_key": acme.GOOD_KEY}


def test_two_values_for_one_field_are_told() -> None:
    result = sort_paste(acme.MANIFEST, "ACME_REGION=eu\nregion=us", Environment.TEST)
    assert result.assigned == {"region": "eu"}
    assert "two different" in result.problems["region"]


def test_unknown_keys_are_covered_and_nothing_shows_in_repr() -> None:
    result = sort_paste(acme.MANIFEST, f"zz_0123456789secret\n{acme.GOOD_KEY}", Environment.TEST)
    assert result.unknown == ("zz_012…",)
    assert "GOOD" not in repr(result)


@given(st.text(max_size=300))
def test_no_paste_breaks_it(text: str) -> None:
    sort_paste(acme.MANIFEST, text, Environment.TEST)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_no_value_breaks_a_check(value: object) -> None:
    for field in acme.MANIFEST.fields:
        assert check(field, value, Environment.LIVE).message


def test_a_real_key_is_never_taken_for_a_masked_one() -> None:
    assert not is_masked(acme.GOOD_KEY)
    assert not is_masked({"set": True, "value": "x"})
    assert is_masked("••••")
