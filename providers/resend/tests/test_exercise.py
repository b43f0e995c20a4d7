"""All verbs, each exchange held against the vendor's description."""

from __future__ import annotations

import pytest

from providers.kit.registry import Registered
from providers.kit.testing import Bench, description_of

from ..provider import Resend
from ..sandbox import Sandbox
from .conftest import HERE
from .exercise import UNDESCRIBED, exercise, undescribed

ENTRY = Registered(id=Resend.manifest.id, provider=Resend, sandbox=Sandbox, folder=HERE)


def test_every_verb_speaks_as_the_vendor_describes() -> None:
    bench = Bench(ENTRY, undescribed)
    exercise(bench)
    assert bench.transport.outside == UNDESCRIBED
    if description_of(HERE.name) is None:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    assert len(bench.transport.operations) >= 36
