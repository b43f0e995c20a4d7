"""The specification's examples work as written, in curl's words."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from providers.kit.contract import Category, Environment, Field, FieldKind, TestDefinition
from providers.kit.registry import Registry
from tests.webapp.fakes import acme
from webapp.api.reference import chapters, curl

_FETCH = re.compile(r"await fetch\('(?P<path>[^']+)'(?:, (?P<options>\{.*?\n\}))?\);", re.DOTALL)


def as_curl(fetch: re.Match[str]) -> str:
    """One of the specification's fetch() calls as a curl line."""
    options = fetch["options"] or ""
    method = re.search(r"method: '(\w+)'", options)
    body = re.search(r"JSON\.stringify\((\{.*\})\)", options, re.DOTALL)
    value = None
    if body:
        quoted = re.sub(r"'([^']*)'", lambda found: json.dumps(found[1]), body[1])
        value = json.loads(re.sub(r"^(\s*)(\w+):", r'\1"\2":', quoted, flags=re.MULTILINE))
    return curl(method[1] if method else "GET", f"http://localhost{fetch['path']}", value)


def run(client: FlaskClient, line: str, **headers: str) -> TestResponse:
    """Does what a shell and curl would do with the line, but in the process."""
    words = iter(shlex.split(line.replace("\\\n", ""))[1:])
    method, data, sent, address = "GET", None, dict(headers), ""
    for word in words:
        match word:
            case "-X":
                method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                if name != "Authorization":  # the client has its token already
                    sent[name] = value
            case "-d":
                data = next(words)
                method = "POST" if method == "GET" else method
            case _:
                address = word
    return client.open(address.removeprefix("http://localhost"), method=method, data=data, headers=sent)


@pytest.fixture
def calls(vendor_data: Path) -> dict[str, str]:
    """The specification's calls by what they name: a provider, a test or the analytics."""
    text = (vendor_data.parent / "specification.md").read_text()
    found = {}
    for fetch in _FETCH.finditer(text):
        named = re.search(r"(?:testId|providerId): '([^']+)'", fetch[0])
        found[named[1] if named else "analytics"] = as_curl(fetch)
    return found


def _stand_in(provider_id: str, name: str, category: Category, key: str, test: TestDefinition) -> acme.Registered:
    field = Field(name=key, label="Key", env=f"{provider_id.upper()}_KEY", kind=FieldKind.SECRET)
    manifest = acme.other(provider_id, name, category=category, environments=(Environment.LIVE, Environment.SANDBOX))
    return replace(manifest, fields=(field,), tests=(*manifest.tests, test), webhook=None, templates=())


@pytest.fixture(autouse=True)
def every_provider(app: Flask, tmp_path: Path) -> Iterator[None]:
    """The real providers; those of the examples that have no folder yet are stood in for."""
    to = Field(name="to", label="To", env="", kind=FieldKind.EMAIL)
    subject, text = Field(name="subject", label="Subject", env=""), Field(name="text", label="Text", env="")
    send = TestDefinition(
        id="sendgrid-send", name="Send", description="", inputs=(to, subject, text), changes_data=True
    )
    contact = Field(name="contact", label="Contact", env="", kind=FieldKind.JSON)
    create = TestDefinition(
        id="hubspot-create-contact", name="Create", description="", inputs=(contact,), changes_data=True
    )
    wanted = (
        _stand_in("sendgrid", "SendGrid", Category.EMAIL, "api_key", send),
        _stand_in("hubspot", "HubSpot", Category.CRM, "access_token", create),
    )
    real = {one.id: one for one in Registry.discover()}
    missing = {one.id: acme.registered(tmp_path / one.id, one) for one in wanted if one.id not in real}
    app.extensions["registry"] = Registry(real | missing)
    yield
    del app.extensions["registry"]


def test_a_payment_account_is_connected_as_written(api: FlaskClient, calls: dict[str, str]) -> None:
    answer = run(api, calls["stripe"])
    assert answer.status_code == 201, answer.text
    made = answer.json["instance"]
    assert (made["name"], made["description"]) == ("My Stripe Integration", "Payment processing for my app")
    assert made["environment"] == "test", "the keys say so themselves"
    assert made["configuration"]["api_key"]["set"] is True
    assert made["configuration"]["publishable_key"] == "pk_test_..."


@pytest.mark.parametrize("test_id", ["stripe-connection", "sendgrid-send", "hubspot-create-contact"])
def test_a_test_is_asked_for_as_written(api: FlaskClient, calls: dict[str, str], test_id: str) -> None:
    answer = run(api, calls[test_id], Prefer="wait=0")
    assert answer.status_code == 202, answer.text
    assert answer.json["test"]["testId"] == test_id
    assert run(api, f"curl {answer.headers['Location']}").status_code == 200


def test_analytics_are_read_as_written(api: FlaskClient, calls: dict[str, str]) -> None:
    answer = run(api, calls["analytics"])
    assert answer.status_code == 200
    assert answer.json["analytics"]["totalIntegrations"] == 0
    assert "successRate" in answer.json["analytics"]["performance"]


CRM = {"providerId": "hubspot", "name": "B", "environment": "sandbox", "configuration": {}}


def test_the_examples_of_the_reference_work_as_shown(app: Flask, api: FlaskClient) -> None:
    made = api.post(
        "/api/integrations",
        json={"providerId": "stripe", "name": "A", "environment": "sandbox", "configuration": {}},
    ).json["instance"]["id"]
    crm = api.post("/api/integrations", json=CRM).json["instance"]["id"]
    asked = {"clientName": "Ben", "providerIds": ["stripe"], "environment": "sandbox"}
    link = api.post("/api/connect-links", json=asked).json["connectLink"]["id"]
    document = api.get("/api/openapi.json").json
    samples = [sample for chapter in chapters(document) for call in chapter.calls for sample in call.samples]
    for sample in samples:
        if sample.id == "removeIntegration-one" or "{id}" in sample.curl:
            continue
        line = sample.curl.replace("ins_8fj2k5m0p3q7r9s1t4v6", crm if "/contacts" in sample.curl else made)
        line = line.replace("lnk_5m0p3q7r9s1t4v68fj2k", link)
        answer = run(api, line, Prefer="wait=0")
        # The sandbox takes none but its own key, and says so; all else simply works.
        expected = (409, 422) if sample.id in ("changeIntegration-secret", "runTest-stored") else (200, 201, 202)
        assert answer.status_code in (*expected, 200), (sample.id, answer.text)
