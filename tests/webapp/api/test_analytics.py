"""/api/integrations/analytics: exact figures in the promised shape."""

from __future__ import annotations

import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from webapp.instances.models import Instance
from webapp.usage.service import CallFact, append
from webapp.workspaces.models import Workspace

SANDBOX = {"providerId": "stripe", "name": "A", "environment": "sandbox", "configuration": {}}


@pytest.fixture
def busy(api: FlaskClient, session: Session, workspace: Workspace) -> str:
    """A sandbox connection with three calls (one failed), a delivery and a sync, just now."""
    made = api.post("/api/integrations", json=SANDBOX).json["instance"]["id"]
    at = int(time.time() * 1000) - 1000
    kinds = [("api_call", True), ("api_call", True), ("api_call", False), ("webhook", True), ("sync", True)]
    row = session.get_one(Instance, made)
    append(
        session,
        [
            CallFact(
                at_ms=at,
                workspace_id=workspace.id,
                provider_id=row.provider_id,
                instance_id=made,
                environment="sandbox",
                kind=kind,
                operation="x",
                ok=ok,
                status=200 if ok else 401,
                error_category="" if ok else "authentication",
                latency_us=100_000,
                items=1,
            )
            for kind, ok in kinds
        ],
    )
    session.commit()
    return made


def test_figures_are_exact_and_in_the_promised_shape(api: FlaskClient, busy: str) -> None:
    found = api.get("/api/integrations/analytics").json["analytics"]
    assert (found["totalIntegrations"], found["activeIntegrations"]) == (1, 1)
    assert found["usage"] == {"apiCalls": 3, "webhookDeliveries": 1, "dataSyncs": 1}
    assert found["errors"] == {"total": 1, "byCategory": {"authentication": 1}}
    assert found["performance"].keys() == {"successRate", "averageResponseTime", "p50", "p95", "p99", "uptime"}
    assert found["performance"]["successRate"] == pytest.approx(0.8)
    assert found["performance"]["averageResponseTime"] == pytest.approx(100)
    assert found["performance"]["p95"] == pytest.approx(100, rel=0.02)
    assert found["providers"][0]["name"] == "Stripe"
    assert sum(point["usage"]["apiCalls"] for point in found["series"]) == 3


def test_an_empty_range_has_no_rates_and_no_mistakes(api: FlaskClient, busy: str) -> None:
    found = api.get("/api/integrations/analytics?startDate=2024-01-01&endDate=2024-01-31").json["analytics"]
    assert found["performance"]["successRate"] is None
    assert found["usage"]["apiCalls"] == 0
    assert len(found["series"]) == 31
    assert (found["start"], found["end"]) == ("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z")


@pytest.mark.parametrize("plus", ["%2B", "+"])
def test_moments_may_carry_a_zone(api: FlaskClient, plus: str) -> None:
    query = f"startDate=2024-01-01T02:00:00{plus}02:00&endDate=2024-01-02T00:00:00.5Z"
    found = api.get(f"/api/integrations/analytics?{query}").json["analytics"]
    assert (found["start"], found["end"]) == ("2024-01-01T00:00:00Z", "2024-01-02T00:00:00.500000Z")
    assert found["grain"] == "hour"


def test_figures_can_be_narrowed_to_a_connection(api: FlaskClient, busy: str) -> None:
    found = api.get(f"/api/integrations/analytics?instanceId={busy}").json["analytics"]
    assert found["usage"]["apiCalls"] == 3
    assert api.get("/api/integrations/analytics?providerId=resend").json["analytics"]["usage"]["apiCalls"] == 0


def test_sandbox_figures_are_not_mixed_with_live_ones(api: FlaskClient, busy: str) -> None:
    live = {"providerId": "stripe", "name": "L", "configuration": {"api_key": "sk_live_51canaryCANARYcanary"}}
    assert api.post("/api/integrations", json=live).status_code == 201
    found = api.get("/api/integrations/analytics").json["analytics"]
    assert found["environments"] == ["live", "test"]
    assert found["usage"]["apiCalls"] == 0
    found = api.get("/api/integrations/analytics?environment=sandbox").json["analytics"]
    assert found["usage"]["apiCalls"] == 3
