"""What each page of monitoring shows, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from webapp.monitoring import problems
from webapp.monitoring.connections import HEALTH_ORDER, Check, Connection, checks
from webapp.monitoring.drawings import Drawings, drawings
from webapp.monitoring.filters import Filters
from webapp.monitoring.sentences import Activity, activity
from webapp.usage.causes import Words, words_for
from webapp.usage.feed import latest
from webapp.usage.figures import Figures, Sums
from webapp.usage.queries import figures

FEED_LINES = 15
POLLS = 60
"""How often the live part asks again by itself: five minutes at one question in five seconds."""


@dataclass(frozen=True, kw_only=True)
class Live:
    """The part of a page that renews itself. `poll` counts how often it did; it rests when `resting`."""

    figures: Figures
    activity: tuple[Activity, ...]
    poll: int = 0

    @property
    def resting(self) -> bool:
        return self.poll >= POLLS


@dataclass(frozen=True, kw_only=True)
class ErrorLine:
    category: str
    words: Words
    count: int


@dataclass(frozen=True, kw_only=True)
class ConnectionLine:
    """`connection` is None for the sum of those that were removed."""

    connection: Connection | None
    sums: Sums


@dataclass(frozen=True, kw_only=True)
class ProviderLine:
    provider_id: str
    name: str
    sums: Sums


@dataclass(frozen=True, kw_only=True)
class Overview:
    live: Live
    drawings: Drawings
    errors: tuple[ErrorLine, ...]
    connections: tuple[ConnectionLine, ...]
    providers: tuple[ProviderLine, ...]
    health: Mapping[str, int]
    open_problems: int


@dataclass(frozen=True, kw_only=True)
class ConnectionPage:
    live: Live
    drawings: Drawings
    errors: tuple[ErrorLine, ...]
    problems: tuple[problems.Problem, ...]
    checks: tuple[Check, ...]


def live(session: Session, filters: Filters, connections: tuple[Connection, ...], poll: int = 0) -> Live:
    """Figures and newest activity alone: what renews itself."""
    found = figures(session, filters.scope, filters.period, by_instance=False)
    return Live(figures=found, activity=_activity(session, filters, connections), poll=poll)


def overview(session: Session, filters: Filters, connections: tuple[Connection, ...]) -> Overview:
    found = figures(session, filters.scope, filters.period)
    names = {one.provider_id: one.provider_name for one in connections}
    return Overview(
        live=Live(figures=found, activity=_activity(session, filters, connections)),
        drawings=drawings(found, filters.period),
        errors=_errors(found),
        connections=_connection_lines(found, filters, connections),
        providers=tuple(
            ProviderLine(
                provider_id=line.provider_id, name=names.get(line.provider_id, line.provider_id), sums=line.sums
            )
            for line in found.providers
        ),
        health=_health(filters, connections),
        open_problems=problems.open_count(session, filters.scope),
    )


def connection_page(
    session: Session, filters: Filters, connections: tuple[Connection, ...], connection: Connection
) -> ConnectionPage:
    found = figures(session, filters.scope, filters.period, by_instance=False)
    known = {one.id: one for one in connections}
    return ConnectionPage(
        live=Live(figures=found, activity=_activity(session, filters, connections)),
        drawings=drawings(found, filters.period),
        errors=_errors(found),
        problems=problems.listed(session, filters.scope, known, limit=10).problems,
        checks=checks(session, connection.id),
    )


def _activity(session: Session, filters: Filters, connections: tuple[Connection, ...]) -> tuple[Activity, ...]:
    known = {one.id: one for one in connections}
    mine = [
        one.id
        for one in connections
        if one.provider_id == filters.scope.provider_id and one.environment in filters.scope.environments
    ]
    lines = latest(session, filters.scope, instance_ids=mine, limit=FEED_LINES)
    return tuple(activity(line, known) for line in lines)


def _errors(found: Figures) -> tuple[ErrorLine, ...]:
    return tuple(
        ErrorLine(category=category, words=words_for(category), count=count)
        for category, count in found.errors_by_category.items()
    )


def _in_scope(filters: Filters, connections: tuple[Connection, ...]) -> list[Connection]:
    scope = filters.scope
    return [
        one
        for one in connections
        if one.environment in scope.environments
        and scope.provider_id in ("", one.provider_id)
        and scope.instance_id in ("", one.id)
        and one.status != "draft"
    ]


def _health(filters: Filters, connections: tuple[Connection, ...]) -> dict[str, int]:
    mine = [one.health for one in _in_scope(filters, connections) if one.status == "active"]
    return {state: mine.count(state) for state in HEALTH_ORDER}


def _connection_lines(
    found: Figures, filters: Filters, connections: tuple[Connection, ...]
) -> tuple[ConnectionLine, ...]:
    """Busiest first, then those without any usage by name, then what belongs to removed ones."""
    sums = {line.instance_id: line.sums for line in found.instances}
    mine = _in_scope(filters, connections)
    lines = [ConnectionLine(connection=one, sums=sums.pop(one.id, Sums())) for one in mine]
    lines.sort(key=lambda line: -line.sums.count)
    if sums:
        lines.append(ConnectionLine(connection=None, sums=Sums.total(sums.values())))
    return tuple(lines)
