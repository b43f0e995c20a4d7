"""Bodies, fields and samples of a document as JSON Schema, for its OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.kit.declarative.document_calls import (
    Body,
    FormBody,
    GraphqlBody,
    JsonBody,
    MultipartBody,
    XmlBody,
)
from providers.kit.declarative.document_fields import InputField
from providers.kit.declarative.expressions import TemplateError, parse

MOST_SHAPES = 50
"""Items of a sample list that are looked at."""


def body_of(body: Body | None, fields: Mapping[str, InputField]) -> dict[str, Any]:
    """OpenAPI's requestBody; {} where nothing is sent. `fields` are the operation's inputs by name."""
    if body is None:
        return {}
    if isinstance(body, JsonBody):
        media, schema = "application/json", _schema_of_content(body.content, fields)
    elif isinstance(body, GraphqlBody):
        media = "application/json"
        variables = _schema_of_content(dict(body.variables), fields)
        schema = {
            "type": "object",
            "required": ["query"],
            "properties": {"query": {"type": "string", "const": body.query}, "variables": variables},
        }
    elif isinstance(body, FormBody):
        media, schema = "application/x-www-form-urlencoded", _schema_of_content(dict(body.fields), fields)
    elif isinstance(body, MultipartBody):
        media, schema = "multipart/form-data", _schema_of_content(dict(body.fields), fields)
        files = {name: {"type": "string", "contentMediaType": one.content_type} for name, one in body.files.items()}
        schema["properties"] = {**schema.get("properties", {}), **files}
    else:
        assert isinstance(body, XmlBody)
        media, schema = body.content_type.partition(";")[0].strip() or "application/xml", {"type": "string"}
    return {"required": True, "content": {media: {"schema": schema}}}


def schema_of(value: Any) -> dict[str, Any]:
    """A JSON Schema that a sample keeps."""
    simple: tuple[tuple[type, str], ...] = (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (str, "string"),
        (type(None), "null"),
    )
    for kind, name in simple:
        if isinstance(value, kind):
            return {"type": name}
    if isinstance(value, Mapping):
        return {"type": "object", "properties": {name: schema_of(inner) for name, inner in value.items()}}
    found: list[dict[str, Any]] = []
    for one in value[:MOST_SHAPES]:
        schema = schema_of(one)
        if schema not in found:
            found.append(schema)
    if len(value) > MOST_SHAPES or not found:
        return {"type": "array", "items": {}}
    return {"type": "array", "items": found[0] if len(found) == 1 else {"anyOf": found}}


def schema_of_field(field: InputField) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if field.kind == "number":
        schema = {"type": "number"}
        schema |= {} if field.minimum is None else {"minimum": field.minimum}
        schema |= {} if field.maximum is None else {"maximum": field.maximum}
    elif field.kind == "switch":
        schema = {"type": "boolean"}
    elif field.kind == "json":
        schema = {}
    else:
        schema |= {"format": {"url": "uri", "email": "email"}[field.kind]} if field.kind in ("url", "email") else {}
        schema |= {"minLength": field.shortest} if field.shortest else {}
        schema |= {"maxLength": field.longest} if field.longest else {}
        schema |= {"enum": [one.value for one in field.options]} if field.options else {}
    return schema | ({"description": field.label} if field.label else {})


def input_of(text: str) -> str:
    """The input that a template is about; "" where it is about none, or several."""
    try:
        found = {one.path[1] for one in parse(text).references() if one.path[0] == "input" and len(one.path) > 1}
    except TemplateError:
        return ""
    return found.pop() if len(found) == 1 else ""


def constant_of(text: str) -> str:
    """The text of a template without placeholders, else ""."""
    try:
        parts = parse(text).parts
    except TemplateError:
        return ""
    only = parts[0] if len(parts) == 1 else ""
    return only if isinstance(only, str) else ""


def _schema_of_content(content: Any, fields: Mapping[str, InputField]) -> dict[str, Any]:
    if isinstance(content, str):
        field = fields.get(input_of(content))
        if field is not None:
            return schema_of_field(field)
        constant = constant_of(content)
        return {"type": "string", **({"const": constant} if constant else {})}
    if isinstance(content, Mapping):
        asked = {name: fields.get(input_of(inner)) for name, inner in content.items() if isinstance(inner, str)}
        needed = [name for name, one in asked.items() if one is not None and one.required]
        properties = {name: _schema_of_content(inner, fields) for name, inner in content.items()}
        return {"type": "object", "properties": properties, **({"required": needed} if needed else {})}
    if isinstance(content, list | tuple):
        return {"type": "array", "items": _schema_of_content(content[0], fields) if content else {}}
    return schema_of(content)
