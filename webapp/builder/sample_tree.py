"""A sample answer as lines to pick from, each with the path (JMESPath) that leads there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from providers.kit.answers import Answer
from providers.kit.declarative import DocumentError, from_plain
from providers.kit.declarative.answers import loosely
from providers.kit.declarative.importing.names import name_of
from providers.kit.declarative.selecting import SelectionError, select

MAX_LINES = 250
MAX_DEPTH = 8
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WIDEST = 80


@dataclass(frozen=True, kw_only=True)
class Line:
    """`path` leads there from the whole answer, `own` from one entry of the list (None: it is outside of it).

    `kind`: list, object, value. `value` is the plain value of a value, `text` a short form of it.
    """

    depth: int
    key: str
    kind: str
    path: str
    own: str | None
    name: str
    text: str = ""
    value: Any = None
    is_list: bool = False


def sample_data(operation: Mapping[str, Any]) -> Any:
    """The first sample as data, whatever its format; None without one."""
    samples = operation.get("samples")
    first = samples[0] if isinstance(samples, list) and samples and isinstance(samples[0], dict) else None
    if first is None:
        return None
    if first.get("json") is not None:
        return first["json"]
    if not first.get("text"):
        return None
    try:
        read = from_plain({"operations": [{"id": "x", "response": operation.get("response", {})}]})
    except DocumentError:
        return None
    answer = Answer(status=200, headers={}, content=str(first["text"]).encode(), elapsed_ms=0.0)
    return loosely(answer, read.operations[0].response)


def lines_of(operation: Mapping[str, Any]) -> list[Line]:
    """The sample's lines, at most `MAX_LINES`; [] without a sample."""
    data = sample_data(operation)
    if data is None:
        return []
    response = operation.get("response")
    expression = str(response.get("select", "")) if isinstance(response, dict) else ""
    try:
        chosen = select(expression, data)
    except SelectionError:
        chosen = None
    item = chosen[0] if isinstance(chosen, list) and chosen else chosen
    found: list[Line] = []
    for line in _walk(data, "", "", 0, item, None, chosen):
        found.append(line)
        if len(found) >= MAX_LINES:
            break
    return found


def _walk(part: Any, key: str, path: str, depth: int, item: Any, own: str | None, chosen: Any) -> Iterator[Line]:
    if part is item and isinstance(part, dict | list):
        own = ""
    is_list = part is chosen and isinstance(part, list)
    if isinstance(part, dict | list):
        kind = "list" if isinstance(part, list) else "object"
        count = f"{len(part)} " + ("entry" if len(part) == 1 else "entries") if kind == "list" else ""
        yield Line(
            depth=depth, key=key, kind=kind, path=path, own=own, name=name_of(key), text=count, is_list=is_list
        )
        if depth >= MAX_DEPTH:
            return
        pairs = list(part.items()) if isinstance(part, dict) else list(enumerate(part[:1]))
        for name, inner in pairs:
            step = f"[{name}]" if isinstance(name, int) else _quoted(str(name))
            shown = "first entry" if isinstance(name, int) else str(name)
            within = None if own is None else _joined(own, step)
            yield from _walk(inner, shown, _joined(path, step), depth + 1, item, within, chosen)
        return
    own = "@" if own is None and part is item and item is not None and depth > 0 else own
    yield Line(depth=depth, key=key, kind="value", path=path, own=own, name=name_of(key), value=part,
               text=_short(part))  # fmt: skip


def _joined(path: str, step: str) -> str:
    return path + step if step.startswith("[") or not path else f"{path}.{step}"


def _quoted(name: str) -> str:
    return name if _SIMPLE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDEST else text[:_WIDEST] + "…"
