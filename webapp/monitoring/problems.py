"""Failures grouped by cause, with what to do about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from webapp.core.pagination import decode_cursor, encode_cursor
from webapp.monitoring.connections import Connection
from webapp.usage.causes import Words, words_for
from webapp.usage.models import IntegrationError
from webapp.usage.scope import Scope

STATES = {"open": "Open", "done": "Dealt with", "all": "All"}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One cause of failures of one connection."""

    id: str
    connection: Connection | None
    category: str
    cause: str
    message: str
    fix: str
    fix_url: str
    detail: str
    count: int
    first_at: datetime
    last_at: datetime
    resolved_at: datetime | None

    @property
    def words(self) -> Words:
        return words_for(self.category)


@dataclass(frozen=True, kw_only=True)
class Page:
    problems: tuple[Problem, ...]
    next_cursor: str = ""


def listed(
    session: Session,
    scope: Scope,
    connections: Mapping[str, Connection],
    *,
    state: str = "open",
    category: str = "",
    cursor: str = "",
    limit: int = 25,
) -> Page:
    """Newest first. Raises BadRequest for a cursor that is not ours."""
    position = decode_cursor(cursor, (int, str))
    query = select(IntegrationError).where(*_mine(scope))
    if state in ("open", "done"):
        is_open = IntegrationError.resolved_at.is_(None)
        query = query.where(is_open if state == "open" else ~is_open)
    if category:
        query = query.where(IntegrationError.category == category)
    if position:
        at = datetime.fromtimestamp(int(position[0]) / 1_000_000, UTC)
        query = query.where(tuple_(IntegrationError.last_at, IntegrationError.id) < tuple_(at, str(position[1])))
    query = query.order_by(IntegrationError.last_at.desc(), IntegrationError.id.desc())
    rows = list(session.scalars(query.limit(limit + 1)))
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Page(
        problems=tuple(_problem(row, connections) for row in rows[:limit]),
        next_cursor=encode_cursor(round(last.last_at.timestamp() * 1_000_000), last.id) if last else "",
    )


def open_count(session: Session, scope: Scope) -> int:
    query = select(func.count()).select_from(IntegrationError)
    return session.scalar(query.where(*_mine(scope), IntegrationError.resolved_at.is_(None))) or 0


def _mine(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    conditions = [
        IntegrationError.workspace_id == scope.workspace_id,
        IntegrationError.environment.in_(scope.environments),
    ]
    if scope.instance_id:
        conditions.append(IntegrationError.instance_id == scope.instance_id)
    elif scope.provider_id:
        conditions.append(IntegrationError.provider_id == scope.provider_id)
    return tuple(conditions)


def _problem(row: IntegrationError, connections: Mapping[str, Connection]) -> Problem:
    return Problem(
        id=row.id,
        connection=connections.get(row.instance_id),
        category=row.category,
        cause=row.cause,
        message=row.message,
        fix=row.fix,
        fix_url=row.fix_url,
        detail=row.detail,
        count=row.count,
        first_at=row.first_at,
        last_at=row.last_at,
        resolved_at=row.resolved_at,
    )
