"""A Mixpanel that is bound to its sandbox, with every request and answer held against the vendor's description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from providers.kit.registry import Registered
from providers.kit.testing import Bench

from ..provider import Mixpanel
from ..sandbox import Sandbox
from .exercise import undescribed

ENTRY = Registered(
    id=Mixpanel.manifest.id, provider=Mixpanel, sandbox=Sandbox, folder=Path(__file__).resolve().parents[1]
)


class MixpanelBench(Bench):
    """`open` gives a Mixpanel."""

    def open(self, configuration: Any = None, **options: Any) -> Mixpanel:
        provider = super().open(configuration, **options)
        assert isinstance(provider, Mixpanel)
        return provider


@pytest.fixture
def bench() -> MixpanelBench:
    return MixpanelBench(ENTRY, undescribed)
