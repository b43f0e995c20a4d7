"""Which provider can do what, and why not: read off the providers' own code, for one page."""

from __future__ import annotations

from dataclasses import dataclass

from providers.kit.capabilities import CAPABILITY_WORDS, capabilities_of
from providers.kit.contract import Category
from providers.kit.registry import Registered, Registry
from webapp.catalog.views import CATEGORY_LABELS


@dataclass(frozen=True, kw_only=True)
class Member:
    """A provider as the head of a column, with what it can't do in its own words."""

    id: str
    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Ability:
    """A row: an icon, what it is in words, and who can do it, in the order of the members."""

    icon: str
    words: str
    marks: tuple[bool, ...]


@dataclass(frozen=True, kw_only=True)
class Section:
    category: Category
    label: str
    members: tuple[Member, ...]
    abilities: tuple[Ability, ...]


def sections(registry: Registry) -> tuple[Section, ...]:
    """One table for each category that has providers."""
    found = []
    for category in Category:
        members = [one for one in registry if one.manifest.category is category]
        if members:
            found.append(_section(category, members))
    return tuple(found)


def _section(category: Category, members: list[Registered]) -> Section:
    able = [set(capabilities_of(one.provider)) for one in members]
    abilities = [
        Ability(icon=icon, words=words, marks=tuple(capability in each for each in able))
        for capability, (icon, words) in CAPABILITY_WORDS.items()
        if any(capability in each for each in able)
    ]
    return Section(
        category=category,
        label=CATEGORY_LABELS[category.value],
        members=tuple(
            Member(id=one.id, name=one.manifest.name, reasons=tuple(one.manifest.unsupported.values()))
            for one in members
        ),
        abilities=tuple(abilities),
    )
