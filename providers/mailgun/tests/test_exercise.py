"""Every verb on the stand-in, each call held against the vendor's description."""

from __future__ import annotations

import pytest

from providers.kit.conformance import check
from providers.kit.testing import Bench, description_of

from .conftest import ENTRY
from .exercise import exercise


def test_every_verb_works_and_every_call_fits_the_description(bench: Bench) -> None:
    exercise(bench)
    if description_of(ENTRY.folder.name) is None:
        pytest.skip("the verbs work, but the vendor's description is not here to hold the calls against")
    assert len(bench.transport.operations) >= 24


def test_the_provider_keeps_every_rule() -> None:
    assert [str(one) for one in check(ENTRY)] == []
