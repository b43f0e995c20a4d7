"""Every verb once, and every call within the vendor's own description."""

from __future__ import annotations

import pytest

from providers.kit.testing import description_of

from .conftest import ENTRY, MixpanelBench
from .exercise import exercise


def test_every_verb_works_on_the_sandbox_and_keeps_to_the_description(bench: MixpanelBench) -> None:
    exercise(bench)
    assert not bench.transport.outside
    if description_of(ENTRY.folder.name) is None:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    assert bench.transport.operations >= {
        "POST /track",
        "POST /import",
        "POST /engage",
        "POST /groups",
        "GET /api/app/me",
        "GET /api/2.0/export",
        "GET /api/query/events",
        "GET /api/query/events/names",
        "GET /api/query/segmentation",
        "GET /api/query/funnels",
        "GET /api/query/funnels/list",
        "GET /api/query/retention",
        "GET /api/query/insights",
    }
