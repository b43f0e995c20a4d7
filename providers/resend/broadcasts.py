"""Broadcasts: one e-mail to a whole segment. A draft is made first and sent, or scheduled, by a call of its own.

Sources: https://resend.com/docs/api-reference/broadcasts/create-broadcast and the pages beside it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from providers.kit.errors import InvalidRequest, Unsupported
from providers.kit.vocabulary.email import Broadcast, EmailMessage
from providers.kit.vocabulary.pages import Page

from .client import Client, name_of, part
from .message import bodies_of, checked_address, scheduled, sender_of, subject_of
from .shapes import Found, moment, needed, text

_STATUS = {"queued": "sending"}


class Broadcasts:
    def __init__(self, client: Client, *, default_sender: str, now: datetime) -> None:
        self.client = client
        self.default_sender = default_sender
        self.now = now

    def page(self, *, cursor: str, limit: int) -> Page[Broadcast]:
        """Newest first; Resend's list leaves the subjects out."""
        return self.client.page("/broadcasts", "list broadcasts", _broadcast, cursor=cursor, limit=limit)

    def create(self, audience_id: str, message: EmailMessage, *, name: str) -> Broadcast:
        """A draft. Raises Unsupported for what a broadcast of Resend's cannot carry."""
        _refuse_what_a_broadcast_lacks(message)
        subject = subject_of(message)
        body: dict[str, Any] = {
            "segment_id": audience_id,
            "from": sender_of(message, self.default_sender),
            "subject": subject,
            **bodies_of(message),
        }
        if name.strip():
            body["name"] = name.strip()
        if message.reply_to:
            body["reply_to"] = [checked_address(message.reply_to, "reply_to")]
        if message.unsubscribe_group:
            body["topic_id"] = message.unsubscribe_group
        made = self.client.call("POST", "/broadcasts", "create broadcast", json=body)
        broadcast_id = needed(made, "id")
        return Broadcast(
            id=broadcast_id,
            name=name.strip() or broadcast_id,
            status="draft",
            audience_id=audience_id,
            subject=subject,
        )

    def send(self, broadcast_id: str, *, send_at: datetime | None) -> Broadcast:
        """Sends or schedules a draft. It is read before and not after, so that a failed look cannot be mistaken for
        a broadcast that did not leave. Without an answer this raises OutcomeUnknown; nothing is tried again."""
        body = {"scheduled_at": scheduled(send_at, self.now)} if send_at else {}
        found = self._read(broadcast_id)
        self.client.call("POST", f"/broadcasts/{part(broadcast_id)}/send", "send broadcast", json=body)
        return Broadcast(
            id=broadcast_id,
            name=name_of(found),
            status="scheduled" if send_at else "sending",
            audience_id=_segment(found),
            subject=text(found, "subject"),
            send_at=send_at,
        )

    def delete(self, broadcast_id: str) -> None:
        """Deletes a draft; one that is scheduled is called off first, which makes it a draft again. Raises
        InvalidRequest for one that has left."""
        if text(self._read(broadcast_id), "status") == "scheduled":
            self.client.call("POST", f"/broadcasts/{part(broadcast_id)}/cancel", "cancel broadcast")
        self.client.call("DELETE", f"/broadcasts/{part(broadcast_id)}", "delete broadcast")

    def _read(self, broadcast_id: str) -> Found:
        return self.client.call("GET", f"/broadcasts/{part(broadcast_id)}", "read broadcast")


def _refuse_what_a_broadcast_lacks(message: EmailMessage) -> None:
    if message.to or message.cc or message.bcc:
        raise InvalidRequest(
            "A broadcast goes to its audience and to nobody else.", field="to", fix="Leave the recipients empty."
        )
    if message.send_at:
        raise InvalidRequest(
            "A new broadcast is a draft.",
            field="send_at",
            fix="Name the moment when you send it, not when you make it.",
        )
    lacking = {
        "attachments": message.attachments,
        "headers": message.headers,
        "tags": message.tags,
        "stored templates": message.template_id,
        "values of our own (it fills in each contact's)": message.values or message.personal,
    }
    for what, given in lacking.items():
        if given:
            raise Unsupported(
                f"A broadcast of Resend's has no {what}.",
                fix="Leave it out, or send single e-mails.",
                code="broadcast",
            )


def _broadcast(found: Found) -> Broadcast | None:
    if not text(found, "id"):
        return None
    status = text(found, "status")
    return Broadcast(
        id=text(found, "id"),
        name=name_of(found),
        status=_STATUS.get(status, status),
        audience_id=_segment(found),
        subject=text(found, "subject"),
        send_at=moment(found.get("scheduled_at")),
    )


def _segment(found: Found) -> str:
    return text(found, "segment_id") or text(found, "audience_id")
