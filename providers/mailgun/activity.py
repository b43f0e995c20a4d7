"""Events as sentences. One small function per event type, in a dict; any shape is survived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from providers.kit.contract import Activity, InboundEvent, Tone
from providers.kit.vocabulary.email import EmailStatus, RejectReason

from .events import detail_of, email_event, message_id_of, recipient_of
from .reading import mapping, moment, text, words
from .webhooks import RECEIVED

_Payload = Mapping[str, Any]
_Sentence = tuple[str, str, Tone, str]
"""What a handler says: kind, sentence, tone, icon."""

_REASONS = {
    RejectReason.INVALID: "the address does not exist",
    RejectReason.BOUNCED: "it was refused",
    RejectReason.BLOCKED: "the receiving side blocked it",
    RejectReason.SPAM: "the recipient had marked an earlier one as spam",
    RejectReason.UNSUBSCRIBED: "the recipient had unsubscribed",
    RejectReason.TIMED_OUT: "nobody took it in time",
}


def describe_event(event: InboundEvent) -> Activity:
    """The event in our words. Never raises: what is missing or odd is left out of the sentence."""
    payload = mapping(event.payload)
    handler = _HANDLERS.get(event.type)
    if handler is None:
        kind, tone, icon = event.type, Tone.NEUTRAL, "activity"
        sentence = f"Mailgun reported “{words(event.type)}”"
    else:
        kind, sentence, tone, icon = handler(payload, event)
        sentence = sentence[:1].upper() + sentence[1:] if sentence.startswith("an e-mail") else sentence
    incoming = event.type in (RECEIVED, "stored")
    return Activity(
        kind=kind,
        sentence=sentence,
        tone=tone,
        icon=icon,
        object_type="email" if handler else "",
        object_id=message_id_of(payload)[:200],
        occurred_at=event.created_at or moment(payload.get("timestamp")),
        person=_sender(payload) if incoming else words(recipient_of(payload)),
    )


def _accepted(payload: _Payload, event: InboundEvent) -> _Sentence:
    later = moment(text(mapping(payload.get("message")).get("scheduled-for")))
    if later:
        words_ = f"{_subject(payload)} to {_recipient(payload)} is scheduled for {later:%Y-%m-%d %H:%M} UTC"
        return "email.scheduled", words_, Tone.NEUTRAL, "calendar"
    return "email.queued", f"{_subject(payload)} to {_recipient(payload)} is on its way", Tone.NEUTRAL, "send"


def _delivered(payload: _Payload, event: InboundEvent) -> _Sentence:
    return "email.delivered", f"{_subject(payload)} arrived at {_recipient(payload)}", Tone.GOOD, "mail-check"


def _delayed(payload: _Payload, event: InboundEvent) -> _Sentence:
    sentence = f"{_subject(payload)} to {_recipient(payload)} is delayed; Mailgun keeps trying"
    return "email.delayed", _because(sentence, detail_of(payload)), Tone.ATTENTION, "clock"


def _failed(payload: _Payload, event: InboundEvent) -> _Sentence:
    found = email_event(event)
    why = (_REASONS.get(found.reason) if found else "") or detail_of(payload)
    subject, recipient = _subject(payload), _recipient(payload)
    if found and found.status is EmailStatus.REJECTED:
        return "email.suppressed", _because(f"{subject} was not sent to {recipient}", why), Tone.ATTENTION, "mail-off"
    if found and found.status is EmailStatus.BOUNCED:
        return "email.bounced", _because(f"{subject} to {recipient} bounced", why), Tone.BAD, "mail-x"
    return "email.failed", _because(f"{subject} to {recipient} could not be delivered", why), Tone.BAD, "mail-x"


def _rejected(payload: _Payload, event: InboundEvent) -> _Sentence:
    sentence = f"Mailgun refused to send {_subject(payload)} to {_recipient(payload)}"
    return "email.rejected", _because(sentence, detail_of(payload)), Tone.BAD, "mail-x"


def _opened(payload: _Payload, event: InboundEvent) -> _Sentence:
    return "email.opened", f"{_recipient(payload)} looked at {_subject(payload)}", Tone.GOOD, "mail-opened"


def _clicked(payload: _Payload, event: InboundEvent) -> _Sentence:
    host = _host(payload.get("url"))
    link = f"a link to {host}" if host else "a link"
    return "email.clicked", f"{_recipient(payload)} followed {link} in {_subject(payload)}", Tone.GOOD, "click"


def _unsubscribed(payload: _Payload, event: InboundEvent) -> _Sentence:
    return "email.unsubscribed", f"{_recipient(payload)} wants no more e-mail", Tone.ATTENTION, "user-minus"


def _complained(payload: _Payload, event: InboundEvent) -> _Sentence:
    return "email.complained", f"{_recipient(payload)} marked {_subject(payload)} as spam", Tone.BAD, "flag"


def _received(payload: _Payload, event: InboundEvent) -> _Sentence:
    return "email.received", f"{_sender(payload) or 'Someone'} wrote {_subject(payload)}", Tone.NEUTRAL, "inbox"


_HANDLERS: dict[str, Callable[[_Payload, InboundEvent], _Sentence]] = {
    "accepted": _accepted,
    "delivered": _delivered,
    "temporary_fail": _delayed,
    "permanent_fail": _failed,
    "rejected": _rejected,
    "opened": _opened,
    "clicked": _clicked,
    "unsubscribed": _unsubscribed,
    "complained": _complained,
    "stored": _received,
    RECEIVED: _received,
}


def _because(sentence: str, reason: str) -> str:
    return f"{sentence}: {reason.rstrip('.')}" if reason else sentence


def _headers(payload: _Payload) -> _Payload:
    return mapping(mapping(payload.get("message")).get("headers"))


def _subject(payload: _Payload) -> str:
    subject = words(_headers(payload).get("subject")) or words(payload.get("subject"))
    return f"“{subject}”" if subject else "an e-mail"


def _recipient(payload: _Payload) -> str:
    return words(recipient_of(payload)) or "an unknown recipient"


def _sender(payload: _Payload) -> str:
    given = words(_headers(payload).get("from")) or words(payload.get("sender")) or words(payload.get("from"))
    return parseaddr(given)[1] or given


def _host(value: Any) -> str:
    try:
        return words(urlsplit(value).hostname) if isinstance(value, str) else ""
    except ValueError:
        return ""
