"""Writes deliveries so that they survive a power cut, one transaction for all that wait.

Plain SQL on connections of their own: SQLite with `synchronous=FULL` (the pages' connections use NORMAL), PostgreSQL
with `synchronous_commit=on`. docs/adr/0031-group-commit.md says why.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain
from typing import Any, Protocol

from sqlalchemy import make_url

from webapp.config import Settings
from webapp.core.database import sqlite_driver
from webapp.webhooks.deposits import COLUMNS, Deposit, sqlite_moment

PATIENCE = 5.0
"""Seconds to wait for a database that is busy before telling the vendor to come again."""

_DEFAULTS = {
    "duplicates": "0",
    "conflict": "FALSE",
    "status": "'waiting'",
    "attempts": "0",
    "last_error": "''",
    "counted": "FALSE",
    "sentence": "''",
    "tone": "'neutral'",
    "icon": "'webhook'",
}


class CannotStore(Exception):
    """The database can't take a delivery now. `str(error)` is for the log."""


class RowsRefused(Exception):
    """The database does not take these very rows: their connection is gone."""


class Store(Protocol):
    def write(self, deposits: Sequence[Deposit]) -> None:
        """Stores all in one transaction and fills in their duplicates. Raises CannotStore, RowsRefused; then nothing
        is stored."""
        ...


@cache
def insert(mark: str, rows: int = 1) -> str:
    names = ", ".join((*COLUMNS, *_DEFAULTS))
    values = ", ".join([mark] * len(COLUMNS) + list(_DEFAULTS.values()))
    every = ", ".join([f"({values})"] * rows)
    return (
        f"INSERT INTO webhook_events ({names}) VALUES {every} "  # noqa: S608 (names and marks of ours)
        "ON CONFLICT DO NOTHING"
    )


def count_copy(mark: str) -> str:
    """A copy of a stored event, known by its other id. A dead one is tried again: someone had it resent. What came
    with a proof that was used is counted with the event that used it."""
    return (
        f"UPDATE webhook_events SET duplicates = duplicates + 1, conflict = conflict OR body_digest <> {mark}, "  # noqa: S608 (as above)
        f"due_at = CASE WHEN status = 'dead' THEN {mark} ELSE due_at END, "
        "status = CASE WHEN status = 'dead' THEN 'failed' ELSE status END "
        f"WHERE instance_id = {mark} AND (external_id = {mark} OR replay_key = {mark}) AND id <> {mark}"
    )


def copy_values(row: Sequence[Any]) -> tuple[Any, ...]:
    """body_digest, received_at, instance_id, external_id, replay_key, id."""
    return (row[7], row[9], row[2], row[4], row[14], row[0])


class SqliteStore:
    """One connection; the caller lets only one thread in at a time."""

    AT_ONCE = 64
    """Rows in one statement: the driver gives up Python's lock for every statement, and to get it back while others
    are busy costs more than the row does."""

    COPY = count_copy("?")

    def __init__(self, settings: Settings) -> None:
        self._path = make_url(settings.database_url).database or ""
        self._connection: Any = None

    def _open(self) -> Any:
        connection = sqlite_driver.connect(
            self._path, isolation_level=None, timeout=0, check_same_thread=False, cached_statements=256
        )
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=4000"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def write(self, deposits: Sequence[Deposit]) -> None:
        try:
            if self._connection is None:
                self._connection = self._open()
            rows = [_for_sqlite(row) for deposit in deposits for row in deposit.rows]
            if len(rows) > self.AT_ONCE or self._insert_alone(rows) < len(rows):
                self._insert_and_count(deposits, rows)
        except sqlite_driver.IntegrityError as error:
            raise RowsRefused(str(error)) from error
        except sqlite_driver.DatabaseError as error:
            self._close()
            raise CannotStore(str(error)) from error

    def _insert_alone(self, rows: Sequence[tuple[Any, ...]]) -> int:
        """How many were new. One statement is its own transaction: one pass through the driver instead of three."""
        values = list(chain.from_iterable(rows))
        return int(_patiently(lambda: self._connection.execute(insert("?", len(rows)), values).rowcount))

    def _insert_and_count(self, deposits: Sequence[Deposit], rows: Sequence[tuple[Any, ...]]) -> None:
        """Many rows, or some that are there already (maybe since a moment ago, by `_insert_alone`)."""
        _patiently(lambda: self._connection.execute("BEGIN IMMEDIATE"))
        try:
            self._write(self._connection, deposits, rows)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _write(self, connection: Any, deposits: Sequence[Deposit], rows: Sequence[tuple[Any, ...]]) -> None:
        if self.insert(connection, rows) == len(rows):
            return
        start = 0
        for deposit in deposits:
            own = rows[start : start + len(deposit.rows)]
            start += len(own)
            copies = connection.executemany(self.COPY, [copy_values(row) for row in own]).rowcount
            deposit.duplicates = min(copies, len(own))  # an id and a proof may be those of two events

    def insert(self, connection: Any, rows: Sequence[tuple[Any, ...]]) -> int:
        """How many were new."""
        new = 0
        for start in range(0, len(rows), self.AT_ONCE):
            part = rows[start : start + self.AT_ONCE]
            new += connection.execute(insert("?", len(part)), list(chain.from_iterable(part))).rowcount
        return new

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _patiently(run: Callable[[], Any]) -> Any:
    """SQLite's own busy handler sleeps up to 100 ms at a time; deliveries look again every half millisecond."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return run()
        except sqlite_driver.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
        time.sleep(0.0005)


def _for_sqlite(row: Sequence[Any]) -> tuple[Any, ...]:
    moment = sqlite_moment(row[9])
    return (*row[:9], moment, sqlite_moment(row[10]), row[11], row[12], moment, row[14])
