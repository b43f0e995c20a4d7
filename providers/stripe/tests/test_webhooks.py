"""Deliveries: proven, read and told in words, or refused with a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kit.contract import InboundEvent, InboundRequest
from providers.kit.errors import InvalidRequest, SignatureInvalid
from providers.stripe.events import EVENT_TYPES
from providers.stripe.phrases import PHRASES
from providers.stripe.provider import Stripe
from providers.stripe.samples import SAMPLES, signature

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = "whsec_current"


def delivery(body: bytes, header: str | None = None) -> InboundRequest:
    headers = {} if header is None else {"stripe-signature": header}
    return InboundRequest(method="POST", url="", headers=headers, query={}, body=body)


def signed(body: bytes, secret: str = SECRET, at: datetime = NOW) -> InboundRequest:
    return delivery(body, signature(body, secret, int(at.timestamp())))


def told(payload: dict[str, Any]) -> InboundEvent:
    return Stripe.read(delivery(json.dumps(payload).encode()))[0]


def vectors(vendor_data: Path) -> list[dict[str, Any]]:
    cases = json.loads((vendor_data / "vectors.json").read_text(encoding="utf-8"))["vectors"]
    return [case for case in cases if case["provider"] == "stripe" and not case.get("contested")]


def test_every_published_signature_case_gets_its_verdict(vendor_data: Path) -> None:
    cases = vectors(vendor_data)
    assert len(cases) >= 11
    for case in cases:
        headers = {name.lower(): value for name, value in case["request"]["headers"].items()}
        body = case["request"]["body"].encode()
        request = InboundRequest(method="POST", url="", headers=headers, query={}, body=body)
        try:
            Stripe.verify(request, [case["secret"]], datetime.fromtimestamp(case["now"], UTC))
            verdict = "valid"
        except SignatureInvalid:
            verdict = "invalid"
        assert verdict == case["expect"], case["id"]


def test_both_secrets_are_accepted_during_a_rotation() -> None:
    for secret in ("whsec_old", SECRET):
        Stripe.verify(signed(b"{}", secret), ["whsec_old", SECRET], NOW)


@pytest.mark.parametrize(
    ("request_", "secrets", "reason"),
    [
        (signed(b"{}", "whsec_other"), [SECRET], "mismatch"),
        (signed(b"{}"), [], "no_secret"),
        (signed(b"{}", ""), [""], "no_secret"),
        (delivery(b"{}"), [SECRET], "missing"),
        (delivery(b"{}", "t=abc,v1=zz"), [SECRET], "malformed"),
        (signed(b"{}", at=datetime(2026, 11, 23, 11, 0, tzinfo=UTC)), [SECRET], "too_old"),
        (signed(b"{}", at=datetime(2026, 11, 23, 13, 0, tzinfo=UTC)), [SECRET], "in_future"),
    ],
)
def test_a_forged_signature_is_refused_with_the_likely_reason(
    request_: InboundRequest, secrets: list[str], reason: str
) -> None:
    with pytest.raises(SignatureInvalid) as refused:
        Stripe.verify(request_, secrets, NOW)
    assert refused.value.reason == reason


def test_vendor_sample_events_are_told_in_sentences_of_their_own(vendor_data: Path) -> None:
    samples = json.loads((vendor_data / "fixtures" / "stripe" / "events.json").read_text(encoding="utf-8"))
    for group in ("published", "composed_from_official_resources"):
        for name, payload in samples[group].items():
            event = told(payload)
            activity = Stripe.describe(event)
            assert event.external_id == payload["id"]
            assert activity.url.startswith("https://dashboard.stripe.com/test/")
            if name == "event_unknown_object":
                assert activity.sentence == "Stripe reports: foo created"
            else:
                assert activity.kind != "event.received", name
                assert "[" not in activity.sentence
                assert "{" not in activity.sentence


def test_our_own_events_read_as_written(fixture_events: list[dict[str, Any]]) -> None:
    for case in fixture_events:
        activity = Stripe.describe(told(case["event"]))
        assert activity.sentence == case["sentence"]
        assert (activity.kind, activity.amount_minor, activity.currency) == (
            case["kind"],
            case["amount_minor"],
            case["currency"],
        )


def test_every_event_type_that_can_be_chosen_has_a_sentence() -> None:
    assert [one.type for one in EVENT_TYPES if one.type not in PHRASES] == []


def test_every_event_type_that_can_be_chosen_is_one_of_stripes(contract: Any) -> None:
    known = contract.doc["components"]["schemas"]["event"]["properties"]["type"]["enum"]
    assert {one.type for one in EVENT_TYPES} <= set(known)


def test_every_phrase_stands_alone_when_nothing_is_known() -> None:
    for type_ in PHRASES:
        sentence = Stripe.describe(told({"id": "evt_1", "type": type_.partition(":")[0]})).sentence
        assert not set("[]{}") & set(sentence)
        assert sentence == " ".join(sentence.split())


def test_a_thin_event_is_read_without_its_object() -> None:
    event = told(
        {
            "id": "evt_234",
            "object": "v2.core.event",
            "type": "v1.billing.meter.error_report_triggered",
            "livemode": True,
            "created": "2022-02-15T00:27:45.330Z",
            "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/billing/meters/mtr_1"},
        }
    )
    assert event.created_at == datetime(2022, 2, 15, 0, 27, 45, 330000, tzinfo=UTC)
    assert event.livemode is True
    assert Stripe.describe(event).object_id == "mtr_1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"5",
        b"NaN",
        b'{"id": "evt_1", "type": NaN}',
        b'{"id": "evt_1"}',
        b'{"type": "ping"}',
        b'{"id": 5, "type": "ping"}',
        b'{"id": "", "type": "ping"}',
        b'{"id": "evt_\\u0000", "type": "pi\\nng"}',
        b'{"id": "' + b"e" * 300 + b'", "type": "ping"}',
        b'{"id": "evt_1", "type": "ping", "data": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"id": "evt_1", "type": "ping", "data": ' + b"[" * 200 + b"]" * 200 + b"}",
    ],
)
def test_a_body_that_is_no_event_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Stripe.read(delivery(body))
    assert str(refused.value)


def test_nul_characters_become_something_a_database_can_keep() -> None:
    event = Stripe.read(delivery(b'{"id": "evt_1", "type": "ping", "data": {"a\\u0000": ["b\\u0000"]}}'))[0]
    assert event.payload["data"] == {"a�": ["b�"]}


def test_text_from_outside_stays_one_clean_line() -> None:
    name = "Ada\n\u202eLovelace {amount} [x]" + "x" * 500
    payload = {"id": "evt_1", "type": "customer.created", "data": {"object": {"object": "customer", "name": name}}}
    sentence = Stripe.describe(told(payload)).sentence
    assert sentence.startswith("Customer Ada Lovelace {amount} [x]x")
    assert len(sentence) < 160
    assert sentence.isprintable()


FIELDS = ["object", "amount", "currency", "items", "data", "price", "customer", "status", "arrival_date", "card"]
FIELDS += [
    "previous_attributes",
    "id",
    "unit_amount",
    "quantity",
    "recurring",
    "due_by",
    "evidence_details",
    "created",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=12,
)


@given(type_=st.sampled_from(sorted({key.partition(":")[0] for key in PHRASES})), data=JSON)
def test_no_shape_of_an_event_breaks_its_description(type_: str, data: Any) -> None:
    event = InboundEvent(external_id="evt_1", type=type_, payload={"data": data, "related_object": data})
    assert Stripe.describe(event).sentence


def test_there_is_a_sample_of_every_event_type() -> None:
    assert {one.type for one in EVENT_TYPES} == set(SAMPLES)


@pytest.mark.parametrize("event_type", sorted(SAMPLES))
def test_a_sample_delivery_is_proven_read_and_told(event_type: str) -> None:
    deliveries = [Stripe.sample_delivery(event_type, SECRET, NOW, seed) for seed in range(20)]
    for one in deliveries:
        Stripe.verify(one, [SECRET], NOW)
    events = [Stripe.read(one)[0] for one in deliveries]
    assert len({event.external_id for event in events}) == 20
    sentences = {Stripe.describe(event).sentence for event in events}
    if not event_type.startswith(
        ("review", "radar", "product", "price", "setup_intent")
    ):  # those have little to vary
        assert len(sentences) > 5, sentences
    assert deliveries[0] == Stripe.sample_delivery(event_type, SECRET, NOW, 0)


@pytest.mark.parametrize("event_type", sorted(SAMPLES))
def test_a_sample_event_fits_stripes_description(event_type: str, contract: Any) -> None:
    payload = json.loads(Stripe.sample_delivery(event_type, SECRET, NOW, 7).body)
    assert contract.check_response("GET", f"/v1/events/{payload['id']}", 200, payload) == []
    kind = payload["data"]["object"]["object"]
    lax = (
        "subscription",
        "invoice",
        "checkout.session",
        "payout",
        "dispute",
        "product",
    )  # many fields of no use here
    if kind not in lax:
        schema = {"$ref": f"#/components/schemas/{kind}"}
        assert contract.errors(schema, payload["data"]["object"], kind) == []


def test_reading_deliveries_does_not_load_the_sdk() -> None:
    code = (
        "import sys; from datetime import datetime, UTC; from providers.kit.registry import Registry;"
        "P = Registry.discover().get('stripe'); now = datetime.now(UTC);"
        "d = P.sample_delivery('invoice.paid', 's', now, 1); P.verify(d, ['s'], now);"
        "print(P.describe(P.read(d)[0]).sentence); assert 'stripe' not in sys.modules"
    )
    done = subprocess.run(  # our own code, fixed arguments
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False
    )
    assert done.returncode == 0, done.stderr
    assert "was paid by" in done.stdout
