"""Deliveries and challenges: proven with the app's consumer secret. Sentences about them are in `activity.py`.

Scheme: https://docs.x.com/x-api/webhooks/quickstart
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from providers.kit.contract import InboundEvent, InboundRequest
from providers.kit.errors import InvalidRequest
from providers.kit.signatures import sign_hmac, verify_hmac

from .answers import identifier, mapping, moment, objects, text
from .legacy import rewritten

SIGNATURE_HEADER = "x-twitter-webhooks-signature"
PREFIX = "sha256="

_MAX_TYPE = 100
_CRC_TOKEN = re.compile(r"[A-Za-z0-9_\-+/=.~]{1,256}")
"""No brace, quote or space: an answered challenge has the very form of a delivery's signature, and so whoever may ask
for any text could have a delivery of their own signed. A text of these letters alone is never a delivery's JSON."""


def verify_delivery(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
    """Raises SignatureInvalid. X signs no moment: a repeated delivery is known by its event's id."""
    value = request.headers.get(SIGNATURE_HEADER, "")
    verify_hmac(request.body, value, secrets, encoding="base64", prefix=PREFIX)


def answer_challenge(request: InboundRequest, secrets: Sequence[str]) -> tuple[int, str, str]:
    """(status, content type, body): the token signed with the consumer secret. X asks at the start and every hour."""
    token = request.query.get("crc_token", "")
    if not _CRC_TOKEN.fullmatch(token):
        return 400, "text/plain", "This is not a challenge: crc_token is missing or odd."
    secret = next((one for one in secrets if one), "")
    if not secret:
        return 503, "text/plain", "The API Key Secret of this connection is missing."
    return 200, "application/json", json.dumps({"response_token": response_token(token, secret)})


def response_token(crc_token: str, secret: str) -> str:
    return sign_hmac(crc_token.encode(), secret, encoding="base64", prefix=PREFIX)


def sign_delivery(body: bytes, secret: str) -> str:
    return sign_hmac(body, secret, encoding="base64", prefix=PREFIX)


def read_delivery(request: InboundRequest) -> tuple[InboundEvent, ...]:
    """The events of a delivery. Raises InvalidRequest for a body that X does not send."""
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("The delivery is not valid JSON.", detail=str(error)) from None
    if not isinstance(body, dict):
        raise InvalidRequest("The delivery is not a JSON object.")
    found = [_event(one, _uuid(one)) for one in objects(body.get("data"))]
    found += [_event(one, key) for key, one in rewritten(body)]
    if not found:
        raise InvalidRequest("The delivery does not say which kind of event it is.", field="event_type")
    return tuple(found)


def _event(data: dict[str, Any] | Any, external_id: str) -> InboundEvent:
    kind = text(data.get("event_type"))
    if not 0 < len(kind) <= _MAX_TYPE:
        raise InvalidRequest("The delivery does not say which kind of event it is.", field="event_type")
    return InboundEvent(
        external_id=external_id or _fingerprint(data), type=kind, payload=data, created_at=_created_at(data)
    )


def _uuid(data: Any) -> str:
    value = data.get("event_uuid")
    found = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return found if re.fullmatch(r"[A-Za-z0-9-]{1,64}", found) else ""


def _fingerprint(data: Any) -> str:
    """For an event without an id: the same content is the same event."""
    return "sha256-" + hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()[:40]


def _created_at(data: Any) -> datetime | None:
    payload = mapping(data.get("payload"))
    message = next(iter(objects(payload.get("direct_message_events"))), {})
    for value in (
        payload.get("created_at"),
        payload.get("timestamp_ms"),
        payload.get("date_time"),
        payload.get("event_timestamp_ms"),
        message.get("created_timestamp"),
    ):
        found = moment(value)
        if found is not None:
            return found
    return None


def subject_of(data: Any) -> str:
    """The account an event is about, "" where it says nothing."""
    return identifier(mapping(mapping(data).get("filter")).get("user_id"))
