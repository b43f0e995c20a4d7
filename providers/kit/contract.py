"""The contract between the hub and a provider: frozen data that pages, forms, docs and the API are drawn from.

A provider is a folder with a `provider.py` that holds one `Provider` subclass with a `manifest`. What it can do
follows from the protocols of `providers.kit.capabilities` that the class implements, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit, urlunsplit

from providers.kit.exchange import (
    Account,
    Activity,
    InboundEvent,
    InboundRequest,
    Step,
    StepOutcome,
    StepStatus,
    Tone,
    WebhookRegistration,
    WebhookState,
    failed,
    passed,
    skipped,
    warning,
)
from providers.kit.manifest import (
    ApiVersion,
    Category,
    Choice,
    Environment,
    Field,
    FieldKind,
    Manifest,
    Mistake,
    OAuthSettings,
    Permission,
    Pricing,
    PricingTier,
    RateLimit,
    SetupStep,
    SignInSettings,
    Template,
    TestDefinition,
    WebhookEventType,
    WebhookSettings,
    provider_id,
)
from providers.kit.tokens import MemoryTokens, Token, TokenStore

__all__ = [
    "Account",
    "Activity",
    "ApiVersion",
    "Category",
    "Choice",
    "Connection",
    "Door",
    "Environment",
    "Field",
    "FieldKind",
    "InboundEvent",
    "InboundRequest",
    "Manifest",
    "Mistake",
    "OAuthSettings",
    "Permission",
    "Pricing",
    "PricingTier",
    "Provider",
    "RateLimit",
    "SetupStep",
    "SignInSettings",
    "Step",
    "StepOutcome",
    "StepStatus",
    "Template",
    "TestDefinition",
    "Tone",
    "WebhookEventType",
    "WebhookRegistration",
    "WebhookSettings",
    "WebhookState",
    "failed",
    "passed",
    "provider_id",
    "skipped",
    "warning",
]


class Door(Protocol):
    """The one door out, bound to one account. `providers.kit.http` has the real one; see there for semantics."""

    def request(self, method: str, url: str, **options: Any) -> Any: ...


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Everything a provider may use to talk to one account.

    `configuration` holds plain and secret values by field name; `http` is the only way out.
    """

    configuration: Mapping[str, str] = field(repr=False)
    environment: Environment
    http: Any
    api_base: str
    now: Callable[[], datetime]
    webhook: WebhookState = field(default_factory=WebhookState)
    settings: Mapping[str, Any] = field(default_factory=dict)
    moved: bool = False
    tokens: TokenStore = field(default_factory=lambda: MemoryTokens(Token(access_token="")), repr=False)

    def address(self, url: str) -> str:
        """A vendor's address as this connection reaches it.

        Vendors with several hosts (regions, uploads, "next page" links) write each address through here: where
        `<PROVIDER>_API_BASE` moves the calls elsewhere, scheme and host are replaced by that base.
        """
        if not self.moved:
            return url
        parts = urlsplit(url)
        return self.api_base.rstrip("/") + urlunsplit(("", "", parts.path, parts.query, ""))


class Provider:
    """Base of every provider: a manifest and, once bound to a connection, the verbs of its capabilities."""

    manifest: ClassVar[Manifest]

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def configuration(self) -> Mapping[str, str]:
        return self.connection.configuration

    @classmethod
    def oauth(cls, configuration: Mapping[str, str]) -> OAuthSettings | None:
        """Where this account signs in: the manifest's settings, or others where a field decides about the host."""
        return cls.manifest.oauth

    def finish_sign_in(self, token: Token) -> Token:
        """The token to keep after a sign-in: some vendors give a short one first. Raises ProviderError."""
        return token

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        """The lines of a test, in order. Raises KeyError for a test id the manifest does not list."""
        raise NotImplementedError
