"""Every verb of the provider, held against the vendor's description."""

from __future__ import annotations

from providers.kit.testing import Bench

from .exercise import exercise


def test_every_verb_works_on_the_stand_in_within_the_vendors_description(bench: Bench) -> None:
    exercise(bench)
    assert not any("v67.0/sobjects" in one for one in bench.transport.outside)
