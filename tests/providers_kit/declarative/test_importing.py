"""Drafts from what people have: what is in it is understood, what is not is told, keys are not kept."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from providers.kit.conformance import check
from providers.kit.declarative import Severity, read, registered, to_yaml, validate
from providers.kit.declarative.generating import folder_name, package
from providers.kit.declarative.importing import (
    Draft,
    NotImportable,
    from_curl,
    from_har,
    from_openapi,
    from_page,
    from_postman,
    from_sample,
)
from providers.kit.testing import VENDOR_DATA, description_of
from tests.providers_kit.declarative.bench import Answers, opened

DESCRIPTIONS = sorted((VENDOR_DATA / "specs").glob("*.json")) if (VENDOR_DATA / "specs").is_dir() else []
COMMAND = """curl -X POST 'https://api.acme.example.com/v1/customers/123/orders?dry=true' \\
  -H 'Authorization: Bearer tok_very_secret_1' -H 'Content-Type: application/json' --compressed \\
  -d '{"email": "a@b.c", "count": 3, "lines": [{"note": "{{x}}"}]}' --strange"""


def errors(draft: Draft) -> list[str]:
    return [str(one) for one in validate(draft.document) if one.severity is Severity.ERROR]


def test_a_curl_command_becomes_an_operation() -> None:
    draft = from_curl(COMMAND)
    (operation,) = draft.document.operations
    assert draft.document.base_url == "https://api.acme.example.com/v1"
    assert (operation.method, operation.path) == ("POST", "/customers/{{ input.customer_id }}/orders")
    assert {one.name for one in operation.inputs} == {"customer_id", "dry", "email", "count"}
    assert draft.document.auth.kind == "bearer"
    assert "“--strange” was not understood." in draft.not_understood
    assert "tok_very_secret_1" not in to_yaml(draft.document)
    assert read(to_yaml(draft.document)) == draft.document


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("curl -u ada:hunter22 https://api.example.com/me", "basic"),
        ("curl -H 'X-Api-Key: abc123456' api.example.com/me", "api_key"),
        ("curl 'https://api.example.com/me?api_key=abc123456'", "api_key"),
        ("curl https://api.example.com/me", "none"),
    ],
)
def test_the_sign_in_is_found(command: str, kind: str) -> None:
    draft = from_curl(command)
    assert draft.document.auth.kind == kind
    assert draft.document.identify.operation
    assert not {"hunter22", "abc123456"} & set(to_yaml(draft.document).split())


@pytest.mark.parametrize(
    "command", ["", "wget x", "curl", "curl 'x", "curl -H", "curl file:///etc/passwd", "curl " + "a" * 300_000]
)
def test_what_is_no_command_is_told(command: str) -> None:
    with pytest.raises(NotImportable):
        from_curl(command)


def har(*entries: Any) -> str:
    return json.dumps({"log": {"entries": list(entries)}})


def entry(url: str, answer: Any, kind: str = "application/json") -> Any:
    request = {"method": "GET", "url": url, "headers": [{"name": "X-Auth-Token", "value": "seen-secret-9"}]}
    content = {"mimeType": kind, "text": json.dumps(answer)}
    return {"request": request, "response": {"status": 200, "content": content}}


def test_a_recording_becomes_operations_with_samples(tmp_path: Any) -> None:
    things = {"items": [{"id": 1, "owner": {"name": "Ada"}}], "token": "seen-secret-9"}
    draft = from_har(
        har(
            entry("https://api.acme.example.com/api/v2/things?page=1&per_page=5&q=x", things),
            entry("https://api.acme.example.com/api/v2/me", {"id": 5}),
            entry("https://cdn.example.com/logo.png", "", "image/png"),
            entry("https://tracker.example.com/t", {}),
        )
    )
    things_operation = draft.document.operation("read-things")
    assert things_operation.response.select == "items"
    assert things_operation.response.outputs == {"id": "id", "owner_name": "owner.name"}
    assert things_operation.pagination is not None
    assert draft.document.identify.operation == "read-me"
    assert "seen-secret-9" not in to_yaml(draft.document)
    assert any("tracker.example.com" in one for one in draft.not_understood)
    assert errors(draft) == []
    assert check(registered(draft.document, tmp_path / draft.document.id.replace("-", "_"))) == ()


def test_a_postman_collection_becomes_operations() -> None:
    collection = {
        "info": {"name": "Acme API"},
        "variable": [{"key": "base", "value": "https://api.acme.example.com"}],
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "x"}]},
        "item": [
            {
                "name": "Folder",
                "item": [{"name": "Who am I", "request": {"method": "GET", "url": {"raw": "{{base}}/me"}}}],
            },
            {"name": "Lost", "request": "{{unknown}}/x", "event": [{"script": {}}]},
        ],
    }
    draft = from_postman(json.dumps(collection))
    assert [one.label for one in draft.document.operations] == ["Who am I"]
    assert draft.document.name == "Acme API"
    assert draft.document.auth.kind == "bearer"
    assert len(draft.not_understood) == 2


def test_one_answer_becomes_outputs() -> None:
    draft = from_sample('{"data": {"people": [{"id": 1, "e-mail": "a@b.c"}]}}')
    (operation,) = draft.document.operations
    assert operation.response.select == "data.people"
    assert operation.response.outputs == {"id": "id", "e_mail": '"e-mail"'}
    assert from_sample("<a><b>1</b></a>").document.operations[0].response.kind == "xml"
    assert from_sample("a,b\n1,2\n").document.operations[0].response.kind == "csv"


def description(**more: Any) -> str:
    paths = {"/a/{id}": {"get": {"parameters": [{"name": "id", "in": "path", "required": True}], "responses": {}}}}
    return json.dumps(
        {"openapi": "3.1.0", "info": {"title": "A"}, "servers": [{"url": "https://a.example.com"}], "paths": paths}
        | more
    )


def test_circles_and_references_to_elsewhere_end() -> None:
    schemas = {
        "Node": {
            "type": "object",
            "properties": {"next": {"$ref": "#/components/schemas/Node"}, "x": {"$ref": "#/components/schemas/Loop"}},
        },
        "Loop": {"$ref": "#/components/schemas/Loop"},
    }
    answer = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}}
    paths = {"/n": {"get": {"responses": answer, "parameters": [{"$ref": "https://evil.example/x.json#/p"}]}}}
    draft = from_openapi(description(paths=paths, components={"schemas": schemas}))
    assert [one.path for one in draft.document.operations] == ["/n"]
    assert "References to other files were not followed." in draft.not_understood
    assert errors(draft) == ["/fields: The integration asks for nothing. [fields]"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "openapi: 2",
        "a: &a [*a]",
        "[" * 9000,
        '{"openapi": "3.0.0", "paths": 7}',
        description(paths={"/x": None}),
    ],
)
def test_what_is_no_description_is_told(text: str) -> None:
    with pytest.raises(NotImportable):
        from_openapi(text)


@pytest.mark.parametrize("importer", [from_har, from_postman])
@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"log": 3, "item": {}}', '{"log": {"entries": [1]}, "item": [1]}', "[" * 9000]
)
def test_what_is_no_recording_is_told(importer: Any, text: str) -> None:
    with pytest.raises(NotImportable):
        importer(text)


@pytest.mark.skipif(not DESCRIPTIONS, reason="the vendors' published descriptions are not there")
@pytest.mark.parametrize("path", DESCRIPTIONS, ids=lambda one: one.stem)
def test_published_descriptions_become_drafts_that_run(path: Any) -> None:
    draft = from_openapi(path.read_bytes())
    assert errors(draft) == []
    assert read(to_yaml(draft.document)) == draft.document
    provider = opened(draft.document)
    for operation in [one for one in draft.document.operations if one.effect == "read" and one.samples][:12]:
        inputs = {one.name: one.example for one in operation.inputs if one.required and not one.default}
        assert provider.run_operation(operation.id, inputs).status < 300, operation.id


@pytest.mark.parametrize("path", DESCRIPTIONS, ids=lambda one: one.stem)
def test_reads_pass_against_a_mock_of_the_same_description(path: Path) -> None:
    described = description_of(path.stem)
    if described is None:
        pytest.skip("the vendors' data is not here; set VENDOR_DATA to its folder")
    drafted = from_openapi(path.read_bytes()).document
    asked = 0

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        method, url = request.method or "", request.path_url
        assert described.match(method, url.partition("?")[0]), f"{method} {url} is not in the description"
        status, body = described.sample(method, url)
        return status, {"Content-Type": "application/json"}, json.dumps(body).encode()

    provider = opened(drafted, transport=Answers(answer))
    for operation in [one for one in drafted.operations if one.effect == "read" and one.samples][:12]:
        inputs = {one.name: one.example for one in operation.inputs if one.required and not one.default}
        assert provider.run_operation(operation.id, inputs).status < 300, operation.id
        asked += 1
    assert asked


@pytest.mark.skipif(not DESCRIPTIONS, reason="the vendors' data is not here; set VENDOR_DATA to its folder")
def test_packages_of_published_descriptions_are_formatted_and_linted(tmp_path: Path) -> None:
    """Texts, names and patterns as real services write them."""
    for path in DESCRIPTIONS:
        drafted = from_openapi(path.read_bytes()).document
        proof = drafted.operation(drafted.identify.operation)
        some = (proof, *(one for one in drafted.operations[:40] if one != proof))
        for name, text in package(replace(drafted, operations=some, tests=())).items():
            file = tmp_path / folder_name(drafted) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    settings_file = str(Path(__file__).resolve().parents[3] / "pyproject.toml")
    for command in (["format", "--diff"], ["check", "--output-format", "concise"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", settings_file, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout[-3000:]) == (0, done.stdout[-3000:])


PAGE = """
Acme API reference. Base URL: https://api.acme.example.com/v1

Authentication: send your key with each request.

    Authorization: Bearer tok_very_secret_1

## List customers

GET /customers?limit=10

{"data": [{"id": "c_1", "email": "ada@example.com"}], "has_more": false}

## Read a customer

`GET /customers/{customer_id}`

## Make a customer

curl -X POST https://api.acme.example.com/v1/customers \\
  -H 'Authorization: Bearer tok_very_secret_1' \\
  -d '{"email": "eve@example.com"}'

Anything above 100 calls a minute is refused.
"""


def test_the_text_of_a_page_becomes_a_draft() -> None:
    draft = from_page(PAGE)
    calls = {(one.method, one.path) for one in draft.document.operations}
    assert {method for method, _ in calls} == {"GET", "POST"}
    assert len(calls) == 3
    assert draft.document.base_url == "https://api.acme.example.com/v1"
    assert draft.document.auth.kind == "bearer"
    listing = next(one for one in draft.document.operations if one.samples)
    assert listing.samples[0].json == {"data": [{"id": "c_1", "email": "ada@example.com"}], "has_more": False}
    assert errors(draft) == []
    assert "tok_very_secret_1" not in to_yaml(draft.document)
    assert any("3 calls" in one for one in draft.understood)
    assert any("sentences between the calls" in one for one in draft.not_understood)


def test_a_page_without_calls_is_no_draft_and_says_so() -> None:
    with pytest.raises(NotImportable, match="names no call"):
        from_page("We are a great company. Call us!")


def test_a_call_without_a_host_is_told() -> None:
    draft = from_page("curl https://api.example.com/me\n" + "curl 'unclosed")
    assert len(draft.document.operations) == 1
    assert any("quote" in one for one in draft.not_understood)


@pytest.mark.parametrize(
    "text", ["GET /" + "a/" * 40_000, "{" * 90_000, "curl '" * 20_000, "base " * 60_000 + "https://a.b"]
)
def test_a_hostile_page_ends_soon(text: str) -> None:
    began = time.perf_counter()
    with contextlib.suppress(NotImportable):
        from_page(text)
    assert time.perf_counter() - began < 5
