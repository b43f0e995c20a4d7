"""A worker in a thread for tests that wait, and figures of what the database holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from webapp.connection_tests.runner import run
from webapp.core import queue
from webapp.core.limits import limiter

Ring = Callable[..., bool]


@pytest.fixture(autouse=True)
def unlimited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many calls in a second are the point of these tests; the limit has its own."""
    monkeypatch.setattr(limiter, "enabled", False)


@pytest.fixture
def worker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rings are answered at once, in threads, as a worker would: connection tests run."""
    threads: list[threading.Thread] = []

    def work(row_id: str) -> None:
        with app.app_context():
            run(row_id)

    def ring_now(job: str, *args: str, queue: str = "default") -> bool:
        if job == "jobs.connection_tests.run":
            threads.append(threading.Thread(target=work, args=args))
            threads[-1].start()
        return True

    monkeypatch.setattr(queue, "ring_now", ring_now)
    yield
    for one in threads:
        one.join(30)
