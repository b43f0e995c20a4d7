"""What a provider can do, as protocols: implementing the methods is the declaration.

Inputs and outputs are ours; vendor words stop at the provider's folder. `runtime_checkable` compares names only,
so the conformance suite compares signatures too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from providers.kit.contract import (
    Account,
    Activity,
    InboundEvent,
    InboundRequest,
    WebhookRegistration,
)


@runtime_checkable
class ChecksConnection(Protocol):
    """Can say whose account the credentials open. Raises ProviderError."""

    def identify(self) -> Account: ...


@runtime_checkable
class ReceivesWebhooks(Protocol):
    """Proves and reads deliveries. Static: needs no connection, does no I/O, is called once per delivery."""

    @staticmethod
    def verify(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
        """Raises SignatureInvalid; an empty `secrets` is SignatureInvalid(reason="no_secret")."""
        ...

    @staticmethod
    def read(request: InboundRequest) -> tuple[InboundEvent, ...]:
        """The events of a proven delivery. Raises InvalidRequest for a body that is not what the vendor sends."""
        ...

    @staticmethod
    def describe(event: InboundEvent) -> Activity:
        """The event in our words. Never raises for an event of an unknown type or an odd shape."""
        ...


@runtime_checkable
class AnswersChallenges(Protocol):
    """Answers the GET a vendor sends to prove that an address is ours."""

    @staticmethod
    def challenge(request: InboundRequest, secrets: Sequence[str]) -> tuple[int, str, str]:
        """(status, content type, body)."""
        ...


@runtime_checkable
class RegistersWebhooks(Protocol):
    """Creates and removes the webhook through the vendor's API. Raises ProviderError."""

    def register_webhook(self, url: str, events: Sequence[str]) -> WebhookRegistration: ...

    def unregister_webhook(self, registration_id: str) -> None: ...


@runtime_checkable
class CatchesUp(Protocol):
    """Lists events the vendor has sent since a moment, for finding what never arrived. Raises ProviderError."""

    def events_since(self, since: datetime, limit: int) -> tuple[InboundEvent, ...]: ...


@runtime_checkable
class MakesSamples(Protocol):
    """The sandbox can deliver believable signed events, with no vendor involved."""

    @staticmethod
    def sample_delivery(event_type: str, secret: str, now: datetime, seed: int) -> InboundRequest:
        """A delivery exactly as the vendor would send it, signed with `secret`. `url` is left empty."""
        ...


# ---------------------------------------------------------------------------------------------------- payments


@dataclass(frozen=True, kw_only=True)
class Payment:
    id: str
    amount_minor: int
    currency: str
    status: str
    created_at: datetime
    customer: str = ""
    description: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list and where the next one begins ("" at the end)."""

    items: tuple[Any, ...]
    next_cursor: str = ""


@dataclass(frozen=True, kw_only=True)
class Balance:
    currency: str
    available_minor: int
    pending_minor: int


@dataclass(frozen=True, kw_only=True)
class Customer:
    id: str
    email: str = ""
    name: str = ""


@runtime_checkable
class TakesPayments(Protocol):
    def balances(self) -> tuple[Balance, ...]: ...

    def payments(self, *, cursor: str = "", limit: int = 25) -> Page: ...

    def create_payment(
        self, *, amount_minor: int, currency: str, description: str, idempotency_key: str
    ) -> Payment: ...

    def refund(self, payment_id: str, *, amount_minor: int | None, idempotency_key: str) -> str:
        """Refunds all (None) or a part; returns the vendor's refund id."""
        ...


# ------------------------------------------------------------------------------------------------------- email


@dataclass(frozen=True, kw_only=True)
class EmailMessage:
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


@dataclass(frozen=True, kw_only=True)
class SentEmail:
    id: str
    status: str = "accepted"


@dataclass(frozen=True, kw_only=True)
class DnsRecord:
    type: str
    name: str
    value: str
    status: str


@dataclass(frozen=True, kw_only=True)
class SendingDomain:
    name: str
    status: str
    region: str = ""
    records: tuple[DnsRecord, ...] = field(default_factory=tuple)


@runtime_checkable
class SendsEmail(Protocol):
    def send(self, message: EmailMessage, *, idempotency_key: str) -> SentEmail: ...

    def domains(self) -> tuple[SendingDomain, ...]: ...


CAPABILITY_WORDS: dict[type, tuple[str, str]] = {
    ChecksConnection: ("plug-connected", "Checks the connection line by line"),
    ReceivesWebhooks: ("webhook", "Receives events as they happen"),
    RegistersWebhooks: ("link", "Sets up event delivery for you"),
    CatchesUp: ("history", "Finds events that never arrived"),
    TakesPayments: ("credit-card", "Takes payments and refunds"),
    SendsEmail: ("mail", "Sends e-mail"),
}
"""Icon and plain words for what a provider page lists under "What it can do"."""


def capabilities_of(provider: type) -> tuple[type, ...]:
    """The protocols this provider class implements, in the order of CAPABILITY_WORDS."""
    return tuple(protocol for protocol in CAPABILITY_WORDS if issubclass(provider, protocol))
