"""Sending so that nothing goes out twice.

Mailgun has no idempotency keys. Each message therefore carries a Message-Id of its own, made from our key, and is
looked up in the events before it is handed over: a call that is made again after an answer that never came finds the
first. Events may take a little while to appear, so a repeat should not follow at once. A domain sending key may
not read events: with one, a repeat cannot be noticed.
"""

from __future__ import annotations

from typing import Any

from providers.kit.contract import Environment
from providers.kit.errors import OutcomeUnknown, PermissionMissing, ProviderError, UnexpectedResponse
from providers.kit.vocabulary.email import EmailMessage, SentEmail

from .client import Client
from .events import Events
from .message import message_id, to_form
from .reading import mapping, text


class Sending:
    """One account's outgoing e-mail."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._events = Events(client)

    def send(self, message: EmailMessage, idempotency_key: str) -> SentEmail:
        """Raises OutcomeUnknown when no answer came and the message is not (yet) among the events."""
        connection = self._client.connection
        form = to_form(
            message,
            sender=connection.configuration.get("from_address", ""),
            domain=self._client.domain,
            idempotency_key=idempotency_key,
            now=connection.now(),
            test_mode=connection.environment is Environment.TEST,
        )
        try:
            known = self.find(idempotency_key)
        except PermissionMissing:
            known = None
        if known is not None:
            return known
        options: dict[str, Any] = {"form": form.pairs} | ({"files": form.files} if form.files else {})
        try:
            sent = self._hand_over(options)
        except OutcomeUnknown:
            known = self._look_again(idempotency_key)
            if known is None:
                raise
            return known
        return SentEmail(id=sent, status="scheduled" if message.send_at else "accepted")

    def find(self, idempotency_key: str) -> SentEmail | None:
        """The message that was handed over under this key, if the vendor's events show one. Raises ProviderError."""
        wanted = message_id(self._client.domain, idempotency_key)
        for event in self._events.of_message(wanted):
            later = text(mapping(event.get("message")).get("scheduled-for"))
            return SentEmail(id=wanted, status="scheduled" if later else "accepted")
        return None

    def _hand_over(self, options: dict[str, Any]) -> str:
        """The id the vendor gave. An answer that cannot be read is as good as none: it may have been sent."""
        try:
            body = self._client.call(
                "POST", self._client.own("messages"), "send e-mail", permission="messages", **options
            )
            sent = text(body.get("id")).strip("<> ")
        except UnexpectedResponse as error:
            raise _unclear(error.status) from error
        if not sent:
            raise _unclear(None)
        return sent

    def _look_again(self, idempotency_key: str) -> SentEmail | None:
        try:
            return self.find(idempotency_key)
        except ProviderError:
            return None  # the first error says more


def _unclear(status: int | None) -> OutcomeUnknown:
    return OutcomeUnknown(
        "Mailgun's answer could not be read. The e-mail may have been sent.",
        fix="Look in Mailgun's logs whether it was sent before you try again.",
        code="unreadable",
        status=status,
    )
