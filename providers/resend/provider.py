"""Resend: what the hub can do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from providers.kit.contract import (
    Account,
    Activity,
    InboundEvent,
    InboundRequest,
    Provider,
    Step,
    WebhookRegistration,
)
from providers.kit.errors import InvalidRequest, NotFoundAtVendor
from providers.kit.signatures import sign_standard
from providers.kit.vocabulary.email import DnsRecord, EmailMessage, SendingDomain, SentEmail

from .activity import describe_event
from .checks import Checks, account_of
from .client import Client
from .errors import error_from, is_sending_only
from .manifest import CONNECTION_TEST, MANIFEST, SEND_TEST, WEBHOOK_TEST
from .message import to_json
from .samples import sample_request
from .send_checks import SendChecks
from .webhooks import read_delivery, verify_delivery

MAX_BATCH = 100


class Resend(Provider):
    """Checks the connection, sends e-mail, registers webhooks and reads what they bring."""

    manifest = MANIFEST

    @cached_property
    def client(self) -> Client:
        return Client(self.connection.http, self.configuration.get("api_key", ""))

    def identify(self) -> Account:
        answer = self.client.look()
        error = None if answer.ok else error_from(answer)
        if error and not is_sending_only(error):
            raise error
        return account_of(answer, self.client, self.configuration.get("api_key", ""))

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        checks = Checks(self.connection, self.client)
        tests: dict[str, Callable[[], Sequence[Step]]] = {
            CONNECTION_TEST: checks.steps,
            SEND_TEST: SendChecks(checks, inputs).steps,
            WEBHOOK_TEST: checks.webhooks.steps,
        }
        return tests[test_id]()

    # -------------------------------------------------------------------------------------------- e-mail

    def send(self, message: EmailMessage, *, idempotency_key: str) -> SentEmail:
        """Sends now, or at `message.send_at`. A missing text is made from the HTML. Raises ProviderError."""
        sent = self.client.send(self._json(message), idempotency_key)
        return SentEmail(id=sent, status="scheduled" if message.send_at else "accepted")

    def send_batch(self, messages: Sequence[EmailMessage], *, idempotency_key: str) -> tuple[SentEmail, ...]:
        """Sends up to 100 e-mails in one call, all or none. They cannot be scheduled. Raises ProviderError."""
        if not 1 <= len(messages) <= MAX_BATCH:
            raise InvalidRequest(f"One batch holds 1 to {MAX_BATCH} e-mails.", field="messages")
        if any(message.send_at for message in messages):
            raise InvalidRequest("E-mails in a batch cannot be sent later.", field="send_at", fix="Send them singly.")
        ids = self.client.send_batch([self._json(message) for message in messages], idempotency_key)
        return tuple(SentEmail(id=one) for one in ids)

    def domains(self) -> tuple[SendingDomain, ...]:
        """All sending domains; DNS entries are given for those that are not verified yet."""
        return tuple(self._domain(one) for one in self.client.domains() if one.get("id") and one.get("name"))

    def _domain(self, listed: Mapping[str, Any]) -> SendingDomain:
        status = str(listed.get("status", ""))
        found = {} if status == "verified" else self.client.domain(str(listed["id"]))
        records = tuple(
            DnsRecord(
                type=str(one.get("type", "")),
                name=str(one.get("name", "")),
                value=str(one.get("value", "")),
                status=str(one.get("status", "")),
            )
            for one in found.get("records") or ()
            if isinstance(one, dict)
        )
        region = str(listed.get("region", ""))
        return SendingDomain(name=str(listed["name"]), status=status, region=region, records=records)

    def _json(self, message: EmailMessage) -> dict[str, Any]:
        return to_json(message, default_sender=self.configuration.get("from_address", ""), now=self.connection.now())

    # ------------------------------------------------------------------------------------------ webhooks

    def register_webhook(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        """Creates the webhook; no `events` means those that are on by default."""
        wanted = tuple(events) or tuple(one.type for one in self._webhook_events() if one.default)
        unknown = set(wanted) - {one.type for one in self._webhook_events()}
        if unknown:
            raise InvalidRequest(f"Resend has no event “{sorted(unknown)[0][:60]}”.", field="events")
        return self.client.create_webhook(url, wanted)

    def unregister_webhook(self, registration_id: str) -> None:
        """Removes the webhook; one that is already gone is fine."""
        try:
            self.client.delete_webhook(registration_id)
        except NotFoundAtVendor:
            return

    def _webhook_events(self) -> tuple[Any, ...]:
        return MANIFEST.webhook.events if MANIFEST.webhook else ()

    @staticmethod
    def verify(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
        verify_delivery(request, secrets, now)

    @staticmethod
    def read(request: InboundRequest) -> tuple[InboundEvent, ...]:
        return read_delivery(request)

    @staticmethod
    def describe(event: InboundEvent) -> Activity:
        return describe_event(event)

    @staticmethod
    def sample_delivery(event_type: str, secret: str, now: datetime, seed: int) -> InboundRequest:
        """Raises InvalidRequest for an event type that Resend does not have."""
        return sample_request(
            event_type, now, seed, lambda message_id, at, body: sign_standard(body, message_id, at, secret)
        )
