"""Stripe opened on its stand-in, held to Stripe's own description of its interface where that is at hand."""

from __future__ import annotations

import importlib.util
import json
import os
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests

from providers.kit.contract import Environment, StepOutcome
from providers.kit.http import CallRecord, DoorPolicy, SandboxTransport
from providers.kit.registry import Registry
from providers.kit.sandbox import MemoryState
from providers.kit.steps import run_steps
from providers.kit.transport import Limits
from providers.stripe.provider import Stripe
from providers.stripe.sandbox import Sandbox

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
VENDOR_DATA = Path(os.environ.get("VENDOR_DATA", Path(__file__).resolve().parents[4] / "shared" / "vendors"))


@pytest.fixture(scope="session")
def vendor_data() -> Path:
    """The folder of what the vendors publish; tests that read it are skipped in a clone without it."""
    if not (VENDOR_DATA / "specs" / "stripe.json").is_file():
        pytest.skip(f"needs the vendors' data: set VENDOR_DATA ({VENDOR_DATA} is not there)")
    return VENDOR_DATA


@pytest.fixture(scope="session")
def contract_check(vendor_data: Path) -> ModuleType:
    path = vendor_data / "tools" / "contract_check.py"
    spec = importlib.util.spec_from_file_location("contract_check", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _contract(module: ModuleType, path: Path) -> Any:
    return module.Contract(path)


@pytest.fixture(scope="session")
def contract(vendor_data: Path, contract_check: ModuleType) -> Any:
    return _contract(contract_check, vendor_data / "specs" / "stripe.json")


class CheckedTransport(SandboxTransport):
    """The stand-in, with every request and every answer held to the description."""

    def __init__(self, contract: Any, state: MemoryState) -> None:
        super().__init__(Sandbox, state, lambda: NOW, latency=0)
        self.contract = contract
        self.findings: list[str] = []
        self.seen: list[requests.PreparedRequest] = []

    def exchange(self, request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        response = super().exchange(request, limits)
        self.seen.append(request)
        if self.contract is not None:
            body = request.body.encode() if isinstance(request.body, str) else request.body
            asked, answered = (request.method, request.path_url), (response.status_code, response.json())
            if response.ok:
                self.findings += self.contract.check_request(*asked, dict(request.headers), body)
            self.findings += self.contract.check_response(*asked, *answered)
        return response


class World:
    """A stand-in with its memory, and the provider opened on it with any key."""

    def __init__(self, contract: Any = None) -> None:
        self.state = MemoryState()
        self.transport = CheckedTransport(contract, self.state)
        self.calls: list[CallRecord] = []

    def open(
        self,
        configuration: Mapping[str, str] | None = None,
        *,
        environment: Environment = Environment.TEST,
        **options: Any,
    ) -> Stripe:
        return Registry.discover().open(
            "stripe",
            configuration=Sandbox.credentials() if configuration is None else configuration,
            environment=environment,
            policy=DoorPolicy(),
            on_call=self.calls.append,
            transport=self.transport,
            account_key=uuid.uuid4().hex,  # a rate limit of its own: tests do not wait for each other
            **{"now": lambda: NOW, **options},
        )


@pytest.fixture
def world(contract: Any) -> World:
    return World(contract)


@pytest.fixture
def run() -> Callable[..., dict[str, StepOutcome]]:
    """Runs a test as the hub does; outcomes by the line's name."""

    def run_test(provider: Stripe, test_id: str, **inputs: Any) -> dict[str, StepOutcome]:
        return {step.name: outcome for step, outcome in run_steps(provider.steps(test_id, inputs))}

    return run_test


@pytest.fixture(scope="session")
def fixture_events() -> list[dict[str, Any]]:
    path = Path(__file__).parents[1] / "fixtures" / "events.json"
    return json.loads(path.read_text(encoding="utf-8"))["sentences"]
