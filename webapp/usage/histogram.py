"""Latency histograms that add up: log-spaced buckets, so that every percentile is within 2 % of the exact one.

Bucket n holds whole microseconds from BOUNDS[n] up to (not including) BOUNDS[n + 1]. The bounds are whole numbers, so
that a value falls into the same bucket on every machine and in every rebuild.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping

import orjson

GROWTH = 1.038
"""Each bucket's bound over the one before: the middle of a bucket is at most 1.9 % from anything in it."""

LONGEST_US = 24 * 3600 * 1_000_000
"""Longer than any call may take; what is longer counts as this."""


def _bounds() -> tuple[int, ...]:
    bounds, edge = [0, 1], 1.0
    while bounds[-1] <= LONGEST_US:
        edge *= GROWTH
        if math.ceil(edge) > bounds[-1]:
            bounds.append(math.ceil(edge))
    return tuple(bounds)


BOUNDS: tuple[int, ...] = _bounds()


def bucket_of(latency_us: int) -> int:
    """The bucket a latency is counted in. Less than nothing counts as nothing."""
    return bisect_right(BOUNDS, min(max(latency_us, 0), LONGEST_US)) - 1


def typical(bucket: int) -> float:
    """The latency in microseconds that stands for all of a bucket: its geometric middle."""
    low, high = BOUNDS[bucket], BOUNDS[bucket + 1] - 1
    return math.sqrt(low * high)


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """The latency in microseconds that `share` (0 to 1) of the calls did not exceed, by nearest rank.

    None for no call. `counts` maps bucket to number of calls.
    """
    total = sum(counts.values())
    if total == 0:
        return None
    rank = max(1, math.ceil(share * total - 1e-9))
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= rank:
            return typical(bucket)
    raise AssertionError("ranks end with the last bucket")


def add_packed(counts: dict[int, int], packed: str) -> None:
    """Adds a stored histogram to counts by bucket."""
    flat = orjson.loads(packed)
    for bucket, count in zip(flat[::2], flat[1::2], strict=True):
        counts[bucket] = counts.get(bucket, 0) + count


def pack(counts: Mapping[int, int]) -> str:
    """As it is stored: the JSON list [bucket, calls, bucket, calls, …], buckets rising."""
    return orjson.dumps([value for pair in sorted(counts.items()) for value in pair]).decode()
