"""One sync for many deliveries: the first waiting request commits for all that wait (leader commit).

There is no writer thread. While one request commits, others queue up; when it is done, the first of them leads next.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from webapp.webhooks.deposits import Deposit
from webapp.webhooks.stores import CannotStore, RowsRefused, Store


class _Turn:
    """One waiting request. `gate` opens when its deposit is settled, or when it is its turn to lead."""

    __slots__ = ("deposit", "error", "gate", "settled")

    def __init__(self, deposit: Deposit) -> None:
        self.deposit = deposit
        self.gate = threading.Lock()
        self.gate.acquire()
        self.settled = False
        self.error: Exception | None = CannotStore("the process stopped before this was stored")


class GroupCommit:
    """Only one thread at a time is inside the store."""

    def __init__(self, store: Store, most: int = 256) -> None:
        self._store = store
        self._most = most
        self._guard = threading.Lock()
        self._waiting: list[_Turn] = []
        self._led = False

    def store(self, deposit: Deposit) -> None:
        """Returns when the deposit is durable. Raises CannotStore, RowsRefused."""
        turn = _Turn(deposit)
        with self._guard:
            self._waiting.append(turn)
            leads, self._led = not self._led, True
        if not leads:
            turn.gate.acquire()
        if not turn.settled:
            self._lead()
        if turn.error is not None:
            raise turn.error

    def _lead(self) -> None:
        """Settles the oldest waiting requests, the leader's own first, and hands over to the next."""
        with self._guard:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            self._commit(batch)
        finally:
            with self._guard:
                following = self._waiting[0] if self._waiting else None
                self._led = following is not None
            if following is not None:
                following.gate.release()
            for turn in batch:
                turn.settled = True
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
