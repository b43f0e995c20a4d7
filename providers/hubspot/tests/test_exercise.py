"""Every verb, once round."""

from __future__ import annotations

from providers.kit.testing import Bench

from .exercise import UNDESCRIBED, exercise


def test_every_verb_works_on_the_sandbox_and_fits_the_description(bench: Bench) -> None:
    exercise(bench)
    assert bench.transport.outside <= UNDESCRIBED
