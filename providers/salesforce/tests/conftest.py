"""A Salesforce that is bound to its stand-in, with every request and answer held against the description."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from providers.kit.contract import StepOutcome
from providers.kit.registry import Registry
from providers.kit.steps import run_steps
from providers.kit.testing import Bench

from ..fields import ID
from ..provider import Salesforce
from ..sandbox_sign_in import REFRESH_TOKEN
from .exercise import undescribed

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"

SIGNED_IN = {
    "login_host": "production",
    "my_domain": "",
    "refresh_token": REFRESH_TOKEN,
    "instance_url": "https://example.my.salesforce.com",
}
"""The fields as after a person signed in; the access token is added by each test."""


@pytest.fixture
def bench() -> Bench:
    return Bench(Registry.discover().entry(ID), undescribed)


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def run(crm: Salesforce, test: str, inputs: Mapping[str, Any] | None = None) -> dict[str, StepOutcome]:
    return {step.name: outcome for step, outcome in run_steps(crm.steps(f"{ID}-{test}", inputs or {}))}


def states(outcomes: Mapping[str, StepOutcome]) -> dict[str, str]:
    return {name: str(outcome.status) for name, outcome in outcomes.items()}
