"""Deliveries: proven by the vendor's published vectors, read one by one, told in sentences."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from providers.kit.contract import InboundEvent, InboundRequest
from providers.kit.errors import InvalidRequest, PermissionMissing, SignatureInvalid, Unsupported
from providers.kit.testing import NOW, Bench, signature_cases
from providers.kit.vocabulary.email import EmailStatus, RejectReason

from ..activity import describe_event
from ..provider import SendGrid
from ..sandbox import SENDING_ONLY_KEY
from ..sandbox_keys import public_key, sign_bytes
from ..webhooks import EVENT_TYPES, SIGNATURE_HEADER, TIMESTAMP_HEADER, TOLERANCE_SECONDS
from .conftest import own_fixture

ADDRESS = "https://hub.example.com/webhooks/x/y"


def delivery(events: Any, now: datetime = NOW) -> InboundRequest:
    """Signed with the sandbox's key."""
    body = json.dumps(events).encode() + b"\r\n"
    timestamp = str(int(now.timestamp()))
    headers = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: sign_bytes(timestamp.encode() + body)}
    return InboundRequest(method="POST", url="", headers=headers, query={}, body=body)


def event(kind: str, **fields: Any) -> InboundEvent:
    payload = {"event": kind, "email": "ada@example.org", "sg_event_id": "e", "timestamp": 1_763_000_000, **fields}
    (found,) = SendGrid.read(delivery([payload]))
    return found


def test_the_published_vectors_are_judged_as_the_vendor_judges_them() -> None:
    try:
        cases = [one for one in signature_cases("sendgrid") if not one.get("contested")]
    except FileNotFoundError:
        pytest.skip("the vendors' data (vectors.json) is not here; set VENDOR_DATA to its folder")
    assert len(cases) >= 6
    assert {one["expect"] for one in cases} == {"valid", "invalid"}
    for case in cases:
        headers = {name.lower(): value for name, value in case["request"]["headers"].items()}
        body = case["request"]["body"].encode()
        request = InboundRequest(method="POST", url="", headers=headers, query={}, body=body)
        now = datetime.fromtimestamp(case["now"], UTC)
        if case["expect"] == "valid":
            SendGrid.verify(request, [case["public_key"]], now)
        else:
            with pytest.raises(SignatureInvalid):
                SendGrid.verify(request, [case["public_key"]], now)


def test_the_published_samples_read_as_sentences_and_as_mail_events(published: Callable[[str], Any]) -> None:
    cases = published("fixtures/sendgrid/webhook_payloads.json")["cases"]
    seen: dict[str, EmailStatus] = {}
    for batches in cases.values():
        for batch in batches:
            for found, payload in zip(SendGrid.read(delivery(batch)), batch, strict=True):
                assert found.external_id == payload["sg_event_id"]
                assert found.type == payload["event"]
                assert found.created_at == datetime.fromtimestamp(payload["timestamp"], UTC)
                assert payload["email"] in SendGrid.describe(found).sentence
                mail = SendGrid.email_event(found)
                assert mail
                assert mail.recipient == payload["email"]
                assert payload["sg_message_id"].startswith(mail.message_id)
                seen[found.type] = mail.status
    assert {"processed", "delivered", "dropped", "bounce", "deferred", "open", "click"} <= set(seen)


def test_the_vendors_own_library_accepts_our_samples() -> None:
    library = importlib.import_module("sendgrid.helpers.eventwebhook")
    judge = library.EventWebhook(public_key())
    for number, one in enumerate(EVENT_TYPES):
        request = SendGrid.sample_delivery(one.type, public_key(), NOW, number)
        headers = request.headers
        assert judge.verify_signature(request.body.decode(), headers[SIGNATURE_HEADER], headers[TIMESTAMP_HEADER])


def test_a_sample_needs_the_sandboxs_own_key() -> None:
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = other.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    for key in (pem, "", "nonsense"):
        with pytest.raises(InvalidRequest) as caught:
            SendGrid.sample_delivery("open", key, NOW, 1)
        assert caught.value.fix
    with pytest.raises(InvalidRequest):
        SendGrid.sample_delivery("no-such", public_key(), NOW, 1)


def test_samples_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    first, again, other = (SendGrid.sample_delivery("bounce", public_key(), NOW, seed) for seed in (1, 1, 2))
    assert first == again != other


def test_one_of_several_keys_is_enough_even_beside_a_broken_one() -> None:
    request = delivery([{"event": "open", "sg_event_id": "1"}])
    SendGrid.verify(request, ["MFkw-broken", public_key()], NOW)
    with pytest.raises(SignatureInvalid) as caught:
        SendGrid.verify(request, ["MFkw-broken"], NOW)
    assert caught.value.reason == "bad_secret"


def test_line_ends_and_the_timestamp_are_part_of_what_is_signed() -> None:
    request = delivery([{"event": "open", "sg_event_id": "1"}])
    later = {**request.headers, TIMESTAMP_HEADER: str(int(NOW.timestamp()) + 1)}
    for changed in (replace(request, body=request.body.rstrip()), replace(request, headers=later)):
        with pytest.raises(SignatureInvalid) as caught:
            SendGrid.verify(changed, [public_key()], NOW)
        assert caught.value.reason == "mismatch"


@pytest.mark.parametrize(("hours", "accepted"), [(0, True), (24, True), (26, False), (-26, False)])
def test_retries_of_a_whole_day_are_taken_and_older_ones_refused(hours: int, accepted: bool) -> None:
    request = delivery([{"event": "open", "sg_event_id": "1"}])
    now = NOW + timedelta(hours=hours)
    if accepted:
        SendGrid.verify(request, [public_key()], now)
        return
    with pytest.raises(SignatureInvalid) as caught:
        SendGrid.verify(request, [public_key()], now)
    assert caught.value.reason in ("too_old", "in_future")
    assert TOLERANCE_SECONDS > 24 * 3600


def test_a_key_of_another_kind_proves_nothing() -> None:
    other = ec.generate_private_key(ec.SECP384R1())
    pem = other.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    request = delivery([{"event": "open"}])
    other.sign(request.body, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(SignatureInvalid):
        SendGrid.verify(request, [pem.decode()], NOW)


# ---------------------------------------------------------------------------------------------- batches


def test_each_event_of_a_batch_has_the_vendors_own_number() -> None:
    batch = [{"event": "open", "email": "a@b.example", "sg_event_id": f"id-{number}"} for number in range(1000)]
    events = SendGrid.read(delivery(batch))
    assert [one.external_id for one in events] == [f"id-{number}" for number in range(1000)]


def test_a_repeat_has_the_same_numbers_and_a_shifted_batch_too() -> None:
    batch = [{"event": "open", "sg_event_id": "1"}, {"event": "click", "sg_event_id": "2"}, {"event": "open"}]
    first = [one.external_id for one in SendGrid.read(delivery(batch))]
    assert [one.external_id for one in SendGrid.read(delivery(batch))] == first
    assert {one.external_id for one in SendGrid.read(delivery(batch[1:]))} == set(first[1:])
    assert len(set(first)) == 3


def test_one_odd_element_does_not_lose_the_others() -> None:
    batch = [None, 7, {"email": "a@b.example"}, {"event": "open", "sg_event_id": "1"}]
    assert [one.external_id for one in SendGrid.read(delivery(batch))] == ["1"]


@pytest.mark.parametrize("body", [{"event": "open"}, "x", None, [1, 2], [{"event": ""}], [{"event": 3}]])
def test_what_is_no_list_of_events_is_refused(body: Any) -> None:
    with pytest.raises(InvalidRequest):
        SendGrid.read(delivery(body))


def test_an_empty_batch_is_no_event() -> None:
    assert SendGrid.read(delivery([])) == ()


def test_a_very_long_number_is_still_a_key() -> None:
    (found,) = SendGrid.read(delivery([{"event": "open", "sg_event_id": "x" * 500}]))
    assert len(found.external_id) < 200


def test_odd_events_are_kept_and_described() -> None:
    payloads = own_fixture("odd_events.json")["payloads"]
    events = SendGrid.read(delivery(payloads))
    assert len(events) == len(payloads)
    for found, payload in zip(events, payloads, strict=True):
        assert found.payload == payload
        sentence = SendGrid.describe(found).sentence
        assert sentence.strip()
        assert sentence.isprintable()
        SendGrid.email_event(found)
    assert "compliance suspend" in SendGrid.describe(events[7]).sentence
    assert SendGrid.describe(events[9]).sentence == "SendGrid reported “a new kind”"


# ------------------------------------------------------------------------------------------- mail events


@pytest.mark.parametrize(
    ("kind", "fields", "status", "reason"),
    [
        ("processed", {}, EmailStatus.SENT, RejectReason.NONE),
        ("delivered", {}, EmailStatus.DELIVERED, RejectReason.NONE),
        ("deferred", {"response": "451"}, EmailStatus.DEFERRED, RejectReason.NONE),
        ("bounce", {"type": "bounce"}, EmailStatus.BOUNCED, RejectReason.BOUNCED),
        ("bounce", {"bounce_classification": "Invalid Address"}, EmailStatus.BOUNCED, RejectReason.INVALID),
        ("bounce", {"type": "blocked"}, EmailStatus.BOUNCED, RejectReason.BLOCKED),
        ("bounce", {"reason": "unable to get mx info: timed out"}, EmailStatus.BOUNCED, RejectReason.TIMED_OUT),
        ("dropped", {"reason": "Bounced Address"}, EmailStatus.REJECTED, RejectReason.BOUNCED),
        ("dropped", {"reason": "Unsubscribed Address"}, EmailStatus.REJECTED, RejectReason.UNSUBSCRIBED),
        ("dropped", {"reason": "Spam Reporting Address"}, EmailStatus.REJECTED, RejectReason.SPAM),
        ("dropped", {"reason": "Invalid"}, EmailStatus.REJECTED, RejectReason.INVALID),
        ("dropped", {"reason": "Something new"}, EmailStatus.REJECTED, RejectReason.OTHER),
        ("open", {}, EmailStatus.OPENED, RejectReason.NONE),
        ("click", {"url": "https://a.example"}, EmailStatus.CLICKED, RejectReason.NONE),
        ("spamreport", {}, EmailStatus.COMPLAINED, RejectReason.SPAM),
        ("unsubscribe", {}, EmailStatus.UNSUBSCRIBED, RejectReason.UNSUBSCRIBED),
        ("group_unsubscribe", {"asm_group_id": 5}, EmailStatus.UNSUBSCRIBED, RejectReason.UNSUBSCRIBED),
    ],
)
def test_every_word_of_the_vendors_becomes_one_of_ours(
    kind: str, fields: dict[str, Any], status: EmailStatus, reason: RejectReason
) -> None:
    found = SendGrid.email_event(event(kind, **fields))
    assert found
    assert (found.status, found.reason) == (status, reason)
    assert found.link == fields.get("url", "")


@pytest.mark.parametrize("kind", ["group_resubscribe", "account_status_change", "new"])
def test_what_is_not_about_one_e_mail_is_no_mail_event(kind: str) -> None:
    assert SendGrid.email_event(event(kind)) is None


@pytest.mark.parametrize(
    ("whole", "number"),
    [
        ("wrfRRvF7Q0GgwUo2CvDmEA.filter0425p1mdw1.13037.57168B4A1D.0", "wrfRRvF7Q0GgwUo2CvDmEA"),
        ("14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0", "14c5d75ce93.dfd.64b469"),
        ("Ua5KV_vdQdyEnBbO5B9XSg.recvd-canary-6fcf8f9d5d-kdnwt-1-62B0B0D2-1F.0", "Ua5KV_vdQdyEnBbO5B9XSg"),
        ("LRzXl_NHStOGhQ4kofSm_A.geopod-ismtpd-1-0.x", "LRzXl_NHStOGhQ4kofSm_A"),
        ("filter0093p1las1.9128.5717FB8127.0", "filter0093p1las1.9128.5717FB8127.0"),
        ("plain", "plain"),
    ],
)
def test_events_are_found_by_the_number_that_sending_gave(whole: str, number: str) -> None:
    found = SendGrid.email_event(event("open", sg_message_id=whole))
    assert found
    assert found.message_id == number


def test_events_of_a_scheduled_e_mail_are_found_by_its_whole_number() -> None:
    found = SendGrid.email_event(event("open", sg_message_id="abc.filter1.2", hub_schedule="batch.1763000000"))
    assert found
    assert found.message_id == "abc.batch.1763000000"


def test_one_category_and_many_are_both_tags() -> None:
    one, many = (SendGrid.email_event(event("open", category=value)) for value in ("a", ["a", "b", "a"]))
    assert one
    assert many
    assert (one.tags, many.tags) == (("a",), ("a", "b"))


def test_sentences_say_who_and_why() -> None:
    assert describe_event(event("bounce", reason="550 No such user.")).sentence == (
        "An e-mail to ada@example.org came back: 550 No such user"
    )
    assert describe_event(event("click", url="https://shop.example/x")).sentence == (
        "ada@example.org followed a link to shop.example"
    )
    assert describe_event(event("open", subject="News")).sentence == "ada@example.org looked at “News”"
    assert "A mail program" in describe_event(event("open", sg_machine_open=True)).sentence


# ------------------------------------------------------------------------------------------ registration


def test_a_webhook_is_created_signed_and_limited_to_what_was_asked(bench: Bench) -> None:
    provider: Any = bench.open()
    made = provider.register_webhook(ADDRESS, ("delivered", "spamreport"))
    assert made.secret == public_key()
    kept = bench.state.read()["webhooks"][made.id]
    assert kept["enabled"]
    assert kept["public_key"]
    assert [name for name, value in kept.items() if value is True and name != "enabled"] == [
        "delivered",
        "spam_report",
    ]


def test_a_second_try_changes_the_webhook_that_is_there(bench: Bench) -> None:
    provider: Any = bench.open()
    first = provider.register_webhook(ADDRESS, ("open",))
    second = provider.register_webhook(ADDRESS, ("click",))
    assert first.id == second.id
    assert bench.state.read()["webhooks"][first.id]["open"] is False


def test_a_webhook_that_cannot_be_signed_is_taken_away_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    provider: Any = bench.open()
    real = bench.transport.exchange

    def refuse(request: Any, limits: Any) -> Any:
        response = real(request, limits)
        if request.method == "PATCH":
            response.status_code = 403
        return response

    monkeypatch.setattr(bench.transport, "exchange", refuse)
    with pytest.raises(PermissionMissing):
        provider.register_webhook(ADDRESS, ())
    assert bench.state.read()["webhooks"] == {}


def test_the_plans_number_of_webhooks_is_told_as_such(bench: Bench) -> None:
    provider: Any = bench.open()
    for number in range(5):
        provider.register_webhook(f"{ADDRESS}/{number}", ())
    with pytest.raises(Unsupported) as caught:
        provider.register_webhook(ADDRESS, ())
    assert "larger plan" in caught.value.fix


def test_unknown_events_and_missing_permissions_are_told(bench: Bench) -> None:
    provider: Any = bench.open()
    with pytest.raises(InvalidRequest):
        provider.register_webhook(ADDRESS, ("opened",))
    narrow: Any = bench.open({"api_key": SENDING_ONLY_KEY})
    with pytest.raises(PermissionMissing) as caught:
        narrow.register_webhook(ADDRESS, ())
    assert "Event Notification" in caught.value.fix
