"""simple-salesforce, the client that most Python programs use, as a client of the stand-in."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import requests

from providers.kit.sandbox import MemoryState
from providers.kit.sandbox_transport import SandboxTransport
from providers.kit.testing import NOW

from ..sandbox import Sandbox
from ..sandbox_sign_in import CLIENT_ID, CLIENT_SECRET

simple = importlib.import_module("simple_salesforce")
bulk2 = importlib.import_module("simple_salesforce.bulk2")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(bulk2, "sleep", lambda seconds: None)
    session = requests.Session()
    session.mount("https://", SandboxTransport(Sandbox, MemoryState(), lambda: NOW, latency=0))
    return simple.Salesforce(
        consumer_key=CLIENT_ID,
        consumer_secret=CLIENT_SECRET,
        domain="example.my",
        session=session,
        version="67.0",
    )


def test_it_signs_in_by_client_credentials_and_a_wrong_secret_is_refused(client: Any) -> None:
    assert client.sf_instance == "example.my.salesforce.com"
    with pytest.raises(simple.SalesforceAuthenticationFailed):
        simple.Salesforce(
            consumer_key=CLIENT_ID, consumer_secret="wrong", domain="example.my", session=client.session
        )


def test_records_are_made_read_changed_upserted_and_deleted(client: Any) -> None:
    made = client.Contact.create({"LastName": "O'Hara", "Email": "o@example.com"})
    assert made["success"]
    client.Contact.update(made["id"], {"Title": "Owner"})
    assert client.Contact.get(made["id"])["Title"] == "Owner"
    assert client.Contact.upsert("Shop_Id__c/s-1", {"LastName": "Curie"}) == 201
    assert client.Contact.upsert("Shop_Id__c/s-1", {"LastName": "Curie"}) == 200
    assert client.Contact.get_by_custom_id("Shop_Id__c", "s-1")["LastName"] == "Curie"
    client.Contact.delete(made["id"])
    with pytest.raises(simple.SalesforceResourceNotFound):
        client.Contact.get(made["id"])


def test_questions_searches_descriptions_and_limits(client: Any) -> None:
    found = client.query_all(
        simple.format_soql("SELECT Id, Account.Name FROM Contact WHERE LastName = {}", "Lovelace")
    )
    assert found["records"][0]["Account"]["Name"] == "Analytical Engines"
    assert client.query("SELECT COUNT() FROM Contact")["totalSize"] == 3
    assert client.search("FIND {Ada} RETURNING Contact(Id, LastName)")["searchRecords"][0]["LastName"] == "Lovelace"
    assert "LastName" in [one["name"] for one in client.Contact.describe()["fields"]]
    assert client.limits()["DailyApiRequests"]["Max"] == 15_000
    assert client.api_usage["api-usage"].total == 15_000
    with pytest.raises(simple.SalesforceMalformedRequest):
        client.query("SELECT Nonsense FROM Contact")


def test_bulk_jobs(client: Any) -> None:
    rows = [{"Shop_Id__c": f"b-{number}", "LastName": "Doe"} for number in range(3)] + [
        {"Shop_Id__c": "b-9", "LastName": ""}
    ]
    outcome = client.bulk2.Contact.upsert(records=rows, external_id_field="Shop_Id__c")[0]
    assert (outcome["numberRecordsProcessed"], outcome["numberRecordsFailed"]) == (4, 1)
    assert "REQUIRED_FIELD_MISSING" in client.bulk2.Contact.get_failed_records(outcome["job_id"])
    assert "b-2" in client.bulk2.Contact.get_successful_records(outcome["job_id"])
