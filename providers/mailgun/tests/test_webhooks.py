"""Deliveries: proof, replays, reading, what they say of an e-mail, sentences, samples."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kit.contract import Activity, InboundEvent, InboundRequest
from providers.kit.errors import InvalidRequest, ProviderError, SignatureInvalid
from providers.kit.signatures import sign_hmac
from providers.kit.testing import signature_cases, vendor_json
from providers.kit.testing.bench import NOW
from providers.kit.vocabulary.email import EmailEvent

from ..provider import Mailgun
from ..webhooks import EVENT_TYPES
from .conftest import FOLDER

KEY = "0123456789abcdef0123456789abcdef"
TYPES = [one.type for one in EVENT_TYPES]


def cases() -> list[dict[str, Any]]:
    try:
        return [one for one in signature_cases("mailgun") if not one.get("contested")]
    except FileNotFoundError:
        return []


def delivery(body: Any, content_type: str = "application/json") -> InboundRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return InboundRequest(method="POST", url="", headers={"content-type": content_type}, query={}, body=raw)


def signed(event: dict[str, Any], token: str = "t" * 50) -> InboundRequest:
    stamp = str(int(NOW.timestamp()))
    signature = {"timestamp": stamp, "token": token, "signature": sign_hmac((stamp + token).encode(), KEY)}
    return delivery({"signature": signature, "event-data": event})


def published() -> list[tuple[str, dict[str, Any]]]:
    try:
        found = vendor_json("fixtures/mailgun/webhook_payloads.json")["cases"]
    except FileNotFoundError:
        return []
    return [(name, one) for name, all_ in found.items() for one in all_ if isinstance(one, dict)]


@pytest.mark.parametrize("case", cases(), ids=lambda one: one["id"])
def test_the_published_signature_cases_come_out_as_published(case: dict[str, Any]) -> None:
    sent = case["request"]
    headers = {name.lower(): value for name, value in sent["headers"].items()}
    request = InboundRequest(method="POST", url="", headers=headers, query={}, body=sent["body"].encode())
    now = datetime.fromtimestamp(case["now"], UTC)
    if "replay_of" in case:  # may be refused, or ignored as a duplicate of the first
        body = json.loads(request.body)
        body["event-data"]["recipient"] = "recipient@example.com"
        original = delivery(body)
        Mailgun.verify(original, [case["secret"]], now)
        assert Mailgun.read(request)[0].external_id == Mailgun.read(original)[0].external_id
    elif case["expect"] == "valid":
        Mailgun.verify(request, [case["secret"]], now)
        assert Mailgun.read(request)
    else:
        with pytest.raises(SignatureInvalid):
            Mailgun.verify(request, [case["secret"]], now)


def test_the_published_signature_cases_are_there() -> None:
    if not cases():
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    assert len(cases()) >= 5


@pytest.mark.parametrize(("name", "body"), published(), ids=lambda one: one if isinstance(one, str) else "")
def test_every_published_payload_is_read_and_described(name: str, body: dict[str, Any]) -> None:
    request = delivery({"signature": {"token": name}, **body} if "event-data" in body else {"token": name, **body})
    (event,) = Mailgun.read(request)
    activity = Mailgun.describe(event)
    assert activity.sentence
    Mailgun.email_event(event)


def test_a_repeat_is_a_duplicate_and_the_key_proves_the_body_only_in_part() -> None:
    request = signed({"event": "delivered", "id": "event-1", "recipient": "ada@example.com"})
    for _ in range(2):
        Mailgun.verify(request, [KEY], NOW)
    again = signed({"event": "delivered", "id": "event-1", "recipient": "ada@example.com"}, token="u" * 50)
    assert {Mailgun.read(one)[0].external_id for one in (request, again)} == {"event-1"}
    assert Mailgun.manifest.webhook is not None
    assert not Mailgun.manifest.webhook.signs_body


@pytest.mark.parametrize(
    "request_",
    [signed({"event": "complained", "id": "event-2"}), delivery({"event": "opened", "token": "t" * 50})],
    ids=["today's", "older"],
)
def test_a_token_comes_with_its_event_as_what_may_come_once_only(request_: InboundRequest) -> None:
    assert Mailgun.read(request_)[0].replay_key == "t" * 50


def test_an_event_without_an_id_is_known_by_its_token() -> None:
    assert Mailgun.read(signed({"event": "delivered"}, token="abc"))[0].external_id == "token:abc"


def test_the_signature_is_not_kept_with_the_event() -> None:
    (event,) = Mailgun.read(signed({"event": "delivered", "id": "1"}))
    assert "signature" not in json.dumps(dict(event.payload))


@pytest.mark.parametrize("offset", [-301, 301])
def test_old_and_future_deliveries_are_refused(offset: int) -> None:
    with pytest.raises(SignatureInvalid) as refusal:
        Mailgun.verify(signed({"event": "opened", "id": "1"}), [KEY], NOW + timedelta(seconds=offset))
    assert refusal.value.reason == ("too_old" if offset > 0 else "in_future")


def test_after_a_reset_of_the_key_old_and_new_are_accepted() -> None:
    Mailgun.verify(signed({"event": "opened", "id": "1"}), ["f" * 32, KEY], NOW)


@pytest.mark.parametrize("secrets", [[], [""]])
@pytest.mark.parametrize("body", [b"", b"{}", b"nonsense"])
def test_without_a_key_nothing_is_accepted(secrets: list[str], body: bytes) -> None:
    with pytest.raises(SignatureInvalid) as refusal:
        Mailgun.verify(delivery(body), secrets, NOW)
    assert refusal.value.reason == "no_secret"


def legacy(fields: dict[str, str]) -> dict[str, str]:
    stamp, token = str(int(NOW.timestamp())), "l" * 50
    return {"timestamp": stamp, "token": token, "signature": sign_hmac((stamp + token).encode(), KEY), **fields}


def test_older_webhooks_are_forms() -> None:
    fields = legacy({"event": "dropped", "code": "607", "recipient": "ada@example.com", "description": "No"})
    body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
    request = delivery(body, "application/x-www-form-urlencoded")
    Mailgun.verify(request, [KEY], NOW)
    (event,) = Mailgun.read(request)
    found = Mailgun.email_event(event)
    assert (event.type, event.created_at, found and found.reason) == ("permanent_fail", NOW, "spam")


def test_forwarded_mail_is_read_with_its_files_named() -> None:
    fields = legacy(
        {"recipient": "in@mg.example.com", "sender": "ada@example.com", "subject": "Hi", "body-plain": "é"}
    )
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    parts.append('--b\r\nContent-Disposition: form-data; name="attachment-1"; filename="a.txt"\r\n\r\nx\r\n--b--\r\n')
    request = delivery("".join(parts).encode(), "multipart/form-data; boundary=b")
    Mailgun.verify(request, [KEY], NOW)
    (event,) = Mailgun.read(request)
    assert (event.type, event.payload["attachment-1"], event.payload["body-plain"]) == ("received", "a.txt", "é")
    assert Mailgun.describe(event).sentence == "ada@example.com wrote “Hi”"
    assert Mailgun.email_event(event) is None


@pytest.mark.parametrize(
    "body", [{}, {"event-data": {}}, {"event-data": {"event": 7}}, {"event-data": {"event": "x"}}]
)
def test_a_body_that_is_not_the_vendors_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        Mailgun.read(delivery(body))


# ------------------------------------------------------------------------------- what events say of mail


def own_cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "fixtures" / "events.json").read_text())["cases"]
    return found


@pytest.mark.parametrize(
    "case", own_cases(), ids=lambda one: f"{one['event']['event']}-{one['status']}-{one['reason']}"
)
def test_each_event_has_our_status_and_reason(case: dict[str, Any]) -> None:
    more = {
        "recipient": "ada@example.com",
        "tags": ["a"],
        "message": {"headers": {"message-id": "<m@d>", "subject": "S"}},
    }
    (event,) = Mailgun.read(signed({"id": "1", "timestamp": NOW.timestamp(), **more, **case["event"]}))
    found = Mailgun.email_event(event)
    assert found is not None
    assert (found.status, found.reason) == (case["status"], case["reason"])
    assert (found.message_id, found.recipient, found.tags, found.subject) == ("m@d", "ada@example.com", ("a",), "S")
    assert found.occurred_at == NOW
    assert found.link == case["event"].get("url", "")


@pytest.mark.parametrize("kind", ["stored", "list_uploaded", "email_validation"])
def test_events_that_are_not_about_our_mail_are_left_out(kind: str) -> None:
    event = InboundEvent(external_id="1", type=kind, payload={"event": kind, "recipient": "ada@example.com"})
    assert Mailgun.email_event(event) is None


def said(event: dict[str, Any]) -> Activity:
    headers = {"subject": "Your invoice", "to": "ada@example.com", "message-id": "m@d"}
    more = {"id": "1", "recipient": "ada@example.com", "message": {"headers": headers}}
    return Mailgun.describe(Mailgun.read(signed({**more, **event}))[0])


def test_events_read_as_sentences() -> None:
    bounce = {"event": "failed", "severity": "permanent", "reason": "bounce", "delivery-status": {"code": 550}}
    assert said(bounce).sentence == "“Your invoice” to ada@example.com bounced: it was refused"
    held = {"event": "failed", "severity": "permanent", "reason": "suppress-complaint"}
    assert said(held).kind == "email.suppressed"
    later = {"event": "accepted", "message": {"headers": {}, "scheduled-for": "Tue, 24 Nov 2026 08:00:00 UTC"}}
    assert "scheduled for 2026-11-24 08:00 UTC" in said(later).sentence
    assert "www.example.com" in said({"event": "clicked", "url": "https://www.example.com/x"}).sentence
    assert said({"event": "brand_new"}).sentence == "Mailgun reported “brand_new”"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    "event",
    "id",
    "timestamp",
    "severity",
    "reason",
    "recipient",
    "message",
    "delivery-status",
    "reject",
    "url",
    "tags",
)


@given(
    kind=st.sampled_from([*TYPES, "rejected", "stored", "received", "new", ""]),
    payload=st.dictionaries(st.sampled_from(NAMES), json_values),
)
def test_no_shape_breaks_sentence_or_status(kind: str, payload: dict[str, Any]) -> None:
    event = InboundEvent(external_id="1", type=kind, payload=payload)
    assert Mailgun.describe(event).sentence
    assert isinstance(Mailgun.email_event(event), EmailEvent | None)


@given(
    body=st.binary(max_size=200),
    kind=st.sampled_from(["multipart/form-data; boundary=b", "application/json", "text/x"]),
)
def test_no_body_breaks_reading_or_proof(body: bytes, kind: str) -> None:
    with pytest.raises(SignatureInvalid):
        Mailgun.verify(delivery(body, kind), [KEY], NOW)
    try:
        Mailgun.read(delivery(body, kind))
    except ProviderError:
        return


# --------------------------------------------------------------------------------------------- samples


@pytest.mark.parametrize("kind", TYPES)
def test_samples_are_signed_varied_and_of_their_type(kind: str) -> None:
    events = set()
    for seed in range(6):
        request = Mailgun.sample_delivery(kind, KEY, NOW, seed)
        Mailgun.verify(request, [KEY], NOW)
        (event,) = Mailgun.read(request)
        assert event.type == kind
        assert Mailgun.email_event(event)
        events.add(event.external_id)
    assert len(events) == 6
    assert Mailgun.sample_delivery(kind, KEY, NOW, 1) == Mailgun.sample_delivery(kind, KEY, NOW, 1)


def test_there_is_no_sample_of_an_unknown_type() -> None:
    with pytest.raises(InvalidRequest):
        Mailgun.sample_delivery("nothing", KEY, NOW, 1)
