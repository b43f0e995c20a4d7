"""Verbs: set which hosts may be called, and write down what was refused. The caller commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.reach import MOST_PATTERNS, HostRule, pattern_of
from webapp.audit.service import record
from webapp.core.clock import now
from webapp.core.database import insert_into
from webapp.core.errors import Invalid
from webapp.core.identifiers import new_id
from webapp.outbound.models import INSTALLATION, OutboundRefusal, OutboundRule

ANY, ONLY, NEVER = "any", "only", "never"
MODES = (ANY, ONLY, NEVER)


@dataclass(frozen=True, kw_only=True)
class Refused:
    """One call out that the door refused. `code` and `reason` are those of the kit's RefusedByPolicy."""

    workspace_id: str
    instance_id: str
    provider_id: str
    operation: str
    method: str
    host: str
    code: str
    reason: str
    at: datetime


def rules_of(session: Session, workspace_id: str) -> tuple[HostRule, ...]:
    """What the calls of this workspace are held to besides the address checks."""
    return rules_of_many(session, (workspace_id,))[workspace_id]


def rules_of_many(session: Session, workspace_ids: Iterable[str]) -> dict[str, tuple[HostRule, ...]]:
    """As `rules_of`, for several workspaces in one look."""
    wanted = set(workspace_ids)
    rows = session.execute(
        select(OutboundRule.scope, OutboundRule.mode, OutboundRule.patterns).where(
            OutboundRule.scope.in_({*wanted, INSTALLATION})
        )
    ).all()
    found = {
        row.scope: HostRule(
            only=row.mode == ONLY,
            patterns=tuple(row.patterns),
            by="This installation" if row.scope == INSTALLATION else "This workspace",
        )
        for row in rows
    }
    return {one: tuple(found[scope] for scope in (INSTALLATION, one) if scope in found) for one in wanted}


def set_rule(session: Session, *, scope: str, mode: str, text: str) -> None:
    """Replaces the rule of a workspace or of `INSTALLATION`; `text` has one pattern a line. Raises Invalid."""
    if mode not in MODES:
        raise Invalid("Please choose.", fields={"mode": "Choose one of these."})
    patterns = _patterns(text) if mode != ANY else []
    if mode != ANY and not patterns:
        raise Invalid("No host is given.", fields={"patterns": "Give at least one host, one a line."})
    workspace_id = None if scope == INSTALLATION else scope
    row = session.get(OutboundRule, scope)
    before = {"mode": row.mode, "hosts": list(row.patterns)} if row else {"mode": ANY, "hosts": []}
    if mode == ANY:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(OutboundRule(scope=scope, workspace_id=workspace_id, mode=mode, patterns=patterns))
    else:
        row.mode, row.patterns, row.changed_at = mode, patterns, now()
    record(
        session,
        "outbound.changed",
        object_kind="outbound_rule",
        object_id=scope,
        object_name="the whole installation" if workspace_id is None else "this workspace",
        workspace_id=workspace_id,
        details={"before": before, "after": {"mode": mode, "hosts": patterns}},
    )


def _patterns(text: str) -> list[str]:
    lines = [line for line in text.replace(",", "\n").splitlines() if line.strip()]
    if len(lines) > MOST_PATTERNS:
        raise Invalid("Too many.", fields={"patterns": f"At most {MOST_PATTERNS} hosts fit here."})
    try:
        return sorted({pattern_of(line) for line in lines})
    except ValueError as error:
        raise Invalid("One line is not a host.", fields={"patterns": str(error)}) from error


def note(session: Session, refusals: Sequence[Refused]) -> None:
    """Counts refused calls."""
    for one in refusals:
        insertion = insert_into(session, OutboundRefusal)
        session.execute(
            insertion.on_conflict_do_update(
                index_elements=("instance_id", "host", "operation", "code", "day"),
                set_={
                    "count": OutboundRefusal.count + 1,
                    "last_at": insertion.excluded.last_at,
                    "reason": insertion.excluded.reason,
                    "method": insertion.excluded.method,
                },
            ),
            {
                "id": new_id("out"),
                "workspace_id": one.workspace_id,
                "instance_id": one.instance_id,
                "provider_id": one.provider_id,
                "operation": one.operation[:80],
                "method": one.method[:10],
                "host": one.host[:253],
                "code": one.code[:40],
                "reason": one.reason[:500],
                "day": one.at.date(),
                "count": 1,
                "first_at": one.at,
                "last_at": one.at,
            },
        )
