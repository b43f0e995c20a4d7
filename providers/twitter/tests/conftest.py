"""X on its stand-in, with every request and answer held against X's own description."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from providers.kit.contract import StepOutcome
from providers.kit.registry import Registered
from providers.kit.steps import run_steps
from providers.kit.testing import Bench

from ..manifest import ID
from ..provider import Twitter
from ..sandbox import Sandbox
from .exercise import undescribed

HERE = Path(__file__).resolve().parents[1]
ENTRY = Registered(id=ID, provider=Twitter, sandbox=Sandbox, folder=HERE)


def own_fixture(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "fixtures" / name).read_text(encoding="utf-8"))
    return found


@pytest.fixture
def bench() -> Bench:
    return Bench(ENTRY, undescribed)


@pytest.fixture
def opened(bench: Bench) -> Callable[..., Twitter]:
    """`opened(access_token=…)`: the provider with the stand-in's credentials, changed so."""

    def make(**configuration: str) -> Twitter:
        return cast(Twitter, bench.open(configuration))

    return make


def run(provider: Twitter, test: str, inputs: Mapping[str, Any] | None = None) -> dict[str, StepOutcome]:
    return {step.name: outcome for step, outcome in run_steps(provider.steps(f"{ID}-{test}", inputs or {}))}


def states(outcomes: Mapping[str, StepOutcome]) -> dict[str, str]:
    return {name: str(outcome.status) for name, outcome in outcomes.items()}
