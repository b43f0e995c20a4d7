"""Our e-mail message as Resend's JSON. Limits: https://resend.com/docs/api-reference/emails/send-email."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

from providers.kit.errors import InvalidConfiguration, InvalidRequest
from providers.kit.vocabulary.email import EmailMessage

from .plaintext import text_of_html

MAX_RECIPIENTS = 50
MAX_AHEAD = timedelta(days=30)
_TAG_LETTERS = re.compile(r"[^A-Za-z0-9_-]")
_MAX_TAG = 256


def to_json(message: EmailMessage, *, default_sender: str, now: datetime) -> dict[str, Any]:
    """The body of POST /emails. Raises InvalidRequest, and InvalidConfiguration where no sender is known."""
    sender = message.sender or default_sender
    if not sender:
        raise InvalidConfiguration(
            "There is no sender.", field="from_address", fix="Fill in the default sender, or name one in the e-mail."
        )
    _check(sender, "sender")
    if not message.subject.strip():
        raise InvalidRequest("The e-mail has no subject.", field="subject", fix="Write a subject.")
    if not message.text and not message.html:
        raise InvalidRequest("The e-mail is empty.", field="text", fix="Write a text.")
    body: dict[str, Any] = {"from": sender, "to": _recipients(message), "subject": message.subject}
    for name, addresses in (("cc", message.cc), ("bcc", message.bcc)):
        if addresses:
            body[name] = [_check(address, name) for address in addresses]
    if message.reply_to:
        body["reply_to"] = _check(message.reply_to, "reply_to")
    if message.html:
        body["html"] = message.html
    body["text"] = message.text or text_of_html(message.html)
    if message.tags:
        body["tags"] = [_tag(tag) for tag in message.tags]
    if message.send_at:
        body["scheduled_at"] = _scheduled(message.send_at, now)
    return body


def _recipients(message: EmailMessage) -> list[str]:
    if not message.to:
        raise InvalidRequest("The e-mail has no recipient.", field="to", fix="Name at least one recipient.")
    if len(message.to) > MAX_RECIPIENTS:
        raise InvalidRequest(
            f"Resend takes {MAX_RECIPIENTS} recipients for one e-mail, these are {len(message.to)}.",
            field="to",
            fix="Send several e-mails, each to fewer people.",
        )
    return [_check(address, "to") for address in message.to]


def _check(address: str, field: str) -> str:
    found = parseaddr(address)[1]
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,255}", found) or "\n" in address or "\r" in address:
        raise InvalidRequest(
            f"“{address[:80]}” is not an e-mail address.",
            field=field,
            fix="Write it as ada@example.com or as Ada <ada@example.com>.",
        )
    return address


def _tag(tag: str) -> dict[str, str]:
    """`campaign=spring` is a name with a value, `spring` a name alone; other letters become `_`, as Resend asks."""
    name, _, value = tag.partition("=")
    name, value = (_TAG_LETTERS.sub("_", part)[:_MAX_TAG] for part in (name, value or "true"))
    if not name:
        raise InvalidRequest("A tag has no name.", field="tags", fix="Name the tag.")
    return {"name": name, "value": value}


def _scheduled(moment: datetime, now: datetime) -> str:
    at = moment.astimezone(UTC)
    if not now < at <= now + MAX_AHEAD:
        raise InvalidRequest(
            "The moment to send at must be in the future, at most 30 days ahead.",
            field="send_at",
            fix="Choose a nearer moment.",
        )
    return at.isoformat().replace("+00:00", "Z")
