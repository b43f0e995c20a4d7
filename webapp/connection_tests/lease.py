"""Who runs a test: whoever holds its lease. The attempt's number fences off a runner that was taken for dead."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any

from sqlalchemy import Engine, and_, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp.connection_tests.models import ConnectionTest
from webapp.core.clock import now

LASTS = timedelta(seconds=45)
RENEW_SECONDS = 15.0


class LeaseLost(Exception):
    """Another worker has this test now; this one must stop and save nothing more."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    row_id: str
    attempt: int


def claim(session: Session, row_id: str) -> Claim | None:
    """Takes a test that waits, or whose lease ran out; None when there is nothing to take. Commits."""
    result = session.execute(
        update(ConnectionTest)
        .where(
            ConnectionTest.id == row_id,
            or_(
                ConnectionTest.status == "queued",
                and_(ConnectionTest.status == "running", ConnectionTest.lease_until < now()),
            ),
        )
        .values(status="running", lease_until=now() + LASTS, attempts=ConnectionTest.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    taken = bool(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it
    attempt = session.scalar(select(ConnectionTest.attempts).where(ConnectionTest.id == row_id)) if taken else None
    session.commit()
    return Claim(row_id=row_id, attempt=attempt) if attempt is not None else None


def save(session: Session, held: Claim, **values: Any) -> None:
    """Changes the row while the lease is held, and renews it. The caller commits. Raises LeaseLost."""
    values.setdefault("lease_until", now() + LASTS)
    result = session.execute(
        update(ConnectionTest)
        .where(
            ConnectionTest.id == held.row_id,
            ConnectionTest.attempts == held.attempt,
            ConnectionTest.status == "running",
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if not result.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result has it
        session.rollback()
        raise LeaseLost


class Heartbeat:
    """Renews the lease while one line takes long: a slow line is not a dead worker."""

    def __init__(self, engine: Engine, held: Claim, every: float = RENEW_SECONDS) -> None:
        self._engine = engine
        self._held = held
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="test-lease", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._stop.wait(self._every):
            # A database that is busy now is not at the next beat; the lease outlasts two of them.
            with suppress(SQLAlchemyError), self._engine.begin() as connection:
                connection.execute(
                    update(ConnectionTest)
                    .where(
                        ConnectionTest.id == self._held.row_id,
                        ConnectionTest.attempts == self._held.attempt,
                        ConnectionTest.status == "running",
                    )
                    .values(lease_until=now() + LASTS)
                )
