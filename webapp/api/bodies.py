"""Reads a JSON body strictly: whoever sends something ambiguous is told where, before anything is done with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson
from flask import Request
from werkzeug.exceptions import UnsupportedMediaType

from webapp.api.errors import Unreadable, pointer_to

MAX_BODY = 256 * 1024
MAX_DEPTH = 32


def read_object(request: Request) -> dict[str, Any]:
    """The body as an object. Raises Unreadable (400), UnsupportedMediaType (415) and RequestEntityTooLarge (413)."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    request.max_content_length = MAX_BODY
    raw = request.get_data()
    value = _parsed(raw)
    _refuse_duplicates(raw)
    if not isinstance(value, dict):
        raise Unreadable("The body must be a JSON object, in curly brackets.")
    return value


def _parsed(raw: bytes) -> Any:
    if not raw.strip():
        raise Unreadable("The body is empty.", fix="Send a JSON object.")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(
            f"The body is not JSON: reading stopped at {where}.", fix="Check quotes, commas and brackets there."
        ) from error
    for pointer, depth, text in _walk(value):
        if depth > MAX_DEPTH:
            raise Unreadable(f"The body is nested too deeply: at most {MAX_DEPTH} levels.")
        if "\0" in text:
            raise Unreadable("A text has a NUL character in it.", problems=[{"pointer": pointer, "detail": _NUL}])
    return value


_NUL = "Take the NUL character (\\u0000) out."


def _walk(value: Any) -> Iterator[tuple[str, int, str]]:
    """(pointer, depth, text) of everything in it, without recursion; keys count as text."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while waiting:
        path, one = waiting.pop()
        yield pointer_to(path), len(path), one if isinstance(one, str) else ""
        if len(path) > MAX_DEPTH:
            continue
        if isinstance(one, dict):
            for key, child in one.items():
                yield pointer_to(path), len(path), key
                waiting.append(((*path, key), child))
        elif isinstance(one, list):
            waiting.extend(((*path, str(number)), child) for number, child in enumerate(one))


def _refuse_duplicates(raw: bytes) -> None:
    """Two values under one name: readers disagree on which counts, so neither does."""

    def once(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise Unreadable("A name stands twice in the same object.", fix="Send each name once.")

    json.loads(raw, object_pairs_hook=once, parse_int=str, parse_float=str)
