"""An answer that was seen: where its list is, which names its members get, and a sample short enough to keep."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from providers.kit.answers import Answer
from providers.kit.declarative.answers import loosely
from providers.kit.declarative.document_calls import Response, SampleAnswer
from providers.kit.declarative.importing.names import name_of
from providers.kit.redaction import redact

MAX_OUTPUTS = 25
MAX_SAMPLE_ITEMS = 5
MAX_SAMPLE_TEXT = 30_000
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def response_of(text: str, content_type: str) -> Response:
    """How an answer like this one is read."""
    kind = _kind(text, content_type)
    response = Response(kind=kind)
    data = _data(text, response)
    if kind == "text" or data is None:
        return response
    path, item = _list_in(data)
    return Response(kind=kind, select=path, outputs=_outputs(item))


def sample_of(status: int | None, text: str, response: Response, secrets: Iterable[str] = ()) -> SampleAnswer:
    """The answer as a sample: keys masked, lists cut short."""
    clean = redact(text, secrets)
    data = _data(clean, response) if response.kind == "json" else None
    if data is not None:
        short = _short(data, 0)
        if len(json.dumps(short)) <= MAX_SAMPLE_TEXT:
            return SampleAnswer(status=status or 200, json=short)
        return SampleAnswer(status=status or 200)
    return SampleAnswer(status=status or 200, text=clean if len(clean) <= MAX_SAMPLE_TEXT else "")


def _kind(text: str, content_type: str) -> Any:
    begins = text.lstrip()[:1]
    if "json" in content_type or begins in ("{", "["):
        return "json"
    if "xml" in content_type or begins == "<":
        return "xml"
    if "csv" in content_type:
        return "csv"
    first = text.splitlines()[:1]
    if not text:
        return "json"
    return "csv" if first and first[0].count(",") >= 1 and "\n" in text else "text"


def _data(text: str, response: Response) -> Any:
    if not text:
        return None
    return loosely(Answer(status=200, headers={}, content=text.encode("utf-8", "replace"), elapsed_ms=0), response)


def _list_in(data: Any, path: str = "", depth: int = 0) -> tuple[str, Any]:
    """The path of the first list of objects, and its first item; the whole where there is none."""
    if isinstance(data, list):
        return path, data[0] if data else None
    if isinstance(data, dict) and depth < 4:
        for name, value in data.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                return _joined(path, name), value[0]
        for name, value in data.items():
            found = _list_in(value, _joined(path, name), depth + 1) if isinstance(value, dict) else ("", None)
            if found[1] is not None and found[0] != _joined(path, name):
                return found
    return path, data


def _outputs(item: Any) -> dict[str, str]:
    if not isinstance(item, dict):
        return {}
    found: dict[str, str] = {}
    for name, value in item.items():
        if len(found) >= MAX_OUTPUTS:
            break
        if isinstance(value, dict):
            for inner, leaf in list(value.items())[:5]:
                if not isinstance(leaf, dict | list):
                    found.setdefault(name_of(f"{name}_{inner}"), _joined(_quoted(name), inner))
        elif not isinstance(value, list):
            found.setdefault(name_of(name), _quoted(name))
    return {name: path for name, path in found.items() if len(path) < 300}


def _joined(path: str, name: str) -> str:
    return f"{path}.{_quoted(name)}" if path else _quoted(name)


def _quoted(name: str) -> str:
    return name if _SIMPLE.fullmatch(name) else json.dumps(name)


def _short(value: Any, depth: int) -> Any:
    if isinstance(value, list):
        return [_short(one, depth + 1) for one in value[:MAX_SAMPLE_ITEMS]]
    if isinstance(value, dict):
        return {name: _short(one, depth + 1) for name, one in value.items()} if depth < 12 else {}
    return value[:2_000] if isinstance(value, str) else value
