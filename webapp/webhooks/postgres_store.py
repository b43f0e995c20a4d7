"""The way into PostgreSQL: a module of its own, since its driver takes megabytes that SQLite does not need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from webapp.config import Settings
from webapp.core.database import normal_url
from webapp.webhooks.deposits import Deposit
from webapp.webhooks.stores import PATIENCE, CannotStore, RowsRefused, copy_values, count_copy, insert


class PostgresStore:
    """One connection; the caller lets only one thread in at a time."""

    INSERT = insert("%s")
    COPY = count_copy("%s")

    def __init__(self, settings: Settings) -> None:
        self._address = normal_url(settings.database_url).replace("+psycopg", "", 1)
        self._connection: psycopg.Connection | None = None

    def _open(self) -> psycopg.Connection:
        connection = psycopg.connect(self._address, connect_timeout=3)
        connection.execute(f"SET statement_timeout = {int(PATIENCE * 1000)}")
        connection.execute("SET synchronous_commit = on")
        connection.commit()
        return connection

    def write(self, deposits: Sequence[Deposit]) -> None:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._open()
            with self._connection.transaction(), self._connection.cursor() as cursor:
                self._write(cursor, deposits)
        except (psycopg.IntegrityError, psycopg.DataError) as error:
            raise RowsRefused(str(error)) from error
        except psycopg.Error as error:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()
            raise CannotStore(str(error)) from error

    def _write(self, cursor: psycopg.Cursor, deposits: Sequence[Deposit]) -> None:
        # In the order of the key, so that two processes never wait for each other's rows crosswise.
        rows = sorted((row for deposit in deposits for row in deposit.rows), key=_key)
        cursor.executemany(self.INSERT, rows)
        if cursor.rowcount == len(rows):
            return
        for deposit in deposits:
            cursor.executemany(self.COPY, [copy_values(row) for row in sorted(deposit.rows, key=_key)])
            deposit.duplicates = min(cursor.rowcount, len(deposit.rows))  # as in SqliteStore


def _key(row: Sequence[Any]) -> tuple[Any, Any]:
    """instance_id, external_id."""
    return (row[2], row[4])
