"""The queue is only a bell: rows in the database are the truth, and a sweep rings again for rows still waiting.

`ring` remembers a job for after the commit, so that no job starts before its row is visible; when the queue can't be
reached the row waits for the sweep and nobody sees an error. Job arguments are ids, never values.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session

log = structlog.get_logger(__name__)
QUEUES = ("tests", "webhooks", "default")
_PENDING = "bells"
_ASK_EVERY = 5.0


def connect(redis_url: str) -> Redis:
    """A client that gives up quickly: a page never waits for a queue that is gone."""
    return Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=5, health_check_interval=30)


def init_app(app: Flask) -> None:
    app.extensions["queue_redis"] = connect(app.config["SETTINGS"].redis_url)


def redis() -> Redis:
    client: Redis = current_app.extensions["queue_redis"]
    return client


def ring(session: Session, job: str, *args: str | int, queue: str = "default") -> None:
    """Rings `job` (a dotted path below `jobs`) once the session's outermost transaction has committed."""
    bells = session.info.setdefault(_PENDING, [])
    bell = (job, args, queue)
    if bell not in bells:
        bells.append(bell)


def ring_now(job: str, *args: str | int, queue: str = "default") -> bool:
    """Rings at once. False when the queue can't be reached: the sweep will find the row."""
    try:
        _queue(queue).enqueue_call(job, args=args, description=job, timeout=600, result_ttl=0, failure_ttl=3600)
    except RedisError as error:
        log.warning("the queue can't be reached; the sweep will pick this up", job=job, error=type(error).__name__)
        return False
    return True


def _queue(name: str) -> Queue:
    return Queue(name, connection=redis(), serializer=JSONSerializer)


def reachable() -> bool:
    try:
        return bool(redis().ping())
    except RedisError:
        return False


def recently_reachable() -> bool:
    """`reachable`, asked at most every five seconds per process: for what stands on every page."""
    asked, answer = current_app.extensions.get("queue_reachable", (0.0, True))
    if time.monotonic() - asked < _ASK_EVERY:
        return bool(answer)
    answer = reachable()
    current_app.extensions["queue_reachable"] = (time.monotonic(), answer)
    return answer


@event.listens_for(Session, "after_commit")
def _ring_pending(session: Session) -> None:
    # SQLAlchemy fires this for savepoints too: only the outermost commit makes rows visible.
    if session.in_nested_transaction():
        return
    bells: list[tuple[str, tuple[Any, ...], str]] = session.info.pop(_PENDING, [])
    for job, args, queue in bells:
        ring_now(job, *args, queue=queue)


@event.listens_for(Session, "after_rollback")
def _forget_pending(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_PENDING, None)
