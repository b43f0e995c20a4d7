"""Rings for the worker after deliveries were stored, without ever making a vendor wait for the queue.

A thread of its own rings, at most every `QUIET` seconds (`AWAY` when the queue can't be reached), and only when no
earlier ring is still unheard: with the worker away, the queue does not fill up. The sweep finds whatever is missed.
"""

from __future__ import annotations

import threading
import time

import structlog
from flask import Flask
from redis.exceptions import RedisError

from webapp.core import queue

log = structlog.get_logger(__name__)
JOB = "jobs.webhooks.drain"
QUEUE = "webhooks"
UNHEARD = "webhooks:rung"
QUIET = 0.2
AWAY = 5.0
FORGOTTEN_AFTER = 30


class Bell:
    def __init__(self, app: Flask) -> None:
        self._app = app
        self._wanted = threading.Event()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Returns at once."""
        if self._wanted.is_set():
            return
        self._wanted.set()
        if self._thread is None:
            with self._guard:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="webhook-bell", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            with self._app.app_context():
                heard = ring()
            time.sleep(QUIET if heard else AWAY)


def ring() -> bool:
    """Rings unless an earlier ring is unheard. False when the queue is away: the sweep will find the deliveries."""
    try:
        first = queue.redis().set(UNHEARD, "1", nx=True, ex=FORGOTTEN_AFTER)
    except RedisError as error:
        log.warning("the queue can't be reached; the sweep will find these deliveries", error=type(error).__name__)
        return False
    return queue.ring_now(JOB, queue=QUEUE) if first else True


def heard() -> None:
    """The worker has come: later deliveries ring again."""
    try:
        queue.redis().delete(UNHEARD)
    except RedisError as error:
        log.warning("the queue can't be reached", error=type(error).__name__)
