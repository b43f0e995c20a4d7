"""Sending: now, later, many in one go, a copy of its own for each person, and taking back what has not left yet.

Personal copies leave in one call of the batch endpoint; the id of what was sent is then their ids, joined by commas.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from providers.kit.errors import InvalidRequest, Unsupported
from providers.kit.vocabulary.email import EmailMessage, SentEmail

from .client import Client, part
from .message import to_json
from .personal import copies

MAX_BATCH = 100


class Sending:
    def __init__(self, client: Client, *, default_sender: str, now: datetime) -> None:
        self.client = client
        self.default_sender = default_sender
        self.now = now

    def send(self, message: EmailMessage, idempotency_key: str) -> SentEmail:
        mails = copies(message)
        if len(mails) > 1:
            return self.send_batch((message,), idempotency_key)[0]
        sent = self.client.send(self._body(mails[0]), idempotency_key)
        return SentEmail(id=sent, status="scheduled" if message.send_at else "accepted")

    def send_batch(self, messages: Sequence[EmailMessage], idempotency_key: str) -> tuple[SentEmail, ...]:
        """One call, all or none. Raises Unsupported for attachments and for e-mails that are to leave later."""
        groups = [copies(one) for one in messages]
        if not 1 <= sum(map(len, groups)) <= MAX_BATCH:
            raise InvalidRequest(
                f"One batch holds 1 to {MAX_BATCH} e-mails, counting each personal copy.",
                field="messages",
                fix="Send them in several batches.",
            )
        for message in messages:
            _refuse_what_a_batch_lacks(message)
        ids = iter(self.client.send_batch([self._body(one) for group in groups for one in group], idempotency_key))
        return tuple(SentEmail(id=",".join(next(ids) for _ in group)) for group in groups)

    def cancel(self, message_id: str) -> None:
        """Raises InvalidRequest for an e-mail that was not scheduled or has left, NotFoundAtVendor."""
        self.client.call("POST", f"/emails/{part(message_id)}/cancel", "cancel e-mail")

    def _body(self, message: EmailMessage) -> dict[str, Any]:
        return to_json(message, default_sender=self.default_sender, now=self.now)


def _refuse_what_a_batch_lacks(message: EmailMessage) -> None:
    why = "Resend sends many e-mails, and copies of their own for several people, in one call"
    if message.send_at:
        raise Unsupported(
            f"{why}, and e-mails of such a call cannot be sent later.",
            fix="Send them now, or schedule each one singly.",
            code="batch_schedule",
        )
    if message.attachments:
        raise Unsupported(
            f"{why}, and e-mails of such a call cannot have attachments.",
            fix="Send each one singly, or put a link to the file into the text.",
            code="batch_attachments",
        )
