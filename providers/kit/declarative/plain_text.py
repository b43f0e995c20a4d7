"""YAML and JSON text to plain data and back: bounded, without anchors, with the values that JSON knows."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import yaml

from providers.kit.declarative.findings import Finding

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 40
MAX_NODES = 200_000
_TEXT_TAG = "tag:yaml.org,2002:str"


class DocumentError(Exception):
    """A text that is no document. `fix` says what to do, `pointer` where; `findings` are all that were found."""

    def __init__(self, message: str, *, fix: str = "", pointer: str = "", findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.fix = fix
        self.pointer = pointer
        self.findings = findings


def _resolvers() -> dict[str | None, list[tuple[str, re.Pattern[str]]]]:
    """Plain scalars as JSON writes them: `no`, `12:30` and `2026-11-23` stay texts."""
    null, boolean = re.compile(r"null"), re.compile(r"true|false")
    whole, broken = (
        re.compile(r"-?(?:0|[1-9][0-9]*)"),
        re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"),
    )
    found: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {
        "n": [("tag:yaml.org,2002:null", re.compile(null.pattern + r"\Z"))],
        "t": [("tag:yaml.org,2002:bool", re.compile(rf"(?:{boolean.pattern})\Z"))],
        "f": [("tag:yaml.org,2002:bool", re.compile(rf"(?:{boolean.pattern})\Z"))],
    }
    for first in "-0123456789":
        found[first] = [
            ("tag:yaml.org,2002:int", re.compile(whole.pattern + r"\Z")),
            ("tag:yaml.org,2002:float", re.compile(broken.pattern + r"\Z")),
        ]
    return found


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Reader(_Loader):
    """The safe loader, with JSON's scalars, and without keys that stand twice."""

    yaml_implicit_resolvers = _resolvers()

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(keys) != len(node.value) or any(tag != _TEXT_TAG for tag, _ in keys):
            raise DocumentError("A name in the document is not a text.", fix="Put names between quotes.")
        _once([name for _, name in keys])
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found


class _Writer(_Dumper):
    yaml_implicit_resolvers = _resolvers()

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write_text(writer: Any, text: str) -> Any:
    """Long texts as blocks, so that people can read them; others as the library decides."""
    block = "\n" in text and not re.search(r"[ \t]+(?:\n|\Z)|[^\n -~ -퟿]|\A[\s]", text)
    return writer.represent_scalar(_TEXT_TAG, text, style="|" if block else None)


_Writer.add_representer(str, _write_text)


def load(text: str | bytes, *, most_bytes: int = MAX_BYTES, depth: int = MAX_DEPTH, nodes: int = MAX_NODES) -> Any:
    """Plain data of a YAML or JSON text. Raises DocumentError."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > most_bytes:
        raise DocumentError(f"The text is larger than {most_bytes >> 20} MiB.", fix="Split it, or leave out samples.")
    try:
        words = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("﻿")
        words.encode("utf-8")
    except UnicodeError:
        raise DocumentError("The text is not UTF-8.", fix="Save the file as UTF-8.") from None
    data = _json(words) if words.lstrip()[:1] in ("{", "[") else _NOT_JSON
    data = _yaml(words, depth, nodes) if data is _NOT_JSON else data
    check_size(data, depth=depth, nodes=nodes)
    return data


def dump_yaml(data: Any) -> str:
    """YAML of plain data, in the order it has."""
    text: str = yaml.dump(data, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=110)
    return text


def check_size(data: Any, *, depth: int = MAX_DEPTH, nodes: int = MAX_NODES) -> None:
    """Holds plain data to a depth and a number of values, without recursion. Raises DocumentError."""
    level, seen = [data], 0
    for _ in range(depth):
        seen += len(level)
        if seen > nodes:
            raise DocumentError("The document holds too many values.", fix="Split it, or leave out samples.")
        if any(isinstance(one, float) and not math.isfinite(one) for one in level):
            raise DocumentError("A number in the document is not finite.", fix="Write a number.")
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise DocumentError("The document is nested too deeply.", fix="Flatten it.")


_NOT_JSON = object()


def _json(text: str) -> Any:
    """The data, or `_NOT_JSON`: YAML's flow style begins alike."""
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_constant)
    except RecursionError:
        raise DocumentError("The document is nested too deeply.", fix="Flatten it.") from None
    except ValueError:
        return _NOT_JSON


def _yaml(text: str, most_depth: int, most_nodes: int) -> Any:
    try:
        depth = count = 0
        for event in yaml.parse(text, Loader=_Reader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise DocumentError(
                    "Anchors and aliases (& and *) are not read.", fix="Write the value out where it is used."
                )
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            count += isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
            if depth > most_depth or count > most_nodes * 2:
                raise DocumentError(
                    "The document is nested too deeply, or too large.", fix="Flatten it, or split it."
                )
        return yaml.load(text, Loader=_Reader)  # noqa: S506  # a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise DocumentError(f"The text cannot be read{place}.", fix=str(error.problem or "")[:200]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DocumentError("The text cannot be read.", fix=str(error)[:200]) from None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _once([name for name, _ in pairs])
    return dict(pairs)


def _once(names: list[str]) -> None:
    if len(set(names)) != len(names):
        name = next(one for index, one in enumerate(names) if one in names[:index])
        raise DocumentError(f"“{name[:60]}” stands twice in one place.", fix="Remove one of them.")


def _no_constant(name: str) -> NoReturn:
    raise DocumentError(f"{name} is not a number that documents may hold.", fix="Write a number.")
