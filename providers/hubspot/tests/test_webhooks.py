"""Deliveries: signatures of three versions, lists of events, repeats, sentences."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from providers.kit.contract import InboundEvent, InboundRequest, Tone
from providers.kit.errors import InvalidRequest, SignatureInvalid
from providers.kit.testing import NOW, signature_cases, vendor_json

from ..provider import HubSpot
from ..webhooks import EVENT_TYPES, TIME_HEADER, V3_HEADER, sign_v3
from .conftest import HERE

SECRET = "11111111-2222-3333-4444-555555555555"
URL = "https://hub.example.com/webhooks/hubspot/key"
EVENT = {
    "eventId": 100,
    "subscriptionId": 5,
    "portalId": 62515,
    "occurredAt": 1_795_348_800_000,
    "subscriptionType": "contact.creation",
    "attemptNumber": 0,
    "objectId": 123,
    "changeSource": "FORM",
}


def published_cases() -> list[dict[str, Any]]:
    try:
        return [one for one in signature_cases("hubspot") if not one.get("contested")]
    except FileNotFoundError:
        return []


def delivery(body: bytes, *, url: str = URL, at: datetime = NOW, secret: str = SECRET) -> InboundRequest:
    stamp = int(at.timestamp() * 1000)
    headers = {
        TIME_HEADER: str(stamp),
        V3_HEADER: sign_v3(secret, method="POST", url=url, body=body, milliseconds=stamp),
    }
    return InboundRequest(method="POST", url=url, headers=headers, query={}, body=body)


def describe(**payload: Any) -> Any:
    return HubSpot.describe(InboundEvent(external_id="1", type=payload["subscriptionType"], payload=payload))


@pytest.mark.parametrize("case", published_cases() or [None], ids=lambda case: case["id"] if case else "no-data")
def test_the_published_signatures_are_judged_as_published(case: dict[str, Any] | None) -> None:
    if case is None:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    given = case["request"]
    request = InboundRequest(
        method=given["method"],
        url=given["url"],
        headers={name.lower(): value for name, value in given["headers"].items()},
        query={},
        body=given["body"].encode(),
    )
    now = datetime.fromtimestamp(case["now"], UTC)
    if case["expect"] == "valid":
        HubSpot.verify(request, ["another secret", case["secret"]], now)
        with pytest.raises(SignatureInvalid):
            HubSpot.verify(replace(request, body=request.body + b" "), [case["secret"]], now)
    else:
        with pytest.raises(SignatureInvalid):
            HubSpot.verify(request, [case["secret"]], now)


def test_the_published_deliveries_are_read_and_described() -> None:
    try:
        published = vendor_json("fixtures/hubspot/webhook_payloads.json")
    except FileNotFoundError:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    for kind, body in published.items():
        if kind.startswith("_"):
            continue
        request = InboundRequest(method="POST", url="", headers={}, query={}, body=json.dumps(body).encode())
        (event,) = HubSpot.read(request)
        assert event.type == kind
        assert event.external_id == f"{body[0]['eventId']}:{body[0]['subscriptionId']}"
        assert event.created_at is not None
        assert kind not in HubSpot.describe(event).sentence


@pytest.mark.parametrize(
    "escaped", ["%3A", "%3a", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B"]
)
def test_twelve_escapes_of_the_address_are_decoded_before_it_is_signed(escaped: str) -> None:
    plain = bytes.fromhex(escaped[1:]).decode()
    signed = delivery(b"[]", url=f"{URL}?x=a{plain}b")
    HubSpot.verify(replace(signed, url=f"{URL}?x=a{escaped}b"), [SECRET], NOW)


@pytest.mark.parametrize("escaped", ["%20", "%2B", "%25", "%C3%A9", "%26", "%3D", "%23"])
def test_other_escapes_stay_as_they_are(escaped: str) -> None:
    HubSpot.verify(delivery(b"[]", url=f"{URL}?x={escaped}"), [SECRET], NOW)
    plain = delivery(b"[]", url=f"{URL}?x={bytes.fromhex(escaped.replace('%', '')).decode()}")
    with pytest.raises(SignatureInvalid):
        HubSpot.verify(replace(plain, url=f"{URL}?x={escaped}"), [SECRET], NOW)


def test_another_address_method_body_or_moment_is_refused() -> None:
    good = delivery(b"[{}]")
    HubSpot.verify(good, ["old secret", SECRET], NOW)
    HubSpot.verify(good, [SECRET], NOW + timedelta(seconds=300))
    for bad, now, reason in (
        (replace(good, url=URL + "/"), NOW, "mismatch"),
        (replace(good, method="PUT"), NOW, "mismatch"),
        (replace(good, body=b"[{} ]"), NOW, "mismatch"),
        (replace(good, headers={**good.headers, TIME_HEADER: "1795435200001"}), NOW, "mismatch"),
        (replace(good, headers={V3_HEADER: good.headers[V3_HEADER]}), NOW, "missing"),
        (replace(good, headers={**good.headers, V3_HEADER: "!"}), NOW, "malformed"),
        (good, NOW + timedelta(seconds=301), "too_old"),
        (good, NOW - timedelta(seconds=301), "in_future"),
    ):
        with pytest.raises(SignatureInvalid) as refused:
            HubSpot.verify(bad, [SECRET], now)
        assert refused.value.reason == reason
        assert refused.value.fix


def test_a_good_old_signature_does_not_help_a_bad_new_one() -> None:
    old = hashlib.sha256(SECRET.encode() + b"[]").hexdigest()
    headers = {"x-hubspot-signature": old, "x-hubspot-signature-version": "v1"}
    request = InboundRequest(method="POST", url=URL, headers=headers, query={}, body=b"[]")
    HubSpot.verify(request, [SECRET], NOW)
    wrong = delivery(b"[]", secret="another").headers
    late = delivery(b"[]", at=NOW - timedelta(hours=1)).headers
    for newer in (wrong, late):
        with pytest.raises(SignatureInvalid):
            HubSpot.verify(replace(request, headers={**headers, **newer}), [SECRET], NOW)
    with pytest.raises(SignatureInvalid):
        HubSpot.verify(request, [""], NOW)


def test_a_real_delivery_cannot_be_turned_into_a_sample_without_an_address() -> None:
    good = delivery(b"[{}]")
    with pytest.raises(SignatureInvalid):
        HubSpot.verify(replace(good, body=URL.encode() + good.body), [SECRET], NOW)


def test_a_delivery_that_is_signed_without_an_address_or_for_another_one_is_refused() -> None:
    for signed_for in ("", "https://elsewhere.example.com/webhooks/hubspot/key"):
        request = HubSpot.sample_delivery(EVENT_TYPES[0].type, SECRET, NOW, 1, signed_for)
        with pytest.raises(SignatureInvalid):
            HubSpot.verify(replace(request, url=URL), [SECRET], NOW)


def test_samples_are_good_at_the_address_they_are_made_for() -> None:
    for number, one in enumerate(EVENT_TYPES):
        request = HubSpot.sample_delivery(one.type, SECRET, NOW, number, URL)
        HubSpot.verify(request, [SECRET], NOW)
        assert request == HubSpot.sample_delivery(one.type, SECRET, NOW, number, URL)
        (event,) = HubSpot.read(request)
        assert event.type == one.type
        assert one.type not in HubSpot.describe(event).sentence
    with pytest.raises(InvalidRequest):
        HubSpot.sample_delivery("contact.eaten", SECRET, NOW, 1)


def test_a_list_of_a_hundred_events_is_read_in_order() -> None:
    body = orjson.dumps([{**EVENT, "eventId": number} for number in range(100)])
    events = HubSpot.read(delivery(body))
    assert [one.external_id for one in events] == [f"{number}:5" for number in range(100)]


def test_a_repeat_has_the_same_id_and_another_subscription_has_not() -> None:
    def external_id(**change: Any) -> str:
        return HubSpot.read(delivery(orjson.dumps([EVENT | change])))[0].external_id

    assert external_id(attemptNumber=3) == external_id()
    assert external_id(subscriptionId=6) != external_id()
    assert external_id(eventId=None, attemptNumber=3) == external_id(eventId=None)
    assert external_id(eventId=None, objectId=4) != external_id(eventId=None)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"7", b"[7]", b'[{"eventId": 1}]', b'[{"subscriptionType": 4}]', b"\xff"]
)
def test_what_hubspot_does_not_send_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        HubSpot.read(delivery(body))


def test_unknown_kinds_and_fields_are_kept() -> None:
    body = orjson.dumps([{**EVENT, "subscriptionType": "conversation.newMessage", "fresh": {"a": 1}}])
    (event,) = HubSpot.read(delivery(body))
    assert event.payload["fresh"] == {"a": 1}
    assert HubSpot.describe(event).sentence == "HubSpot reported “conversation.newMessage”"


@pytest.mark.parametrize(
    ("payload", "sentence", "kind"),
    [
        (EVENT, "Contact 123 was added through a form", "contact.created"),
        (
            {**EVENT, "subscriptionType": "object.creation", "objectTypeId": "0-3", "changeSource": "CRM_UI"},
            "Deal 123 was added by hand",
            "deal.created",
        ),
        (
            {
                **EVENT,
                "subscriptionType": "deal.propertyChange",
                "propertyName": "dealstage",
                "propertyValue": "closedwon",
            },
            "Deal 123 was won",
            "deal.moved",
        ),
        (
            {
                **EVENT,
                "subscriptionType": "contact.propertyChange",
                "propertyName": "jobtitle",
                "propertyValue": "Buyer",
            },
            "Contact 123: the job title is now “Buyer”",
            "contact.changed",
        ),
        (
            {**EVENT, "subscriptionType": "contact.propertyChange", "propertyName": "phone", "propertyValue": ""},
            "Contact 123: the phone number was emptied",
            "contact.changed",
        ),
        (
            {**EVENT, "subscriptionType": "contact.merge", "primaryObjectId": 1, "mergedObjectIds": [2, 3]},
            "2 contacts were merged into contact 1",
            "contact.merged",
        ),
        (
            {
                **EVENT,
                "subscriptionType": "deal.associationChange",
                "associationType": "DEAL_TO_CONTACT",
                "fromObjectId": 1,
                "toObjectId": 2,
                "associationRemoved": True,
            },
            "deal 1 and contact 2 are no longer linked",
            "deal.unlinked",
        ),
    ],
)
def test_events_read_as_sentences(payload: dict[str, Any], sentence: str, kind: str) -> None:
    activity = describe(**payload)
    assert (activity.sentence, activity.kind) == (sentence, kind)


def test_an_event_leads_to_its_record() -> None:
    activity = describe(**EVENT)
    assert activity.url == "https://app.hubspot.com/contacts/62515/record/0-1/123"
    assert (activity.object_type, activity.object_id, activity.tone) == ("contact", "123", Tone.GOOD)


def test_odd_events_are_described_all_the_same() -> None:
    for payload in json.loads((HERE / "fixtures" / "odd_events.json").read_text(encoding="utf-8"))["payloads"]:
        (event,) = HubSpot.read(delivery(json.dumps([payload]).encode()))
        sentence = HubSpot.describe(event).sentence
        assert sentence.strip()
        assert sentence.isprintable()
        assert event.external_id
