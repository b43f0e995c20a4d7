"""Webhook events as e-mail events: what became of one e-mail for one person.

Fields: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event. Any shape is survived.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.kit.contract import InboundEvent
from providers.kit.vocabulary.email import EmailEvent, EmailStatus, RejectReason

from .message import SCHEDULE_ARGUMENT
from .webhooks import moment

STATUS = {
    "processed": EmailStatus.SENT,
    "delivered": EmailStatus.DELIVERED,
    "deferred": EmailStatus.DEFERRED,
    "bounce": EmailStatus.BOUNCED,
    "dropped": EmailStatus.REJECTED,
    "open": EmailStatus.OPENED,
    "click": EmailStatus.CLICKED,
    "spamreport": EmailStatus.COMPLAINED,
    "unsubscribe": EmailStatus.UNSUBSCRIBED,
    "group_unsubscribe": EmailStatus.UNSUBSCRIBED,
}

_DROPPED = {
    "bounced address": RejectReason.BOUNCED,
    "unsubscribed address": RejectReason.UNSUBSCRIBED,
    "unsubscribed": RejectReason.UNSUBSCRIBED,
    "spam reporting address": RejectReason.SPAM,
    "spam content": RejectReason.SPAM,
    "spam report": RejectReason.SPAM,
    "invalid": RejectReason.INVALID,
    "invalid smtpapi header": RejectReason.OTHER,
    "recipient list over package quota": RejectReason.OTHER,
}
_CLASSES = {
    "invalid address": RejectReason.INVALID,
    "content": RejectReason.SPAM,
    "reputation": RejectReason.BLOCKED,
    "mailbox unavailable": RejectReason.BOUNCED,
}
_MESSAGE_ID = re.compile(r"(?P<id>.+?)\.(?:filter|recvd)[^.]*\..*|(?P<short>[A-Za-z0-9_-]{22})\..*")
_NO_ID = re.compile(r"(?:filter|recvd)[A-Za-z0-9-]*\..*")
_LONGEST = 500


def email_event(event: InboundEvent) -> EmailEvent | None:
    """None for what is not about one e-mail (a return to a group, a change of the account, an unknown type)."""
    payload: Mapping[str, Any] = event.payload if isinstance(event.payload, Mapping) else {}
    status = STATUS.get(event.type)
    recipient = _text(payload.get("email"))
    if status is None or not recipient:
        return None
    return EmailEvent(
        status=status,
        message_id=_message_id(payload),
        recipient=recipient,
        occurred_at=event.created_at or moment(payload.get("timestamp")),
        reason=_reason(event.type, payload),
        detail=_text(payload.get("reason")) or _text(payload.get("response")) if status in _TELLING else "",
        link=_text(payload.get("url")) if status is EmailStatus.CLICKED else "",
        tags=_tags(payload.get("category")),
        subject=_text(payload.get("subject")),
    )


_TELLING = frozenset({EmailStatus.BOUNCED, EmailStatus.REJECTED, EmailStatus.DEFERRED})


def _message_id(payload: Mapping[str, Any]) -> str:
    """The number that sending gave (X-Message-Id), without what SendGrid adds behind it; for a scheduled e-mail with
    its batch and moment, as our own id has them (`sending.py`)."""
    whole = _text(payload.get("sg_message_id"))
    found = _MESSAGE_ID.fullmatch(whole)
    number = (found["id"] or found["short"]) if found else ("" if _NO_ID.fullmatch(whole) else whole)
    scheduled = _text(payload.get(SCHEDULE_ARGUMENT))
    return f"{number}.{scheduled}" if number and scheduled else number or whole


def _reason(event_type: str, payload: Mapping[str, Any]) -> RejectReason:
    words = _text(payload.get("reason")).lower()
    if event_type == "dropped":
        return _DROPPED.get(words, RejectReason.OTHER)
    if event_type == "bounce":
        if payload.get("type") == "blocked":
            return RejectReason.BLOCKED
        if "expired" in words or "timed out" in words:
            return RejectReason.TIMED_OUT
        return _CLASSES.get(_text(payload.get("bounce_classification")).lower(), RejectReason.BOUNCED)
    if event_type == "spamreport":
        return RejectReason.SPAM
    return RejectReason.UNSUBSCRIBED if "unsubscribe" in event_type else RejectReason.NONE


def _tags(value: Any) -> tuple[str, ...]:
    """One category or a list of them."""
    listed = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(_text(one) for one in listed if _text(one)))


def _text(value: Any) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""
