"""HubSpot's own SDK as a client of the stand-in, over real HTTP."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from providers.kit.registry import Registry
from providers.kit.sandbox_http import SandboxApplication

from ..sandbox_access import FULL_TOKEN
from .conftest import ENTRY


class Quiet(WSGIRequestHandler):
    def log_message(self, *words: Any) -> None:
        """Says nothing in the tests' output."""


@pytest.fixture(scope="module")
def sdk() -> Iterator[Any]:
    with pytest.MonkeyPatch.context(), _ignored_warnings():
        hubspot = importlib.import_module("hubspot")
    application = SandboxApplication(Registry({ENTRY.id: ENTRY}))
    server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}/{ENTRY.id}"

    def api(package: Any, name: str, config: dict[str, Any]) -> Any:
        configuration = package.Configuration(host=base)
        configuration.access_token = FULL_TOKEN
        return getattr(package, name)(api_client=package.ApiClient(configuration=configuration))

    yield hubspot.HubSpot(access_token=FULL_TOKEN, api_factory=api)
    server.shutdown()
    thread.join()
    server.server_close()


def _ignored_warnings() -> Any:
    import warnings

    caught = warnings.catch_warnings()
    warnings.simplefilter("ignore")
    return caught


def test_contacts_through_the_sdk(sdk: Any) -> None:
    from hubspot.crm import contacts

    api = sdk.crm.contacts.basic_api
    made = api.create(
        contacts.SimplePublicObjectInputForCreate(properties={"email": "sdk@example.com"}, associations=[])
    )
    assert api.get_by_id(made.id, properties=["email", "phone"]).properties["email"] == "sdk@example.com"
    api.update(made.id, contacts.SimplePublicObjectInput(properties={"firstname": "Sdk"}))
    assert len(sdk.crm.contacts.get_all()) >= 120
    request = contacts.PublicObjectSearchRequest(query="sdk@example.com", limit=5, properties=["email"], sorts=[])
    assert sdk.crm.contacts.search_api.do_search(request).total == 1
    row = contacts.SimplePublicObjectBatchInputUpsert(
        id="sdk@example.com", id_property="email", properties={"lastname": "Kit"}
    )
    answer = sdk.crm.contacts.batch_api.upsert(contacts.BatchInputSimplePublicObjectBatchInputUpsert(inputs=[row]))
    assert (answer.results[0].id, answer.results[0].new) == (made.id, False)
    api.archive(made.id)
    with pytest.raises(contacts.ApiException) as gone:
        api.get_by_id(made.id)
    assert gone.value.status == 404


def test_deals_pipelines_owners_and_properties_through_the_sdk(sdk: Any) -> None:
    from hubspot.crm import deals

    made = sdk.crm.deals.basic_api.create(
        deals.SimplePublicObjectInputForCreate(
            properties={"dealname": "Sdk", "dealstage": "contractsent"}, associations=[]
        )
    )
    assert made.properties["pipeline"] == "default"
    assert [one.id for one in sdk.crm.pipelines.pipelines_api.get_all("deals").results] == ["default", "75001"]
    assert len(sdk.crm.owners.owners_api.get_page(limit=10).results) == 3
    names = {one.name for one in sdk.crm.properties.core_api.get_all("contacts").results}
    assert {"email", "external_ref"} <= names
