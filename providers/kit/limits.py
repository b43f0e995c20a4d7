"""Our own ceiling of calls for each connected account, below the vendor's published one."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict

from providers.kit.contract import RateLimit

_MAX_BUCKETS = 10_000


class TokenBucket:
    """Lets `requests` calls go in `per_seconds`; later callers are told how long to wait. Thread-safe.

    It counts within one process: with several, the vendor's own limit and Retry-After have the last word.
    """

    def __init__(self, limit: RateLimit) -> None:
        self.capacity = float(max(limit.requests, 1))
        self.rate = self.capacity / limit.per_seconds
        self._tokens = self.capacity
        self._filled_at = time.monotonic()
        self._lock = threading.Lock()

    def reserve(self, longest: float) -> float:
        """Takes a place and says how many seconds to wait for it (0 = go).

        Takes none when the wait would be longer than `longest`; the answer is then greater than `longest`.
        """
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self.capacity, self._tokens + (now - self._filled_at) * self.rate)
            self._filled_at = now
            wait = max(0.0, (1.0 - self._tokens) / self.rate)
            if wait <= longest:
                self._tokens -= 1.0
            return wait


_buckets: OrderedDict[tuple[str, str, RateLimit], TokenBucket] = OrderedDict()
_lock = threading.Lock()


def bucket_for(provider_id: str, account_key: str, limit: RateLimit) -> TokenBucket:
    """The one bucket of an account in this process, whoever opens a door for it."""
    key = (provider_id, account_key, limit)
    with _lock:
        bucket = _buckets.pop(key, None) or TokenBucket(limit)
        _buckets[key] = bucket
        while len(_buckets) > _MAX_BUCKETS:
            _buckets.popitem(last=False)
        return bucket


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _buckets.clear()


os.register_at_fork(after_in_child=_after_fork)
