"""Writes the OpenAPI 3.1 description from the operations and their pydantic models: nothing is written twice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from providers.kit.registry import Registry
from webapp.api import schemas
from webapp.api.errors import PROBLEM
from webapp.api.examples import Examples, examples_of
from webapp.api.operations import OPERATIONS, RATE, Operation
from webapp.core.permissions import ACTIONS, SCOPES

VERSION = "1.0.0"
REF = "#/components/schemas/{model}"
_JSON = "application/json"

DESCRIPTION = f"""Connects accounts, tests them, and reads what they do.

Send `Authorization: Bearer <token>`. A token is made under Settings → API tokens; it belongs to one workspace, has
scopes and an end. A browser may use its session instead, with its CSRF token in `X-CSRF-Token` on everything but GET.

Names are camelCase, times are RFC 3339 in UTC. Lists page by `limit` and `cursor`; `nextCursor` is null on the last
page. Names that are not described here are refused: in a body with 422, in an address with 400. What is someone
else's is answered as if it were not there. A token may make {RATE.split(" ")[0]} calls a minute; the headers
`X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` tell how many are left."""

USUAL_PROBLEMS = {
    400: "The request can't be read: bad JSON, or a parameter that is unknown, repeated or wrong.",
    401: "No token, or one that is mistyped, revoked or expired.",
    403: "The token lacks the scope or the role lacks the right (`detail` says which), or the CSRF token is missing.",
    429: "Too many requests; `Retry-After` says when to go on.",
    500: "A mistake of ours.",
    503: "The database is busy or away. Nothing was changed.",
}
BODY_PROBLEMS = {
    413: "The body is larger than 256 KB.",
    415: "The body is not `application/json`.",
    422: "Values can't be accepted; `errors` points to each.",
}
TAGS = {
    "Integrations": "Accounts of a workspace: connect, change, remove.",
    "Tests": "Line by line: does a connection work, and what to do where it does not.",
    "Analytics": "What happened, how fast, and what failed.",
    "Marketplace": "The providers that can be connected.",
    "Events": "What vendors sent.",
    "Connect links": "Clients connect accounts by themselves, without an account here.",
    "Contacts": "People in connected CRMs: read, created, and changed on both sides.",
}
_HEADERS = {
    "Retry-After": "Seconds to wait.",
    "WWW-Authenticate": "How to sign in.",
    "Location": "Where to look.",
    "Preference-Applied": "What was made of `Prefer`.",
}
_SENT_WITH = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def describe(public_url: str, registry: Registry) -> dict[str, Any]:
    """The whole description, for this address, with examples of these providers."""
    models, examples = _Models(), examples_of(registry)
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        path = re.sub(r"<(\w+)>", r"{\1}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one, models, examples.get(one.name, {}))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Toolkit API", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": public_url}],
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "security": [{"token": []}, {"session": [], "csrf": []}],
        "paths": paths,
        "components": {
            "schemas": models.schemas,
            "responses": {str(status): _problem(words, status) for status, words in _all_problems().items()},
            "securitySchemes": _security_schemes(),
        },
    }


class _Models:
    """All models' schemas, worked out together so that shared ones appear once."""

    def __init__(self) -> None:
        found: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(schemas.Problem, "serialization"): None}
        for one in OPERATIONS:
            found |= {(model, "validation"): None for model in (one.body, one.query) if model is not None}
            found |= {(model, "serialization"): None for model, _ in one.answers.values()}
        self._refs, definitions = models_json_schema(list(found), by_alias=True, ref_template=REF)
        self._all = definitions["$defs"]
        queries = {one.query.__name__ for one in OPERATIONS if one.query is not None}
        self.schemas = {name: _tidy(schema) for name, schema in self._all.items() if name not in queries}

    def ref(self, model: type[BaseModel], mode: JsonSchemaMode) -> dict[str, Any]:
        return dict(self._refs[(model, mode)])

    def properties(self, model: type[BaseModel]) -> tuple[Mapping[str, Any], Sequence[str]]:
        schema = self._all[model.__name__]
        return schema["properties"], schema.get("required", ())


def _tidy(schema: Any) -> Any:
    """Without the titles that pydantic makes of names: they say nothing."""
    if isinstance(schema, dict):
        return {
            key: {name: _tidy(each) for name, each in value.items()} if key == "properties" else _tidy(value)
            for key, value in schema.items()
            if key != "title" or not isinstance(value, str)
        }
    return [_tidy(one) for one in schema] if isinstance(schema, list) else schema


def _operation(one: Operation, models: _Models, examples: Examples) -> dict[str, Any]:
    rule = ACTIONS[one.action]
    found: dict[str, Any] = {
        "operationId": _camel(one.name),
        "tags": [one.tag],
        "summary": one.summary,
        "description": f"{one.description}\n\nScope `{rule.scope}`, role {rule.role.slug if rule.role else 'admin'} "
        "or above.".strip(),
        "security": [
            {"token": [rule.scope]},
            {"session": [], "csrf": []} if one.method != "GET" else {"session": []},
        ],
        "x-scope": rule.scope,
    }
    parameters = _parameters(one, models)
    if parameters:
        found["parameters"] = parameters
    if one.body is not None:
        media = {"schema": models.ref(one.body, "validation"), "examples": examples}
        found["requestBody"] = {"required": one.body_needed, "content": {_JSON: media}}
    found["responses"] = _responses(one, models)
    return found


def _parameters(one: Operation, models: _Models) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "description": words, "schema": {"type": "string"}}
        for name, words in one.parameters.items()
    ]
    if one.query is not None:
        properties, required = models.properties(one.query)
        found += [_query_parameter(name, schema, name in required) for name, schema in properties.items()]
    if 202 in one.answers and one.body is not None:
        words = "`wait=N`: how many seconds to wait for the end, at most 30; 10 without it."
        found.append({"name": "Prefer", "in": "header", "required": False, "description": words} | _text("wait=10"))
    return found


def _query_parameter(name: str, schema: Mapping[str, Any], required: bool) -> dict[str, Any]:
    plain = {key: value for key, value in _tidy(dict(schema)).items() if key not in ("description", "examples")}
    # In an address there is no null: a parameter is there or not.
    choices = [each for each in plain.pop("anyOf", ()) if each.get("type") != "null"]
    if choices:
        plain = choices[0] | {key: value for key, value in plain.items() if value is not None}
    found = {"name": name, "in": "query", "required": required, "schema": plain}
    if "description" in schema or choices:
        found["description"] = schema.get("description") or choices[0].get("description", "")
    if "examples" in schema:
        found["example"] = schema["examples"][0]
    return found


def _text(example: str) -> dict[str, Any]:
    return {"schema": {"type": "string"}, "example": example}


def _responses(one: Operation, models: _Models) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, (model, words) in one.answers.items():
        found[str(status)] = {
            "description": words,
            "content": {_JSON: {"schema": models.ref(model, "serialization")}},
        }
        sent = ("Location", "Retry-After") if status == 202 and one.body is not None else ()
        if sent:
            found[str(status)]["headers"] = _headers(sent)
    problems = USUAL_PROBLEMS | (BODY_PROBLEMS if one.body is not None else {})
    for status in sorted(problems | dict(one.problems)):
        own = one.problems.get(status)
        found[str(status)] = _problem(own, status) if own else {"$ref": f"#/components/responses/{status}"}
    return found


def _problem(words: str, status: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": words,
        "content": {PROBLEM: {"schema": {"$ref": REF.format(model=schemas.Problem.__name__)}}},
    }
    if status in _SENT_WITH:
        found["headers"] = _headers(_SENT_WITH[status])
    return found


def _headers(names: Sequence[str]) -> dict[str, Any]:
    return {name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in names}


def _all_problems() -> dict[int, str]:
    return dict(sorted((USUAL_PROBLEMS | BODY_PROBLEMS).items()))


def _security_schemes() -> dict[str, Any]:
    scopes = "; ".join(f"`{name}`: {words.lower()}" for name, words in SCOPES.items())
    return {
        "token": {"type": "http", "scheme": "bearer", "description": f"An API token. Scopes: {scopes}."},
        "session": {"type": "apiKey", "in": "cookie", "name": "session", "description": "The browser's session."},
        "csrf": {
            "type": "apiKey",
            "in": "header",
            "name": "X-CSRF-Token",
            "description": "The session's CSRF token.",
        },
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
