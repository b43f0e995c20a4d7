"""Putting values into requests: what generated packages write in place of a document's templates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers.kit.declarative.requesting import header_text
from providers.kit.declarative.values_text import text_of


def inside(values: Any, *names: str) -> Any:
    """A value inside objects; None where it is not there."""
    for name in names:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def joined(*parts: Any) -> str:
    """All of them one after the other, as text."""
    return "".join(text_of(one) for one in parts)


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Query and form values: what was not given is left out."""
    return {name: text_of(value) for name, value in values.items() if value is not None}


def header_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Headers: what was not given is left out. Raises InvalidRequest for what no header can hold."""
    return {name: header_text(text_of(value), name) for name, value in values.items() if value is not None}


def file_name(text: str) -> str:
    """A file's name for a form, without folders. Raises InvalidRequest."""
    return header_text(text, "filename").replace("/", "_").replace("\\", "_")


def present(values: Mapping[str, Any], nulls: tuple[str, ...] = ()) -> dict[str, Any]:
    """A JSON object: what was not given is left out, but for `nulls`."""
    return {name: json_value(value) for name, value in values.items() if value is not None or name in nulls}


def json_value(value: Any) -> Any:
    """Moments and the like become text."""
    return value if value is None or isinstance(value, str | int | float | list | dict) else text_of(value)


def json_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def text_bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
