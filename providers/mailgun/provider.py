"""Mailgun: what the hub can do with it."""

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
    InboundRoute,
    SendingDomain,
    SentEmail,
    Suppression,
    SuppressionKind,
    TemplateContent,
)
from providers.kit.vocabulary.pages import Page

from .activity import describe_event
from .checks import Checks
from .client import Client
from .domains import Domains
from .events import Events, email_event
from .figures import figures
from .identity import account_of, look
from .manifest import CONNECTION_TEST, MANIFEST, SEND_TEST, WEBHOOK_TEST
from .registration import Registration
from .routes import Routes
from .samples import sample_request
from .send_checks import SendChecks
from .sending import Sending
from .suppressions import Suppressions
from .templates import Templates
from .webhooks import read_delivery, verify_delivery


class Mailgun(Provider):
    """Sends and follows e-mail of one domain, keeps its templates and lists, and routes mail that arrives."""

    manifest = MANIFEST

    @cached_property
    def client(self) -> Client:
        return Client(self.connection)

    def identify(self) -> Account:
        return account_of(self.client, look(self.client))

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
        """Sends now, or at `message.send_at`. A key that was used before sends nothing twice: see `sending.py`."""
        return Sending(self.client).send(message, idempotency_key)

    def domains(self) -> tuple[SendingDomain, ...]:
        return Domains(self.client).all()

    def verify_domain(self, domain_id: str) -> SendingDomain:
        return Domains(self.client).verify(domain_id)

    @staticmethod
    def email_event(event: InboundEvent) -> EmailEvent | None:
        return email_event(event)

    def email_events(self, *, since: datetime, cursor: str = "", limit: int = 100) -> Page[EmailEvent]:
        """Oldest first. The last page is empty: the vendor's list ends there and nowhere else."""
        return Events(self.client).listed(since, cursor, limit)

    def email_figures(self, *, start: date, end: date, tag: str = "") -> tuple[EmailFigures, ...]:
        return figures(self.client, start=start, end=end, tag=tag)

    # ----------------------------------------------------------------------------------------- templates

    def templates(self, *, cursor: str = "", limit: int = 50) -> Page[EmailTemplate]:
        return Templates(self.client).page(cursor, limit)

    def template(self, template_id: str) -> EmailTemplate:
        return Templates(self.client).one(template_id)

    def create_template(self, name: str, content: TemplateContent) -> EmailTemplate:
        """`content.text` is not kept: Mailgun makes the plain text from the HTML when it sends."""
        return Templates(self.client).create(name, content)

    def add_version(self, template_id: str, content: TemplateContent, *, activate: bool = True) -> EmailTemplate:
        return Templates(self.client).add_version(template_id, content, activate=activate)

    def activate_version(self, template_id: str, version_id: str) -> EmailTemplate:
        return Templates(self.client).activate(template_id, version_id)

    def preview_template(self, template_id: str, values: Mapping[str, object]) -> TemplateContent:
        """Rendered here by Handlebars' rules. Raises Unsupported where the template uses special helpers."""
        return Templates(self.client).preview(template_id, values)

    def delete_template(self, template_id: str) -> None:
        Templates(self.client).delete(template_id)

    # -------------------------------------------------------------------------- suppressions and routes

    def suppressions(self, kind: SuppressionKind, *, cursor: str = "", limit: int = 100) -> Page[Suppression]:
        return Suppressions(self.client).page(kind, cursor, limit)

    def suppress(self, email: str, kind: SuppressionKind) -> None:
        Suppressions(self.client).add(email, kind)

    def unsuppress(self, email: str, kind: SuppressionKind) -> None:
        Suppressions(self.client).remove(email, kind)

    def routes(self, *, cursor: str = "", limit: int = 100) -> Page[InboundRoute]:
        return Routes(self.client).page(cursor, limit)

    def create_route(
        self, *, expression: str, actions: Sequence[str], priority: int = 0, description: str = ""
    ) -> InboundRoute:
        return Routes(self.client).create(expression, actions, priority=priority, description=description)

    def delete_route(self, route_id: str) -> None:
        Routes(self.client).delete(route_id)

    def matching_routes(self, address: str) -> tuple[InboundRoute, ...]:
        return Routes(self.client).matching(address)

    # ------------------------------------------------------------------------------------------ webhooks

    def register_webhook(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        return Registration(self.client).create(url, events)

    def unregister_webhook(self, registration_id: str) -> None:
        Registration(self.client).remove(registration_id)

    def events_since(self, since: datetime, limit: int) -> tuple[InboundEvent, ...]:
        return Events(self.client).since(since, limit)

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
        """Raises InvalidRequest for an event type that Mailgun does not have."""
        return sample_request(event_type, secret, now, seed, url)
