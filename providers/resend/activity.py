"""Events as sentences. One small function per event type, in a dict; any shape is survived.

Shapes: https://resend.com/docs/webhooks/event-types and the vendor's published description ("webhooks").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from providers.kit.contract import Activity, InboundEvent, Tone

from .shapes import moment

_Data = Mapping[str, Any]
_Sentence = tuple[str, str, Tone, str]
"""What a handler says: kind, sentence, tone, icon."""

_LONGEST = 120
_BOUNCES = {
    "General": "the recipient's mail server refused it",
    "NoEmail": "the address does not exist",
    "MailboxFull": "mailbox full",
    "MessageTooLarge": "the e-mail is too large",
    "ContentRejected": "the content was refused",
    "AttachmentRejected": "the attachment was refused",
}
_SUPPRESSIONS = {
    "previous_bounce": "an earlier one bounced",
    "previous_complaint": "an earlier one was marked as spam",
}
_DOMAIN_STATES = {
    "verified": ("is verified and can send", Tone.GOOD),
    "partially_verified": ("is only partly verified", Tone.ATTENTION),
    "partially_failed": ("lost a part of its DNS entries", Tone.ATTENTION),
    "failed": ("could not be verified", Tone.BAD),
    "pending": ("is waiting for its DNS entries", Tone.ATTENTION),
    "not_started": ("is waiting to be verified", Tone.NEUTRAL),
}


def describe_event(event: InboundEvent) -> Activity:
    """The event in our words. Never raises: what is missing or odd is left out of the sentence."""
    found = event.payload.get("data") if isinstance(event.payload, Mapping) else None
    data: _Data = found if isinstance(found, Mapping) else {}
    handler = _HANDLERS.get(event.type)
    if handler is None:
        kind, sentence, tone, icon = event.type, f"Resend reported “{_words(event.type)}”", Tone.NEUTRAL, "activity"
    else:
        kind, sentence, tone, icon = handler(data)
    is_email = event.type.startswith("email.")
    object_id = _identifier(data.get("email_id" if is_email else "id"))
    return Activity(
        kind=kind,
        sentence=sentence,
        tone=tone,
        icon=icon,
        object_type=event.type.partition(".")[0] if handler else "",
        object_id=object_id,
        occurred_at=event.created_at or moment(data.get("created_at")),
        person=_person(event.type, data),
        url=f"https://resend.com/emails/{object_id}" if is_email and object_id else "",
    )


def _sent(data: _Data) -> _Sentence:
    return "email.sent", f"{_subject(data)} was sent to {_recipients(data)}", Tone.NEUTRAL, "send"


def _delivered(data: _Data) -> _Sentence:
    return "email.delivered", f"{_subject(data)} was delivered to {_recipients(data)}", Tone.GOOD, "mail-check"


def _delayed(data: _Data) -> _Sentence:
    sentence = f"{_subject(data)} to {_recipients(data)} is delayed; Resend keeps trying"
    return "email.delayed", sentence, Tone.ATTENTION, "clock"


def _bounced(data: _Data) -> _Sentence:
    bounce = _mapping(data.get("bounce"))
    reason = _BOUNCES.get(_words(bounce.get("subType"))) or _first_sentence(bounce.get("message"))
    sentence = f"{_subject(data)} to {_recipients(data)} bounced" + (f": {reason}" if reason else "")
    return "email.bounced", sentence, Tone.BAD, "mail-x"


def _complained(data: _Data) -> _Sentence:
    return "email.complained", f"{_recipients(data)} marked {_subject(data)} as spam", Tone.BAD, "flag"


def _opened(data: _Data) -> _Sentence:
    return "email.opened", f"{_recipients(data)} opened {_subject(data)}", Tone.GOOD, "mail-opened"


def _clicked(data: _Data) -> _Sentence:
    host = _host(_mapping(data.get("click")).get("link"))
    link = f"a link to {host}" if host else "a link"
    return "email.clicked", f"{_recipients(data)} clicked {link} in {_subject(data)}", Tone.GOOD, "click"


def _failed(data: _Data) -> _Sentence:
    reason = _words(_mapping(data.get("failed")).get("reason")).replace("_", " ")
    sentence = f"{_subject(data)} to {_recipients(data)} could not be sent" + (f": {reason}" if reason else "")
    return "email.failed", sentence, Tone.BAD, "mail-x"


def _scheduled(data: _Data) -> _Sentence:
    return "email.scheduled", f"{_subject(data)} to {_recipients(data)} is scheduled", Tone.NEUTRAL, "calendar"


def _suppressed(data: _Data) -> _Sentence:
    reason = _SUPPRESSIONS.get(_words(_mapping(data.get("suppressed")).get("reason")))
    sentence = f"{_subject(data)} was not sent to {_recipients(data)}" + (f": {reason}" if reason else "")
    return "email.suppressed", sentence, Tone.ATTENTION, "mail-off"


def _received(data: _Data) -> _Sentence:
    sender = _words(data.get("from")) or "someone"
    return "email.received", f"{sender} wrote {_subject(data)}", Tone.NEUTRAL, "inbox"


def _contact(what: str, verb: str) -> Callable[[_Data], _Sentence]:
    def say(data: _Data) -> _Sentence:
        name = " ".join(filter(None, (_words(data.get("first_name")), _words(data.get("last_name")))))
        email = _words(data.get("email"))
        who = (f"{name} ({email})" if name and email else name or email) or "A contact"
        if what == "updated" and data.get("unsubscribed") is True:
            return "contact.unsubscribed", f"{who} has unsubscribed", Tone.ATTENTION, "user-minus"
        return f"contact.{what}", f"{who} was {verb}", Tone.NEUTRAL, "user"

    return say


def _domain(what: str, verb: str) -> Callable[[_Data], _Sentence]:
    def say(data: _Data) -> _Sentence:
        name = _words(data.get("name")) or "a domain"
        state, tone = _DOMAIN_STATES.get(_words(data.get("status")), ("has changed", Tone.NEUTRAL))
        if what == "updated":
            return "domain.updated", f"Sending domain {name} {state}", tone, "world"
        return f"domain.{what}", f"Sending domain {name} was {verb}", Tone.NEUTRAL, "world"

    return say


_HANDLERS: dict[str, Callable[[_Data], _Sentence]] = {
    "email.sent": _sent,
    "email.delivered": _delivered,
    "email.delivery_delayed": _delayed,
    "email.bounced": _bounced,
    "email.complained": _complained,
    "email.opened": _opened,
    "email.clicked": _clicked,
    "email.failed": _failed,
    "email.scheduled": _scheduled,
    "email.suppressed": _suppressed,
    "email.received": _received,
    "contact.created": _contact("created", "added to the contacts"),
    "contact.updated": _contact("updated", "changed"),
    "contact.deleted": _contact("deleted", "removed from the contacts"),
    "domain.created": _domain("created", "added"),
    "domain.updated": _domain("updated", "changed"),
    "domain.deleted": _domain("deleted", "removed"),
}


# ------------------------------------------------------------------------------- words out of anything


def _words(value: Any) -> str:
    """A text on one line, cut where it gets too long; "" for anything that is no text."""
    if not isinstance(value, str):
        return ""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in value[:2000]).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"


def _first_sentence(value: Any) -> str:
    first = re.split(r"(?<=[.!?])\s", value[:2000], maxsplit=1)[0] if isinstance(value, str) else ""
    return _words(first).rstrip(".")


def _mapping(value: Any) -> _Data:
    return value if isinstance(value, Mapping) else {}


def _identifier(value: Any) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value) else ""


def _subject(data: _Data) -> str:
    subject = _words(data.get("subject"))
    return f"“{subject}”" if subject else "An e-mail without a subject"


def _recipients(data: _Data) -> str:
    """ "ada@example.com", or "ada@example.com and 2 others"."""
    listed = data.get("to")
    addresses = [_address(one) for one in listed if _address(one)] if isinstance(listed, list) else [_address(listed)]
    if not addresses or not addresses[0]:
        return "an unknown recipient"
    others = len(addresses) - 1
    return addresses[0] + (f" and {others} other{'s' if others > 1 else ''}" if others else "")


def _address(value: Any) -> str:
    text = _words(value)
    return parseaddr(text)[1] or text


def _person(event_type: str, data: _Data) -> str:
    if event_type == "email.received":
        return _address(data.get("from"))
    if event_type.startswith("contact."):
        return _address(data.get("email"))
    listed = data.get("to")
    return _address(listed[0]) if isinstance(listed, list) and listed else _address(listed)


def _host(value: Any) -> str:
    try:
        return _words(urlsplit(value).hostname) if isinstance(value, str) else ""
    except ValueError:
        return ""
