"""E-mail: messages, what became of them, templates, lists of people not to write to, sending domains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from providers.kit.exchange import InboundEvent
from providers.kit.vocabulary.pages import Page


class EmailStatus(StrEnum):
    """What became of an e-mail, in the order in which it happens. Every vendor's words become one of these."""

    QUEUED = "queued"
    SENT = "sent"
    REJECTED = "rejected"
    FAILED = "failed"
    BOUNCED = "bounced"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    UNKNOWN = "unknown"


class RejectReason(StrEnum):
    """Why an e-mail did not arrive; "" where the vendor does not say and nothing can be told from its words."""

    NONE = ""
    INVALID = "invalid"
    BOUNCED = "bounced"
    BLOCKED = "blocked"
    SPAM = "spam"
    UNSUBSCRIBED = "unsubscribed"
    TIMED_OUT = "timed_out"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file, or a picture within the HTML when `content_id` is set (`<img src="cid:…">`)."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str = ""


@dataclass(frozen=True, kw_only=True)
class EmailMessage:
    """One e-mail. With `personal`, each of `to` gets a copy of its own with these values (by address).

    `sender` and recipients may be `Name <address>`. `template_id` takes the place of subject and bodies where the
    template has them; `values` fill it. `send_at` is with a time zone. A missing text is made from the HTML.
    """

    sender: str
    to: tuple[str, ...]
    subject: str
    text: str = ""
    html: str = ""
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: str = ""
    tags: tuple[str, ...] = ()
    send_at: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    template_id: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    personal: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    unsubscribe_group: str = ""


@dataclass(frozen=True, kw_only=True)
class SentEmail:
    """`status` is `accepted` or `scheduled`. `id` finds the message at the vendor and begins its events' ids."""

    id: str
    status: str = "accepted"


@dataclass(frozen=True, kw_only=True)
class DnsRecord:
    """One line for the domain's DNS, exactly as it must be entered. `status`: `valid`, `missing`, `wrong`, `unknown`
    or the vendor's own word."""

    type: str
    name: str
    value: str
    status: str
    purpose: str = ""
    priority: int | None = None


@dataclass(frozen=True, kw_only=True)
class SendingDomain:
    name: str
    status: str
    region: str = ""
    records: tuple[DnsRecord, ...] = field(default_factory=tuple)
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class EmailEvent:
    """What happened to one e-mail for one person. `reason` and `detail` for those that did not arrive."""

    status: EmailStatus
    message_id: str
    recipient: str
    occurred_at: datetime | None = None
    reason: RejectReason = RejectReason.NONE
    detail: str = ""
    link: str = ""
    tags: tuple[str, ...] = ()
    subject: str = ""


@dataclass(frozen=True, kw_only=True)
class TemplateVersion:
    """One version of a template's content. `id` is the vendor's name for the version."""

    id: str
    name: str
    subject: str = ""
    html: str = ""
    text: str = ""
    active: bool = False
    updated_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class EmailTemplate:
    """A template with its versions; lists may leave the contents of versions empty."""

    id: str
    name: str
    versions: tuple[TemplateVersion, ...] = ()
    updated_at: datetime | None = None
    variables: tuple[str, ...] = ()
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class TemplateContent:
    subject: str
    html: str
    text: str = ""
    name: str = ""


class SuppressionKind(StrEnum):
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    BLOCK = "block"
    INVALID = "invalid"


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """An address that gets no mail, and why. `scope` is a group or tag, "" where it holds for everything."""

    email: str
    kind: SuppressionKind
    reason: str = ""
    created_at: datetime | None = None
    scope: str = ""


@dataclass(frozen=True, kw_only=True)
class EmailFigures:
    """Counts of one day (UTC), of one tag or category, or of all ("")."""

    day: date
    tag: str = ""
    counts: Mapping[EmailStatus, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class UnsubscribeGroup:
    id: str
    name: str
    description: str = ""
    unsubscribes: int = 0
    default: bool = False


@dataclass(frozen=True, kw_only=True)
class InboundRoute:
    """What happens to mail that arrives: `expression` and `actions` in the vendor's own words."""

    id: str
    expression: str
    actions: tuple[str, ...]
    priority: int = 0
    description: str = ""


@runtime_checkable
class SendsEmail(Protocol):
    """Raises ProviderError; OutcomeUnknown when no answer came to a vendor that would send twice."""

    def send(self, message: EmailMessage, *, idempotency_key: str) -> SentEmail: ...

    def domains(self) -> tuple[SendingDomain, ...]: ...


@runtime_checkable
class SendsEmailInBatches(Protocol):
    def send_batch(self, messages: Sequence[EmailMessage], *, idempotency_key: str) -> tuple[SentEmail, ...]: ...


@runtime_checkable
class CancelsScheduledEmail(Protocol):
    def cancel_scheduled(self, message_id: str) -> None:
        """Raises InvalidRequest when it has left already, NotFoundAtVendor, Unsupported."""
        ...


@runtime_checkable
class TracksEmail(Protocol):
    """Reads its own webhook events as e-mail events. Static: no I/O. Never raises; None when it is not about mail."""

    @staticmethod
    def email_event(event: InboundEvent) -> EmailEvent | None: ...


@runtime_checkable
class ListsEmailEvents(Protocol):
    def email_events(self, *, since: datetime, cursor: str = "", limit: int = 100) -> Page[EmailEvent]: ...


@runtime_checkable
class VerifiesDomains(Protocol):
    def verify_domain(self, domain_id: str) -> SendingDomain:
        """Asks the vendor to look at the DNS again; gives what it found (or that it is looking)."""
        ...


@runtime_checkable
class KeepsTemplates(Protocol):
    """Versions where the vendor has them; else each template has one. Raises ProviderError."""

    def templates(self, *, cursor: str = "", limit: int = 50) -> Page[EmailTemplate]: ...

    def template(self, template_id: str) -> EmailTemplate: ...

    def create_template(self, name: str, content: TemplateContent) -> EmailTemplate: ...

    def add_version(self, template_id: str, content: TemplateContent, *, activate: bool = True) -> EmailTemplate: ...

    def activate_version(self, template_id: str, version_id: str) -> EmailTemplate: ...

    def preview_template(self, template_id: str, values: Mapping[str, object]) -> TemplateContent:
        """The content with the values put in, by the vendor's rules; sends nothing."""
        ...

    def delete_template(self, template_id: str) -> None: ...


@runtime_checkable
class KeepsSuppressions(Protocol):
    def suppressions(self, kind: SuppressionKind, *, cursor: str = "", limit: int = 100) -> Page[Suppression]: ...

    def suppress(self, email: str, kind: SuppressionKind) -> None: ...

    def unsuppress(self, email: str, kind: SuppressionKind) -> None: ...


@runtime_checkable
class ReportsEmail(Protocol):
    def email_figures(self, *, start: date, end: date, tag: str = "") -> tuple[EmailFigures, ...]:
        """Each day from `start` to `end`, both included, in order; a day without mail has zeros."""
        ...


@runtime_checkable
class HasUnsubscribeGroups(Protocol):
    def unsubscribe_groups(self) -> tuple[UnsubscribeGroup, ...]: ...


@runtime_checkable
class RoutesInboundEmail(Protocol):
    def routes(self, *, cursor: str = "", limit: int = 100) -> Page[InboundRoute]: ...

    def create_route(
        self, *, expression: str, actions: Sequence[str], priority: int = 0, description: str = ""
    ) -> InboundRoute: ...

    def delete_route(self, route_id: str) -> None: ...

    def matching_routes(self, address: str) -> tuple[InboundRoute, ...]:
        """The routes that mail to this address would take."""
        ...


@dataclass(frozen=True, kw_only=True)
class Audience:
    id: str
    name: str
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    unsubscribed: bool = False


@dataclass(frozen=True, kw_only=True)
class Broadcast:
    """One e-mail to a whole audience. `status` is `draft`, `scheduled`, `sending`, `sent` or the vendor's word."""

    id: str
    name: str
    status: str
    audience_id: str = ""
    subject: str = ""
    send_at: datetime | None = None


@runtime_checkable
class SendsBroadcasts(Protocol):
    def audiences(self, *, cursor: str = "", limit: int = 50) -> Page[Audience]: ...

    def create_audience(self, name: str) -> Audience: ...

    def subscribers(self, audience_id: str, *, cursor: str = "", limit: int = 100) -> Page[Subscriber]: ...

    def subscribe(self, audience_id: str, *, email: str, first_name: str = "", last_name: str = "") -> Subscriber: ...

    def unsubscribe(self, audience_id: str, email: str) -> None: ...

    def broadcasts(self, *, cursor: str = "", limit: int = 50) -> Page[Broadcast]: ...

    def create_broadcast(self, audience_id: str, message: EmailMessage, *, name: str) -> Broadcast: ...

    def send_broadcast(self, broadcast_id: str, *, send_at: datetime | None = None) -> Broadcast: ...

    def delete_broadcast(self, broadcast_id: str) -> None: ...
