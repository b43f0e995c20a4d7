"""Deliveries: the challenge, the proof, reading, sentences, repetitions."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kit.contract import InboundEvent, InboundRequest
from providers.kit.errors import InvalidRequest, SignatureInvalid
from providers.kit.testing import NOW, signature_cases

from ..provider import LinkedIn
from ..webhooks import EVENT_TYPES
from .conftest import published as published_by_the_vendor

SECRET = "WPL_AP1.sandboxClientSecret"
CODE = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
EVENTS = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "events.json").read_text("utf-8"))


def delivery(body: Any, headers: Mapping[str, str] | None = None) -> InboundRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return InboundRequest(method="POST", url="", headers=dict(headers or {}), query={}, body=raw)


def asked(**query: str) -> InboundRequest:
    return InboundRequest(method="GET", url="", headers={}, query=query, body=b"")


def cases(scheme: str) -> list[dict[str, Any]]:
    published_by_the_vendor("vectors.json")
    found = [one for one in signature_cases("linkedin") if one["scheme"] == scheme and not one.get("contested")]
    assert found
    return found


# -------------------------------------------------------------------------------------------------------- challenge


def test_the_published_challenges_are_answered_as_published() -> None:
    for case in cases("linkedin-challenge"):
        query = dict(pair.split("=") for pair in case["request"]["url"].partition("?")[2].split("&") if pair)
        status, kind, body = LinkedIn.challenge(asked(**query), [case["secret"]])
        expected = case["expect_response"]
        assert status == expected["status"], case["id"]
        if "json" in expected:
            assert (kind, json.loads(body)) == (expected["content_type"], expected["json"]), case["id"]


def test_nobody_gets_a_signature_for_a_body_by_asking_for_it() -> None:
    """Challenge and signature use one key: a code that is a signed text would be answered with its signature."""
    forged = b'{"type":"LEAD_ACTION"}'
    for code in ("hmacsha256=" + forged.decode(), CODE + "\n", f"hmacsha256={CODE}", CODE[:-1], "", "x" * 36):
        status, _, body = LinkedIn.challenge(asked(challengeCode=code), [SECRET])
        assert status == 400
        assert hmac.new(SECRET.encode(), code.encode(), hashlib.sha256).hexdigest() not in body


def test_the_newest_secret_answers_and_none_answers_nothing() -> None:
    _, _, newest = LinkedIn.challenge(asked(challengeCode=CODE), ["new-secret-12", "old-secret-12"])
    _, _, alone = LinkedIn.challenge(asked(challengeCode=CODE, applicationId="1"), ["new-secret-12"])
    assert newest == alone
    assert LinkedIn.challenge(asked(challengeCode=CODE), [])[0] == 400
    assert LinkedIn.challenge(asked(challengeCode=CODE), [""])[0] == 400


# ------------------------------------------------------------------------------------------------------------ proof


def test_the_published_signatures_come_out_as_published() -> None:
    for case in cases("linkedin-x-li-signature"):
        headers = {name.lower(): value for name, value in case["request"]["headers"].items()}
        try:
            LinkedIn.verify(delivery(case["request"]["body"].encode(), headers), [case["secret"]], NOW)
            verdict = "valid"
        except SignatureInvalid:
            verdict = "invalid"
        assert verdict == case["expect"], case["id"]


def test_the_header_may_carry_the_prefix() -> None:
    sample = LinkedIn.sample_delivery("COMMENT", SECRET, NOW, 1)
    headers = {"x-li-signature": "hmacsha256=" + sample.headers["x-li-signature"]}
    LinkedIn.verify(delivery(sample.body, headers), ["another-secret", SECRET], NOW)


@pytest.mark.parametrize(
    ("secrets", "headers", "reason"),
    [
        ([], None, "no_secret"),
        ([""], None, "no_secret"),
        ([SECRET], {}, "missing"),
        ([SECRET], {"x-li-signature": "x"}, "malformed"),
        ([SECRET], {"x-li-signature": "0" * 64}, "mismatch"),
        (["another-secret"], None, "mismatch"),
    ],
)
def test_what_is_not_proven_is_refused_with_the_likely_reason(
    secrets: list[str], headers: dict[str, str] | None, reason: str
) -> None:
    sample = LinkedIn.sample_delivery("LEAD_ACTION", SECRET, NOW, 1)
    with pytest.raises(SignatureInvalid) as refusal:
        LinkedIn.verify(delivery(sample.body, sample.headers if headers is None else headers), secrets, NOW)
    assert refusal.value.reason == reason


# ---------------------------------------------------------------------------------------------------------- reading


def test_a_batch_is_read_one_by_one_and_unknown_actions_are_kept() -> None:
    events = LinkedIn.read(delivery(EVENTS["batch"]))
    assert [(one.external_id, one.type) for one in events] == [
        ("5603453321", "COMMENT"),
        ("5603453322", "LIKE"),
        ("5603453323", "SOMETHING_NEW"),
    ]
    assert events[0].created_at == datetime(2023, 8, 9, 9, 48, 26, 310000, tzinfo=UTC)
    sentences = [LinkedIn.describe(one).sentence for one in events]
    assert sentences == [
        "Somebody commented “When do you open?” on your post “Our new #workshop”",
        "Somebody reacted to one of your posts",
        "LinkedIn reported “something new”",
    ]
    url = LinkedIn.describe(events[0]).url
    assert url == "https://www.linkedin.com/feed/update/urn:li:share:7094637247487995904"


def test_the_vendors_lead_is_read() -> None:
    lead = published_by_the_vendor("fixtures/linkedin/documented.json")["webhook_lead"]
    (event,) = LinkedIn.read(delivery(lead))
    assert event.external_id == "urn:li:leadGenFormResponse:16f2a1-3:CREATED:1700000000000"
    assert LinkedIn.describe(event).sentence == "Somebody filled in a lead form"
    (gone,) = LinkedIn.read(delivery({**lead, "leadAction": "DELETED"}))
    assert gone.external_id != event.external_id
    assert LinkedIn.describe(gone).kind == "lead.deleted"


def test_a_repeated_delivery_has_the_same_ids_whatever_its_kind() -> None:
    for body in (EVENTS["batch"], *EVENTS["odd"]):
        first, again = LinkedIn.read(delivery(body)), LinkedIn.read(delivery(json.dumps(body, indent=1).encode()))
        assert [one.external_id for one in first] == [one.external_id for one in again]
        assert all(one.external_id for one in first)


@pytest.mark.parametrize("body", [b"", b"[", b"null", b"[]", b'"x"', b"{}", b'{"type":7}', b'{"type":""}'])
def test_what_linkedin_does_not_send_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        LinkedIn.read(delivery(body))


@pytest.mark.parametrize("body", EVENTS["odd"])
def test_an_odd_event_still_becomes_a_sentence(body: dict[str, Any]) -> None:
    for event in LinkedIn.read(delivery(body)):
        sentence = LinkedIn.describe(event).sentence
        assert sentence
        assert "\n" not in sentence


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
_names = ("action", "decoratedSourcePost", "decoratedGeneratedActivity", "sourcePost", "lastModifiedAt", "leadType")


@given(
    st.sampled_from([one.type for one in EVENT_TYPES]),
    st.dictionaries(st.sampled_from(_names), _anything, max_size=6),
)
def test_no_payload_breaks_a_sentence(kind: str, payload: dict[str, Any]) -> None:
    assert LinkedIn.describe(InboundEvent(external_id="1", type=kind, payload=payload)).sentence


def test_samples_vary_and_are_made_again_the_same() -> None:
    for one in EVENT_TYPES:
        first = LinkedIn.sample_delivery(one.type, SECRET, NOW, 1)
        assert first == LinkedIn.sample_delivery(one.type, SECRET, NOW, 1)
        assert first.body != LinkedIn.sample_delivery(one.type, SECRET, NOW, 2).body
    with pytest.raises(InvalidRequest):
        LinkedIn.sample_delivery("NOPE", SECRET, NOW, 1)
