"""HubSpot on its stand-in, each request and answer held against the vendor's description where it is at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from providers.kit import limits
from providers.kit.contract import Provider, StepOutcome
from providers.kit.registry import Registered
from providers.kit.steps import run_steps
from providers.kit.testing import Bench

from ..provider import HubSpot
from ..sandbox import Sandbox
from .exercise import undescribed

HERE = Path(__file__).resolve().parents[1]
ENTRY = Registered(id=HubSpot.manifest.id, provider=HubSpot, sandbox=Sandbox, folder=HERE)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own ceiling lets everything go at once: no test is about waiting."""
    monkeypatch.setattr(limits.TokenBucket, "reserve", lambda self, longest: 0.0)


@pytest.fixture
def bench() -> Bench:
    return Bench(ENTRY, undescribed)


@pytest.fixture
def hubspot(bench: Bench) -> Any:
    return bench.open()


@pytest.fixture
def run() -> Callable[..., dict[str, StepOutcome]]:
    def lines(provider: Provider, test: str, inputs: Mapping[str, Any] | None = None) -> dict[str, StepOutcome]:
        steps = provider.steps(f"{provider.manifest.id}-{test}", inputs or {})
        return {step.name: outcome for step, outcome in run_steps(steps)}

    return lines
