"""Our e-mail message as the body of POST /v3/mail/send.

Limits: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/limitations.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

from providers.kit.errors import InvalidConfiguration, InvalidRequest
from providers.kit.plaintext import text_of_html
from providers.kit.vocabulary.email import Attachment, EmailMessage

MAX_RECIPIENTS = 1000
MAX_AHEAD = timedelta(hours=72)
MAX_BYTES = 30 * 1024 * 1024
MAX_CATEGORIES = 10
MAX_CATEGORY = 255

SCHEDULE_ARGUMENT = "hub_schedule"
"""The custom argument by which events of a scheduled e-mail are told apart: `<batch id>.<unix seconds>`."""

_ADDRESS = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,255}")
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,60})\s*\}\}")
_RESERVED = frozenset(
    {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding", "to", "from"}
    | {"subject", "reply-to", "cc", "bcc"}
)

_Json = dict[str, Any]


def to_json(message: EmailMessage, *, default_sender: str, now: datetime, batch_id: str = "") -> _Json:
    """The body of one call. `batch_id` is that of a scheduled e-mail.

    Raises InvalidRequest, and InvalidConfiguration where no sender is known.
    """
    body: _Json = {"personalizations": _personalizations(message), "from": _sender(message, default_sender)}
    if message.reply_to:
        body["reply_to"] = _person(message.reply_to, "reply_to")
    if message.subject.strip():
        body["subject"] = _PLACEHOLDER.sub(_plain, message.subject) if _filled(message) else message.subject
    elif not message.template_id:
        raise InvalidRequest("The e-mail has no subject.", field="subject", fix="Write a subject.")
    body.update({"template_id": message.template_id} if message.template_id else {"content": _content(message)})
    if message.attachments:
        body["attachments"] = [_attachment(one) for one in message.attachments]
    if message.headers:
        body["headers"] = _headers(message.headers)
    if message.tags:
        body["categories"] = _categories(message.tags)
    if message.unsubscribe_group:
        body["asm"] = {"group_id": _group(message.unsubscribe_group)}
    if message.send_at:
        body["send_at"] = unix_of(message.send_at, now)
        body["batch_id"] = batch_id
        for one in body["personalizations"]:
            one["custom_args"] = {SCHEDULE_ARGUMENT: f"{batch_id}.{body['send_at']}"}
    return body


def unix_of(moment: datetime, now: datetime) -> int:
    """The moment to send at, in unix seconds. Raises InvalidRequest."""
    at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    if not now < at <= now + MAX_AHEAD:
        raise InvalidRequest(
            "The moment to send at must be in the future, at most 72 hours ahead.",
            field="send_at",
            fix="Choose a nearer moment.",
        )
    return int(at.timestamp())


# --------------------------------------------------------------------------------------------------- people


def _sender(message: EmailMessage, default_sender: str) -> _Json:
    sender = message.sender or default_sender
    if not sender:
        raise InvalidConfiguration(
            "There is no sender.", field="from_address", fix="Fill in the default sender, or name one in the e-mail."
        )
    return _person(sender, "sender")


def _person(address: str, field: str) -> _Json:
    name, found = parseaddr(address)
    if not _ADDRESS.fullmatch(found) or not found.isascii() or "\n" in address or "\r" in address:
        raise InvalidRequest(
            f"“{address[:80]}” is not an e-mail address.",
            field=field,
            fix="Write it as ada@example.com or as Ada <ada@example.com>.",
        )
    return {"email": found, "name": name} if name else {"email": found}


def _personalizations(message: EmailMessage) -> list[_Json]:
    """One envelope for all, or with `personal` one for each of `to` (cc and bcc are then on the first only, so that
    nobody gets one copy for each recipient)."""
    seen: set[str] = set()
    lists = {
        name: _unique(addresses, name, seen)
        for name, addresses in (("to", message.to), ("cc", message.cc), ("bcc", message.bcc))
    }
    if not lists["to"]:
        raise InvalidRequest("The e-mail has no recipient.", field="to", fix="Name at least one recipient.")
    if len(seen) > MAX_RECIPIENTS:
        raise InvalidRequest(
            f"SendGrid takes {MAX_RECIPIENTS} recipients for one e-mail, these are {len(seen)}.",
            field="to",
            fix="Send several e-mails, each to fewer people.",
        )
    copies = {name: people for name, people in lists.items() if people and name != "to"}
    if not message.personal:
        return [{"to": lists["to"], **copies, **_values(message, message.values)}]
    personal = {parseaddr(address)[1].lower(): values for address, values in message.personal.items()}
    return [
        {
            "to": [person],
            **(copies if number == 0 else {}),
            **_values(message, {**message.values, **personal.get(person["email"].lower(), {})}),
        }
        for number, person in enumerate(lists["to"])
    ]


def _unique(addresses: Sequence[str], field: str, seen: set[str]) -> list[_Json]:
    """SendGrid refuses an address that stands twice in one envelope: the first place wins."""
    people = []
    for address in addresses:
        person = _person(address, field)
        if person["email"].lower() not in seen:
            seen.add(person["email"].lower())
            people.append(person)
    return people


def _values(message: EmailMessage, values: Mapping[str, object]) -> _Json:
    """A template gets the values as they are. Without one, `{{name}}` in subject and bodies is replaced by
    SendGrid itself: substitutions are literal, so the HTML body has placeholders of its own, with escaped values."""
    if message.template_id:
        return {"dynamic_template_data": dict(values)} if values else {}
    words = f"{message.subject}{message.text}{message.html}"
    names = {found.group(1) for found in _PLACEHOLDER.finditer(words)}
    if not values or not names:
        return {}
    made: dict[str, str] = {}
    for name in sorted(names):
        value = values.get(name)
        plain = "" if value is None else str(value)
        made[_plain_mark(name)] = plain
        made[_html_mark(name)] = html.escape(plain)
    return {"substitutions": made}


def _filled(message: EmailMessage) -> bool:
    return not message.template_id and bool(message.values or message.personal)


def _plain(found: re.Match[str]) -> str:
    return _plain_mark(found.group(1))


def _plain_mark(name: str) -> str:
    return "{{" + name + "}}"


def _html_mark(name: str) -> str:
    return "{{html " + name + "}}"


# -------------------------------------------------------------------------------------------------- content


def _content(message: EmailMessage) -> list[_Json]:
    """text/plain before text/html, as SendGrid asks."""
    if not message.text and not message.html:
        raise InvalidRequest("The e-mail is empty.", field="text", fix="Write a text.")
    plain = message.text or text_of_html(message.html) or " "
    rich = message.html
    if _filled(message):
        plain = _PLACEHOLDER.sub(_plain, plain)
        rich = _PLACEHOLDER.sub(lambda found: _html_mark(found.group(1)), rich)
    parts = [{"type": "text/plain", "value": plain}]
    return [*parts, {"type": "text/html", "value": rich}] if rich else parts


def _attachment(one: Attachment) -> _Json:
    if not one.content or not one.filename.strip():
        raise InvalidRequest(
            "An attachment is empty or has no name.", field="attachments", fix="Attach the file again."
        )
    if len(one.content) > MAX_BYTES:
        raise InvalidRequest(
            "An attachment is too large: an e-mail may have 30 MB in all.",
            field="attachments",
            fix="Send a link to the file.",
        )
    made = {
        "content": base64.b64encode(one.content).decode(),
        "filename": one.filename,
        "type": one.content_type or "application/octet-stream",
        "disposition": "inline" if one.content_id else "attachment",
    }
    return {**made, "content_id": one.content_id} if one.content_id else made


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if name.lower() in _RESERVED or not re.fullmatch(r"[!-9;-~]{1,100}", name) or re.search(r"[\r\n]", value):
            raise InvalidRequest(
                f"The header “{name[:60]}” cannot be set.", field="headers", fix="Leave this header out."
            )
    return dict(headers)


def _categories(tags: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    if len(found) > MAX_CATEGORIES or any(len(tag) > MAX_CATEGORY for tag in found):
        raise InvalidRequest(
            f"SendGrid takes {MAX_CATEGORIES} categories for one e-mail, each of at most {MAX_CATEGORY} characters.",
            field="tags",
            fix="Use fewer or shorter tags.",
        )
    return found


def _group(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", value):
        raise InvalidRequest(
            "An unsubscribe group is named by its number.",
            field="unsubscribe_group",
            fix="Choose one of the groups that SendGrid lists.",
        )
    return int(value)
