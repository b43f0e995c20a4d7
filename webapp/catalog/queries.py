"""What the marketplace shows. Two queries a search, however many providers there are.

Popularity is `base + 10 * log2(1 + connections)`: `base` is the manifest's published weight (0 to 100), `connections`
counts what is connected in this whole installation. The first connection counts ten points, each doubling ten more.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from weakref import WeakKeyDictionary

from flask import current_app
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from providers.kit.capabilities import CAPABILITY_WORDS, capabilities_of
from providers.kit.contract import Category, Environment
from providers.kit.registry import Registered, Registry
from webapp.catalog import service
from webapp.catalog.audience import check_shown, unseen
from webapp.catalog.index import Entry, SearchIndex
from webapp.catalog.models import IntegrationProvider
from webapp.catalog.views import (
    CATEGORY_LABELS,
    Capability,
    EnvironmentChoice,
    Facet,
    Logo,
    ProviderCard,
    ProviderDetail,
    ProviderPage,
)
from webapp.core.errors import BadRequest, NotFound
from webapp.core.pagination import decode_cursor, encode_cursor
from webapp.extensions import Model

_NAMES, _MOST_POPULAR = 1_000_000, 1_000
_FAR = _NAMES * _MOST_POPULAR * 10
SORTS = ("connected", "popularity", "name")
ADMIN = "A site admin"
ENVIRONMENT_WORDS = {
    Environment.LIVE: ("Live", "Your real account: what happens here is real."),
    Environment.TEST: ("Test", "The vendor's own test mode: nothing real happens, but you need an account."),
    Environment.SANDBOX: (
        "Sandbox",
        "A stand-in that comes with this toolkit: no account needed, nothing leaves it.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """What the database adds to manifests: only rows that say anything."""

    used: Mapping[str, int]
    disabled: Mapping[str, str]
    here: Mapping[str, int]
    unseen: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class _Catalogue:
    """What follows from the registry alone, in the index's order: `by_name` is each one's place in the alphabet,
    `ranks` orders by published popularity, then by name."""

    index: SearchIndex
    cards: tuple[ProviderCard, ...]
    by_name: tuple[int, ...]
    ranks: tuple[int, ...]
    place_of: Mapping[str, int]


_catalogues: WeakKeyDictionary[Registry, _Catalogue] = WeakKeyDictionary()


def _catalogue() -> _Catalogue:
    registry = service.registry()
    found = _catalogues.get(registry)
    if found is None:
        found = _catalogues[registry] = _built(registry)
    return found


def _built(registry: Registry) -> _Catalogue:
    cards = tuple(_blank_card(one) for one in registry)
    alphabet = sorted(range(len(cards)), key=lambda place: (cards[place].name.casefold(), cards[place].id))
    by_name = [0] * len(cards)
    for number, place in enumerate(alphabet):
        by_name[place] = number
    return _Catalogue(
        index=SearchIndex(
            Entry(id=m.id, name=m.name, category=m.category.value, tagline=m.tagline, keywords=m.keywords)
            for m in (one.manifest for one in registry)
        ),
        cards=cards,
        by_name=tuple(by_name),
        ranks=tuple(_rank(card.popularity, 0, by_name[place]) for place, card in enumerate(cards)),
        place_of={card.id: place for place, card in enumerate(cards)},
    )


def _blank_card(one: Registered) -> ProviderCard:
    manifest = one.manifest
    return ProviderCard(
        id=one.id,
        name=manifest.name,
        category=manifest.category.value,
        tagline=manifest.tagline,
        verified=manifest.verified,
        popularity=manifest.popularity,
        connections=0,
        usable=True,
        unusable_reason="",
        who_can_fix="",
        logo=f"/marketplace/{one.id}/logo.svg",
        logo_background=manifest.logo_background,
        setup_minutes=manifest.setup_minutes,
        environments=tuple(each.value for each in manifest.environments),
    )


def search(
    session: Session,
    *,
    workspace_id: str,
    text: str = "",
    category: str = "",
    verified: bool | None = None,
    connected: bool | None = None,
    sort: str = "connected",
    cursor: str = "",
    limit: int = 50,
) -> ProviderPage:
    """Providers that fit, in order. With a text the better fits come first, then as `sort` says.

    `connected`: those connected in this workspace first, then by popularity, then by name. Raises BadRequest.
    """
    if sort not in SORTS:
        raise BadRequest(f"sort must be one of {', '.join(SORTS)}.")
    position = decode_cursor(cursor, (int,))
    start = max(int(position[0]), 0) if position else 0
    catalogue, facts = _catalogue(), _facts(session, workspace_id)
    cards = catalogue.cards
    worth = catalogue.index.search(text)
    fitting = [place for place in worth if cards[place].id not in facts.unseen] if facts.unseen else list(worth)
    if verified is not None:
        fitting = [place for place in fitting if cards[place].verified is verified]
    if connected is not None:
        fitting = [place for place in fitting if (cards[place].id in facts.here) is connected]
    counts = Counter(cards[place].category for place in fitting)
    chosen = [place for place in fitting if cards[place].category == category] if category else fitting

    chosen.sort(key=_order(catalogue, facts, worth, sort).__getitem__)
    page = [_card(cards[place], facts) for place in chosen[start : start + limit]]
    end = start + len(page)
    return ProviderPage(
        cards=tuple(page),
        facets=_facets(counts),
        total=len(chosen),
        next_cursor=encode_cursor(end) if end < len(chosen) else "",
    )


def _order(catalogue: _Catalogue, facts: _Facts, worth: Mapping[int, float], sort: str) -> dict[int, int]:
    """Where each fitting provider stands, as one whole number: comparing those is what keeps large lists fast.

    From the left: how well it fits, connected here or not, popularity, name.
    """
    by_name = catalogue.by_name
    if sort == "name":
        return {place: by_name[place] for place in worth}
    ranks = catalogue.ranks
    if sort == "popularity":
        places = {place: ranks[place] for place in worth}
    else:
        places = {place: (round(10 - 10 * fits) * 2 + 1) * _FAR + ranks[place] for place, fits in worth.items()}
    for provider_id, connections in facts.used.items():
        place = catalogue.place_of.get(provider_id)
        if place in places:
            base = catalogue.cards[place].popularity
            places[place] += _rank(base, connections, 0) - _rank(base, 0, 0)
    if sort == "connected":
        for provider_id in facts.here:
            place = catalogue.place_of.get(provider_id)
            if place in places:
                places[place] -= _FAR
    return places


def _rank(base: int, connections: int, by_name: int) -> int:
    return (_MOST_POPULAR - popularity(base, connections)) * _NAMES + by_name


def popularity(base: int, connections: int) -> int:
    """The formula at the top of this module."""
    return base + round(10 * math.log2(1 + connections))


def facets(session: Session, *, workspace_id: str) -> tuple[Facet, ...]:
    """How many providers each category has."""
    return search(session, workspace_id=workspace_id, limit=1).facets


def card(session: Session, *, workspace_id: str, provider_id: str) -> ProviderCard:
    """Raises NotFound."""
    one = service.entry(provider_id)
    return _card(_blank_card(one), _facts(session, workspace_id))


def detail(session: Session, *, workspace_id: str, provider_id: str) -> ProviderDetail:
    """Raises NotFound, also for one that this workspace is not shown."""
    check_shown(session, workspace_id, provider_id)
    one = service.entry(provider_id)
    return ProviderDetail(
        card=card(session, workspace_id=workspace_id, provider_id=provider_id),
        manifest=one.manifest,
        capabilities=tuple(
            Capability(icon=CAPABILITY_WORDS[kind][0], words=CAPABILITY_WORDS[kind][1])
            for kind in capabilities_of(one.provider)
        ),
        environments=environment_choices(one),
        guide=service.registry().guide(provider_id),
        server_credentials=service.offers_server_credentials(session, provider_id),
    )


def environment_choices(one: Registered) -> tuple[EnvironmentChoice, ...]:
    """Every environment the manifest lists; what can't be used says why."""
    choices = []
    for value in one.manifest.environments:
        label, hint = ENVIRONMENT_WORDS[value]
        reason = _environment_problem(one, value)
        choices.append(EnvironmentChoice(value=value.value, label=label, hint=hint, usable=not reason, reason=reason))
    return tuple(choices)


def logo(provider_id: str) -> Logo:
    """The provider's own SVG file. Raises NotFound."""
    path = service.entry(provider_id).folder / "logo.svg"
    if not path.is_file():
        raise NotFound
    return _logo(str(path))


@lru_cache(maxsize=4096)
def _logo(path: str) -> Logo:
    with open(path, "rb") as file:
        svg = file.read()
    return Logo(svg=svg, digest=hashlib.sha256(svg).hexdigest()[:8])


def _facts(session: Session, workspace_id: str) -> _Facts:
    rows = session.execute(
        select(
            IntegrationProvider.id,
            IntegrationProvider.connections,
            IntegrationProvider.enabled,
            IntegrationProvider.disabled_reason,
        ).where(or_(IntegrationProvider.connections > 0, IntegrationProvider.enabled.is_(False)))
    ).all()
    # Instances are a feature above this one: their table is read by its name, their module is not imported.
    instances = Model.metadata.tables["integration_instances"]
    here = session.execute(
        select(instances.c.provider_id, func.count().label("total"))
        .where(
            instances.c.workspace_id == workspace_id,
            instances.c.deleted_at.is_(None),
            instances.c.status.in_(service.IN_USE),
        )
        .group_by(instances.c.provider_id)
    ).all()
    return _Facts(
        used={row.id: row.connections for row in rows if row.connections},
        disabled={row.id: row.disabled_reason for row in rows if not row.enabled},
        here={row.provider_id: row.total for row in here},
        unseen=unseen(session, workspace_id),
    )


def _card(blank: ProviderCard, facts: _Facts) -> ProviderCard:
    reason, who = _problem(blank.id, facts)
    try:
        address = f"{blank.logo}?v={logo(blank.id).digest}"
    except NotFound:
        address = ""
    return replace(
        blank,
        popularity=popularity(blank.popularity, facts.used.get(blank.id, 0)),
        connections=facts.here.get(blank.id, 0),
        usable=not reason,
        unusable_reason=reason,
        who_can_fix=who,
        logo=address,
    )


def _problem(provider_id: str, facts: _Facts) -> tuple[str, str]:
    """(why it can't be used, who can mend it), ("", "") when it can."""
    if provider_id in facts.disabled:
        return facts.disabled[provider_id] or "It is turned off for this installation.", ADMIN
    one = service.entry(provider_id)
    problems = [_environment_problem(one, value) for value in one.manifest.environments]
    return (problems[0], ADMIN) if problems and all(problems) else ("", "")


def _environment_problem(one: Registered, environment: Environment) -> str:
    if environment is Environment.SANDBOX:
        return "" if one.sandbox else f"{one.manifest.name} has no sandbox yet."
    oauth = one.manifest.oauth
    typed = any(field.secret and not field.webhook_secret for field in one.manifest.fields)
    if oauth is None or typed:
        return ""
    settings = current_app.config["SETTINGS"]
    missing = [name for name in (oauth.client_id_env, oauth.client_secret_env) if name and not settings.value(name)]
    if not missing:
        return ""
    return f"The server has no app registered at {one.manifest.name} yet: set {' and '.join(missing)}."


def _facets(counts: Mapping[str, int]) -> tuple[Facet, ...]:
    order: Iterable[str] = [one.value for one in Category]
    return tuple(
        Facet(category=one, label=CATEGORY_LABELS.get(one, one.title()), count=counts.get(one, 0)) for one in order
    )
