"""Statements that run with every batch: compiled once for each database, given to the driver as plain tuples."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

_DIALECTS: dict[str, Any] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]  # SQLAlchemy's own
}


class Prepared:
    """A statement and the order of its parameters. SQLAlchemy's own handling of each row costs more than the row."""

    def __init__(self, dialect: str, statement: Any, parameters: tuple[str, ...]) -> None:
        compiled = statement.compile(dialect=_DIALECTS[dialect], column_keys=parameters)
        assert tuple(compiled.positiontup) == parameters, f"{compiled.positiontup} is the order of the statement"
        self._text = str(compiled)

    def many(self, session: Session, rows: list[tuple[Any, ...]]) -> None:
        session.connection().exec_driver_sql(self._text, rows)


def dialect_of(session: Session) -> str:
    return session.get_bind().dialect.name


def into(dialect: str, target: Any) -> Any:
    """INSERT INTO `target` of the dialect that knows ON CONFLICT."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(target)
