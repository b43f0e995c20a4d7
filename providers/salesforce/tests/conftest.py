"""A Salesforce that is bound to its stand-in, with every request and answer held against the description."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.kit.registry import Registry
from providers.kit.testing import Bench

from .exercise import undescribed

FOLDER = Path(__file__).resolve().parents[1]


@pytest.fixture
def bench() -> Bench:
    return Bench(Registry.discover().entry(FOLDER.name), undescribed)
