"""All verbs, each exchange held against the vendor's description."""

from __future__ import annotations

from providers.kit.registry import Registered
from providers.kit.testing import Bench

from .exercise import UNDESCRIBED, exercise, undescribed


def test_every_verb_speaks_as_the_vendor_describes(entry: Registered) -> None:
    bench = Bench(entry, undescribed)
    exercise(bench)
    assert bench.transport.outside == UNDESCRIBED
    assert bench.transport.description is None or len(bench.transport.operations) >= 34
