"""Deliveries: proves them and reads them. Sentences about them are in `activity.py`.

The signature stands inside the body: {"signature": {"timestamp", "token", "signature"}, "event-data": {…}};
HMAC-SHA256 in hex over timestamp and token, with the account's webhook signing key. Older webhooks and forwarded mail
send the same three as form fields. https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks

The body is not signed, so a token counts for one event only. `read` takes the event's own id as the external id, so
that a repeat is a duplicate and the events API names the same event alike, and the token as the replay key, so that
nothing else is taken with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

import orjson

from providers.kit.contract import InboundEvent, InboundRequest, WebhookEventType
from providers.kit.errors import InvalidRequest, SignatureInvalid
from providers.kit.signatures import verify_token

from .reading import moment, text

TOLERANCE_SECONDS = 300
RECEIVED = "received"
_MAX_TYPE = 100
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

EVENT_TYPES = (
    WebhookEventType(type="accepted", label="Mailgun took an e-mail and queued it"),
    WebhookEventType(type="delivered", label="An e-mail arrived"),
    WebhookEventType(type="temporary_fail", label="An e-mail is delayed and tried again"),
    WebhookEventType(type="permanent_fail", label="An e-mail came back or could not be delivered"),
    WebhookEventType(type="opened", label="An e-mail was opened"),
    WebhookEventType(type="clicked", label="A link in an e-mail was clicked"),
    WebhookEventType(type="unsubscribed", label="A recipient unsubscribed"),
    WebhookEventType(type="complained", label="A recipient marked an e-mail as spam"),
)

_LEGACY = {
    "bounced": {"event": "failed", "severity": "permanent", "reason": "bounce"},
    "dropped": {"event": "failed", "severity": "permanent"},
}


def verify_delivery(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
    """Raises SignatureInvalid."""
    try:
        body = _body(request, strict=True)
    except InvalidRequest as error:
        if not any(secrets):
            verify_token("", "", "", secrets, now)
        raise SignatureInvalid(
            "The delivery is not written the way Mailgun writes it, so there is no signature to look at.",
            reason="malformed",
            fix="It probably did not come from Mailgun. Check that the address was given to Mailgun only.",
        ) from error
    signature = body.get("signature")
    signed = signature if isinstance(signature, Mapping) else body
    timestamp, token, value = (_short(signed.get(name)) for name in ("timestamp", "token", "signature"))
    verify_token(timestamp, token, value, secrets, now, tolerance=TOLERANCE_SECONDS)


def read_delivery(request: InboundRequest) -> tuple[InboundEvent, ...]:
    """The one event of a delivery. Raises InvalidRequest for a body the vendor does not send."""
    body = _body(request, strict=False)
    external_id, payload = _event_of(body)
    kind = event_type(payload)
    if not 0 < len(kind) <= _MAX_TYPE:
        raise InvalidRequest("The delivery does not say which kind of event it is.", field="event")
    if not external_id:
        raise InvalidRequest("The delivery has neither an event id nor a token.", field="id")
    return (replace(to_inbound(external_id, payload), replay_key=_token_of(body)),)


def to_inbound(external_id: str, payload: Mapping[str, Any]) -> InboundEvent:
    """One event of the vendor's, from a delivery or from the events API."""
    return InboundEvent(
        external_id=external_id,
        type=event_type(payload),
        payload=payload,
        created_at=moment(payload.get("timestamp")) or _at(payload),
    )


def event_type(payload: Mapping[str, Any]) -> str:
    """The event's name as webhooks call it: a failure is temporary or permanent."""
    name = text(payload.get("event"))
    if name == "failed":
        return "temporary_fail" if payload.get("severity") == "temporary" else "permanent_fail"
    return name


def _event_of(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The event's id (of the token, where the event has none) and the event."""
    payload, token = body.get("event-data"), _token_of(body)
    if isinstance(payload, Mapping):
        own = _short(payload.get("id"))
        return own or (f"token:{token}" if token else ""), payload
    return f"token:{token}" if token else "", _legacy(body)


def _token_of(body: Mapping[str, Any]) -> str:
    signature = body.get("signature")
    return _short((signature if isinstance(signature, Mapping) else body).get("token"))


def _legacy(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A form's fields without the signature, with today's names; forwarded mail has no event and is `received`."""
    found = {name: value for name, value in body.items() if name not in ("signature", "token")}
    name = text(found.get("event"))
    if not name and (found.get("sender") or found.get("body-plain") or found.get("from")):
        found["event"] = RECEIVED
    return {**found, **_LEGACY.get(name, {})}


def _at(payload: Mapping[str, Any]) -> datetime | None:
    stamp = text(payload.get("timestamp"))
    return moment(int(stamp)) if stamp.isascii() and stamp.isdecimal() and len(stamp) < 12 else None


def _short(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= 200 else ""


def _body(request: InboundRequest, *, strict: bool) -> Mapping[str, Any]:
    """The delivery's fields. `strict` insists on the content type that every delivery has. Raises InvalidRequest."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _FORM_TYPES[1]:
        return _multipart(request)
    if kind == _FORM_TYPES[0]:
        return _fields(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if strict and kind != "application/json":
        raise InvalidRequest("The delivery does not say what it is.", field="content-type")
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("The delivery is not valid JSON.", detail=str(error)) from None
    if not isinstance(body, dict):
        raise InvalidRequest("The delivery is not a JSON object.")
    return body


def _fields(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        found.setdefault(name, value)  # the vendor's own fields come before variables of the same name
    return found


def _multipart(request: InboundRequest) -> dict[str, Any]:
    """A form's texts; files are named, not kept."""
    try:
        head = b"Content-Type: " + request.headers["content-type"].encode("ascii") + b"\r\n\r\n"
        message = BytesParser(policy=HTTP).parsebytes(head + request.body)
        pairs = []
        for one in message.iter_parts() if message.is_multipart() else ():
            name, filename = one.get_param("name", header="content-disposition"), one.get_filename()
            content = one.get_payload(decode=True)
            if isinstance(name, str) and isinstance(content, bytes):
                pairs.append((name, filename or content.decode("utf-8", "replace")))
    except Exception as error:  # the mail parser raises many kinds for broken forms
        raise InvalidRequest("The delivery's form could not be read.", detail=type(error).__name__) from None
    return _fields(pairs)
