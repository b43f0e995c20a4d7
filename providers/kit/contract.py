"""The contract between the hub and a provider: frozen data that pages, forms, docs and the API are drawn from.

A provider is a folder with a `provider.py` that holds one `Provider` subclass with a `manifest`. What it can do
follows from the protocols of `providers.kit.capabilities` that the class implements, and from nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol


def provider_id(module_name: str) -> str:
    """The id of the provider whose folder holds this module: `provider_id(__name__)` in a manifest.

    The folder's name is the only truth about the id, so that a copied folder is another provider at once.
    """
    return module_name.split(".")[-2].replace("_", "-")


class Category(StrEnum):
    PAYMENT = "payment"
    EMAIL = "email"
    CRM = "crm"
    ANALYTICS = "analytics"
    SOCIAL = "social"
    CUSTOM = "custom"


class Environment(StrEnum):
    """`sandbox` is our own stand-in of the vendor: no account needed, nothing leaves the machine."""

    LIVE = "live"
    TEST = "test"
    SANDBOX = "sandbox"


class FieldKind(StrEnum):
    TEXT = "text"
    SECRET = "secret"
    CHOICE = "choice"
    SWITCH = "switch"
    URL = "url"
    EMAIL = "email"
    NUMBER = "number"
    JSON = "json"


@dataclass(frozen=True, kw_only=True)
class Choice:
    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A value people paste by mistake: `pattern` (matched at the start) and what to say about it."""

    pattern: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing the connect form asks for.

    `pattern` must match the whole value. `prefixes` maps a value's beginning to the environment it belongs to
    (`{"sk_test_": Environment.TEST}`), None where it says nothing about it. `how_to` is shown beside the field.
    """

    name: str
    label: str
    env: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    pattern: str = ""
    pattern_hint: str = ""
    example: str = ""
    prefixes: Mapping[str, Environment | None] = field(default_factory=dict)
    help: str = ""
    how_to: str = ""
    console_url: str = ""
    console_label: str = ""
    choices: tuple[Choice, ...] = ()
    default: str = ""
    mistakes: tuple[Mistake, ...] = ()
    aliases: tuple[str, ...] = ()
    webhook_secret: bool = False

    @property
    def secret(self) -> bool:
        return self.kind is FieldKind.SECRET

    def matches(self, value: str) -> bool:
        return not self.pattern or re.fullmatch(self.pattern, value) is not None


@dataclass(frozen=True, kw_only=True)
class Permission:
    """`scope` as the vendor names it; `reason` in plain words: what we do with it."""

    scope: str
    label: str
    reason: str
    required: bool = True


@dataclass(frozen=True, kw_only=True)
class WebhookEventType:
    type: str
    label: str
    default: bool = True


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    """How deliveries are set up and proven. `signs_body` is False where the vendor signs only a part of it;
    `tolerance_seconds` is 0 where no moment is signed."""

    events: tuple[WebhookEventType, ...]
    signature: str
    secret_field: str
    tolerance_seconds: int = 300
    signs_body: bool = True
    console_url: str = ""
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OAuthSettings:
    """Addresses and scopes of a vendor's OAuth 2 service. `client_id_env` and `client_secret_env` name settings."""

    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    client_id_env: str
    client_secret_env: str
    revoke_url: str = ""
    pkce: bool = True
    sign_in_scopes: tuple[str, ...] = ()
    extra_authorize: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SetupStep:
    """One thing to do in the vendor's console, with the exact page and the exact button."""

    title: str
    text: str
    url: str = ""
    url_label: str = ""
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class PricingTier:
    name: str
    price: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Pricing:
    model: str
    tiers: tuple[PricingTier, ...]
    as_of: date
    url: str


@dataclass(frozen=True, kw_only=True)
class Template:
    """A ready-made configuration for a purpose ("Take payments on a website")."""

    id: str
    name: str
    description: str
    configuration: Mapping[str, str] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ApiVersion:
    name: str
    status: str = "current"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """Our own ceiling per connected account, below the vendor's published one."""

    requests: int
    per_seconds: float
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class TestDefinition:
    """A test that can be run: id `<provider>-<name>`. `inputs` are asked for besides the configuration."""

    __test__ = False  # not a pytest class

    id: str
    name: str
    description: str
    inputs: tuple[Field, ...] = ()
    changes_data: bool = False


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything the hub must know of a provider before anyone connects it."""

    id: str
    name: str
    category: Category
    tagline: str
    description: str
    website: str
    documentation: str
    fields: tuple[Field, ...]
    permissions: tuple[Permission, ...]
    setup_steps: tuple[SetupStep, ...]
    pricing: Pricing
    templates: tuple[Template, ...]
    api_versions: tuple[ApiVersion, ...]
    tests: tuple[TestDefinition, ...]
    api_base: str
    environments: tuple[Environment, ...] = (Environment.LIVE, Environment.SANDBOX)
    webhook: WebhookSettings | None = None
    oauth: OAuthSettings | None = None
    rate_limit: RateLimit | None = None
    popularity: int = 50
    setup_minutes: int = 5
    verified: bool = True
    keywords: tuple[str, ...] = ()
    logo_background: str = ""
    key_inventory_url: str = ""

    @property
    def env_prefix(self) -> str:
        return self.id.upper().replace("-", "_")

    @property
    def api_base_setting(self) -> str:
        """`<PROVIDER>_API_BASE`: sends this provider's calls to another base address."""
        return f"{self.env_prefix}_API_BASE"

    def field(self, name: str) -> Field:
        """The field of this name, environment name or alias. Raises KeyError."""
        for one in self.fields:
            if name in (one.name, one.env, *one.aliases):
                return one
        raise KeyError(name)

    def test(self, test_id: str) -> TestDefinition:
        """Raises KeyError."""
        for one in self.tests:
            if one.id == test_id:
                return one
        raise KeyError(test_id)


# ---------------------------------------------------------------- what passes between the hub and a provider


@dataclass(frozen=True, kw_only=True)
class Account:
    """Whose account it is, as the vendor says. `id` is stable and unique at the vendor in this environment."""

    id: str
    name: str
    detail: str = ""
    url: str = ""
    livemode: bool | None = None


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class StepOutcome:
    """What one line of a test found. `fix` says what to do, `fix_url` opens the very page.

    `degrades` is False for a warning about something not done yet, which does not make the connection unwell.
    """

    status: StepStatus
    message: str
    fix: str = ""
    fix_url: str = ""
    account: Account | None = None
    error: Exception | None = None
    degrades: bool = True


def passed(message: str, *, account: Account | None = None) -> StepOutcome:
    return StepOutcome(status=StepStatus.PASSED, message=message, account=account)


def failed(message: str, *, fix: str, fix_url: str = "", error: Exception | None = None) -> StepOutcome:
    return StepOutcome(status=StepStatus.FAILED, message=message, fix=fix, fix_url=fix_url, error=error)


def warning(message: str, *, fix: str = "", fix_url: str = "", degrades: bool = True) -> StepOutcome:
    return StepOutcome(status=StepStatus.WARNING, message=message, fix=fix, fix_url=fix_url, degrades=degrades)


def skipped(message: str) -> StepOutcome:
    return StepOutcome(status=StepStatus.SKIPPED, message=message)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of a test. `needs` names steps that must have passed (or warned), else this one is skipped.

    `run` may raise any ProviderError: the runner turns it into a failed line with the error's words and fix.
    """

    name: str
    label: str
    run: Callable[[], StepOutcome]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WebhookState:
    """What the hub knows about deliveries of this connection when a test runs. The hub fills it in."""

    address: str = ""
    secret_set: bool = False
    registration_id: str = ""
    last_received_at: datetime | None = None
    last_refused_at: datetime | None = None
    last_refused_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class InboundRequest:
    """A delivery as it arrived. Header names are lower case. `url` is the public address the vendor called."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class InboundEvent:
    """One event of a delivery (a delivery may carry many). `payload` is this event's own JSON object.

    `external_id` is the vendor's id: the key for de-duplication within one instance.
    """

    external_id: str
    type: str
    payload: Mapping[str, Any]
    created_at: datetime | None = None
    livemode: bool | None = None


class Tone(StrEnum):
    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"
    ATTENTION = "attention"


@dataclass(frozen=True, kw_only=True)
class Activity:
    """An event in our words. `sentence` is what the inbox shows ("Payment of €120.00 succeeded for Ada").

    `kind` is of our vocabulary: `<object>.<what happened>`, e.g. `payment.succeeded`, `email.delivered`.
    `amount_minor` is in the currency's minor unit; `currency` is ISO 4217 upper case.
    """

    kind: str
    sentence: str
    tone: Tone = Tone.NEUTRAL
    icon: str = "activity"
    object_type: str = ""
    object_id: str = ""
    occurred_at: datetime | None = None
    amount_minor: int | None = None
    currency: str = ""
    person: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class WebhookRegistration:
    """What the vendor answered when we registered an address. `secret` is shown by vendors only once."""

    id: str
    secret: str = field(repr=False)
    url: str
    events: tuple[str, ...]


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


class Provider:
    """Base of every provider: a manifest and, once bound to a connection, the verbs of its capabilities."""

    manifest: ClassVar[Manifest]

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def configuration(self) -> Mapping[str, str]:
        return self.connection.configuration

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        """The lines of a test, in order. Raises KeyError for a test id the manifest does not list."""
        raise NotImplementedError
