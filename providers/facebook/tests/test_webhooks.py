"""Deliveries: the challenge, the proof, reading, sentences, repetitions, signed requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kit.contract import InboundEvent, InboundRequest
from providers.kit.errors import InvalidRequest, SignatureInvalid
from providers.kit.testing import NOW, signature_cases

from ..access import appsecret_proof
from ..provider import Facebook
from ..sandbox_people import APP_SECRET as SECRET
from ..signed_request import parse_signed_request, sign_request
from ..webhooks import EVENT_TYPES, answer_with, verify_token
from .conftest import published


def delivery(body: Any, headers: Mapping[str, str] | None = None) -> InboundRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return InboundRequest(method="POST", url="", headers=dict(headers or {}), query={}, body=raw)


def asked(query: Mapping[str, str]) -> InboundRequest:
    return InboundRequest(method="GET", url="", headers={}, query=query, body=b"")


def cases(scheme: str) -> list[dict[str, Any]]:
    published("vectors.json")
    found = [one for one in signature_cases("facebook") if one["scheme"] == scheme and not one.get("contested")]
    assert found
    return found


def test_the_published_challenges_are_answered_as_published() -> None:
    for case in cases("meta-hub-challenge"):
        query = dict(parse_qsl(urlsplit(case["request"]["url"]).query))
        status, _, body = answer_with(asked(query), [case["verify_token"]])
        assert status == case["expect_response"]["status"], case["id"]
        if status == 200:
            assert body == case["expect_response"]["text"]


def test_the_token_made_of_the_app_secret_answers_and_the_secret_itself_does_not() -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "42", "hub.verify_token": verify_token(SECRET)}
    assert Facebook.challenge(asked(query), ["0" * 32, SECRET]) == (200, "text/plain", "42")
    for odd in (
        {**query, "hub.verify_token": SECRET},
        {**query, "hub.verify_token": ""},
        {**query, "hub.verify_token": "é"},
        {**query, "hub.mode": "unsubscribe"},
        {**query, "hub.challenge": ""},
        {**query, "hub.challenge": "x" * 201},
        {},
    ):
        assert Facebook.challenge(asked(odd), [SECRET])[0] == 403
    assert Facebook.challenge(asked(query), [])[0] == 403
    assert Facebook.challenge(asked(query), [""])[0] == 403


def test_the_published_signatures_come_out_as_published() -> None:
    for case in cases("x-hub-signature-256"):
        headers = {name.lower(): value for name, value in case["request"]["headers"].items()}
        try:
            Facebook.verify(delivery(case["request"]["body"].encode(), headers), [case["secret"]], NOW)
            verdict = "valid"
        except SignatureInvalid:
            verdict = "invalid"
        assert verdict == case["expect"], case["id"]


def test_the_published_proof_of_the_app_comes_out_as_published() -> None:
    for case in cases("meta-appsecret-proof"):
        given = case["inputs"]
        assert appsecret_proof(given["access_token"], given["app_secret"]) == case["output"]


def test_the_published_signed_requests_come_out_as_published() -> None:
    for case in cases("meta-signed-request"):
        if case["expect"] == "valid":
            said = Facebook.verify_signed_request(case["signed_request"], [case["secret"]])
            assert said == case["output"]
        else:
            with pytest.raises(SignatureInvalid):
                Facebook.verify_signed_request(case["signed_request"], [case["secret"]])


@pytest.mark.parametrize(
    ("text", "secrets", "reason"),
    [
        (sign_request({"user_id": "1"}, SECRET), [], "no_secret"),
        (sign_request({"user_id": "1"}, SECRET), ["0" * 32], "mismatch"),
        (sign_request({"user_id": "1"}, SECRET) + "x", [SECRET], "mismatch"),
        (sign_request({"algorithm": "none"}, SECRET), [SECRET], "malformed"),
        ("", [SECRET], "malformed"),
        (".", [SECRET], "malformed"),
        ("abc.e30", [SECRET], "malformed"),
        ("é.ü", [SECRET], "malformed"),
    ],
)
def test_a_signed_request_that_is_not_proven_is_refused(text: str, secrets: list[str], reason: str) -> None:
    with pytest.raises(SignatureInvalid) as refusal:
        parse_signed_request(text, secrets)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("secrets", "headers", "reason"),
    [
        ([], None, "no_secret"),
        ([""], None, "no_secret"),
        ([SECRET], {}, "missing"),
        ([SECRET], {"x-hub-signature-256": "x"}, "malformed"),
        ([SECRET], {"x-hub-signature-256": "0" * 64}, "malformed"),
        ([SECRET], {"x-hub-signature-256": "sha256=" + "0" * 64}, "mismatch"),
        (["another-secret"], None, "mismatch"),
    ],
)
def test_what_is_not_proven_is_refused_with_the_likely_reason(
    secrets: list[str], headers: dict[str, str] | None, reason: str
) -> None:
    sample = Facebook.sample_delivery("feed", SECRET, NOW, 1)
    with pytest.raises(SignatureInvalid) as refusal:
        Facebook.verify(delivery(sample.body, sample.headers if headers is None else headers), secrets, NOW)
    assert refusal.value.reason == reason


def test_a_signature_header_is_never_got_around_by_a_signed_request() -> None:
    sample = Facebook.sample_delivery("deauthorize", SECRET, NOW, 1)
    Facebook.verify(sample, ["0" * 32, SECRET], NOW)
    with pytest.raises(SignatureInvalid):
        Facebook.verify(delivery(sample.body, {"x-hub-signature-256": "sha256=" + "0" * 64}), [SECRET], NOW)
    (event,) = Facebook.read(sample)
    assert event.type == "deauthorize"
    assert "took the app's access away" in Facebook.describe(event).sentence


def test_the_vendors_samples_are_read_and_say_something() -> None:
    documented = published("fixtures/facebook/documented.json")
    (post,) = Facebook.read(delivery(documented["webhook_page_feed"]))
    assert (post.type, Facebook.describe(post).sentence) == ("feed", "x published a post: “Hello”")
    (lead,) = Facebook.read(delivery(documented["webhook_leadgen"]))
    assert (lead.type, lead.external_id) == ("leadgen", "leadgen:123123123123")


def test_a_batch_is_read_one_by_one_and_unknown_fields_are_kept() -> None:
    change = {"item": "comment", "verb": "add", "from": {"name": "Ada"}, "message": "Hi\nthere", "comment_id": "1_2"}
    entry = {
        "id": "7",
        "time": 1_700_000_000,
        "changes": [{"field": "feed", "value": change}, {"field": "something_new", "value": 7}],
    }
    body = {
        "object": "page",
        "entry": [entry, {"id": "8", "messaging": [{"message": {"mid": "m_1", "text": "Hey"}}]}],
    }
    events = Facebook.read(delivery(body))
    assert [one.type for one in events] == ["feed", "something_new", "messages"]
    assert events[1].payload["value"] == 7
    assert [Facebook.describe(one).sentence for one in events] == [
        "Ada commented: “Hi there”",
        "Facebook reported “something new”",
        "Somebody wrote to the Page: “Hey”",
    ]
    again = Facebook.read(delivery(json.dumps(body, indent=1).encode()))
    assert [one.external_id for one in again] == [one.external_id for one in events]
    assert len({one.external_id for one in events}) == 3


@pytest.mark.parametrize(
    "body",
    [b"", b"[", b"null", b"[]", b'"x"', b"{}", b'{"object":"page"}', b"signed_request=", b"signed_request=a.b"],
)
def test_what_facebook_does_not_send_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        Facebook.read(delivery(body))


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
_names = ("item", "verb", "from", "message", "post_id", "comment_id", "created_time", "reaction_type", "review_text")


@given(
    st.sampled_from([one.type for one in EVENT_TYPES]),
    st.dictionaries(st.sampled_from(_names), _anything, max_size=6) | _anything,
)
def test_no_payload_breaks_a_sentence(kind: str, value: Any) -> None:
    event = InboundEvent(external_id="1", type=kind, payload={"value": value, "user_id": value})
    sentence = Facebook.describe(event).sentence
    assert sentence
    assert "\n" not in sentence


@given(_anything)
def test_no_body_breaks_the_reading(value: Any) -> None:
    entry = [{"id": value, "time": value, "changes": [{"field": "feed", "value": value}], "messaging": value}]
    with suppress(InvalidRequest):  # no JSON: not a number, or a number without end
        Facebook.read(delivery({"object": "page", "entry": entry}))


def test_samples_vary_and_are_made_again_the_same() -> None:
    for one in EVENT_TYPES:
        first = Facebook.sample_delivery(one.type, SECRET, NOW, 1)
        assert first == Facebook.sample_delivery(one.type, SECRET, NOW, 1)
        assert first.body != Facebook.sample_delivery(one.type, SECRET, NOW, 2).body
    with pytest.raises(InvalidRequest):
        Facebook.sample_delivery("nope", SECRET, NOW, 1)
