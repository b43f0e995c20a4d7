"""Two shapes of errors become the hub's errors, each with what to do and without a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.kit import errors
from providers.kit.http import Answer
from providers.kit.testing import vendor_json

from ..errors import error_from, oauth_error_from
from .conftest import fixture

CASES = fixture("errors.json")
TOKEN = "00D000000000001!AQEAQsecret.secret"


def answer(status: int, body: Any) -> Answer:
    content = body if isinstance(body, str) else json.dumps(body)
    return Answer(status=status, headers={}, content=content.encode(), elapsed_ms=1.0)


@pytest.mark.parametrize("case", CASES["api"], ids=lambda one: f"{one['status']}-{one['error']}")
def test_an_error_of_the_api_becomes_ours(case: dict[str, Any]) -> None:
    error = error_from(answer(case["status"], case["body"]))
    assert type(error) is getattr(errors, case["error"])
    assert error.fix
    assert getattr(error, "field", "") == case.get("field", "")


@pytest.mark.parametrize("case", CASES["oauth"], ids=lambda one: f"{one['status']}-{one['error']}")
def test_an_error_of_the_sign_in_becomes_ours(case: dict[str, Any]) -> None:
    error = oauth_error_from(answer(case["status"], case["body"]))
    assert type(error) is getattr(errors, case["error"])
    assert error.fix


def test_the_vendors_published_errors_are_understood() -> None:
    try:
        published = vendor_json("fixtures/salesforce/errors.json")
    except FileNotFoundError:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    expected = {
        "400_required": errors.InvalidRequest,
        "401": errors.AuthenticationFailed,
        "403_limit": errors.QuotaExceeded,
        "404": errors.NotFoundAtVendor,
        "400_soql": errors.InvalidRequest,
    }
    for name, kind in expected.items():
        assert type(error_from(answer(int(name[:3]), published[name]))) is kind
    assert type(oauth_error_from(answer(400, published["oauth_400"]))) is errors.AuthenticationFailed


@pytest.mark.parametrize("code", ["INVALID_FIELD", "API_DISABLED_FOR_ORG", "DUPLICATE_VALUE", "NOT_FOUND"])
def test_a_token_in_the_vendors_words_is_never_shown(code: str) -> None:
    error = error_from(answer(400, [{"message": f"Bad token {TOKEN} here", "errorCode": code}]))
    assert TOKEN not in f"{error} {error.fix} {error.detail}"
    told = oauth_error_from(answer(400, {"error": "invalid_grant", "error_description": TOKEN}))
    assert TOKEN not in f"{told} {told.fix} {told.detail}"
