"""Against a server nobody here wrote: it answers from Stripe's description and refuses whatever does not fit it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.kit.contract import Environment
from providers.kit.http import CallRecord, DoorPolicy
from providers.kit.registry import Registry
from providers.stripe.provider import Stripe


@pytest.fixture(scope="module")
def mock_port(vendor_data: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tool, spec = vendor_data / "tools" / "contract_check.py", vendor_data / "specs" / "stripe.json"
    server = subprocess.Popen([sys.executable, tool, "--serve", str(port), spec])
    try:
        _wait_for(port)
        yield port
    finally:
        server.kill()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the vendor's mock did not start")


@pytest.fixture
def calls() -> list[CallRecord]:
    return []


@pytest.fixture(params=[Environment.LIVE, Environment.TEST])
def provider(request: pytest.FixtureRequest, mock_port: int, calls: list[CallRecord]) -> Stripe:
    return Registry.discover().open(
        "stripe",
        configuration={"api_key": f"sk_{request.param}_contract"},
        environment=request.param,
        policy=DoorPolicy.from_egress_allow(f"127.0.0.1:{mock_port}"),
        on_call=calls.append,
        api_base_override=f"http://127.0.0.1:{mock_port}",
        account_key=uuid.uuid4().hex,  # a rate limit of its own
    )


def test_the_connection_test_passes_without_a_violation(provider: Stripe, calls: list[CallRecord], run: Any) -> None:
    outcomes = run(provider, "stripe-connection")
    assert {name: outcome.message for name, outcome in outcomes.items() if outcome.status == "failed"} == {}
    assert calls
    assert [call for call in calls if not call.ok] == []


def test_every_verb_is_asked_as_stripe_wants_it(provider: Stripe, calls: list[CallRecord]) -> None:
    now = provider.connection.now()
    provider.identify()
    provider.balances()
    provider.payments(cursor="pi_1", limit=7)
    provider.create_payment(amount_minor=1200, currency="EUR", description="Logo", idempotency_key="k1")
    provider.refund("pi_1", amount_minor=None, idempotency_key="k2")
    provider.refund("pi_1", amount_minor=500, idempotency_key="k3")
    provider.refund("ch_1", amount_minor=500, idempotency_key="k4")
    provider.register_webhook("https://hub.example/webhooks/stripe/k", ())
    provider.unregister_webhook("we_1")
    provider.events_since(now, 3)
    assert len(calls) >= 12
    assert [call for call in calls if not call.ok] == []


def test_the_payment_test_runs_only_with_a_test_key(provider: Stripe, calls: list[CallRecord], run: Any) -> None:
    outcomes = run(provider, "stripe-payment")
    live = provider.connection.environment is Environment.LIVE
    assert (outcomes["allowed"].status == "failed") is live
    assert bool(calls) is not live
    assert [call for call in calls if not call.ok] == []
