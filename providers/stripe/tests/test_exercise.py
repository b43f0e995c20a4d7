"""Every verb, with each request and each answer held against Stripe's description."""

from __future__ import annotations

from providers.kit.registry import Registry
from providers.kit.testing import Bench
from providers.stripe.tests.exercise import exercise, undescribed


def test_every_verb_works_and_fits_the_description() -> None:
    bench = Bench(Registry.discover().entry("stripe"), undescribed)
    exercise(bench)
    assert bench.transport.outside == set()
    writes = [call for call in bench.transport.calls if call.method == "POST"]
    assert [call.path_url for call in writes if not call.headers.get("Idempotency-Key")] == []
