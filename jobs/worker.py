"""The process that works: RQ in this process (no fork a job), jobs one after the other, for ever."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any

import structlog
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.worker import DequeueStrategy

import jobs
from webapp.config import Settings
from webapp.core.queue import QUEUES, connect
from webapp.health.heartbeat import beat

log = structlog.get_logger(__name__)

_MAINTENANCE_SECONDS = 30
_WORKER_TTL = 30
_BEAT_SECONDS = 5.0
LANES: tuple[tuple[str, ...], ...] = (("webhooks", "default"), ("tests", "default"))
"""With two workers or more, a connection test that waits for a slow vendor holds up no delivery."""


def lane(number: int, workers: int) -> tuple[str, ...]:
    """The queues of worker `number` (from 1) of `workers`."""
    return QUEUES if workers == 1 else LANES[(number - 1) % len(LANES)]


class InProcessWorker(SimpleWorker):
    """Waits for a queue that went away, but never for long."""

    max_connection_wait_time = 5.0
    stopped_by_signal = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        InProcessWorker.stopped_by_signal = True  # of the process: the worker object may not survive the queue
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ leaves it untyped

    def register_death(self) -> None:
        try:
            super().register_death()  # type: ignore[no-untyped-call]  # RQ leaves it untyped
        except RedisError:
            log.info("the queue is gone, so this worker leaves without saying so")


def run(app: Flask, queues: tuple[str, ...] = QUEUES) -> None:
    """Works until SIGTERM or SIGINT; a queue that goes away is waited for."""
    settings: Settings = app.config["SETTINGS"]
    jobs.use_application(app)
    connection = connect(settings.redis_url)
    _beat_from_a_thread(settings.redis_url)
    while True:
        if not _reached(connection):
            continue
        try:
            worker = InProcessWorker(
                list(queues),
                connection=connection,
                serializer=JSONSerializer,
                maintenance_interval=_MAINTENANCE_SECONDS,
                worker_ttl=_WORKER_TTL,
                log_job_description=False,
            )
            worker.work(logging_level="WARNING", dequeue_strategy=DequeueStrategy.ROUND_ROBIN)
        except RedisError as error:
            log.warning("the worker lost the queue", error=type(error).__name__)
        if InProcessWorker.stopped_by_signal:
            return
        log.warning("the worker begins anew")


def _reached(connection: Redis) -> bool:
    """Pauses when not, with the default signal handlers: nothing is in hand that must end first."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    try:
        return bool(connection.ping())
    except RedisError:
        time.sleep(1)
        return False


def _leave(_number: int, _frame: Any) -> None:
    raise SystemExit(0)


def _beat_from_a_thread(redis_url: str) -> None:
    """Says every few seconds that this process lives, also while a long job runs. With its own connection: RQ
    lengthens the time limits of the one it gets."""
    connection = connect(redis_url)

    def keep_beating() -> None:
        while True:
            time.sleep(_BEAT_SECONDS if beat(connection, "worker") else 0.5)

    threading.Thread(target=keep_beating, name="heartbeat", daemon=True).start()
