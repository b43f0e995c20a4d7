"""Who was seen alive last: workers and the scheduler say so in the queue server every few seconds."""

from __future__ import annotations

import time

from redis import Redis
from redis.exceptions import RedisError

ALIVE_SECONDS = 30.0
"""Silent for longer than this, a process counts as dead."""

_KEYS = {"worker": "toolkit:worker_seen_at", "scheduler": "toolkit:scheduler_seen_at"}
_FORGET_SECONDS = 24 * 3600


def beat(connection: Redis, kind: str) -> bool:
    """Notes that a process of this kind lives. False when the queue can't be reached."""
    try:
        connection.set(_KEYS[kind], repr(time.time()), ex=_FORGET_SECONDS)
    except RedisError:
        return False
    return True


def seconds_since(connection: Redis, kind: str) -> float | None:
    """Since the freshest sign of life; None when there was none for a day. Raises RedisError."""
    value = connection.get(_KEYS[kind])
    return max(0.0, time.time() - float(value)) if value else None
