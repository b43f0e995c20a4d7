"""Who the sample agency works for: which sandbox connections it has, and what is wrong with some of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from providers.kit.capabilities import MakesSamples
from providers.kit.contract import Environment
from webapp.catalog import service as catalog

CLIENTS = ("Harbour Café", "Lumen Studio", "Green Valley Farm", "Northwind Shop", "Atlas Fitness", "Birch & Sons")
REFUSED_KEY, FORGERIES, GIVEN_UP, DRAFT = "refused key", "forgeries", "given up", "draft"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One connection. `trouble` is "" or one of the above."""

    provider_id: str
    name: str
    trouble: str = ""


def plan(session: Session) -> tuple[Planned, ...]:
    """A healthy connection of every provider that has a stand-in and is turned on, most popular first; then a few
    that have something to teach. The same for the same providers."""
    known = [
        one
        for one in catalog.registry()
        if one.sandbox is not None
        and Environment.SANDBOX in one.manifest.environments
        and catalog.enabled(session, one.id)
    ]
    known.sort(key=lambda one: (-one.manifest.popularity, one.id))
    heard = [one for one in known if issubclass(one.provider, MakesSamples)]
    planned = [
        Planned(
            provider_id=one.id, name=_name(number, one.manifest.name), trouble=GIVEN_UP if [one] == heard[:1] else ""
        )
        for number, one in enumerate(known)
    ]
    for number, trouble in enumerate((REFUSED_KEY, FORGERIES, DRAFT), start=1):
        able = heard if trouble == FORGERIES else known
        if able:
            one = able[(number - 1) % len(able)]
            planned.append(Planned(provider_id=one.id, name=_name(number + 2, one.manifest.name), trouble=trouble))
    return tuple(dict.fromkeys(_distinct(planned)))


def _name(number: int, provider_name: str) -> str:
    return f"{CLIENTS[number % len(CLIENTS)]} ({provider_name})"


def _distinct(planned: list[Planned]) -> list[Planned]:
    """Two connections of one client at one provider are told apart by a number."""
    seen: dict[str, int] = {}
    found = []
    for one in planned:
        seen[one.name] = count = seen.get(one.name, 0) + 1
        name = one.name if count == 1 else f"{one.name} {count}"
        found.append(Planned(provider_id=one.provider_id, name=name, trouble=one.trouble))
    return found
