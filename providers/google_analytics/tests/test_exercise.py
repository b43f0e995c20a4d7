"""Everything once, held against the description."""

from __future__ import annotations

from providers.kit.testing import Bench, description_of

from .exercise import exercise


def test_every_verb_works_and_breaks_no_description(bench: Bench) -> None:
    exercise(bench)
    assert bench.transport.outside == {"POST /v1alpha/properties/300100200:runFunnelReport"}
    if description_of("google_analytics") is not None:
        assert len(bench.transport.operations) == 10
