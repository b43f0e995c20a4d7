"""Keeping one connection to named people and roles, and letting everybody use it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.core.errors import Invalid
from webapp.core.permissions import ACTIONS, POWERS, Role
from webapp.instances.lifecycle import note
from webapp.instances.models import Instance, InstanceGrant
from webapp.instances.reach import powers_left
from webapp.workspaces.models import Membership


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A role or a person that a connection may be given to. `allowed`: what their role can have at all; `has`: what
    this connection leaves of it. `own`: the person has a line of their own, else their role's counts."""

    key: str
    name: str
    hint: str
    allowed: frozenset[str]
    has: frozenset[str]
    own: bool


def allowed_to(role: Role) -> frozenset[str]:
    """The powers that a role has at a connection nobody restricted."""
    least: dict[str, Role] = {}
    for rule in ACTIONS.values():
        if rule.role is not None and rule.power in POWERS:
            least[rule.power] = min(least.get(rule.power, Role.OWNER), rule.role)
    return frozenset(power for power in POWERS if role >= least[power])


def subjects(session: Session, instance: Instance) -> tuple[Subject, ...]:
    """The three roles below the owners, then everybody who has one of them."""
    rows = list(session.scalars(select(InstanceGrant).where(InstanceGrant.instance_id == instance.id)))
    named = {(row.subject_kind, row.subject) for row in rows}

    def has(user_id: str, role: Role) -> frozenset[str]:
        left = powers_left(rows, user_id, role) if instance.restricted else frozenset(POWERS)
        return left & allowed_to(role)

    roles = [
        Subject(
            key=f"role:{role.slug}",
            name=f"Every {role.slug}",
            hint="Who is not named below",
            allowed=allowed_to(role),
            has=has("", role),
            own=True,
        )
        for role in (Role.VIEWER, Role.MEMBER, Role.MANAGER)
    ]
    people = session.execute(
        select(User.id, User.name, User.email, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.workspace_id == instance.workspace_id, Membership.role != Role.OWNER.slug)
        .order_by(User.name, User.email)
    )
    return (
        *roles,
        *(
            Subject(
                key=f"user:{row.id}",
                name=row.name or row.email,
                hint=f"{row.email}, {row.role}",
                allowed=allowed_to(Role.of(row.role)),
                has=has(row.id, Role.of(row.role)),
                own=("user", row.id) in named,
            )
            for row in people
        ),
    )


def restrict(session: Session, instance: Instance, chosen: Mapping[str, Sequence[str]]) -> None:
    """Keeps the connection to whom `chosen` names: powers by a subject's key. A person who is not in it has what
    their role's line says. Raises Invalid for a stranger or an unknown power."""
    known = {one.key: one for one in subjects(session, instance)}
    for key, powers in chosen.items():
        if key not in known or not set(powers) <= set(POWERS):
            raise Invalid("Some of this can't be chosen.", fields={"who": "Choose from the people listed."})
    session.execute(delete(InstanceGrant).where(InstanceGrant.instance_id == instance.id))
    told: dict[str, list[str]] = {}
    for key, powers in chosen.items():
        kept = [one for one in POWERS if one in powers and one in known[key].allowed]
        if kept and "see" not in kept:
            kept.insert(0, "see")
        kind, _, subject = key.partition(":")
        session.add(InstanceGrant(instance_id=instance.id, subject_kind=kind, subject=subject, powers=kept))
        told[known[key].name] = kept
    instance.restricted = True
    note(session, instance, "instance.restricted", {"who": told})
    session.flush()


def open_to_all(session: Session, instance: Instance) -> None:
    """Everybody may use the connection as their role allows."""
    session.execute(delete(InstanceGrant).where(InstanceGrant.instance_id == instance.id))
    if instance.restricted:
        instance.restricted = False
        note(session, instance, "instance.opened_to_all")
    session.flush()
