"""Column types, engine options for both databases, and who holds SQLite's write lock when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

try:
    import pysqlite3.dbapi2 as sqlite_driver
except ImportError:  # no wheel for this platform: Python's own module serves, if a little older
    import sqlite3 as sqlite_driver

__all__ = [
    "UTCDateTime",
    "begin_reading",
    "begin_writing",
    "engine_options",
    "insert_into",
    "normal_url",
    "prepare_engine",
    "reading",
    "sqlite_driver",
]

_reading: ContextVar[bool] = ContextVar("reading", default=False)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC, in and out, on both databases. Raises ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@contextmanager
def reading() -> Iterator[None]:
    """Transactions begun inside take no write lock on SQLite: for GET pages and other pure reads."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def begin_reading() -> None:
    _reading.set(True)


def begin_writing() -> None:
    _reading.set(False)


def engine_options(database_url: str) -> dict[str, Any]:
    """Options for create_engine. SQLite opens transactions itself (`isolation_level=None`): Python's own
    driver would let a savepoint that is a transaction's first write survive the outer rollback. Errors never repeat
    the values of a statement: they end in logs."""
    if database_url.startswith("sqlite"):
        return {
            "module": sqlite_driver,
            "connect_args": {"isolation_level": None, "timeout": 30, "check_same_thread": False},
            "pool_size": 16,
            "max_overflow": 16,
            "hide_parameters": True,
        }
    return {"pool_size": 10, "max_overflow": 10, "pool_pre_ping": True, "hide_parameters": True}


def insert_into(session: Session, target: Any) -> Any:
    """INSERT INTO `target` of the session's database, which knows ON CONFLICT."""
    return (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(target)


def normal_url(database_url: str) -> str:
    """`postgresql://` and `postgres://` mean psycopg 3 here."""
    for prefix in ("postgresql://", "postgres://"):
        if database_url.startswith(prefix):
            return "postgresql+psycopg://" + database_url.removeprefix(prefix)
    return database_url


def prepare_engine(engine: Engine) -> None:
    """Sets SQLite's pragmas on each connection and begins transactions explicitly."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "busy_timeout=30000",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-4000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")
