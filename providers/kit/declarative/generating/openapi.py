"""What an integration calls, as an OpenAPI 3.1 description: https://spec.openapis.org/oas/v3.1.1."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import (
    ApiKeyAuth,
    BasicAuth,
    BearerAuth,
    ByCursor,
    ByOffset,
    ByPage,
    ClientCredentials,
    OAuthCode,
    Operation,
    SampleAnswer,
    SignedRequests,
)
from providers.kit.declarative.document_fields import InputField
from providers.kit.declarative.expressions import TemplateError, parse
from providers.kit.declarative.generating.openapi_bodies import (
    body_of,
    constant_of,
    input_of,
    schema_of,
    schema_of_field,
)

_MEDIA = {"json": "application/json", "xml": "application/xml", "csv": "text/csv", "text": "text/plain"}
_ERRORS = {
    "authentication": "The credentials are not accepted.",
    "permission": "The credentials may not do this.",
    "configuration": "A setting is not accepted.",
    "invalid_request": "The values are not accepted.",
    "not_found": "There is no such thing.",
    "rate_limit": "Too many calls.",
    "quota": "The allowance is used up.",
    "unavailable": "The service cannot answer.",
    "unexpected": "Something unexpected happened.",
    "unsupported": "The service does not offer this.",
}


def openapi(document: Document) -> dict[str, Any]:
    """The description, JSON-ready. Operations that share method and path (GraphQL) are one, and named together."""
    paths: dict[str, Any] = {}
    for one in document.operations:
        path, parameters = _path(one)
        methods = paths.setdefault(path, {})
        method = one.method.lower()
        made = _operation(document, one, parameters)
        methods[method] = _together(methods[method], made) if method in methods else made
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": _without_empty(
            {
                "title": document.name or document.id or "Integration",
                "summary": document.tagline,
                "description": document.description,
                "version": str(document.version),
            }
        ),
        "servers": [_server(document)],
        "paths": paths,
    }
    if document.documentation:
        described["externalDocs"] = {"url": document.documentation}
    scheme = _security(document)
    if scheme:
        described["components"] = {"securitySchemes": {"account": scheme}}
        described["security"] = [{"account": list(getattr(document.auth, "scopes", ()))}]
    webhooks = dict(_webhooks(document))
    if webhooks:
        described["webhooks"] = webhooks
    return described


def _server(document: Document) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    fields = {one.name: one for one in document.fields}

    def named(reference: str) -> str:
        field = fields.get(reference)
        values = [one.value for one in field.options] if field else []
        default = (field.default or field.example if field else "") or (values[0] if values else "example")
        variables[reference] = _without_empty(
            {"default": default, "enum": values, "description": field.label if field else ""}
        )
        return f"{{{reference}}}"

    url = _filled(document.base_url, named) or document.website or "https://example.com"
    return {"url": url, **({"variables": variables} if variables else {})}


def _path(operation: Operation) -> tuple[str, list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    fields = {one.name: one for one in operation.inputs}

    def named(reference: str) -> str:
        name = reference
        while any(one["name"] == name for one in found):
            name += "_"
        found.append(_parameter("path", name, fields.get(reference), required=True))
        return f"{{{name}}}"

    path = "/" + _filled(operation.path, named).lstrip("/")
    return path.partition("?")[0], found


def _operation(document: Document, operation: Operation, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    fields = {one.name: one for one in operation.inputs}
    found = list(parameters)
    for place, templates in (("query", operation.query), ("header", {**document.headers, **operation.headers})):
        for name, template in templates.items():
            if place == "header" and name.lower() in ("accept", "content-type", "authorization"):
                continue  # OpenAPI says these elsewhere
            field = fields.get(input_of(template))
            required = field is not None and field.required
            found.append(_parameter(place, name, field, required=required, constant=constant_of(template)))
    found += _paging_parameters(operation, {one["name"] for one in found if one["in"] == "query"})
    made: dict[str, Any] = _without_empty(
        {
            "operationId": operation.id,
            "summary": operation.label,
            "description": operation.help,
            "parameters": found,
        }
    )
    body = body_of(operation.body, fields)
    if body:
        made["requestBody"] = body
    made["responses"] = _responses(document, operation)
    return made


def _parameter(
    place: str, name: str, field: InputField | None, *, required: bool, constant: str = ""
) -> dict[str, Any]:
    schema = schema_of_field(field) if field else {"type": "string"}
    if constant:
        schema = {"type": "string", "const": constant}
    label = field.label if field else ""
    return _without_empty({"name": name, "in": place, "description": label}) | {
        "required": required,
        "schema": schema,
    }


def _paging_parameters(operation: Operation, known: set[str]) -> Iterator[dict[str, Any]]:
    pagination = operation.pagination
    if not isinstance(pagination, ByPage | ByOffset | ByCursor):
        return
    kind = "string" if isinstance(pagination, ByCursor) else "integer"
    for name, schema in ((pagination.parameter, kind), (pagination.size_parameter, "integer")):
        if name and name not in known:
            known.add(name)
            yield {"name": name, "in": "query", "required": False, "schema": {"type": schema}}


def _responses(document: Document, operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for sample in operation.samples:
        if str(sample.status) not in found:
            found[str(sample.status)] = _answer("The answer.", operation.response.kind, sample)
    if not any(one.startswith("2") for one in found):
        found["200"] = _answer("The answer.", operation.response.kind, None)
    for rule in (*operation.errors, *document.errors):
        for status in rule.statuses:
            words = rule.message or _ERRORS[rule.error]
            found.setdefault(str(status), _answer(words, operation.response.kind, rule.sample))
    return dict(sorted(found.items()))


def _answer(words: str, kind: str, sample: SampleAnswer | None) -> dict[str, Any]:
    if sample is None or (not sample.text and sample.json is None):
        return {"description": words}
    if sample.text:
        content: dict[str, Any] = {_MEDIA[kind]: {"schema": {"type": "string"}, "example": sample.text}}
    else:
        content = {"application/json": {"schema": schema_of(sample.json), "example": sample.json}}
    return {"description": words, "content": content}


def _together(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Two operations at one address: either body, and the answers of both."""
    merged = dict(first)
    names = [one.get("summary") or one.get("operationId", "") for one in (first, second)]
    merged["summary"] = " · ".join(name for name in names if name)[:400]
    known = {(one["in"], one["name"]) for one in first.get("parameters", [])}
    more = [
        {**one, "required": one["in"] == "path"}
        for one in second.get("parameters", [])
        if (one["in"], one["name"]) not in known
    ]
    if more or "parameters" in first:
        merged["parameters"] = [*first.get("parameters", []), *more]
    if "requestBody" in first and "requestBody" in second:
        content = {media: dict(one) for media, one in first["requestBody"]["content"].items()}
        for media, one in second["requestBody"]["content"].items():
            if media in content:
                either = content[media]["schema"]
                content[media] = {"schema": {"anyOf": [*either.get("anyOf", [either]), one["schema"]]}}
            else:
                content[media] = one
        merged["requestBody"] = {"required": True, "content": content}
    elif "requestBody" in second:
        merged["requestBody"] = {**second["requestBody"], "required": False}
    merged["responses"] = dict(sorted({**second["responses"], **first["responses"]}.items()))
    return merged


def _security(document: Document) -> dict[str, Any]:
    auth = document.auth
    if isinstance(auth, ApiKeyAuth):
        return {"type": "apiKey", "in": auth.place, "name": auth.name}
    if isinstance(auth, BasicAuth):
        return {"type": "http", "scheme": "basic"}
    if isinstance(auth, BearerAuth):
        if auth.scheme.lower() == "bearer":
            return {"type": "http", "scheme": "bearer"}
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": f"{auth.scheme} …"}
    if isinstance(auth, SignedRequests):
        words = f"HMAC-{auth.digest.upper()} of the request, in {auth.encoding}."
        return {"type": "apiKey", "in": "header", "name": auth.header, "description": words}
    if isinstance(auth, OAuthCode | ClientCredentials):
        flow: dict[str, Any] = {"tokenUrl": auth.token_url, "scopes": dict.fromkeys(auth.scopes, "")}
        if isinstance(auth, ClientCredentials):
            return {"type": "oauth2", "flows": {"clientCredentials": flow}}
        return {"type": "oauth2", "flows": {"authorizationCode": {"authorizationUrl": auth.authorize_url, **flow}}}
    return {}


def _webhooks(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    webhook = document.webhook
    for one in webhook.events if webhook else ():
        content: dict[str, Any] = {"schema": {"type": "object"}}
        if isinstance(one.sample, dict | list):
            content = {"schema": schema_of(one.sample), "example": one.sample}
        form = webhook is not None and webhook.body == "form"
        media = "application/x-www-form-urlencoded" if form else "application/json"
        described = {
            "summary": one.label or one.type or "An event",
            "security": [],
            "requestBody": {"required": True, "content": {media: content}},
            "responses": {"200": {"description": "The event was taken."}},
        }
        yield one.type or one.label or "event", {"post": described}


def _filled(text: str, named: Callable[[str], str]) -> str:
    """The template with `{name}` for each placeholder."""
    try:
        template = parse(text)
    except TemplateError:
        return re.sub(r"[{}]", "", text)
    made = []
    for one in template.parts:
        if isinstance(one, str):
            made.append(re.sub(r"[{}]", "", one))
        else:
            reference = next(type(template)((one,)).references(), None)
            made.append(named(reference.path[-1] if reference else "value"))
    return "".join(made)


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", [], ())}
