"""What a marketplace page gets to see: frozen, with exactly what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from providers.kit.contract import Manifest

CATEGORY_LABELS = {
    "payment": "Payments",
    "email": "E-mail",
    "crm": "Customers (CRM)",
    "analytics": "Analytics",
    "social": "Social media",
    "custom": "Custom",
}


@dataclass(frozen=True, kw_only=True)
class ProviderCard:
    """One tile. `connections` are this workspace's; `logo` is an address that changes when the file does."""

    id: str
    name: str
    category: str
    tagline: str
    verified: bool
    popularity: int
    connections: int
    usable: bool
    unusable_reason: str
    who_can_fix: str
    logo: str
    logo_background: str
    setup_minutes: int
    environments: tuple[str, ...]

    @property
    def connected(self) -> bool:
        return self.connections > 0

    @property
    def category_label(self) -> str:
        return CATEGORY_LABELS.get(self.category, self.category.title())


@dataclass(frozen=True, kw_only=True)
class Facet:
    category: str
    label: str
    count: int


@dataclass(frozen=True, kw_only=True)
class ProviderPage:
    """`facets` count per category under the other filters, so that each says what choosing it would show."""

    cards: tuple[ProviderCard, ...]
    facets: tuple[Facet, ...]
    total: int
    next_cursor: str


@dataclass(frozen=True, kw_only=True)
class EnvironmentChoice:
    value: str
    label: str
    hint: str
    usable: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Capability:
    icon: str
    words: str


@dataclass(frozen=True, kw_only=True)
class ProviderDetail:
    """A provider's own page: its card, its manifest, and what this installation adds. `guide` is Markdown."""

    card: ProviderCard
    manifest: Manifest
    capabilities: tuple[Capability, ...]
    environments: tuple[EnvironmentChoice, ...]
    guide: str
    server_credentials: bool


@dataclass(frozen=True, kw_only=True)
class Logo:
    svg: bytes
    digest: str
