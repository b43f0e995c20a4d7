"""Histograms: percentiles close to the exact ones, and sums that do not care who added first."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as some

from webapp.usage.histogram import BOUNDS, LONGEST_US, add_packed, bucket_of, pack, percentile, typical

latencies = some.integers(min_value=0, max_value=LONGEST_US)
histograms = some.dictionaries(
    some.integers(min_value=0, max_value=len(BOUNDS) - 2), some.integers(min_value=1, max_value=10**9)
)


@given(latencies)
def test_a_bucket_holds_what_is_counted_in_it(latency: int) -> None:
    bucket = bucket_of(latency)
    assert BOUNDS[bucket] <= latency < BOUNDS[bucket + 1]


@given(latencies)
def test_what_stands_for_a_bucket_is_within_two_percent_of_everything_in_it(latency: int) -> None:
    assert abs(typical(bucket_of(latency)) - latency) <= 0.02 * latency


@given(some.lists(latencies, min_size=1, max_size=300), some.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_percentiles_are_within_two_percent_of_the_exact_ones(values: list[int], share: float) -> None:
    counts: dict[int, int] = {}
    for value in values:
        counts[bucket_of(value)] = counts.get(bucket_of(value), 0) + 1
    exact = sorted(values)[max(1, math.ceil(share * len(values) - 1e-9)) - 1]
    found = percentile(counts, share)
    assert found is not None
    assert abs(found - exact) <= 0.02 * exact


@given(histograms, histograms)
def test_stored_histograms_add_up_in_any_order(one: dict[int, int], other: dict[int, int]) -> None:
    forward, backward = dict(one), dict(other)
    add_packed(forward, pack(other))
    add_packed(backward, pack(one))
    assert forward == backward
    assert sum(forward.values()) == sum(one.values()) + sum(other.values())


def test_nothing_has_no_percentile() -> None:
    assert percentile({}, 0.5) is None


def test_impossible_latencies_are_counted_at_the_ends() -> None:
    assert bucket_of(-5) == bucket_of(0) == 0
    assert bucket_of(LONGEST_US * 10) == bucket_of(LONGEST_US)
