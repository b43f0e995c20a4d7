"""One commit for all that wait: everyone is answered, and nobody is told more than is true."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest

from webapp.webhooks.deposits import Deposit
from webapp.webhooks.group_commit import GroupCommit
from webapp.webhooks.stores import CannotStore, RowsRefused


class Recorder:
    """A store that takes its time, counts who is inside, and refuses rows that say so."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.batches: list[int] = []
        self.stored: list[object] = []
        self.inside = 0
        self.trouble = trouble
        self.wait_before_first: Callable[[int], bool] = lambda taken: True

    def write(self, deposits: Sequence[Deposit]) -> None:
        self.inside += 1
        assert self.inside == 1, "two threads are in the store"
        time.sleep(0.002)
        while not self.batches and not self.wait_before_first(len(deposits)):
            time.sleep(0.001)
        self.inside -= 1
        if self.trouble:
            raise self.trouble
        if any(deposit.rows[0] == ("refused",) for deposit in deposits):
            raise RowsRefused("no such connection")
        self.batches.append(len(deposits))
        self.stored += [deposit.rows[0] for deposit in deposits]


def store_all(group: GroupCommit, rows: list[tuple[object, ...]]) -> list[Exception | None]:
    results: list[Exception | None] = [None] * len(rows)

    def one(place: int) -> None:
        try:
            group.store(Deposit([rows[place]]))
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(rows))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
        assert not thread.is_alive()
    return results


def test_many_waiting_requests_share_few_commits() -> None:
    store = Recorder()
    group = GroupCommit(store)
    store.wait_before_first = lambda taken: taken + len(group._waiting) == 100
    rows: list[tuple[object, ...]] = [(n,) for n in range(100)]
    assert store_all(group, rows) == [None] * 100
    assert sorted(store.stored) == rows  # type: ignore[type-var]  # tuples of numbers
    # How many the writer takes at first is for the threads to decide; all others share the second.
    assert len(store.batches) <= 2


def test_a_batch_is_never_larger_than_allowed() -> None:
    store = Recorder()
    store_all(GroupCommit(store, most=3), [(n,) for n in range(30)])
    assert max(store.batches) <= 3
    assert len(store.stored) == 30


def test_rows_that_are_refused_take_no_neighbour_along() -> None:
    store = Recorder()
    results = store_all(GroupCommit(store), [(n,) for n in range(20)] + [("refused",)])
    assert results[:20] == [None] * 20
    assert isinstance(results[20], RowsRefused)
    assert len(store.stored) == 20


@pytest.mark.parametrize("trouble", [CannotStore("disk full"), ZeroDivisionError("a mistake of ours")])
def test_when_the_store_fails_everyone_hears_it(trouble: Exception) -> None:
    results = store_all(GroupCommit(Recorder(trouble)), [(n,) for n in range(10)])
    assert results == [trouble] * 10


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_is_stopped_lets_nobody_believe_it_was_stored_and_another_takes_over() -> None:
    class Stopped(Recorder):
        def write(self, deposits: Sequence[Deposit]) -> None:
            raise SystemExit

    group = GroupCommit(Stopped())
    with pytest.raises(CannotStore):
        group.store(Deposit([(1,)]))
    while group._writer is not None:
        time.sleep(0.001)
    group._store = another = Recorder()
    group.store(Deposit([(2,)]))
    assert another.stored == [(2,)]
