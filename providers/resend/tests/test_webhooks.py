"""Deliveries: proof, reading, sentences, samples."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kit.contract import Activity, InboundEvent, InboundRequest
from providers.kit.errors import InvalidRequest, SignatureInvalid

from ..provider import Resend
from ..webhooks import EVENT_TYPES
from .conftest import NOW, own_fixture, vendor_json

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TYPES = [event.type for event in EVENT_TYPES]


def delivery(body: Any, **headers: str) -> InboundRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return InboundRequest(method="POST", url="", headers={"svix-id": "msg_1", **headers}, query={}, body=raw)


def said(kind: str, data: dict[str, Any]) -> Activity:
    return Resend.describe(InboundEvent(external_id="1", type=kind, payload={"type": kind, "data": data}))


def test_the_published_signature_vectors_come_out_as_published() -> None:
    vectors = [one for one in vendor_json("vectors.json")["vectors"] if one["scheme"] == "svix-v1"]
    assert vectors
    for vector in vectors:
        request = vector["request"]
        inbound = InboundRequest(
            method="POST", url="", headers=request["headers"], query={}, body=request["body"].encode()
        )
        now = datetime.fromtimestamp(vector["now"], UTC)
        try:
            Resend.verify(inbound, [vector["secret"]], now)
            verdict = "valid"
        except SignatureInvalid:
            verdict = "invalid"
        assert verdict == vector["expect"], vector["id"]


def test_without_a_secret_nothing_is_believed() -> None:
    sample = Resend.sample_delivery("email.delivered", SECRET, NOW, 1)
    for secrets in ([], [""]):
        with pytest.raises(SignatureInvalid) as refusal:
            Resend.verify(sample, secrets, NOW)
        assert refusal.value.reason in ("no_secret", "bad_secret")


def test_a_forged_delivery_is_refused_as_a_mismatch() -> None:
    sample = Resend.sample_delivery("email.delivered", SECRET, NOW, 1)
    forged = InboundRequest(
        method="POST", url="", headers=sample.headers, query={}, body=sample.body.replace(b"delivered", b"delivereD")
    )
    with pytest.raises(SignatureInvalid) as refusal:
        Resend.verify(forged, [SECRET], NOW)
    assert refusal.value.reason == "mismatch"


def test_the_vendors_sample_events_are_read_and_become_sentences() -> None:
    cases = vendor_json("fixtures/resend/webhook_payloads.json")["cases"]
    sentences = {}
    for name, payloads in cases.items():
        (event,) = Resend.read(delivery(payloads[0]))
        activity = Resend.describe(event)
        assert event.external_id == "msg_1"
        assert activity.occurred_at is not None
        assert activity.object_id
        sentences[name.partition("test_")[2]] = activity.sentence
    assert sentences["delivered_event"] == "“Sending test” was delivered to to@example.org"
    assert sentences["sent_event"] == "“Sending test” was sent to to@example.org and 1 other"
    assert sentences["clicked_event"] == "to@example.org clicked a link to example.com in “Sending test”"
    assert sentences["complained_event"] == "complained@resend.dev marked “Sending test” as spam"
    assert sentences["hard_bounced_event"].startswith("“Sending test” to bounced@resend.dev bounced: The recipient's")


def test_a_full_mailbox_is_said_in_plain_words() -> None:
    data = {"subject": "Your invoice", "to": ["ada@example.com"], "bounce": {"subType": "MailboxFull"}}
    assert said("email.bounced", data).sentence == "“Your invoice” to ada@example.com bounced: mailbox full"


def test_an_unsubscribed_contact_is_more_than_a_changed_one() -> None:
    activity = said("contact.updated", {"email": "ada@example.com", "first_name": "Ada", "unsubscribed": True})
    assert activity.kind == "contact.unsubscribed"
    assert activity.sentence == "Ada (ada@example.com) has unsubscribed"


def test_a_domain_that_fails_is_bad_news() -> None:
    activity = said("domain.updated", {"name": "example.com", "status": "failed"})
    assert (activity.sentence, activity.tone) == ("Sending domain example.com could not be verified", "bad")


@pytest.mark.parametrize("payload", own_fixture("odd_events.json")["payloads"])
def test_an_odd_event_still_becomes_a_sentence(payload: dict[str, Any]) -> None:
    event = InboundEvent(external_id="1", type=payload["type"], payload=payload)
    sentence = Resend.describe(event).sentence
    assert sentence
    assert "\n" not in sentence


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
_names = (
    "to",
    "from",
    "subject",
    "email_id",
    "bounce",
    "click",
    "failed",
    "suppressed",
    "created_at",
    "name",
    "status",
)


@given(kind=st.sampled_from(TYPES) | st.text(max_size=30), data=st.dictionaries(st.sampled_from(_names), _anything))
def test_no_shape_of_event_makes_describing_fail(kind: str, data: dict[str, Any]) -> None:
    assert said(kind, data).sentence


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b'{"type": 7}',
        b'{"type": "email.sent"}',
        b"[" * 5000,
        b'{"type":"' + b"x" * 200,
    ],
)
def test_a_body_that_the_vendor_does_not_send_is_an_invalid_request(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        Resend.read(delivery(body))


def test_a_delivery_without_an_id_cannot_be_told_from_its_repeats_and_is_refused() -> None:
    request = InboundRequest(method="POST", url="", headers={}, query={}, body=b'{"type":"email.sent","data":{}}')
    with pytest.raises(InvalidRequest):
        Resend.read(request)


@pytest.mark.parametrize("event_type", TYPES)
def test_a_sample_is_signed_fits_the_description_and_reads_as_a_sentence(event_type: str, contract: Any) -> None:
    operation = contract.doc["webhooks"][event_type]["post"]
    schema = contract.ref(operation["requestBody"])["content"]["application/json"]["schema"]
    seen = set()
    for seed in range(5):
        sample = Resend.sample_delivery(event_type, SECRET, NOW, seed)
        Resend.verify(sample, [SECRET], NOW)
        assert contract.errors(schema, json.loads(sample.body), event_type) == []
        (event,) = Resend.read(sample)
        assert event.type == event_type
        assert event.created_at == NOW
        assert "unknown" not in Resend.describe(event).sentence
        assert sample == Resend.sample_delivery(event_type, SECRET, NOW, seed)
        seen.add(event.external_id)
    assert len(seen) == 5


def test_every_event_of_the_description_is_known(contract: Any) -> None:
    assert set(contract.doc["webhooks"]) == set(TYPES)


def test_a_sample_of_an_unknown_event_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        Resend.sample_delivery("email.eaten", SECRET, NOW, 1)
