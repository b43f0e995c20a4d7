"""What people paste by mistake is caught by name, and the promises of the manifest hold."""

from __future__ import annotations

import re

import pytest

from providers.kit.capabilities import capabilities_of
from providers.kit.vocabulary import analytics as vocabulary

from ..manifest import MANIFEST
from ..provider import GoogleAnalytics
from ..sandbox_key import key_file


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("measurement_id", "UA-12345-1", "Universal Analytics"),
        ("measurement_id", "GTM-ABC123", "Tag Manager"),
        ("measurement_id", "AW-123456", "Google Ads"),
        ("measurement_id", "123456789", "a number"),
        ("measurement_id", "g-ab12cd34ef", "capitals"),
        ("api_secret", "G-AB12CD34EF", "measurement ID"),
        ("api_secret", "AIzaSyA-123456789012345678901234567", "API key"),
        ("api_secret", "GOCSPX-abcdefghijklmnop", "OAuth app"),
        ("property_id", "G-AB12CD34EF", "measurement ID"),
        ("property_id", "properties/123456789", "number alone"),
        ("service_account", '{"web": {"client_id": "x"}}', "OAuth app"),
        ("service_account", '{"client_id": "x", "type": "authorized_user"}', "own sign-in"),
        ("service_account", "-----BEGIN PRIVATE KEY-----", "only the key"),
        ("service_account", "hub@project.iam.gserviceaccount.com", "address"),
    ],
)
def test_a_mistake_is_named(field: str, value: str, words: str) -> None:
    found = [one.message for one in MANIFEST.field(field).mistakes if re.match(one.pattern, value)]
    assert any(words in one for one in found), found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("measurement_id", "G-AB12CD34EF"),
        ("api_secret", "abCDefGHijKLmnOPqrSTuv"),
        ("property_id", "123456789"),
        ("service_account", key_file("owner")),
    ],
)
def test_a_good_value_is_no_mistake(field: str, value: str) -> None:
    asked = MANIFEST.field(field)
    assert asked.matches(value)
    assert not [one.message for one in asked.mistakes if re.match(one.pattern, value)]


def test_what_it_cannot_do_has_a_reason_and_what_it_can_do_has_none() -> None:
    can = {one.__name__ for one in capabilities_of(GoogleAnalytics)}
    assert can == {
        "ChecksConnection",
        "TracksEvents",
        "ConfirmsEvents",
        "ReportsAnalytics",
        "ReportsRealtime",
        "ListsProperties",
    }
    of_its_category = {name for name, one in vars(vocabulary).items() if getattr(one, "_is_protocol", False)}
    assert of_its_category - {"Protocol"} - can <= set(MANIFEST.unsupported)
    assert not can & set(MANIFEST.unsupported)
