"""Documents as JSON and YAML, losslessly both ways; and from plain data, with what is wrong in plain words."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from providers.kit.declarative.document import VERSION, Document
from providers.kit.declarative.findings import Finding, Severity, pointer_of
from providers.kit.declarative.plain_text import DocumentError, dump_yaml, load

__all__ = ["DocumentError", "from_plain", "plain", "read", "schema", "to_json", "to_yaml"]

_KEPT = frozenset({"kind", "version"})
"""Written even where they are the default: they say what the rest is."""


@cache
def _adapter() -> TypeAdapter[Document]:
    return TypeAdapter(Document)


def schema() -> dict[str, Any]:
    """The document's JSON Schema (2020-12)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_adapter().json_schema()}


def read(text: str | bytes) -> Document:
    """A document from YAML or JSON. Raises DocumentError."""
    return from_plain(load(text))


def from_plain(data: Any) -> Document:
    """A document from what JSON would hold. Raises DocumentError."""
    if isinstance(data, dict) and isinstance(data.get("version"), int) and data["version"] > VERSION:
        raise DocumentError(
            f"The document is of version {data['version']}, and this hub reads up to {VERSION}.",
            fix="Update the hub, or export the document from an older one.",
            pointer="/version",
        )
    try:
        return _adapter().validate_python(data)
    except ValidationError as error:
        found = tuple(_finding(one, data) for one in error.errors(include_url=False)[:50])
        raise DocumentError(
            f"The document cannot be read: {found[0].message}",
            fix=found[0].fix,
            pointer=found[0].pointer,
            findings=found,
        ) from None


def plain(value: Any) -> Any:
    """A document, or a part of one, as what JSON would hold; what is the default is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: plain(getattr(value, one.name))
            for one in dataclasses.fields(value)
            if one.name in _KEPT or getattr(value, one.name) != _default(one)
        }
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def to_json(document: Document) -> str:
    return json.dumps(plain(document), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def to_yaml(document: Document) -> str:
    return dump_yaml(plain(document))


def _default(one: dataclasses.Field[Any]) -> Any:
    if one.default is not dataclasses.MISSING:
        return one.default
    return one.default_factory() if one.default_factory is not dataclasses.MISSING else dataclasses.MISSING


def _finding(error: Any, data: Any) -> Finding:
    parts = _steps_inside(error["loc"], data)
    where = ".".join(str(part) for part in parts) or "the document"
    kind = error["type"]
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        message, fix = f"“{where}” is not a part of documents.", "Remove it, or compare its spelling."
    elif kind in ("string_too_long", "too_long"):
        message, fix = f"“{where}” is too long.", "Shorten it."
    elif kind.startswith(("union_tag", "literal")):
        message, fix = f"“{where}” has a value that is not one of those allowed.", str(error["msg"])
    elif kind == "string_pattern_mismatch":
        message = f"“{where}” is not written as a name."
        fix = "Use lower-case letters, digits and underscores, and begin with a letter."
    else:
        message, fix = f"“{where}” is not what is expected there.", str(error["msg"])
    return Finding(rule="schema", severity=Severity.ERROR, message=message, pointer=pointer_of(*parts), fix=fix[:300])


def _steps_inside(loc: Iterable[str | int], data: Any) -> tuple[str | int, ...]:
    """The steps of a location that lead through the data: the validator names chosen kinds between them."""
    steps: list[str | int] = []
    parts = list(loc)
    for index, part in enumerate(parts):
        inside = (isinstance(data, Mapping) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if inside:
            steps.append(part)
            data = data[part]
        elif index == len(parts) - 1 and isinstance(data, Mapping):
            steps.append(part)
    return tuple(steps)
