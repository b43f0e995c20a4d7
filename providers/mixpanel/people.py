"""Profiles of people and groups as Mixpanel's updates.

One update does one thing (https://docs.mixpanel.com/reference/profile-batch-update): $unset, $set_once, $set, $union,
$add. All but $add may be repeated without harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from providers.kit.vocabulary.analytics import EventProblem, PersonProfile

from .events import person_problem, plain


@dataclass(frozen=True, kw_only=True)
class Updates:
    """`repeatable` and `counting` are what is sent, in order; `accepted` is how many profiles they are of."""

    repeatable: tuple[Mapping[str, Any], ...]
    counting: tuple[Mapping[str, Any], ...]
    accepted: int
    problems: tuple[EventProblem, ...]


def updates_of(profiles: Sequence[PersonProfile], *, token: str, group_key: str = "") -> Updates:
    """The updates for people, or (with `group_key`) for groups, which cannot count up."""
    repeatable: list[Mapping[str, Any]] = []
    counting: list[Mapping[str, Any]] = []
    problems: list[EventProblem] = []
    for index, profile in enumerate(profiles):
        found = _problem(profile, group_key)
        if found:
            problems.append(EventProblem(index=index, message=found[0], field=found[1]))
            continue
        target = _target(profile.person, token, group_key)
        repeatable += [{**target, name: value} for name, value in _operations(profile) if value]
        if profile.add:
            counting.append({**target, "$add": _jsonable(profile.add)})
    return Updates(
        repeatable=tuple(repeatable),
        counting=tuple(counting),
        accepted=len(profiles) - len(problems),
        problems=tuple(problems),
    )


def _target(person: str, token: str, group_key: str) -> dict[str, Any]:
    if group_key:
        return {"$token": token, "$group_key": group_key, "$group_id": person}
    return {"$token": token, "$distinct_id": person}


def _operations(profile: PersonProfile) -> tuple[tuple[str, Any], ...]:
    return (
        ("$unset", list(profile.remove)),
        ("$set_once", _jsonable(profile.set_once)),
        ("$set", _jsonable(profile.set)),
        ("$union", _jsonable({name: _listed(values) for name, values in profile.union.items() if values})),
    )


def _listed(values: Sequence[Any]) -> list[Any]:
    """A list for Mixpanel; a text is one value and not its letters."""
    return [values] if isinstance(values, str) else list(values)


def _jsonable(values: Mapping[str, Any]) -> Any:
    return orjson.loads(orjson.dumps(dict(values), default=plain))


def _problem(profile: PersonProfile, group_key: str) -> tuple[str, str] | None:
    if not profile.person.strip():
        return "The profile has no id.", "person"
    refused = person_problem(profile.person)
    if refused:
        return refused, "person"
    if group_key and profile.add:
        return "Mixpanel cannot count up in a group's profile: set the new number instead.", "add"
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in profile.add.values()):
        return "Only numbers can be counted up.", "add"
    if not (profile.set or profile.set_once or profile.add or profile.union or profile.remove):
        return "The profile says nothing to change.", "set"
    try:
        _operations(profile)
    except (TypeError, ValueError):
        return "A value cannot be sent: use text, numbers, dates and lists of them.", "set"
    return None
