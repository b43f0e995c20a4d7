"""SendGrid: what the hub can do with it. Each verb is at home in a module of its subject."""

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
from providers.kit.vocabulary.email import (
    EmailEvent,
    EmailFigures,
    EmailMessage,
    EmailTemplate,
    SendingDomain,
    SentEmail,
    Suppression,
    SuppressionKind,
    TemplateContent,
    UnsubscribeGroup,
)
from providers.kit.vocabulary.pages import Page

from .activity import describe_event
from .checks import Checks, account_of
from .client import Client
from .domains import Domains
from .event_setup import EventSetup
from .figures import email_figures
from .manifest import CONNECTION_TEST, MANIFEST, SEND_TEST, WEBHOOK_TEST
from .samples import sample_request
from .send_checks import SendChecks
from .sending import Sending
from .suppressions import Suppressions
from .templates import Templates
from .tracking import email_event
from .webhook_checks import WebhookChecks
from .webhooks import read_delivery, verify_delivery


class SendGrid(Provider):
    """Sends e-mail now and later, keeps templates and suppressions, reports, and reads what became of each e-mail."""

    manifest = MANIFEST

    @cached_property
    def client(self) -> Client:
        return Client(self.connection)

    def identify(self) -> Account:
        return account_of(self.client)

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        tests: dict[str, Callable[[], Sequence[Step]]] = {
            CONNECTION_TEST: lambda: Checks(self.client).steps(),
            SEND_TEST: lambda: SendChecks(self.client, inputs).steps(),
            WEBHOOK_TEST: lambda: WebhookChecks(self.client).steps(),
        }
        return tests[test_id]()

    # -------------------------------------------------------------------------------------------- e-mail

    @cached_property
    def _sending(self) -> Sending:
        return Sending(self.client)

    def send(self, message: EmailMessage, *, idempotency_key: str) -> SentEmail:
        """Sends now, or at `message.send_at` (72 hours ahead at most). SendGrid knows no idempotency keys: without an
        answer this raises OutcomeUnknown and nothing is tried again."""
        return self._sending.send(message)

    def send_batch(self, messages: Sequence[EmailMessage], *, idempotency_key: str) -> tuple[SentEmail, ...]:
        return self._sending.send_batch(messages)

    def cancel_scheduled(self, message_id: str) -> None:
        self._sending.cancel(message_id)

    def domains(self) -> tuple[SendingDomain, ...]:
        return Domains(self.client).all()

    def verify_domain(self, domain_id: str) -> SendingDomain:
        return Domains(self.client).verify(domain_id)

    @staticmethod
    def email_event(event: InboundEvent) -> EmailEvent | None:
        return email_event(event)

    def email_figures(self, *, start: date, end: date, tag: str = "") -> tuple[EmailFigures, ...]:
        return email_figures(self.client, start=start, end=end, tag=tag)

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
        return self._suppressions.groups()

    # ------------------------------------------------------------------------------------------ webhooks

    def register_webhook(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        return EventSetup(self.client).register(url, events)

    def unregister_webhook(self, registration_id: str) -> None:
        EventSetup(self.client).unregister(registration_id)

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
        """Raises InvalidRequest for an event type that SendGrid does not have, or a key that is not the sandbox's."""
        return sample_request(event_type, now, seed, secret, url)
