"""The memory of a sandbox connection's stand-in: one row, changed by one call at a time in all processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.dialects import postgresql, sqlite

from webapp.instances.models import SandboxMemory


class StoredState:
    """A `SandboxState` in the database, on a connection of its own: the caller must hold no write transaction.

    `exclusive` locks the row from `read` to `write`: on SQLite by writing first, on PostgreSQL by FOR UPDATE.
    Only the stand-in runs in between, in memory and within microseconds.
    """

    def __init__(self, engine: Engine, instance_id: str) -> None:
        self._engine = engine
        self._instance_id = instance_id
        self._connection: Connection | None = None

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        with self._engine.begin() as connection:
            connection.execute(
                insert(SandboxMemory).values(instance_id=self._instance_id, state={}).on_conflict_do_nothing()
            )
            self._connection = connection
            try:
                yield
            finally:
                self._connection = None

    def read(self) -> dict[str, Any]:
        query = select(SandboxMemory.state).where(SandboxMemory.instance_id == self._instance_id)
        if self._connection is not None:
            return dict(self._connection.scalar(query.with_for_update()) or {})
        with self._engine.connect() as connection:
            return dict(connection.scalar(query) or {})

    def write(self, state: dict[str, Any]) -> None:
        if self._connection is None:
            raise RuntimeError("a stand-in's memory is written inside `exclusive` only")
        self._connection.execute(
            update(SandboxMemory).where(SandboxMemory.instance_id == self._instance_id).values(state=state)
        )
