"""Events as sentences. One small function per event type, in a dict; any shape is survived.

SendGrid's events do not carry the subject (only what was sent along as a custom argument): they speak of the person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from providers.kit.contract import Activity, InboundEvent, Tone

from .tracking import email_event
from .webhooks import moment

_Data = Mapping[str, Any]
_Sentence = tuple[str, str, Tone, str]
"""What a handler says: kind, sentence, tone, icon."""

_LONGEST = 140
_HELD_BACK = {
    "bounced address": "an earlier one came back",
    "unsubscribed address": "the recipient wants no more",
    "spam reporting address": "an earlier one was marked as spam",
    "spam content": "its content looks like spam",
    "invalid": "the address is not valid",
    "recipient list over package quota": "the plan's e-mails are used up",
}


def describe_event(event: InboundEvent) -> Activity:
    """The event in our words. Never raises: what is missing or odd is left out of the sentence."""
    data: _Data = event.payload if isinstance(event.payload, Mapping) else {}
    handler = _HANDLERS.get(event.type)
    if handler is None:
        name = _words(event.type).replace("_", " ")
        kind, sentence, tone, icon = event.type, f"SendGrid reported “{name}”", Tone.NEUTRAL, "activity"
    else:
        kind, sentence, tone, icon = handler(data)
    found = email_event(event)
    return Activity(
        kind=kind,
        sentence=sentence,
        tone=tone,
        icon=icon,
        object_type="email" if handler and event.type != "account_status_change" else "",
        object_id=found.message_id[:120] if found else "",
        occurred_at=event.created_at or moment(data.get("timestamp")),
        person=_words(data.get("email")),
    )


def _processed(data: _Data) -> _Sentence:
    return "email.sent", f"{_email(data)} to {_recipient(data)} is on its way", Tone.NEUTRAL, "send"


def _delivered(data: _Data) -> _Sentence:
    return "email.delivered", f"{_email(data)} arrived at {_recipient(data)}", Tone.GOOD, "mail-check"


def _deferred(data: _Data) -> _Sentence:
    why = _because(data.get("response"))
    return (
        "email.delayed",
        f"{_email(data)} to {_recipient(data)} is delayed; SendGrid keeps trying{why}",
        Tone.ATTENTION,
        "clock",
    )


def _bounced(data: _Data) -> _Sentence:
    why = _because(data.get("reason"))
    if data.get("type") == "blocked":
        sentence = f"{_email(data)} to {_recipient(data)} was not let in by the mail server{why}"
        return "email.bounced", sentence, Tone.BAD, "mail-x"
    return "email.bounced", f"{_email(data)} to {_recipient(data)} came back{why}", Tone.BAD, "mail-x"


def _dropped(data: _Data) -> _Sentence:
    reason = _words(data.get("reason"))
    why = _HELD_BACK.get(reason.lower(), reason)
    sentence = f"{_email(data)} to {_recipient(data)} was held back" + (f": {why}" if why else "")
    return "email.suppressed", sentence, Tone.ATTENTION, "mail-off"


def _opened(data: _Data) -> _Sentence:
    if data.get("sg_machine_open") is True:
        sentence = f"A mail program looked at {_email(data, 'an')} for {_recipient(data)}"
        return "email.opened", sentence, Tone.NEUTRAL, "mail-opened"
    return "email.opened", f"{_recipient(data)} looked at {_email(data, 'an')}", Tone.GOOD, "mail-opened"


def _clicked(data: _Data) -> _Sentence:
    host = _host(data.get("url"))
    link = f"a link to {host}" if host else "a link"
    return "email.clicked", f"{_recipient(data)} followed {link}", Tone.GOOD, "click"


def _complained(data: _Data) -> _Sentence:
    return "email.complained", f"{_recipient(data)} marked {_email(data, 'an')} as spam", Tone.BAD, "flag"


def _unsubscribed(data: _Data) -> _Sentence:
    return "email.unsubscribed", f"{_recipient(data)} wants no more e-mail", Tone.ATTENTION, "user-minus"


def _left_group(data: _Data) -> _Sentence:
    sentence = f"{_recipient(data)} wants no more e-mail of {_group(data)}"
    return "email.unsubscribed", sentence, Tone.ATTENTION, "user-minus"


def _back_in_group(data: _Data) -> _Sentence:
    sentence = f"{_recipient(data)} wants e-mail of {_group(data)} again"
    return "email.resubscribed", sentence, Tone.GOOD, "user-plus"


def _account(data: _Data) -> _Sentence:
    state = _words(data.get("type")).replace("_", " ") or "something else"
    return "account.updated", f"SendGrid changed the account's state to {state}", Tone.ATTENTION, "alert-triangle"


_HANDLERS: dict[str, Callable[[_Data], _Sentence]] = {
    "processed": _processed,
    "delivered": _delivered,
    "deferred": _deferred,
    "bounce": _bounced,
    "dropped": _dropped,
    "open": _opened,
    "click": _clicked,
    "spamreport": _complained,
    "unsubscribe": _unsubscribed,
    "group_unsubscribe": _left_group,
    "group_resubscribe": _back_in_group,
    "account_status_change": _account,
}


# ------------------------------------------------------------------------------- words out of anything


def _words(value: Any) -> str:
    """A text on one line, cut where it gets too long; "" for anything that is no text."""
    if not isinstance(value, str):
        return ""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in value[:2000]).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"


def _because(value: Any) -> str:
    words = _words(value).rstrip(".")
    return f": {words}" if words else ""


def _email(data: _Data, article: str = "An") -> str:
    subject = _words(data.get("subject"))
    return f"“{subject}”" if subject else f"{article} e-mail"


def _recipient(data: _Data) -> str:
    return _words(data.get("email")) or "an unknown recipient"


def _group(data: _Data) -> str:
    number = data.get("asm_group_id")
    known = isinstance(number, int) and not isinstance(number, bool)
    return f"group {number}" if known else "an unsubscribe group"


def _host(value: Any) -> str:
    try:
        return _words(urlsplit(value).hostname) if isinstance(value, str) else ""
    except ValueError:
        return ""
