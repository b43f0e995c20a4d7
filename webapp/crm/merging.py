"""Two sides that changed since they were last alike: which value each field gets. Plain values in and out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HUB, CRM = "hub", "crm"
FIELDS = ("email", "first_name", "last_name", "phone", "title", "company")
"""What is synced both ways: columns of a contact."""

Values = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Both sides changed one field. `won`: hub or crm."""

    field: str
    here: str
    there: str
    won: str


@dataclass(frozen=True, kw_only=True)
class Merged:
    """`values`: what each field is from now on. `send`: those edited here that the other side does not have yet."""

    values: dict[str, str]
    send: dict[str, str]
    conflicts: tuple[Conflict, ...]


def merge(base: Values, here: Values, there: Values, *, wins: str, fields: Iterable[str] = FIELDS) -> Merged:
    """Three-way, field by field. `base` has the last common value of what was edited here; a field that it lacks was
    not edited. A blank never takes the place of a value, whoever wins."""
    values: dict[str, str] = {}
    send: dict[str, str] = {}
    conflicts = []
    for name in fields:
        ours, theirs = here[name], there[name]
        common = base.get(name, ours)
        if ours and theirs and ours != theirs and common not in (ours, theirs):
            conflicts.append(Conflict(field=name, here=ours, there=theirs, won=wins))
            kept = ours if wins == HUB else theirs
        elif not theirs:
            kept = ours
        elif not ours:
            kept = theirs
        else:
            kept = theirs if ours == common else ours
        values[name] = kept
        if kept != theirs and ours != common:
            send[name] = kept
    return Merged(values=values, send=send, conflicts=tuple(conflicts))
