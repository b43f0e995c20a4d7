"""Deliveries: each scheme proves what was signed with the secret, and nothing else."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from providers.kit.contract import InboundEvent, InboundRequest
from providers.kit.declarative import provider_class
from providers.kit.declarative.document_webhook import (
    BasicScheme,
    EventType,
    HmacScheme,
    StandardScheme,
    TimestampedScheme,
    TokenScheme,
    Webhook,
)
from providers.kit.declarative.webhooks import describe_event, read_delivery, sample_delivery, verify_delivery
from providers.kit.errors import InvalidRequest, SignatureInvalid
from tests.providers_kit.declarative.bench import NOW, document

FORMS = document("forms")
WEBHOOK = FORMS.webhook or Webhook()
SECRET = "whsec_" + base64.b64encode(b"a secret of some length").decode()
SCHEMES = [
    HmacScheme(),
    HmacScheme(digest="sha1", prefix="sha1="),
    HmacScheme(digest="sha512", encoding="base64"),
    HmacScheme(signed="{{ timestamp }}.{{ id }}.{{ body }}", timestamp_header="X-T", id_header="X-Id", tolerance=60),
    HmacScheme(signed="v0:{{ timestamp }}:{{ body }}", timestamp_header="X-T", milliseconds=True, tolerance=60),
    TimestampedScheme(),
    StandardScheme(),
    StandardScheme(header_prefix="svix"),
    BasicScheme(),
    TokenScheme(),
    TokenScheme(place="query", name="token"),
]


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda one: f"{one.kind}")
def test_a_sample_is_proven_and_nothing_else_is(scheme: Any) -> None:
    webhook = replace(WEBHOOK, scheme=scheme)
    request = sample_delivery(webhook, "form.filled", SECRET, NOW, 3)
    verify_delivery(webhook, request, ["whsec_b3RoZXI=", SECRET], NOW)
    wrong = [
        (request, [], NOW),
        (request, [""], NOW),
        (request, ["whsec_b3RoZXI="], NOW),
        (replace(request, headers={}, query={}), [SECRET], NOW),
    ]
    if scheme.kind not in ("basic", "token"):
        wrong.append((replace(request, body=request.body + b" "), [SECRET], NOW))
    if getattr(scheme, "tolerance", 0):
        wrong += [(request, [SECRET], NOW + timedelta(hours=1)), (request, [SECRET], NOW - timedelta(hours=1))]
    for delivery, secrets, now in wrong:
        with pytest.raises(SignatureInvalid) as caught:
            verify_delivery(webhook, delivery, secrets, now)
        assert caught.value.fix
        assert SECRET not in f"{caught.value} {caught.value.fix}"


def test_a_delivery_becomes_an_event_in_our_words() -> None:
    provider = provider_class(FORMS)
    request = provider.sample_delivery("form.filled", "s", NOW, 9)  # type: ignore[attr-defined]
    (event,) = provider.read(request)  # type: ignore[attr-defined]
    assert (event.type, event.external_id) == ("form.filled", "d-1-evt00000009")
    assert event.created_at == NOW - timedelta(minutes=1)
    told = provider.describe(event)  # type: ignore[attr-defined]
    assert told.sentence == "Ada Lovelace filled in “Newsletter”"
    assert told.kind == "form.submitted"


def delivery(body: Any, **headers: str) -> InboundRequest:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return InboundRequest(method="POST", url="", headers=headers, query={}, body=content)


def test_a_delivery_may_hold_many_events_and_ids_may_be_missing() -> None:
    webhook = replace(WEBHOOK, items="events", event_id="", event_type="kind")
    events = read_delivery(webhook, delivery({"events": [{"kind": "a"}, {"kind": "b"}]}))
    assert [one.type for one in events] == ["a", "b"]
    assert len({one.external_id for one in events}) == 2
    assert events == read_delivery(webhook, delivery({"events": [{"kind": "a"}, {"kind": "b"}]}))


def test_forms_are_read_too() -> None:
    webhook = replace(WEBHOOK, body="form", event_id="id", event_type="", type_header="X-Kind", created_at="")
    (event,) = read_delivery(webhook, delivery(b"id=7&name=Ada+L", **{"x-kind": "made"}))
    assert (event.external_id, event.type, event.payload["name"]) == ("7", "made", "Ada L")


@pytest.mark.parametrize("body", [b"", b"[", b"null", b"[]", b"7", b'"x"', b"\xff", b'{"a":' * 3000, b"[1]"])
def test_what_is_no_delivery_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read_delivery(WEBHOOK, delivery(body))


@pytest.mark.parametrize("payload", [{}, {"event": None}, {"person": 3}, {"person": {"name": "x" * 99999}}])
def test_telling_an_event_never_fails(payload: Any) -> None:
    for kind in ("form.filled", "unknown", ""):
        told = describe_event(WEBHOOK, "Forms", InboundEvent(external_id="1", type=kind, payload=payload))
        assert told.sentence
        assert len(told.sentence) <= 400


def test_a_type_without_a_sample_raises_keyerror() -> None:
    webhook = replace(WEBHOOK, events=(EventType(type="a", label="A"),))
    with pytest.raises(KeyError):
        sample_delivery(webhook, "a", "s", NOW, 1)
