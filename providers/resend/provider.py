"""Resend: what the hub can do with it. Each verb is at home in a module of its subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
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
from providers.kit.vocabulary.email import (
    Audience,
    Broadcast,
    EmailEvent,
    EmailFigures,
    EmailMessage,
    EmailTemplate,
    SendingDomain,
    SentEmail,
    Subscriber,
    Suppression,
    SuppressionKind,
    TemplateContent,
    UnsubscribeGroup,
)
from providers.kit.vocabulary.pages import Page

from .activity import describe_event
from .audiences import Audiences
from .broadcasts import Broadcasts
from .checks import Checks, account_of
from .client import Client
from .domains import Domains
from .errors import error_from, is_sending_only
from .figures import email_figures
from .manifest import CONNECTION_TEST, MANIFEST, SEND_TEST, WEBHOOK_TEST
from .samples import sample_request
from .send_checks import SendChecks
from .sending import Sending
from .suppressions import Suppressions
from .templates import Templates
from .tracking import email_event
from .webhooks import read_delivery, verify_delivery


class Resend(Provider):
    """Sends e-mail, keeps templates, audiences and suppressions, sends broadcasts, and reads what webhooks bring."""

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

    @property
    def _default_sender(self) -> str:
        return self.configuration.get("from_address", "")

    @property
    def _sending(self) -> Sending:
        return Sending(self.client, default_sender=self._default_sender, now=self.connection.now())

    def send(self, message: EmailMessage, *, idempotency_key: str) -> SentEmail:
        """Sends now, or at `message.send_at`. A missing text is made from the HTML. Personal copies for several
        people have their ids joined by commas. Raises ProviderError."""
        return self._sending.send(message, idempotency_key)

    def send_batch(self, messages: Sequence[EmailMessage], *, idempotency_key: str) -> tuple[SentEmail, ...]:
        """Sends up to 100 e-mails in one call, all or none. Raises ProviderError."""
        return self._sending.send_batch(messages, idempotency_key)

    def cancel_scheduled(self, message_id: str) -> None:
        self._sending.cancel(message_id)

    @staticmethod
    def email_event(event: InboundEvent) -> EmailEvent | None:
        return email_event(event)

    def email_figures(self, *, start: date, end: date, tag: str = "") -> tuple[EmailFigures, ...]:
        return email_figures(self.client, start=start, end=end, tag=tag)

    def domains(self) -> tuple[SendingDomain, ...]:
        """All sending domains; DNS entries are given for those that are not verified yet."""
        return Domains(self.client).all()

    def verify_domain(self, domain_id: str) -> SendingDomain:
        return Domains(self.client).verify(domain_id)

    # ----------------------------------------------------------------------------------------- templates

    @cached_property
    def _templates(self) -> Templates:
        return Templates(self.client)

    def templates(self, *, cursor: str = "", limit: int = 50) -> Page[EmailTemplate]:
        return self._templates.page(cursor=cursor, limit=limit)

    def template(self, template_id: str) -> EmailTemplate:
        return self._templates.one(template_id)

    def create_template(self, name: str, content: TemplateContent) -> EmailTemplate:
        return self._templates.create(name, content)

    def add_version(self, template_id: str, content: TemplateContent, *, activate: bool = True) -> EmailTemplate:
        return self._templates.add(template_id, content, activate=activate)

    def activate_version(self, template_id: str, version_id: str) -> EmailTemplate:
        return self._templates.activate(template_id, version_id)

    def preview_template(self, template_id: str, values: Mapping[str, object]) -> TemplateContent:
        return self._templates.preview(template_id, values)

    def delete_template(self, template_id: str) -> None:
        self._templates.delete(template_id)

    # ------------------------------------------------------------------------- audiences and broadcasts

    @cached_property
    def _audiences(self) -> Audiences:
        return Audiences(self.client)

    @property
    def _broadcasts(self) -> Broadcasts:
        return Broadcasts(self.client, default_sender=self._default_sender, now=self.connection.now())

    def audiences(self, *, cursor: str = "", limit: int = 50) -> Page[Audience]:
        return self._audiences.page(cursor=cursor, limit=limit)

    def create_audience(self, name: str) -> Audience:
        return self._audiences.create(name)

    def subscribers(self, audience_id: str, *, cursor: str = "", limit: int = 100) -> Page[Subscriber]:
        return self._audiences.subscribers(audience_id, cursor=cursor, limit=limit)

    def subscribe(self, audience_id: str, *, email: str, first_name: str = "", last_name: str = "") -> Subscriber:
        return self._audiences.subscribe(audience_id, email=email, first_name=first_name, last_name=last_name)

    def unsubscribe(self, audience_id: str, email: str) -> None:
        self._audiences.unsubscribe(audience_id, email)

    def broadcasts(self, *, cursor: str = "", limit: int = 50) -> Page[Broadcast]:
        return self._broadcasts.page(cursor=cursor, limit=limit)

    def create_broadcast(self, audience_id: str, message: EmailMessage, *, name: str) -> Broadcast:
        return self._broadcasts.create(audience_id, message, name=name)

    def send_broadcast(self, broadcast_id: str, *, send_at: datetime | None = None) -> Broadcast:
        return self._broadcasts.send(broadcast_id, send_at=send_at)

    def delete_broadcast(self, broadcast_id: str) -> None:
        self._broadcasts.delete(broadcast_id)

    # -------------------------------------------------------------------------------------- suppressions

    @cached_property
    def _suppressions(self) -> Suppressions:
        return Suppressions(self.client)

    def suppressions(self, kind: SuppressionKind, *, cursor: str = "", limit: int = 100) -> Page[Suppression]:
        return self._suppressions.page(kind, cursor=cursor, limit=limit)

    def suppress(self, email: str, kind: SuppressionKind) -> None:
        self._suppressions.add(email, kind)

    def unsuppress(self, email: str, kind: SuppressionKind) -> None:
        self._suppressions.remove(email, kind)

    def unsubscribe_groups(self) -> tuple[UnsubscribeGroup, ...]:
        return self._audiences.topics()

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
    def sample_delivery(event_type: str, secret: str, now: datetime, seed: int, url: str = "") -> InboundRequest:
        """Raises InvalidRequest for an event type that Resend does not have."""
        return sample_request(
            event_type, now, seed, lambda message_id, at, body: sign_standard(body, message_id, at, secret), url
        )
