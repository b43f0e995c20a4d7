"""A sample answer as a tree to click in: each thing in it with the expression that finds it again (JMESPath)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from providers.kit.answers import Answer
from providers.kit.declarative.answers import data_of
from providers.kit.declarative.document_calls import Response
from providers.kit.errors import ProviderError
from webapp.core.errors import Invalid

MOST_SHOWN, DEEPEST = 300, 12
MAX_SAMPLE = 60_000
_BARE = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


@dataclass(frozen=True, kw_only=True)
class Node:
    """`path` finds it from the top; `item_path` from one item of the list it stands in ("" where in none).
    `list_path` is that list's own path. `kind`: object, list, value."""

    name: str
    path: str
    depth: int
    kind: str
    shown: str
    list_path: str = ""
    item_path: str = ""


def tree(data: Any) -> tuple[Node, ...]:
    """The nodes in reading order, of lists only the first item; at most `MOST_SHOWN`."""
    found: list[Node] = []
    for node in _walk("", data, "", 0, None, ""):
        found.append(node)
        if len(found) >= MOST_SHOWN:
            break
    return tuple(found)


def _walk(name: str, data: Any, path: str, depth: int, items: str | None, within: str) -> Iterator[Node]:
    own: dict[str, Any] = {"name": name, "path": path, "depth": depth, "list_path": items or "", "item_path": within}
    if isinstance(data, Mapping):
        if name or items is not None:
            yield Node(kind="object", shown=f"{len(data)} entries", **own)
        if depth < DEEPEST:
            for key, value in data.items():
                step = joined(path, key)
                yield from _walk(key, value, step, depth + 1, items, joined(within, key) if items is not None else "")
    elif isinstance(data, list):
        yield Node(kind="list", shown=f"{len(data)} in the list", **own)
        if data and depth < DEEPEST:
            first = f"{path}[0]" if path else "[0]"
            yield from _walk("the first", data[0], first, depth + 1, path, "")
    else:
        yield Node(kind="value", shown=_short(data), **own)


def joined(path: str, name: str) -> str:
    step = name if _BARE.match(name) else json.dumps(name, ensure_ascii=False)
    return f"{path}.{step}" if path else step


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"


def sample_data(operation: Mapping[str, Any]) -> Any:
    """The first sample of an operation, read as its answers are; None without one, or where it can't be read."""
    samples = operation.get("samples") or []
    if not samples:
        return None
    first = samples[0]
    if first.get("json") is not None:
        return first["json"]
    return _read(str(first.get("text", "")), (operation.get("response") or {}).get("kind", "json"))


def _read(text: str, kind: str) -> Any:
    if not text:
        return None
    raw = requests.Response()
    raw.status_code = 200
    raw._content = text.encode()  # the one way to make a response without a wire
    try:
        return data_of(Answer.of(raw), Response(kind=kind))  # type: ignore[arg-type]  # checked by the engine
    except (ProviderError, ValueError):
        return None


def as_sample(text: str, kind: str) -> dict[str, Any]:
    """What was pasted, as a sample of the document. Raises Invalid."""
    if not text.strip():
        raise Invalid("Paste an answer of the service.", fields={"sample": "There is nothing in it."})
    if len(text) > MAX_SAMPLE:
        raise Invalid("The sample is too long.", fields={"sample": "Shorten it to 60,000 characters."})
    if kind != "json":
        return {"text": text}
    try:
        return {"json": json.loads(text)}
    except (ValueError, RecursionError) as error:
        raise Invalid("This is not JSON.", fields={"sample": "Paste the whole answer, from { to }."}) from error
