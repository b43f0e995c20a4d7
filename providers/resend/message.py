"""Our e-mail message as Resend's JSON. Limits: https://resend.com/docs/api-reference/emails/send-email."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

from providers.kit.errors import InvalidConfiguration, InvalidRequest
from providers.kit.plaintext import text_of_html
from providers.kit.vocabulary.email import Attachment, EmailMessage

MAX_RECIPIENTS = 50
MAX_AHEAD = timedelta(days=30)
MAX_BYTES = 40 * 1024 * 1024
"""Of all attachments of an e-mail together, after they were written in base64."""

_TAG_LETTERS = re.compile(r"[^A-Za-z0-9_-]")
_MAX_TAG = 256
_HEADER_NAME = re.compile(r"[!-9;-~]{1,100}")
_OWN_HEADERS = frozenset(
    {"bcc", "cc", "content-transfer-encoding", "content-type", "date", "dkim-signature", "from", "message-id"}
    | {"mime-version", "received", "reply-to", "return-path", "sender", "subject", "to"}
)
"""Headers that come from other fields or from Resend itself."""


def to_json(message: EmailMessage, *, default_sender: str, now: datetime) -> dict[str, Any]:
    """The body of POST /emails for a message whose placeholders are filled (see `personal.py`).

    Raises InvalidRequest, and InvalidConfiguration where no sender is known.
    """
    body: dict[str, Any] = {"from": sender_of(message, default_sender), "to": _recipients(message)}
    body.update(_content(message))
    for name, addresses in (("cc", message.cc), ("bcc", message.bcc)):
        if addresses:
            body[name] = [checked_address(address, name) for address in addresses]
    if message.reply_to:
        body["reply_to"] = checked_address(message.reply_to, "reply_to")
    if message.headers:
        body["headers"] = _headers(message.headers)
    if message.attachments:
        body["attachments"] = _attachments(message.attachments)
    if message.tags:
        body["tags"] = [_tag(tag) for tag in message.tags]
    if message.unsubscribe_group:
        body["topic_id"] = message.unsubscribe_group
    if message.send_at:
        body["scheduled_at"] = scheduled(message.send_at, now)
    return body


def sender_of(message: EmailMessage, default_sender: str) -> str:
    sender = message.sender or default_sender
    if not sender:
        raise InvalidConfiguration(
            "There is no sender.", field="from_address", fix="Fill in the default sender, or name one in the e-mail."
        )
    return checked_address(sender, "sender")


def bodies_of(message: EmailMessage) -> dict[str, str]:
    """HTML (where there is one) and text, made from the HTML where it is missing. Raises InvalidRequest."""
    if not message.text and not message.html:
        raise InvalidRequest("The e-mail is empty.", field="text", fix="Write a text.")
    bodies = {"html": message.html} if message.html else {}
    return {**bodies, "text": message.text or text_of_html(message.html)}


def subject_of(message: EmailMessage) -> str:
    if not message.subject.strip():
        raise InvalidRequest("The e-mail has no subject.", field="subject", fix="Write a subject.")
    return message.subject


def _content(message: EmailMessage) -> dict[str, Any]:
    """Subject and bodies; or a stored template, which brings its own subject where the message has none."""
    if not message.template_id:
        return {"subject": subject_of(message), **bodies_of(message)}
    if message.html or message.text:
        raise InvalidRequest(
            "Resend takes a template or a text of your own, not both.",
            field="template_id",
            fix="Leave the text empty, or send without the template.",
        )
    subject = {"subject": message.subject} if message.subject.strip() else {}
    return {**subject, "template": {"id": message.template_id, "variables": _variables(message.values)}}


def _variables(values: Mapping[str, object]) -> dict[str, str | int | float]:
    """Resend's templates take texts and numbers; a value of None is left to the template's own fallback."""
    made: dict[str, str | int | float] = {}
    for name, value in values.items():
        if isinstance(value, bool):
            made[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            made[name] = value
        elif value is not None:
            raise InvalidRequest(
                f"The value “{name[:60]}” is neither a text nor a number: Resend's templates take nothing else.",
                field="values",
                fix="Give it as a text.",
            )
    return made


def _recipients(message: EmailMessage) -> list[str]:
    if not message.to:
        raise InvalidRequest("The e-mail has no recipient.", field="to", fix="Name at least one recipient.")
    if len(message.to) > MAX_RECIPIENTS:
        raise InvalidRequest(
            f"Resend takes {MAX_RECIPIENTS} recipients for one e-mail, these are {len(message.to)}.",
            field="to",
            fix="Send several e-mails, each to fewer people.",
        )
    return [checked_address(address, "to") for address in message.to]


def checked_address(address: str, field: str) -> str:
    """The address as it is. Raises InvalidRequest."""
    found = parseaddr(address)[1]
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,255}", found) or "\n" in address or "\r" in address:
        raise InvalidRequest(
            f"“{address[:80]}” is not an e-mail address.",
            field=field,
            fix="Write it as ada@example.com or as Ada <ada@example.com>.",
        )
    return address


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if name.lower() in _OWN_HEADERS or not _HEADER_NAME.fullmatch(name) or re.search(r"[\r\n]", value):
            raise InvalidRequest(
                f"The header “{name[:60]}” cannot be set.", field="headers", fix="Leave this header out."
            )
    return dict(headers)


def _attachments(attachments: Sequence[Attachment]) -> list[dict[str, str]]:
    if any(not one.content or not one.filename.strip() for one in attachments):
        raise InvalidRequest(
            "An attachment is empty or has no name.", field="attachments", fix="Attach the file again."
        )
    made = [
        {
            "filename": one.filename,
            "content": base64.b64encode(one.content).decode(),
            **({"content_type": one.content_type} if one.content_type else {}),
            **({"content_id": one.content_id} if one.content_id else {}),
        }
        for one in attachments
    ]
    if sum(len(one["content"]) for one in made) > MAX_BYTES:
        raise InvalidRequest(
            "The attachments are too large: Resend takes 40 MB for one e-mail, counted after encoding.",
            field="attachments",
            fix="Send a link to the file.",
        )
    return made


def _tag(tag: str) -> dict[str, str]:
    """`campaign=spring` is a name with a value, `spring` a name alone; other letters become `_`, as Resend asks."""
    name, _, value = tag.partition("=")
    name, value = (_TAG_LETTERS.sub("_", part)[:_MAX_TAG] for part in (name, value or "true"))
    if not name:
        raise InvalidRequest("A tag has no name.", field="tags", fix="Name the tag.")
    return {"name": name, "value": value}


def scheduled(moment: datetime, now: datetime) -> str:
    """The moment to send at, in ISO 8601. Raises InvalidRequest."""
    at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    if not now < at <= now + MAX_AHEAD:
        raise InvalidRequest(
            "The moment to send at must be in the future, at most 30 days ahead.",
            field="send_at",
            fix="Choose a nearer moment.",
        )
    return at.isoformat().replace("+00:00", "Z")
