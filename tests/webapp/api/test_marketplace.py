"""/api/integrations/marketplace: browsing, and one provider in full."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient


def test_providers_are_listed_with_categories_and_a_total(api: FlaskClient) -> None:
    found = api.get("/api/integrations/marketplace").json
    assert {"stripe", "resend"} <= {one["id"] for one in found["providers"]}
    assert found["total"] == len(found["providers"])
    assert {one["id"] for one in found["categories"]} == {"payment", "email", "crm", "analytics", "social", "custom"}
    assert found["nextCursor"] is None


@pytest.mark.parametrize("query", ["search=strpe", "category=payment&verified=true", "search=card payments"])
def test_a_provider_is_found_by_words_and_filters(api: FlaskClient, query: str) -> None:
    assert api.get(f"/api/integrations/marketplace?{query}").json["providers"][0]["id"] == "stripe"


def test_the_marketplace_pages_by_cursor(api: FlaskClient) -> None:
    everything = [one["id"] for one in api.get("/api/integrations/marketplace?sort=name").json["providers"]]
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/api/integrations/marketplace?sort=name&limit=1&cursor={cursor}").json
        seen += [one["id"] for one in page["providers"]]
        cursor = page["nextCursor"]
    assert seen == everything


@pytest.mark.parametrize("provider_id", ["stripe", "resend"])
def test_a_provider_is_shown_in_full(api: FlaskClient, provider_id: str) -> None:
    answer = api.post("/api/integrations/marketplace", json={"providerId": provider_id})
    assert answer.status_code == 200, answer.text
    found = answer.json["provider"]
    assert found["id"] == provider_id
    for name in ("fields", "environmentVariables", "permissions", "setupInstructions", "templates", "tests"):
        assert found[name], name
    assert found["pricing"]["tiers"]
    assert found["webhook"]["events"]
    assert found["oauth"] is None
    assert {one["name"] for one in found["environmentVariables"]} >= {
        field["environmentVariable"] for field in found["fields"] if field["required"]
    }


def test_an_unknown_provider_is_missing(api: FlaskClient) -> None:
    assert api.post("/api/integrations/marketplace", json={"providerId": "nobody"}).status_code == 404
