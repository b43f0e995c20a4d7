"""A body that was seen, as a body with inputs: what is simple is asked for, what is nested stays as it was."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import parse_qsl

from providers.kit.declarative.document_calls import (
    Body,
    FormBody,
    GraphqlBody,
    JsonBody,
    MultipartBody,
    XmlBody,
)
from providers.kit.declarative.document_fields import FieldKind, InputField
from providers.kit.declarative.importing.names import label_of, literal, name_of, unique
from providers.kit.declarative.plain_text import DocumentError, check_size
from providers.kit.declarative.values_text import text_of

MAX_INPUTS = 30


def body_of(
    text: str, content_type: str, form: Sequence[tuple[str, str]], taken: Collection[str]
) -> tuple[Body | None, list[InputField]]:
    """The body, and the inputs that it needs."""
    if form:
        templates, inputs = _asked(dict(form), taken)
        return MultipartBody(fields=templates), inputs
    data = _json(text)
    if isinstance(data, dict) and isinstance(data.get("query"), str) and "{" in data["query"]:
        variables, inputs = _asked(_object(data.get("variables")), taken)
        return GraphqlBody(query=data["query"], variables=variables), inputs
    if isinstance(data, dict):
        content, inputs = _asked(data, taken)
        return JsonBody(content=content), inputs
    if data is not None:
        return JsonBody(content=_literals(data)), []
    if "xml" in content_type or text.lstrip().startswith("<"):
        return XmlBody(content=literal(text)[:60_000]), []
    templates, inputs = _asked(dict(parse_qsl(text[:100_000], keep_blank_values=True)), taken)
    return (FormBody(fields=templates), inputs) if templates else (None, [])


def _asked(values: dict[str, Any], taken: Collection[str]) -> tuple[dict[str, Any], list[InputField]]:
    content: dict[str, Any] = {}
    inputs: list[InputField] = []
    for name, value in values.items():
        if isinstance(value, dict | list) or value is None or len(inputs) >= MAX_INPUTS:
            content[name] = _literals(value)
            continue
        field = unique(name_of(name), {*taken, *(one.name for one in inputs)})
        kind: FieldKind = (
            "switch" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "text"
        )
        example = text_of(value)[:200]
        inputs.append(
            InputField(name=field, label=label_of(name), kind=kind, example="" if kind == "switch" else example)
        )
        content[name] = f"{{{{ input.{field} }}}}"
    return content, inputs


def _literals(value: Any) -> Any:
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, dict):
        return {name: _literals(inner) for name, inner in value.items()}
    return [_literals(inner) for inner in value] if isinstance(value, list) else value


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _json(text: str) -> Any:
    try:
        data = json.loads(text)
        check_size(data, depth=20, nodes=2_000)
    except (ValueError, RecursionError, DocumentError):
        return None
    return data
