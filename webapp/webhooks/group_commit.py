"""One sync for many deliveries: a thread of its own stores all that wait, then all that came meanwhile.

A thread, and not the first request that waits: handing the lead from one thread to the next took a quarter of
the time (docs/adr/0031-group-commit.md). It starts with the first delivery, so that a forked process has its own.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from webapp.webhooks.deposits import Deposit
from webapp.webhooks.stores import CannotStore, RowsRefused, Store


class _Turn:
    """One waiting request. `gate` opens when its deposit is settled."""

    __slots__ = ("deposit", "error", "gate")

    def __init__(self, deposit: Deposit) -> None:
        self.deposit = deposit
        self.gate = threading.Lock()
        self.gate.acquire()
        self.error: Exception | None = CannotStore("the process stopped before this was stored")


class GroupCommit:
    """Only the writer's thread is ever inside the store."""

    def __init__(self, store: Store, most: int = 256) -> None:
        self._store = store
        self._most = most
        self._guard = threading.Lock()
        self._waiting: list[_Turn] = []
        self._work = threading.Lock()
        self._work.acquire()
        self._resting = True
        self._writer: threading.Thread | None = None

    def store(self, deposit: Deposit) -> None:
        """Returns when the deposit is durable. Raises CannotStore, RowsRefused."""
        turn = _Turn(deposit)
        with self._guard:
            self._waiting.append(turn)
            rouse, self._resting = self._resting, False
            if self._writer is None:
                self._writer = threading.Thread(target=self._run, name="webhook-writer", daemon=True)
                self._writer.start()
        if rouse:
            self._work.release()
        turn.gate.acquire()
        if turn.error is not None:
            raise turn.error

    def _run(self) -> None:
        try:
            self._write_on()
        finally:  # a writer that is stopped lets nobody wait for ever, or believe that it was stored
            with self._guard:
                left, self._waiting, self._writer = self._waiting, [], None
            for turn in left:
                turn.gate.release()

    def _write_on(self) -> None:
        while True:
            with self._guard:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                self._resting = not batch
            if not batch:
                self._work.acquire()
                continue
            try:
                self._commit(batch)
            finally:
                for turn in batch:
                    turn.gate.release()

    def _commit(self, batch: Sequence[_Turn]) -> None:
        try:
            self._store.write([turn.deposit for turn in batch])
        except RowsRefused as error:
            if len(batch) == 1:
                batch[0].error = error
                return
            # They must not take their neighbours with them.
            for turn in batch:
                self._commit([turn])
        except Exception as error:
            for turn in batch:
                turn.error = error
        else:
            for turn in batch:
                turn.error = None
