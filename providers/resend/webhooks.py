"""Deliveries: proves them (Standard Webhooks signatures) and reads them. Sentences about them are in `activity.py`.

Scheme: https://resend.com/docs/webhooks/verify-webhooks-requests. Body: {"type", "created_at", "data"}.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson

from providers.kit.contract import InboundEvent, InboundRequest, WebhookEventType
from providers.kit.errors import InvalidRequest
from providers.kit.signatures import verify_standard

from .shapes import moment

_HEADER_FAMILIES = ("svix", "webhook")
"""Today's header names begin with `svix-`; `webhook-` is what the Standard Webhooks specification calls them."""

_MAX_TYPE = 100

EVENT_TYPES = (
    WebhookEventType(type="email.sent", label="An e-mail was handed to the recipient's mail server"),
    WebhookEventType(type="email.delivered", label="An e-mail arrived"),
    WebhookEventType(type="email.delivery_delayed", label="An e-mail is delayed and tried again"),
    WebhookEventType(type="email.bounced", label="An e-mail came back"),
    WebhookEventType(type="email.complained", label="A recipient marked an e-mail as spam"),
    WebhookEventType(type="email.failed", label="An e-mail could not be sent"),
    WebhookEventType(
        type="email.suppressed", label="An e-mail was held back because of an earlier bounce or complaint"
    ),
    WebhookEventType(type="email.opened", label="An e-mail was opened"),
    WebhookEventType(type="email.clicked", label="A link in an e-mail was clicked"),
    WebhookEventType(type="email.scheduled", label="An e-mail was scheduled for later"),
    WebhookEventType(type="email.received", label="An e-mail came in", default=False),
    WebhookEventType(type="contact.created", label="A contact was added", default=False),
    WebhookEventType(type="contact.updated", label="A contact was changed or unsubscribed", default=False),
    WebhookEventType(type="contact.deleted", label="A contact was removed", default=False),
    WebhookEventType(type="domain.created", label="A sending domain was added", default=False),
    WebhookEventType(type="domain.updated", label="A sending domain's state changed"),
    WebhookEventType(type="domain.deleted", label="A sending domain was removed"),
)


def verify_delivery(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
    """Raises SignatureInvalid."""
    family = _family(request)
    verify_standard(
        request.body,
        request.headers.get(f"{family}-id", ""),
        request.headers.get(f"{family}-timestamp", ""),
        request.headers.get(f"{family}-signature", ""),
        secrets,
        now,
    )


def read_delivery(request: InboundRequest) -> tuple[InboundEvent, ...]:
    """The one event of a delivery. Raises InvalidRequest for a body or headers the vendor does not send."""
    try:
        payload = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("The delivery is not valid JSON.", detail=str(error)) from None
    kind = payload.get("type") if isinstance(payload, dict) else None
    if not isinstance(kind, str) or not 0 < len(kind) <= _MAX_TYPE:
        raise InvalidRequest("The delivery does not say which kind of event it is.", field="type")
    if not isinstance(payload.get("data"), dict):
        raise InvalidRequest("The delivery carries no data.", field="data")
    external_id = request.headers.get(f"{_family(request)}-id", "")  # retries of one delivery carry the same
    if not external_id:
        raise InvalidRequest("The delivery has no id header.", field="svix-id")
    created_at = moment(payload.get("created_at"))
    return (InboundEvent(external_id=external_id, type=kind, payload=payload, created_at=created_at),)


def _family(request: InboundRequest) -> str:
    """The one family of headers that a delivery uses; the two are never mixed."""
    return next((one for one in _HEADER_FAMILIES if request.headers.get(f"{one}-id", "")), _HEADER_FAMILIES[0])
