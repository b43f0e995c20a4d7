"""Whatever bytes arrive, signed or not: an answer in words, never a 500."""

from __future__ import annotations

import orjson
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.webapp.webhooks.conftest import MakeInstance, Vendor, delivery, sign
from webapp.webhooks.processing import drain

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)


@QUICK
@given(body=st.binary(max_size=400), signature=HEADER)
def test_any_bytes_get_an_answer(vendor: Vendor, body: bytes, signature: str) -> None:
    environ = {"HTTP_X_ACME_SIGNATURE": signature}
    unsigned = vendor.client.post(vendor.path, data=body, environ_overrides=environ)
    assert unsigned.status_code in (400, 429)
    signed = vendor.client.post(vendor.path, data=body, headers={"x-acme-signature": sign(body)})
    assert signed.status_code in (200, 400, 429)
    assert signed.json


@QUICK
@given(value=JSON, kind=st.text(max_size=300), external_id=st.text(min_size=1, max_size=400))
def test_any_signed_json_is_stored_or_refused_and_then_processed(
    vendor: Vendor, value: object, kind: str, external_id: str
) -> None:
    body = {"id": external_id, "type": kind, "order": value}
    answer = vendor.send(body)
    assert answer.status_code in (200, 400, 429)


@QUICK
@given(path=st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=80), query=st.text(max_size=80))
def test_any_address_gets_an_answer(vendor: Vendor, path: str, query: str) -> None:
    environ = {"PATH_INFO": f"/webhooks/{path}", "QUERY_STRING": query.encode("utf-8", "replace").decode("latin-1")}
    assert vendor.client.post("/", environ_overrides=environ).status_code == 404
    challenge = {"PATH_INFO": vendor.path, "QUERY_STRING": environ["QUERY_STRING"]}
    assert vendor.client.get("/", environ_overrides=challenge).status_code == 200


def test_signed_nonsense_for_real_providers_is_never_a_500(app: Flask, make_instance: MakeInstance) -> None:
    import time

    from providers.kit.signatures import sign_timestamped

    secret = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw=="
    instance = make_instance("stripe", secret=secret)
    client = app.test_client()
    for payload in (b"[" * 50_000, b'{"id":1}', b'{"id":"evt_1","type":"x","created":1e400}', b"\xff", b"{}", b"[]"):
        headers = {"stripe-signature": sign_timestamped(payload, secret, int(time.time()))}
        answer = client.post(f"/webhooks/stripe/{instance.webhook_key}", data=payload, headers=headers)
        assert answer.status_code in (200, 400)
    assert orjson.loads(delivery({"id": "e"}).body)


def test_what_hypothesis_stored_can_be_processed(vendor: Vendor, session: object) -> None:
    for kind in ("", "\x00", "x" * 5000, "‮", "poison"):
        assert vendor.send({"id": f"e{kind}"[:100], "type": kind}).status_code == 200
    drained = drain(session)  # type: ignore[arg-type]  # the fixture's session
    assert drained.processed + drained.failed == 5
