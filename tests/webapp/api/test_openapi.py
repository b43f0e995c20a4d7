"""The description is true: every route is in it and nothing else, with the statuses and documents answered."""

from __future__ import annotations

import re
import shlex

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient

from webapp.core.permissions import ACTIONS, SCOPES, permission_of

DESCRIBED_ELSEWHERE = {"/api/openapi.json", "/api/docs"}


@pytest.fixture
def document(app: Flask) -> dict:
    answer = app.test_client().get("/api/openapi.json")
    assert answer.status_code == 200
    return answer.json


def served(app: Flask) -> set[tuple[str, str]]:
    rules = [one for one in app.url_map.iter_rules() if one.rule.startswith("/api/")]
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", one.rule))
        for one in rules
        for method in one.methods - {"HEAD", "OPTIONS"}
        if one.rule not in DESCRIBED_ELSEWHERE
    }


def test_every_route_is_described_and_every_description_is_a_route(app: Flask, document: dict) -> None:
    described = {(method.upper(), path) for path, calls in document["paths"].items() for method in calls}
    assert described == served(app)


def test_the_calls_of_the_interface_are_all_there(document: dict) -> None:
    base = "/api/integrations"
    wanted = {
        base: {"get", "post", "put", "delete"},
        f"{base}/test": {"get", "post"},
        f"{base}/test/{{id}}": {"get"},
        f"{base}/analytics": {"get"},
        f"{base}/marketplace": {"get", "post"},
        f"{base}/events": {"get"},
        f"{base}/events/{{id}}/replay": {"post"},
        "/api/connect-links": {"get", "post", "delete"},
        "/api/contacts": {"get", "post"},
        "/api/contacts/{id}": {"get", "patch"},
    }
    assert {path: set(calls) for path, calls in document["paths"].items()} == wanted


def test_each_call_names_the_scope_that_its_route_demands(app: Flask, document: dict) -> None:
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/") or rule.rule in DESCRIBED_ELSEWHERE:
            continue
        action = permission_of(app.view_functions[rule.endpoint])
        assert action is not None
        calls = document["paths"][re.sub(r"<(\w+)>", r"{\1}", rule.rule)]
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert calls[method.lower()]["x-scope"] == ACTIONS[action].scope
            assert ACTIONS[action].scope in SCOPES


def test_each_call_describes_its_problems(document: dict) -> None:
    for calls in document["paths"].values():
        for call in calls.values():
            statuses = set(call["responses"])
            assert {"400", "401", "403", "429", "503"} <= statuses
            if "requestBody" in call:
                assert {"413", "415", "422"} <= statuses
                assert call["requestBody"]["content"]["application/json"]["examples"]


def test_ids_of_calls_are_unique(document: dict) -> None:
    ids = [call["operationId"] for calls in document["paths"].values() for call in calls.values()]
    assert len(set(ids)) == len(ids)


def test_every_example_fits_its_schema(document: dict) -> None:
    for calls in document["paths"].values():
        for call in calls.values():
            media = call.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in media.get("examples", {}).values():
                schema = {**media["schema"], "components": document["components"]}
                jsonschema.Draft202012Validator(schema).validate(example["value"])


def test_references_lead_somewhere(document: dict) -> None:
    for found in re.findall(r'"\$ref": ?"#/([^"]+)"', str(document).replace("'", '"')):
        part = document
        for name in found.split("/"):
            part = part[name]


def test_it_is_sent_again_only_when_it_changed(app: Flask) -> None:
    client = app.test_client()
    first = client.get("/api/openapi.json")
    assert client.get("/api/openapi.json", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_the_reference_page_loads_nothing_from_elsewhere(app: Flask, client: FlaskClient) -> None:
    for reader in (app.test_client(), client):
        answer = reader.get("/api/docs")
        assert answer.status_code == 200
        assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", answer.text)
        assert answer.text.count("<h1") == 1
        ids = re.findall(r'\bid="([^"]+)"', answer.text)
        assert len(set(ids)) == len(ids)
        assert set(re.findall(r'href="#([^"]+)"', answer.text)) <= set(ids)
        assert "POST" in answer.text
        assert "/api/integrations/events/{id}/replay" in answer.text


def test_the_curl_lines_of_the_reference_are_good_shell(document: dict) -> None:
    from webapp.api.reference import chapters

    samples = [sample for chapter in chapters(document) for call in chapter.calls for sample in call.samples]
    assert len(samples) >= 13
    for sample in samples:
        words = shlex.split(sample.curl)
        assert words[0] == "curl"
        assert sum(word.startswith("http://localhost/api/") for word in words) == 1
