"""Webhook events as e-mail events: what became of one e-mail for one person.

Shapes: https://resend.com/docs/webhooks/event-types. Any shape is survived.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

from providers.kit.contract import InboundEvent
from providers.kit.vocabulary.email import EmailEvent, EmailStatus, RejectReason

from .shapes import moment

STATUS = {
    "email.scheduled": EmailStatus.QUEUED,
    "email.sent": EmailStatus.SENT,
    "email.delivered": EmailStatus.DELIVERED,
    "email.delivery_delayed": EmailStatus.DEFERRED,
    "email.bounced": EmailStatus.BOUNCED,
    "email.complained": EmailStatus.COMPLAINED,
    "email.failed": EmailStatus.FAILED,
    "email.suppressed": EmailStatus.REJECTED,
    "email.opened": EmailStatus.OPENED,
    "email.clicked": EmailStatus.CLICKED,
}

_BOUNCES = {
    "noemail": RejectReason.INVALID,
    "contentrejected": RejectReason.BLOCKED,
    "attachmentrejected": RejectReason.BLOCKED,
    "suppressed": RejectReason.BLOCKED,
    "onaccountsuppressionlist": RejectReason.BLOCKED,
}
"""By `bounce.subType`; every other one is an ordinary bounce."""

_SUPPRESSIONS = {"previous_bounce": RejectReason.BOUNCED, "previous_complaint": RejectReason.SPAM}
_LONGEST = 500


def email_event(event: InboundEvent) -> EmailEvent | None:
    """None for what is not about an e-mail we sent (one that came in, contacts, domains, an unknown type)."""
    payload: Mapping[str, Any] = event.payload if isinstance(event.payload, Mapping) else {}
    data = _mapping(payload.get("data"))
    status, recipient = STATUS.get(event.type), _recipient(data.get("to"))
    if status is None or not recipient:
        return None
    reason, detail = _why(event.type, data)
    return EmailEvent(
        status=status,
        message_id=_text(data.get("email_id")),
        recipient=recipient,
        occurred_at=event.created_at or moment(payload.get("created_at")),
        reason=reason,
        detail=detail,
        link=_text(_mapping(data.get("click")).get("link")),
        tags=_tags(data.get("tags")),
        subject=_text(data.get("subject")),
    )


def _why(event_type: str, data: Mapping[str, Any]) -> tuple[RejectReason, str]:
    if event_type == "email.bounced":
        bounce = _mapping(data.get("bounce"))
        known = _BOUNCES.get(_text(bounce.get("subType")).lower(), RejectReason.BOUNCED)
        return known, _text(bounce.get("message"))
    if event_type == "email.suppressed":
        held = _mapping(data.get("suppressed"))
        return _SUPPRESSIONS.get(_text(held.get("reason")), RejectReason.BLOCKED), _text(held.get("message"))
    if event_type == "email.failed":
        return RejectReason.OTHER, _text(_mapping(data.get("failed")).get("reason"))
    return (RejectReason.SPAM if event_type == "email.complained" else RejectReason.NONE), ""


def _tags(value: Any) -> tuple[str, ...]:
    """As they were given when sending: `name=value`, or the name alone (see `message.py`)."""
    return tuple(
        name if held == "true" else f"{name}={held}"
        for name, held in _mapping(value).items()
        if isinstance(name, str) and isinstance(held, str)
    )


def _recipient(value: Any) -> str:
    """The first of the addresses that the event is about."""
    first = value[0] if isinstance(value, list) and value else value
    words = _text(first)
    return parseaddr(words)[1] or words


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""
