"""LinkedIn's own Python client (PyPI: linkedin-api-client) as a client of the stand-in."""

from __future__ import annotations

from typing import Any

import pytest

from providers.kit.http import SandboxTransport
from providers.kit.sandbox import MemoryState
from providers.kit.testing import NOW

from ..sandbox import Sandbox
from ..sandbox_people import CLIENT_ID, CLIENT_SECRET, FULL_TOKEN, REFRESH_TOKEN

PAGE = "urn:li:organization:5515715"
KEYS = {"access_token": FULL_TOKEN, "version_string": "202607"}


@pytest.fixture
def transport() -> SandboxTransport:
    return SandboxTransport(Sandbox, MemoryState(), lambda: NOW, latency=0)


@pytest.fixture
def restli(transport: SandboxTransport) -> Any:
    client = pytest.importorskip(
        "linkedin_api.clients.restli.client",
        reason="its licence binds whoever installs it, so that is your choice: pip install linkedin-api-client",
    ).RestliClient()
    client.session.mount("https://", transport)
    return client


@pytest.fixture
def auth(transport: SandboxTransport) -> Any:
    client = pytest.importorskip(
        "linkedin_api.clients.auth.client",
        reason="its licence binds whoever installs it, so that is your choice: pip install linkedin-api-client",
    ).AuthClient(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, redirect_url="https://hub.example.com/back")
    client.session.mount("https://", transport)
    return client


def test_it_publishes_finds_changes_and_deletes_a_post(restli: Any) -> None:
    entity = {
        "author": PAGE,
        "commentary": "From the official client",
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
    }
    made = restli.create(resource_path="/posts", entity=entity, **KEYS)
    assert made.status_code == 201
    assert made.entity_id.startswith("urn:li:share:")
    one = {"resource_path": "/posts/{id}", "path_keys": {"id": made.entity_id}, **KEYS}
    assert restli.get(**one).entity["commentary"] == "From the official client"
    change = {"$set": {"commentary": "Changed"}}
    assert restli.partial_update(patch_set_object=change["$set"], **one).status_code == 204
    found = restli.finder(
        resource_path="/posts", finder_name="author", query_params={"author": PAGE, "count": 2}, **KEYS
    )
    assert [element["commentary"] for element in found.elements][:1] == ["Changed"]
    assert found.paging.total == 4
    assert restli.delete(**one).status_code == 204


def test_it_starts_an_upload_and_reads_figures(restli: Any) -> None:
    wanted = {"initializeUploadRequest": {"owner": PAGE}}
    begun = restli.action(resource_path="/images", action_name="initializeUpload", action_params=wanted, **KEYS)
    assert begun.value["image"].startswith("urn:li:image:")
    posts = restli.finder(resource_path="/posts", finder_name="author", query_params={"author": PAGE}, **KEYS)
    figures = restli.finder(
        resource_path="/organizationalEntityShareStatistics",
        finder_name="organizationalEntity",
        query_params={"organizationalEntity": PAGE, "shares": [one["id"] for one in posts.elements]},
        **KEYS,
    )
    assert {one["totalShareStatistics"]["impressionCount"] for one in figures.elements} == {912, 1480, 2310}


def test_it_gets_renews_and_asks_about_tokens(auth: Any) -> None:
    assert auth.exchange_auth_code_for_access_token("sandbox-code").expires_in == 5_184_000
    assert auth.exchange_refresh_token_for_access_token(REFRESH_TOKEN).access_token.startswith("AQ")
    told = auth.introspect_access_token(FULL_TOKEN)
    assert told.active
    assert "w_member_social" in told.scope
