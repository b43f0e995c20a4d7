"""A Resend that is bound to its sandbox, with every request and answer held against the vendor's description."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from providers.kit.contract import Connection, Environment, WebhookState
from providers.kit.http import CallRecord, Door, DoorPolicy, SandboxTransport
from providers.kit.sandbox import MemoryState
from providers.kit.transport import Limits

from ..provider import Resend
from ..sandbox import Sandbox

HERE = Path(__file__).resolve().parents[1]
VENDOR_DATA = Path(os.environ.get("VENDOR_DATA") or HERE.parents[1].parent / "shared" / "vendors")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def own_fixture(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "fixtures" / name).read_text(encoding="utf-8"))
    return found


def vendor_json(path: str) -> Any:
    file = VENDOR_DATA / path
    if not file.is_file():
        pytest.skip(f"the vendors' data ({path}) is not here; set VENDOR_DATA to its folder")
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def description() -> Any:
    """contract_check.Contract over Resend's published description; None where the vendors' data is missing."""
    tool = VENDOR_DATA / "tools" / "contract_check.py"
    if not tool.is_file():
        return None
    spec = importlib.util.spec_from_file_location("contract_check", tool)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Contract(VENDOR_DATA / "specs" / "resend.json")


@pytest.fixture
def contract(description: Any) -> Any:
    """The same, for tests that are about nothing else."""
    if description is None:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    return description


class HeldTransport(SandboxTransport):
    """The sandbox, with each exchange checked where the description is at hand: a finding fails the test."""

    def __init__(self, state: MemoryState, now: Callable[[], datetime], description: Any) -> None:
        super().__init__(Sandbox, state, now, latency=0)
        self.description = description
        self.calls: list[requests.PreparedRequest] = []

    def exchange(self, request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        self.calls.append(request)
        path, check = request.path_url, self.description
        if check:
            assert check.check_request(request.method, path, dict(request.headers), request.body) == []
        response = super().exchange(request, limits)
        if response.ok and check:
            assert check.check_response(request.method, path, response.status_code, response.json()) == []
        if not response.ok:
            assert response.json().keys() == {"statusCode", "name", "message"}
        return response


class Bench:
    """Makes providers on one sandbox state and keeps what went over the door."""

    def __init__(self, description: Any) -> None:
        self.state = MemoryState()
        self.moment = NOW
        self.records: list[CallRecord] = []
        self.transport = HeldTransport(self.state, lambda: self.moment, description)

    def provider(
        self,
        environment: Environment = Environment.SANDBOX,
        webhook: WebhookState | None = None,
        **configuration: str,
    ) -> Resend:
        door = Door(
            policy=DoorPolicy(),
            base_url="https://api.resend.com",
            on_call=self.records.append,
            provider_id=Resend.manifest.id,
            transport=self.transport,
            user_agent="tests",
        )
        return Resend(
            Connection(
                configuration=Sandbox.credentials() | configuration,
                environment=environment,
                http=door,
                api_base="https://api.resend.com",
                now=lambda: self.moment,
                webhook=webhook or WebhookState(),
            )
        )


@pytest.fixture
def bench(description: Any) -> Bench:
    return Bench(description)
