"""What a provider says of itself: frozen data that pages, forms, docs and the API are drawn from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


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
    A `hidden` field is filled by the hub (a token's end, the vendor's address for this account), never by a person.
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
    hidden: bool = False

    @property
    def secret(self) -> bool:
        return self.kind is FieldKind.SECRET

    def matches(self, value: str) -> bool:
        return not self.pattern or re.fullmatch(self.pattern, value) is not None


@dataclass(frozen=True, kw_only=True)
class Permission:
    """`scope` as the vendor names it; `reason` in plain words: what we do with it.

    `untested` says why the connection test has no line for it.
    """

    scope: str
    label: str
    reason: str
    required: bool = True
    untested: str = ""


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
    """Addresses and scopes of a vendor's OAuth 2 service. `client_id_env` and `client_secret_env` name settings.

    `client_authentication` is OAuth's name for how we prove who we are (`client_secret_post`, `client_secret_basic`).
    """

    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    client_id_env: str
    client_secret_env: str
    revoke_url: str = ""
    pkce: bool = True
    sign_in_scopes: tuple[str, ...] = ()
    extra_authorize: Mapping[str, str] = field(default_factory=dict)
    client_authentication: str = "client_secret_post"
    scope_separator: str = " "


@dataclass(frozen=True, kw_only=True)
class SignInSettings:
    """How people sign in to the hub itself with an account at this vendor, through an app registered for that alone.

    `id` stands in addresses, in the settings `LOGIN_<ID>_CLIENT_ID` and `LOGIN_<ID>_CLIENT_SECRET`, and in what is
    stored of each person: it never changes. With an `issuer` the person is whom its ID token names (OpenID Connect),
    proven by the keys at `jwks_url`; without one the provider class says it (`SignsPeopleIn`). Addresses and
    `sign_in_scopes` are those of the manifest's `oauth`; what it sends besides is `extra_authorize` here.
    `console_label` says in the vendor's words where its console takes our return address.
    """

    id: str
    name: str
    console_url: str
    console_label: str
    issuer: str = ""
    jwks_url: str = ""
    extra_authorize: Mapping[str, str] = field(default_factory=dict)

    @property
    def client_id_env(self) -> str:
        return f"LOGIN_{self.id.upper()}_CLIENT_ID"

    @property
    def client_secret_env(self) -> str:
        return f"LOGIN_{self.id.upper()}_CLIENT_SECRET"


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
    """Everything the hub must know of a provider before anyone connects it.

    `unsupported` says why the vendor can't do what its category usually does: a capability's or method's name, and
    the reason in plain words ("X has no scheduling: the hub keeps the post and sends it on time"). A vendor that only
    sends events, and cannot be called, says so under `ChecksConnection`.
    """

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
    sign_in: SignInSettings | None = None
    rate_limit: RateLimit | None = None
    popularity: int = 50
    setup_minutes: int = 5
    verified: bool = True
    keywords: tuple[str, ...] = ()
    logo_background: str = ""
    key_inventory_url: str = ""
    unsupported: Mapping[str, str] = field(default_factory=dict)

    @property
    def env_prefix(self) -> str:
        return self.id.upper().replace("-", "_")

    @property
    def api_base_setting(self) -> str:
        """`<PROVIDER>_API_BASE`: sends this provider's calls to another base address."""
        return f"{self.env_prefix}_API_BASE"

    @property
    def asked_fields(self) -> tuple[Field, ...]:
        """What people are asked for: all but the hidden ones."""
        return tuple(one for one in self.fields if not one.hidden)

    @property
    def has_token(self) -> bool:
        """Whether an OAuth token is kept for each account, in the field `access_token`."""
        return any(one.name == "access_token" for one in self.fields)

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
