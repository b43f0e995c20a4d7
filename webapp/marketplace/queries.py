"""What the marketplace's pages show: the catalogue's answer with the words around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from markupsafe import Markup
from sqlalchemy.orm import Session

from providers.kit.contract import Field, Manifest
from webapp.catalog import queries as catalog
from webapp.catalog import service
from webapp.catalog.index import words_of
from webapp.catalog.views import ProviderCard, ProviderDetail
from webapp.core.errors import BadRequest
from webapp.instances import queries as instances
from webapp.instances.queries import InstanceCard
from webapp.marketplace import guides

PAGE = 24
MAX_TEXT = 100
NOTABLE = 3
"""A text this long that finds nothing is worth remembering; a shorter one is a word half typed."""
NEAREST, NEAR_ENOUGH = 3, 50
SORT_WORDS = {"": "Yours first", "popularity": "Most popular", "name": "By name"}
CATEGORY_ICONS = {
    "": "layout-grid",
    "payment": "credit-card",
    "email": "mail",
    "crm": "address-book",
    "analytics": "chart-bar",
    "social": "share",
    "custom": "puzzle",
}
_POPULARITY = ((90, "Very popular"), (70, "Popular"), (50, "Well known"), (0, "For special needs"))


@dataclass(frozen=True, kw_only=True)
class Search:
    """What was asked for; "" and False mean: no matter. `sort` is one of SORT_WORDS, `category` of the chips."""

    text: str = ""
    category: str = ""
    verified: bool = False
    connected: bool = False
    sort: str = ""
    cursor: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Search:
        """From an address. Raises BadRequest for a category or an order that there is not."""
        category, sort = values.get("category", ""), values.get("sort", "")
        if category not in CATEGORY_ICONS:
            raise BadRequest("There is no such category.", fix="Choose one of those on the marketplace's page.")
        if sort not in SORT_WORDS and sort != "connected":
            raise BadRequest("There is no such order.", fix="Choose one of those on the marketplace's page.")
        return cls(
            text=" ".join(values.get("search", "").split())[:MAX_TEXT],
            category=category,
            verified=values.get("verified") == "1",
            connected=values.get("connected") == "1",
            sort="" if sort == "connected" else sort,
            cursor=values.get("cursor", ""),
        )

    def address_values(self, **changes: str) -> dict[str, str]:
        """The parameters that say the same again; the place in the list is left out unless given."""
        values = {
            "search": self.text,
            "category": self.category,
            "verified": "1" if self.verified else "",
            "connected": "1" if self.connected else "",
            "sort": self.sort,
        }
        return {name: value for name, value in (values | changes).items() if value}

    @property
    def filtered(self) -> bool:
        return bool(self.category or self.verified or self.connected)


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A category to choose: `count` under the other filters; `empty` when there is no provider of it at all."""

    value: str
    label: str
    icon: str
    count: int
    empty: bool


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Marketplace:
    """`elsewhere` counts what the text finds without the filters; `nearest` and `notable` only when that is 0."""

    asked: Search
    cards: tuple[ProviderCard, ...]
    chips: tuple[Chip, ...]
    total: int
    next_cursor: str
    elsewhere: int = 0
    nearest: tuple[Suggestion, ...] = ()
    notable: bool = False

    @property
    def count_words(self) -> str:
        return "1 provider" if self.total == 1 else f"{self.total} providers"

    @property
    def chosen(self) -> Chip:
        return next(one for one in self.chips if one.value == self.asked.category)


def marketplace(session: Session, *, workspace_id: str, asked: Search) -> Marketplace:
    """Raises BadRequest for a cursor that is not one of ours."""
    found = catalog.search(
        session,
        workspace_id=workspace_id,
        text=asked.text,
        category=asked.category,
        verified=asked.verified or None,
        connected=asked.connected or None,
        sort=asked.sort or "connected",
        cursor=asked.cursor,
        limit=PAGE,
    )
    existing = service.registry().by_category()
    chips = (
        _chip("", "All", sum(one.count for one in found.facets)),
        *(_chip(one.category, one.label, one.count, empty=one.category not in existing) for one in found.facets),
    )
    elsewhere = 0 if found.total else _everywhere(session, workspace_id, asked)
    missing = bool(asked.text) and not found.total and not elsewhere
    return Marketplace(
        asked=asked,
        cards=found.cards,
        chips=chips,
        total=found.total,
        next_cursor=found.next_cursor,
        elsewhere=elsewhere,
        nearest=nearest(asked.text) if missing else (),
        notable=missing and len(asked.text) >= NOTABLE,
    )


def _chip(value: str, label: str, count: int, *, empty: bool = False) -> Chip:
    return Chip(value=value, label=label, icon=CATEGORY_ICONS[value], count=count, empty=empty)


def _everywhere(session: Session, workspace_id: str, asked: Search) -> int:
    return catalog.search(session, workspace_id=workspace_id, text=asked.text, limit=1).total if asked.filtered else 0


def nearest(text: str) -> tuple[Suggestion, ...]:
    """Names that look most like a text that found nothing, best first; none when nothing comes near."""
    names = {one.id: one.manifest.name for one in service.registry()}
    plain = " ".join(words_of(text))
    if len(plain) < NOTABLE:
        return ()
    from rapidfuzz import fuzz, process  # 5 MB that only a process that searches needs

    found = process.extract(
        plain, names, scorer=fuzz.WRatio, processor=str.casefold, limit=NEAREST, score_cutoff=NEAR_ENOUGH
    )
    return tuple(Suggestion(id=provider_id, name=name) for name, _score, provider_id in found)


def popularity_words(score: int) -> str:
    """A popularity (see `webapp.catalog.queries`) as people say it."""
    return next(words for least, words in _POPULARITY if score >= least)


def as_sentence(text: str) -> str:
    """What an admin typed, with the full stop that people leave out."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def minutes_words(minutes: int) -> str:
    return "About a minute" if minutes <= 1 else f"About {minutes} minutes"


def connect_address(provider_id: str, **choices: str) -> str:
    """Where connecting begins (interfaces.md: `/integrations/new/<provider>`), with what is chosen already."""
    address = f"/integrations/new/{quote(provider_id, safe='')}"
    return f"{address}?{urlencode(choices)}" if choices else address


@dataclass(frozen=True, kw_only=True)
class Variable:
    """An environment variable of the server that this provider knows."""

    name: str
    label: str
    purpose: str
    required: bool
    secret: bool


@dataclass(frozen=True, kw_only=True)
class ProviderPage:
    """A provider's page. `sandbox` says whether trying it without an account is possible now."""

    detail: ProviderDetail
    connections: tuple[InstanceCard, ...]
    connections_total: int
    variables: tuple[Variable, ...]
    guide: Markup
    sandbox: bool


def provider_page(session: Session, *, workspace_id: str, provider_id: str) -> ProviderPage:
    """Raises NotFound."""
    detail = catalog.detail(session, workspace_id=workspace_id, provider_id=provider_id)
    yours = instances.listing(session, workspace_id=workspace_id, provider_id=provider_id, limit=10)
    return ProviderPage(
        detail=detail,
        connections=yours.cards,
        connections_total=yours.total,
        variables=variables(detail.manifest),
        guide=guides.render(detail.guide),
        sandbox=any(one.value == "sandbox" and one.usable for one in detail.environments),
    )


def variables(manifest: Manifest) -> tuple[Variable, ...]:
    """Names of environment variables, in the manifest's order: fields, the app at the vendor, the base address.
    One that is both a field's and the app's is the field's."""
    rows = [_of_field(one) for one in manifest.asked_fields if one.env]
    of_fields = {one.name for one in rows}
    if manifest.oauth:
        app = f"Of the app that this server has registered at {manifest.name}."
        rows += [
            Variable(name=name, label=label, purpose=app, required=True, secret=secret)
            for name, label, secret in (
                (manifest.oauth.client_id_env, "App's id", False),
                (manifest.oauth.client_secret_env, "App's secret", True),
            )
            if name and name not in of_fields
        ]
    return (
        *rows,
        Variable(
            name=manifest.api_base_setting,
            label="Other base address",
            purpose="Sends all calls there instead: a stand-in, a region's host, a proxy.",
            required=False,
            secret=False,
        ),
    )


def _of_field(one: Field) -> Variable:
    return Variable(
        name=one.env, label=one.label, purpose=one.help, required=one.required and not one.default, secret=one.secret
    )
