"""Editing plain documents: each function takes a document and gives a new one; what it was given stays as it is.

A place is an RFC 6901 pointer: `/fields/0` is the first field, `/operations/2/response` an answer's reading.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from providers.kit.declarative.findings import pointer_of
from webapp.core.errors import Invalid, NotFound

Plain = dict[str, Any]


def steps_of(pointer: str) -> list[str]:
    """The steps of a pointer; "" and "/" are the whole document."""
    if pointer in ("", "/"):
        return []
    return [one.replace("~1", "/").replace("~0", "~") for one in pointer.lstrip("/").split("/")]


def part_of(document: Mapping[str, Any], pointer: str) -> Any:
    """What stands there. Raises NotFound."""
    found: Any = document
    for step in steps_of(pointer):
        found = _inside(found, step)
    return found


def change(document: Mapping[str, Any], pointer: str, values: Mapping[str, Any]) -> Plain:
    """With members of a part set; None takes a member away, so that its default holds. Parts that are not there yet
    are made. Raises NotFound for a place in a list that is not there."""
    made = copy.deepcopy(dict(document))
    part: Any = made
    for step in steps_of(pointer):
        if isinstance(part, dict) and not isinstance(part.get(step), dict | list):
            part[step] = {}
        part = _inside(part, step)
    if not isinstance(part, dict):
        raise NotFound
    for name, value in values.items():
        if value is None:
            part.pop(name, None)
        else:
            part[name] = copy.deepcopy(value)
    return made


def replace(document: Mapping[str, Any], pointer: str, value: Any) -> Plain:
    """With another part in its place; None takes it away. Raises NotFound."""
    *before, last = steps_of(pointer)
    parent = pointer_of(*before)
    here = part_of(document, parent)
    if isinstance(here, list):
        made = copy.deepcopy(dict(document))
        items = part_of(made, parent)
        items[_index(items, last)] = copy.deepcopy(value)
        return made
    return change(document, parent, {last: value})


def add(document: Mapping[str, Any], pointer: str, item: Any, index: int | None = None) -> Plain:
    """With one more in a list, at its end or at `index`; the list is made where there is none. Raises NotFound."""
    *before, last = steps_of(pointer)
    made = copy.deepcopy(dict(document))
    holder = part_of(made, pointer_of(*before))
    if not isinstance(holder, dict):
        raise NotFound
    items = holder.setdefault(last, [])
    if not isinstance(items, list):
        raise NotFound
    items.insert(len(items) if index is None else max(0, min(index, len(items))), copy.deepcopy(item))
    return made


def move(document: Mapping[str, Any], pointer: str, to: int) -> Plain:
    """With one of a list at another place of it; past the ends is at the ends. Raises NotFound."""
    made = copy.deepcopy(dict(document))
    items, index = _place(made, pointer)
    one = items.pop(index)
    items.insert(max(0, min(to, len(items))), one)
    return made


def remove(document: Mapping[str, Any], pointer: str) -> Plain:
    """Without one of a list, or without a member. Raises NotFound."""
    made = copy.deepcopy(dict(document))
    *before, last = steps_of(pointer)
    holder = part_of(made, pointer_of(*before))
    _inside(holder, last)
    if isinstance(holder, list):
        del holder[_index(holder, last)]
    else:
        del holder[last]
    return made


def pick(document: Mapping[str, Any], operation: int, name: str, path: str) -> Plain:
    """With one more thing picked from an operation's answer. Raises NotFound, Invalid (no name)."""
    if not name:
        raise Invalid("Give it a name.", fields={"name": "Use small letters, such as email."})
    place = pointer_of("operations", operation)
    outputs = dict(part_of(document, place).get("response", {}).get("outputs", {}))
    return change(document, f"{place}/response", {"outputs": {**outputs, name: path}})


def unpick(document: Mapping[str, Any], operation: int, name: str) -> Plain:
    """Without one thing that was picked. Raises NotFound."""
    place = pointer_of("operations", operation)
    outputs = dict(part_of(document, place).get("response", {}).get("outputs", {}))
    if name not in outputs:
        raise NotFound
    del outputs[name]
    return change(document, f"{place}/response", {"outputs": outputs or None})


def list_is(document: Mapping[str, Any], operation: int, path: str) -> Plain:
    """With `path` as where the operation's list (or object) stands in the answer; "" is the whole answer."""
    return change(document, pointer_of("operations", operation, "response"), {"select": path or None})


def _place(document: Plain, pointer: str) -> tuple[list[Any], int]:
    *before, last = steps_of(pointer)
    items = part_of(document, pointer_of(*before))
    if not isinstance(items, list):
        raise NotFound
    return items, _index(items, last)


def _inside(part: Any, step: str) -> Any:
    if isinstance(part, list):
        return part[_index(part, step)]
    if not isinstance(part, dict) or step not in part:
        raise NotFound
    return part[step]


def _index(items: list[Any], step: str) -> int:
    if not step.isascii() or not step.isdecimal() or len(step) > 6 or int(step) >= len(items):
        raise NotFound
    return int(step)
