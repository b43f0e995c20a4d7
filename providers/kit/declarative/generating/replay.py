"""The sandbox of a package: its recorded answers, its addresses, and the tests that read them."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from providers.kit.answers import Answer
from providers.kit.declarative.answers import loosely
from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import (
    ByOffset,
    ByPage,
    ClientCredentials,
    NoAuth,
    OAuthCode,
    Operation,
)
from providers.kit.declarative.expressions import fill, parse
from providers.kit.declarative.generating.source import (
    assignment,
    call,
    class_name,
    docstring,
    quoted,
    statement,
    value,
)
from providers.kit.declarative.manifest import example_base
from providers.kit.declarative.paging import next_page
from providers.kit.declarative.recorded import ACCESS_TOKEN
from providers.kit.declarative.requesting import Call
from providers.kit.declarative.selecting import SelectionError
from providers.kit.declarative.stand_in import credentials_for, empty_answer, refusal_answer, sample_answer
from providers.kit.errors import UnexpectedResponse
from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxResponse

_FAULTS = (Fault.BAD_KEY, Fault.MISSING_PERMISSION, Fault.RATE_LIMIT)


def answers_of(document: Document) -> dict[str, Any]:
    """The content of fixtures/answers.json."""
    return {
        "_source": f"The samples of the integration's document ({document.documentation or document.website}).",
        "answers": {one.id: _answers(one) for one in document.operations},
        "refusals": {one.value: _recorded(refusal_answer(document, one)) for one in _FAULTS},
    }


def sandbox_body(document: Document) -> str:
    base = urlsplit(example_base(document))
    ranked = sorted(document.operations, key=lambda one: (not getattr(one.body, "query", ""), one.path.count("{{")))
    routes = tuple(_route(base.path.rstrip("/"), one) for one in ranked)
    lines = [
        "class Sandbox(RecordedStandIn):",
        '    """Answers with what was recorded, to calls that carry its own credentials."""',
        "",
        '    recorded = recordings(Path(__file__).parent / "fixtures" / "answers.json")',
    ]
    if base.netloc:
        lines.append(f"    host = {quoted(base.netloc)}")
    auth = document.auth
    if isinstance(auth, OAuthCode | ClientCredentials):
        lines.append(f"    token = {quoted(ACCESS_TOKEN)}")
    elif not isinstance(auth, NoAuth):
        lines.append("    proof = staticmethod(proof)")
    if isinstance(auth, ClientCredentials):
        scope = {"configuration": credentials_for(document)}
        made = call(
            "TokenAddress",
            path=urlsplit(auth.token_url).path,
            client_id=fill(auth.client_id, scope),
            client_secret=fill(auth.client_secret, scope),
        )
        lines.append(statement("token_address = ", made, 1))
    if routes:
        lines.append(assignment("routes", routes, 1))
    lines += [
        "",
        "    @staticmethod",
        "    def credentials() -> dict[str, str]:",
        statement("return ", value(credentials_for(document)), 2),
    ]
    return "\n".join(lines)


def tests_text(document: Document) -> str:
    """Tests that import their own package, wherever its folder is."""
    words = docstring(f"{document.name}: it keeps the hub's rules.")
    return _TESTS.format(docstring=words, provider=class_name(document.id))


_TESTS = """{docstring}

from __future__ import annotations

from pathlib import Path

from providers.kit import conformance
from providers.kit.conformance import Finding
from providers.kit.registry import Registered

from ..manifest import MANIFEST
from ..provider import {provider}
from ..sandbox import Sandbox

HERE = Path(__file__).resolve().parents[1]
ENTRY = Registered(id=MANIFEST.id, provider={provider}, sandbox=Sandbox, folder=HERE)


def test_it_keeps_every_rule_of_the_hub() -> None:
    found: tuple[Finding, ...] = conformance.check(ENTRY)
    assert found == ()


def test_every_answer_of_the_stand_in_says_what_it_answers() -> None:
    answers = Sandbox.recorded["answers"]
    assert {{route.answers for route in Sandbox.routes}} == set(answers)
    assert all(answers.values())
"""


def _route(base: str, one: Operation) -> Any:
    parts = (re.escape(p) if isinstance(p, str) else "[^/]+" for p in parse("/" + one.path.lstrip("/")).parts)
    named: dict[str, Any] = {"method": one.method, "path": re.escape(base) + "".join(parts), "answers": one.id}
    query = getattr(one.body, "query", "")
    return call("Route", **named, **({"holds": query} if query else {}))


def _answers(one: Operation) -> list[dict[str, Any]]:
    if not one.samples:
        return [_recorded(empty_answer(one))]
    found = [_recorded(sample_answer(each, one.response.kind)) for each in one.samples]
    for index in range(1, len(found)):
        when = _way_to(one, index, found[index - 1])
        if when:
            found[index]["when"] = when
    return found


def _way_to(one: Operation, index: int, before: dict[str, Any]) -> dict[str, Any]:
    """What in a request asks for the page after the one before."""
    pagination = one.pagination
    if isinstance(pagination, ByPage):
        return {"query": {pagination.parameter: str(pagination.first + index)}}
    if isinstance(pagination, ByOffset):
        return {"query": {pagination.parameter: str(pagination.size * index)}}
    if pagination is None:
        return {}
    headers = requests.structures.CaseInsensitiveDict(before["headers"])
    answer = Answer(status=before["status"], headers=headers, content=before["body"].encode(), elapsed_ms=0)
    try:
        found = next_page(pagination, Call(method=one.method, url=""), 0, loosely(answer, one.response), answer, 1)
    except (UnexpectedResponse, SelectionError):
        return {}
    if isinstance(found, str):
        named = next((name for name, text in one.query.items() if "cursor" in text), "")
        return {"query": {named: found}} if named else {"body": json.dumps(found)[1:-1]}
    if found is None:
        return {}
    return {"query": dict(found.query) | dict(parse_qsl(urlsplit(found.url).query))}


def _recorded(answer: SandboxResponse) -> dict[str, Any]:
    return {"status": answer.status, "headers": dict(answer.headers), "body": answer.body.decode("utf-8", "replace")}
