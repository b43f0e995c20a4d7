"""Deliveries of the event webhook: proves them (ECDSA over timestamp and raw body) and reads their many events.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features.
Body: a JSON array; each element is an event of its own, told apart by `sg_event_id`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from providers.kit.contract import InboundEvent, InboundRequest, WebhookEventType
from providers.kit.errors import InvalidRequest, SignatureInvalid
from providers.kit.signatures import header, timestamp_of, verify_ecdsa_p256

SIGNATURE_HEADER = "x-twilio-email-event-webhook-signature"
TIMESTAMP_HEADER = "x-twilio-email-event-webhook-timestamp"

TOLERANCE_SECONDS = 25 * 3600
"""SendGrid tries a delivery again for 24 hours and does not say that it signs anew each time."""

_TELLING = ("bad_secret", "mismatch", "malformed", "in_future", "too_old")
"""Of several keys' refusals, the last in this row says most: its key came furthest."""

_MAX_TYPE = 100
_MAX_ID = 200

EVENT_TYPES = (
    WebhookEventType(type="processed", label="An e-mail was taken and is on its way"),
    WebhookEventType(type="delivered", label="An e-mail arrived"),
    WebhookEventType(type="deferred", label="An e-mail is delayed and tried again"),
    WebhookEventType(type="bounce", label="An e-mail came back or was blocked"),
    WebhookEventType(
        type="dropped", label="An e-mail was held back because of an earlier bounce, complaint or unsubscribe"
    ),
    WebhookEventType(type="open", label="An e-mail was opened"),
    WebhookEventType(type="click", label="A link in an e-mail was followed"),
    WebhookEventType(type="spamreport", label="A recipient marked an e-mail as spam"),
    WebhookEventType(type="unsubscribe", label="A recipient wants no more e-mail"),
    WebhookEventType(type="group_unsubscribe", label="A recipient left an unsubscribe group's e-mail"),
    WebhookEventType(type="group_resubscribe", label="A recipient came back to an unsubscribe group's e-mail"),
)


def verify_delivery(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
    """`secrets` are public keys (base64 DER, or PEM); each is tried by itself, so that a broken one beside a good one
    takes nothing away. Raises SignatureInvalid."""
    given = [secret for secret in secrets if secret]
    if not given:
        verify_ecdsa_p256(b"", "", ())
    signature, timestamp = header(request.headers, SIGNATURE_HEADER), header(request.headers, TIMESTAMP_HEADER)
    timestamp_of(timestamp)
    refusals: list[SignatureInvalid] = []
    for secret in given:
        try:
            signed = timestamp.encode() + request.body
            verify_ecdsa_p256(signed, signature, (secret,), timestamp=timestamp, now=now, tolerance=TOLERANCE_SECONDS)
            return
        except SignatureInvalid as error:
            refusals.append(error)
    raise max(refusals, key=lambda error: _TELLING.index(error.reason) if error.reason in _TELLING else -1)


def read_delivery(request: InboundRequest) -> tuple[InboundEvent, ...]:
    """All events of a delivery. One that is not an event does not keep the others from being read; a delivery
    without any, or one that is no list, is InvalidRequest."""
    try:
        payload = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("The delivery is not valid JSON.", detail=str(error)) from None
    if not isinstance(payload, list):
        raise InvalidRequest("The delivery is not a list of events.")
    events = tuple(_event(one) for one in payload if isinstance(one, dict) and _type(one))
    if payload and not events:
        raise InvalidRequest("The delivery does not say which kind of events it holds.", field="event")
    return events


def _event(payload: dict[str, Any]) -> InboundEvent:
    return InboundEvent(
        external_id=_external_id(payload),
        type=_type(payload),
        payload=payload,
        created_at=moment(payload.get("timestamp")),
    )


def _type(payload: dict[str, Any]) -> str:
    kind = payload.get("event")
    return kind if isinstance(kind, str) and 0 < len(kind) <= _MAX_TYPE else ""


def _external_id(payload: dict[str, Any]) -> str:
    """`sg_event_id`; an event without one is known by its content, so that a repeat is still found."""
    given = payload.get("sg_event_id")
    if isinstance(given, str) and 0 < len(given) <= _MAX_ID:
        return given
    return "content-" + hashlib.sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).hexdigest()


def moment(value: Any) -> datetime | None:
    """Unix seconds as a time in UTC; None for anything else."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC) if value > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
