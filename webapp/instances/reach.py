"""Which connections an actor reaches: the one place where that is decided, for every page, call, list and count.

`begin` works it out once for a request; from then on every ORM statement of the request leaves out the rows of
connections that are out of reach, whatever table they are in (`_leave_out`). A view needs to do nothing for it and
can't forget it. What must count everything whoever asks says so with `EVERYTHING`. docs/adr/0053.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Flask, g, has_request_context
from sqlalchemy import ColumnElement, and_, event, or_, select
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from webapp.core.errors import Forbidden, NotFound
from webapp.core.permissions import ACTIONS, POWERS, Actor, Role, out_of_reach
from webapp.extensions import Base, db
from webapp.instances.models import Instance, InstanceGrant

EVERYTHING = {"everything": True}
"""Execution options of a statement that must not depend on who asks."""

_FIELD = "instance_id"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What one actor may do with the connections of the workspace.

    `kept`: what a restricted connection leaves of their role, by id. `live`: ids of live connections, read only
    when the actor may not write through those.
    """

    kept: dict[str, frozenset[str]]
    live: frozenset[str] = frozenset()

    def has(self, instance_id: str, power: str) -> bool:
        """As far as the connection goes; what the role allows is said by the action."""
        return power in self.kept.get(instance_id, POWERS)

    @property
    def hidden(self) -> frozenset[str]:
        return frozenset(one for one, powers in self.kept.items() if "see" not in powers)

    def barred(self, action: str) -> frozenset[str]:
        """Connections that are seen, and with which this action may not be done."""
        rule = ACTIONS[action]
        needed = [rule.power]
        missing = {one for one, powers in self.kept.items() if not powers.issuperset(needed)}
        if rule.writes:
            missing |= self.live
        return frozenset(missing) - self.hidden


def powers_left(rows: Iterable[InstanceGrant], user_id: str, role: Role) -> frozenset[str]:
    """What the rows of one restricted connection leave to somebody. Owners keep all, managers always see it: whoever
    may choose who uses a connection must be able to find it."""
    if role is Role.OWNER:
        return frozenset(POWERS)
    named = {(row.subject_kind, row.subject): row.powers for row in rows}
    found = named.get(("user", user_id), named.get(("role", role.slug), []))
    powers = frozenset(found) & frozenset(POWERS)
    if role is Role.MANAGER:
        powers |= {"see"}
    return powers if "see" in powers else frozenset()


def reach_of(session: Session, who: Actor, *, live: bool = False) -> Reach:
    """One query where nothing is restricted, none for owners. `live` also reads the ids of live connections."""
    if not who.workspace_id or who.role is None:
        return Reach(kept={})
    if who.role is Role.OWNER and (not live or who.may("instances.live_write")):
        return Reach(kept={})  # nothing can be kept from owners
    mine = Instance.workspace_id == who.workspace_id
    condition = or_(Instance.restricted, Instance.environment == "live") if live else Instance.restricted
    found = session.execute(
        select(Instance.id, Instance.restricted, Instance.environment, Instance.created_by)
        .where(mine, condition)
        .execution_options(**EVERYTHING)
    ).all()
    shut = [row.id for row in found if row.restricted]
    grants: dict[str, list[InstanceGrant]] = {one: [] for one in shut}
    if shut:
        query = select(InstanceGrant).where(InstanceGrant.instance_id.in_(shut))
        for grant in session.scalars(query.execution_options(**EVERYTHING)):
            grants[grant.instance_id].append(grant)
    kept = {one: powers_left(rows, who.seen_as or who.user_id, who.role) for one, rows in grants.items()}
    lives = [row.id for row in found if row.environment == "live"] if live else []
    without = frozenset(one for one in lives if "live" not in kept.get(one, POWERS))
    return Reach(kept=kept, live=frozenset(lives) if not who.may("instances.live_write") else without)


def begin(permission: str, view_args: dict[str, Any] | None) -> None:
    """Sets what this request reaches. Raises NotFound, Forbidden for the connection in its address."""
    g.out_of_reach, g.reach, g.barred = frozenset(), None, frozenset()
    who: Actor | None = g.get("actor")
    rule = ACTIONS.get(permission)
    if who is None or who.role is None or (rule is not None and rule.role is None):
        return
    reach = g.reach = reach_of(db.session(), who, live=rule is not None and rule.writes)
    if rule is not None:
        g.barred = reach.barred(permission)
    g.out_of_reach = reach.hidden | g.barred
    named = (view_args or {}).get(_FIELD)
    if named in reach.hidden:
        raise NotFound
    if named:
        refuse_if_barred(str(named))


def refuse_if_barred(instance_id: str) -> None:
    """Raises Forbidden where the connection may be seen and not be used for what this request wants."""
    if has_request_context() and instance_id in g.get("barred", ()):
        raise Forbidden(
            "You may look at this connection, and not do that with it.",
            fix="Ask someone with the role manager: the connection's page says who may use it.",
        )


def refuse_if_some_barred() -> None:
    """For what was not found and names no connection: says so where it may belong to one that is seen and barred.
    Raises Forbidden."""
    for one in sorted(g.get("barred", ())) if has_request_context() else ():
        refuse_if_barred(one)


def may_with(who: Actor, instance: Instance, action: str) -> bool:
    """Whether a page of this connection offers the action."""
    reach: Reach | None = g.get("reach")
    if not who.may(action):
        return False
    return reach is None or reach.has(instance.id, ACTIONS[action].power)


@cache
def _tables() -> Sequence[type[Any]]:
    """Every model that tells something about one connection."""
    found = [mapper.class_ for mapper in Base.registry.mappers if _FIELD in mapper.columns]
    return tuple(one for one in found if one is not InstanceGrant)


def _within(model: type[Any], ids: Sequence[str]) -> ColumnElement[bool]:
    if model is Instance:
        return Instance.id.not_in(ids)
    column = model.__table__.c[_FIELD]
    inside = getattr(model, _FIELD).not_in(ids)
    return or_(getattr(model, _FIELD).is_(None), inside) if column.nullable else and_(inside)


def _leave_out(state: ORMExecuteState) -> None:
    if state.execution_options.get("everything"):
        return
    ids = sorted(out_of_reach())
    if not ids or state.is_column_load or state.is_relationship_load:
        return
    everywhere: tuple[type[Any], ...] = (Instance, *_tables())
    for model in everywhere:
        state.statement = state.statement.options(
            with_loader_criteria(model, _within(model, ids), include_aliases=True)
        )


def init_app(_app: Flask) -> None:
    """Listens once in a process: the session is the same for all applications in it."""
    if not event.contains(db.session, "do_orm_execute", _leave_out):
        event.listen(db.session, "do_orm_execute", _leave_out)
