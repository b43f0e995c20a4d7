"""Adds what was counted to what is stored, in the caller's transaction, on both databases."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import bindparam, insert, select, tuple_, update
from sqlalchemy.orm import Session

from webapp.usage.histogram import add_packed, pack
from webapp.usage.models import LatencyHistogram, UsageRollup
from webapp.usage.prepared import Prepared, dialect_of, into
from webapp.usage.tally import LATENCY_KEY, ROLLUP_KEY, Key, Tally

KEYS_AT_ONCE = 500
_COUNTERS = ("count", "ok_count", "items", "latency_us")
_COUNTS: Any = UsageRollup.__table__
_TIMES: Any = LatencyHistogram.__table__


def add_up(session: Session, tally: Tally) -> None:
    """Adds a tally to the rollups and the latency histograms."""
    dialect = dialect_of(session)
    rows = tally.rollups()
    if rows:
        _add_counts(dialect).many(session, rows)
    latencies = tally.latencies()
    if latencies:
        _add_latencies(session, dialect, latencies)


def _add_latencies(session: Session, dialect: str, latencies: list[tuple[Key, dict[int, int]]]) -> None:
    """Reads, adds and writes: SQLite's write lock, or PostgreSQL's row locks taken in the order of the keys, keep
    everyone else out between the two."""
    if dialect == "postgresql":
        # Rows must exist before they can be locked.
        _ensure(dialect).many(session, [(*key, "[]") for key, _ in latencies])
    stored = _stored(session, dialect, [key for key, _ in latencies])
    fresh, grown = [], []
    for key, counts in latencies:
        packed = stored.get(key)
        if packed is None:
            fresh.append((*key, pack(counts)))
        else:
            add_packed(counts, packed)
            grown.append((pack(counts), *key))
    if fresh:
        _insert(dialect).many(session, fresh)
    if grown:
        _replace(dialect).many(session, grown)


def _stored(session: Session, dialect: str, keys: list[Key]) -> dict[Key, str]:
    found: dict[Key, str] = {}
    columns = [_TIMES.c[name] for name in LATENCY_KEY]
    for start in range(0, len(keys), KEYS_AT_ONCE):
        query = (
            select(*columns, _TIMES.c.counts)
            .where(tuple_(*columns).in_(keys[start : start + KEYS_AT_ONCE]))
            .order_by(*columns)
        )
        if dialect == "postgresql":
            query = query.with_for_update()
        found.update({tuple(row[:-1]): row[-1] for row in session.execute(query)})
    return found


@cache
def _add_counts(dialect: str) -> Prepared:
    new = into(dialect, _COUNTS)
    statement = new.on_conflict_do_update(
        index_elements=ROLLUP_KEY, set_={name: _COUNTS.c[name] + new.excluded[name] for name in _COUNTERS}
    )
    return Prepared(dialect, statement, (*ROLLUP_KEY, "provider_id", *_COUNTERS))


@cache
def _ensure(dialect: str) -> Prepared:
    return Prepared(dialect, into(dialect, _TIMES).on_conflict_do_nothing(), (*LATENCY_KEY, "counts"))


@cache
def _insert(dialect: str) -> Prepared:
    return Prepared(dialect, insert(_TIMES), (*LATENCY_KEY, "counts"))


@cache
def _replace(dialect: str) -> Prepared:
    names = tuple(f"known_{name}" for name in LATENCY_KEY)
    statement = update(_TIMES).where(
        *(_TIMES.c[name] == bindparam(f"known_{name}", type_=_TIMES.c[name].type) for name in LATENCY_KEY)
    )
    return Prepared(dialect, statement.values(counts=bindparam("new_counts")), ("new_counts", *names))
