"""Deliveries: proves and reads them. Sentences about them are in `sentences.py`.

Signatures: https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests. A delivery is a
list of at most 100 events: {"eventId", "subscriptionId", "portalId", "occurredAt", "subscriptionType", "objectId"}.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from providers.kit.contract import InboundEvent, InboundRequest, WebhookEventType
from providers.kit.errors import InvalidRequest, SignatureInvalid
from providers.kit.signatures import check_time, decode_digest, header, sign_hmac, timestamp_of, verify_hmac

V3_HEADER = "x-hubspot-signature-v3"
TIME_HEADER = "x-hubspot-request-timestamp"
OLD_HEADER = "x-hubspot-signature"
VERSION_HEADER = "x-hubspot-signature-version"
TOLERANCE = 300

_ESCAPES = {
    "3A": ":",
    "2F": "/",
    "3F": "?",
    "40": "@",
    "21": "!",
    "24": "$",
    "27": "'",
    "28": "(",
    "29": ")",
    "2A": "*",
    "2C": ",",
    "3B": ";",
}
"""The escapes of the address that HubSpot decodes before it signs."""

_ESCAPE = re.compile("%(" + "|".join(_ESCAPES) + ")", re.IGNORECASE)
_MAX_TYPE = 100
_MAX_ID = 60

EVENT_TYPES = (
    WebhookEventType(type="contact.creation", label="A contact was added"),
    WebhookEventType(type="contact.propertyChange", label="A contact's property changed"),
    WebhookEventType(type="contact.deletion", label="A contact was deleted"),
    WebhookEventType(type="contact.merge", label="Contacts were merged"),
    WebhookEventType(type="contact.restore", label="A deleted contact was restored"),
    WebhookEventType(type="contact.associationChange", label="A contact was linked or unlinked", default=False),
    WebhookEventType(type="contact.privacyDeletion", label="A contact was erased for privacy reasons"),
    WebhookEventType(type="company.creation", label="A company was added"),
    WebhookEventType(type="company.propertyChange", label="A company's property changed"),
    WebhookEventType(type="company.deletion", label="A company was deleted"),
    WebhookEventType(type="company.merge", label="Companies were merged", default=False),
    WebhookEventType(type="company.restore", label="A deleted company was restored", default=False),
    WebhookEventType(type="company.associationChange", label="A company was linked or unlinked", default=False),
    WebhookEventType(type="deal.creation", label="A deal was added"),
    WebhookEventType(type="deal.propertyChange", label="A deal changed: stage, amount, owner"),
    WebhookEventType(type="deal.deletion", label="A deal was deleted"),
    WebhookEventType(type="deal.merge", label="Deals were merged", default=False),
    WebhookEventType(type="deal.restore", label="A deleted deal was restored", default=False),
    WebhookEventType(type="deal.associationChange", label="A deal was linked or unlinked", default=False),
    WebhookEventType(type="object.creation", label="A record was added (apps of the new platform)", default=False),
    WebhookEventType(
        type="object.propertyChange", label="A record changed (apps of the new platform)", default=False
    ),
    WebhookEventType(type="object.deletion", label="A record was deleted (apps of the new platform)", default=False),
    WebhookEventType(type="object.merge", label="Records were merged (apps of the new platform)", default=False),
    WebhookEventType(type="object.restore", label="A record was restored (apps of the new platform)", default=False),
    WebhookEventType(
        type="object.associationChange",
        label="A record was linked or unlinked (apps of the new platform)",
        default=False,
    ),
)


def verify_delivery(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
    """Raises SignatureInvalid.

    Deliveries carry version 3 beside an older signature. Where version 3 is there, only it counts, whatever the older
    one says. Versions 1 and 2 alone are plain hashes without a moment; a repeat of one is caught by its event ids,
    and what can be appended to a plain hash is no JSON, which `read_delivery` refuses.
    """
    if request.headers.get(V3_HEADER) or not request.headers.get(OLD_HEADER):
        _verify_v3(request, secrets, now)
    else:
        _verify_old(request, secrets)


def sign_v3(secret: str, *, method: str, url: str, body: bytes, milliseconds: int) -> str:
    """The header that version 3 asks for."""
    return sign_hmac(_signed_v3(method, url, body, str(milliseconds)), secret, encoding="base64")


def read_delivery(request: InboundRequest) -> tuple[InboundEvent, ...]:
    """The events of a delivery. Raises InvalidRequest for a body that HubSpot does not send."""
    try:
        found = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("The delivery is not valid JSON.", detail=str(error)) from None
    listed = [found] if isinstance(found, dict) else found
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise InvalidRequest("The delivery is not a list of events.")
    return tuple(_event(one) for one in listed)


def moment_of(value: Any) -> datetime | None:
    """Milliseconds since 1970 as a moment; None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _verify_v3(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
    given, stamp = header(request.headers, V3_HEADER), header(request.headers, TIME_HEADER)
    seconds = timestamp_of(stamp, milliseconds=True)
    decode_digest(given, "base64")
    verify_hmac(_signed_v3(request.method, request.url, request.body, stamp), given, secrets, encoding="base64")
    check_time(seconds, now, TOLERANCE)


def _signed_v3(method: str, url: str, body: bytes, stamp: str) -> bytes:
    address = _ESCAPE.sub(lambda found: _ESCAPES[found.group(1).upper()], url)
    return method.upper().encode() + address.encode("utf-8", "surrogatepass") + body + stamp.encode()


def _verify_old(request: InboundRequest, secrets: Sequence[str]) -> None:
    """SHA-256 (hex) over secret and body (v1), or secret, method, address and body (v2)."""
    usable = [one for one in secrets if one]
    if not usable:
        raise SignatureInvalid(
            "No client secret is stored for this connection, so no delivery can be trusted.",
            reason="no_secret",
            fix="Copy the client secret from the app's “Auth” tab in HubSpot into this connection.",
        )
    version = request.headers.get(VERSION_HEADER, "v1").lower()
    if version not in ("v1", "v2"):
        raise SignatureInvalid(
            "The delivery is signed in a way that we do not know.",
            reason="malformed",
            fix="It probably did not come from HubSpot.",
        )
    given = decode_digest(request.headers.get(OLD_HEADER, ""), "hex")
    before = (
        b"" if version == "v1" else request.method.upper().encode() + request.url.encode("utf-8", "surrogatepass")
    )
    fits = False
    for secret in usable:
        made = hashlib.sha256(secret.encode("utf-8", "surrogatepass") + before + request.body).digest()
        fits |= hmac.compare_digest(made, given)
    if not fits:
        raise SignatureInvalid(
            "The delivery's signature does not fit the stored client secret.",
            reason="mismatch",
            fix="Copy the client secret again from the “Auth” tab of the very app that sends the events.",
        )


def _event(payload: Mapping[str, Any]) -> InboundEvent:
    kind = payload.get("subscriptionType")
    if not isinstance(kind, str) or not 0 < len(kind) <= _MAX_TYPE:
        raise InvalidRequest("An event does not say of which kind it is.", field="subscriptionType")
    return InboundEvent(
        external_id=_external_id(payload),
        type=kind,
        payload=payload,
        created_at=moment_of(payload.get("occurredAt")),
    )


def _external_id(payload: Mapping[str, Any]) -> str:
    """The event and the subscription together are HubSpot's key; a retry carries the same with a higher attempt."""
    parts = [payload.get("eventId"), payload.get("subscriptionId")]
    if parts[0] is not None and all(isinstance(one, int | str | None) for one in parts):
        return ":".join("" if one is None else str(one)[:_MAX_ID] for one in parts)
    kept = {name: value for name, value in payload.items() if name != "attemptNumber"}
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()
