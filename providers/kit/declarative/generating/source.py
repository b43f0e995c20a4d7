"""Python source as the project's formatter would leave it: laid out while it is written, within 118 columns.

What does not fit on a line is broken after every comma, with a comma at the end, which the formatter keeps.
"""

from __future__ import annotations

import ast
import dataclasses
import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

WIDTH = 118
_INDENT = "    "
_WHOLE = frozenset({"base64", "json"})
"""Modules that are imported as they are; `datetime` is the class in it."""


@dataclass(frozen=True)
class Code:
    """An expression that is written as it is."""

    text: str


@dataclass(frozen=True)
class Group:
    """Items between brackets; `names` are what stands before each (`name=` or `"key": `)."""

    opens: str
    items: tuple[tuple[str, Node], ...]
    closes: str
    lonely_comma: bool = False
    """A tuple of one needs its comma."""


@dataclass(frozen=True)
class Text:
    value: str


Node = Code | Group | Text


def call(name: str, *arguments: Any, **named: Any) -> Group:
    items = [("", value(one)) for one in arguments] + [(f"{key}=", value(one)) for key, one in named.items()]
    return Group(f"{name}(", tuple(items), ")")


def value(data: Any) -> Node:
    """Plain data, enums, dates and frozen dataclasses as an expression; nodes stay as they are."""
    if isinstance(data, Code | Group | Text):
        return data
    if isinstance(data, Enum):
        return Code(f"{type(data).__name__}.{data.name}")
    if isinstance(data, str):
        return Text(data)
    if isinstance(data, date):
        return Code(f"date({data.year}, {data.month}, {data.day})")
    if dataclasses.is_dataclass(data) and not isinstance(data, type):
        return instance(data)
    if isinstance(data, Mapping):
        return Group("{", tuple((f"{quoted(str(key))}: ", value(one)) for key, one in data.items()), "}")
    if isinstance(data, list):
        return Group("[", tuple(("", value(one)) for one in data), "]")
    if isinstance(data, tuple):
        return Group("(", tuple(("", value(one)) for one in data), ")", lonely_comma=True)
    return Code(repr(data))


def instance(data: Any, **instead: Node) -> Group:
    """A frozen dataclass as a call with what is not its default; `instead` gives members another expression."""
    items: list[tuple[str, Node]] = []
    for one in dataclasses.fields(data):
        held = getattr(data, one.name)
        if one.name in instead:
            items.append((f"{one.name}=", instead[one.name]))
        elif not _is_default(one, held):
            items.append((f"{one.name}=", value(held)))
    return Group(f"{type(data).__name__}(", tuple(items), ")")


def assignment(target: str, node: Any, depth: int = 0) -> str:
    return statement(f"{target} = ", value(node), depth)


def statement(before: str, node: Node, depth: int = 0, after: str = "") -> str:
    """One logical line: `before`, the expression, `after`."""
    indent = _INDENT * depth
    return f"{indent}{before}{_laid_out(node, len(indent) + len(before), len(after), depth)}{after}"


def heading(name: str, parameters: str, gives: str) -> str:
    """The first line of a function; its parameters on a line of their own where it is too long."""
    flat = f"def {name}({parameters}) -> {gives}:"
    return flat if _width(flat) <= WIDTH else f"def {name}(\n{_INDENT}{parameters}\n) -> {gives}:"


def module(words: str, body: str, homes: Mapping[str, str]) -> str:
    """A file: docstring, the imports that the body needs (`homes` are modules by name), and the body."""
    tree = ast.parse(body)
    used = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
    imports = _imports(used - _defined(tree), homes)
    apart = "\n" if body.lstrip().startswith(("class ", "def ")) else ""
    return f"{docstring(words)}\n\nfrom __future__ import annotations\n\n{imports}{apart}{body.strip()}\n"


def _defined(tree: ast.Module) -> set[str]:
    """Names that a module gives itself."""
    found: set[str] = set()
    for one in tree.body:
        if isinstance(one, ast.FunctionDef | ast.ClassDef):
            found.add(one.name)
        targets = (
            one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        )
        found |= {each.id for each in targets if isinstance(each, ast.Name)}
    return found


def docstring(words: str, depth: int = 0) -> str:
    """Words of one line, wrapped where they are long."""
    text = " ".join(words.split()).replace("\\", "/").replace('"""', "'''").strip() or "A service."
    text = text + " " if text.endswith('"') else text
    room = WIDTH - 4 * depth - 6
    if len(text) <= room:
        return f'"""{text.rstrip() if not text.endswith(chr(34) + " ") else text.rstrip()[:-1] + chr(39)}"""'
    cut = text.rfind(" ", 0, room)
    return docstring(text[: cut if cut > 20 else room - 1], depth)


def name_of(text: str, taken: Iterable[str] = ()) -> str:
    """A Python name for an id, other than those taken."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "one"
    name = f"call_{name}" if name[0].isdigit() else name
    known = {*taken, *keyword.kwlist, *keyword.softkwlist, *dir(__builtins__), "match", "case"}
    while name in known:
        name += "_"
    return name


def class_name(text: str) -> str:
    """`northwind-orders` is `NorthwindOrders`."""
    name = "".join(one.capitalize() for one in re.split(r"[^A-Za-z0-9]+", text))
    return name if name[:1].isalpha() else f"Custom{name}"


def quoted(text: str) -> str:
    """A text as the formatter writes it: between double quotes, unless those would need more escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(one, quote) for one in text) + quote


def _escaped(character: str, quote: str) -> str:
    if character in ("\\", quote):
        return "\\" + character
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    if short or character.isprintable():
        return short or character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _laid_out(node: Node, column: int, after: int, depth: int) -> str:
    flat = _flat(node)
    if column + _width(flat) + after <= WIDTH or isinstance(node, Code):
        return flat
    inner = _INDENT * (depth + 1)
    if isinstance(node, Text):
        pieces = _pieces(node.value, WIDTH - len(inner))
        if depth == 0 and len(pieces) < 2 and column <= len(inner):
            return flat
        return "(\n" + "".join(f"{inner}{one}\n" for one in pieces) + _INDENT * depth + ")"
    if not node.items:
        return flat
    lines = [f"{inner}{name}{_laid_out(one, len(inner) + _width(name), 1, depth + 1)},\n" for name, one in node.items]
    return f"{node.opens}\n{''.join(lines)}{_INDENT * depth}{node.closes}"


def _flat(node: Node) -> str:
    if isinstance(node, Code):
        return node.text
    if isinstance(node, Text):
        return quoted(node.value)
    inner = ", ".join(name + _flat(one) for name, one in node.items)
    return node.opens + inner + ("," if node.lonely_comma and len(node.items) == 1 else "") + node.closes


def _pieces(text: str, room: int) -> list[str]:
    """The text as several literals, broken behind spaces where there are any."""
    found: list[str] = []
    piece = ""
    for word in re.findall(r"\S*\s?", text):
        while word:
            if _width(quoted(piece + word)) <= room:
                piece, word = piece + word, ""
            elif piece:
                found.append(quoted(piece))
                piece = ""
            else:  # one word longer than the line
                size = len(word)
                while _width(quoted(word[:size])) > room:
                    size -= max(1, (_width(quoted(word[:size])) - room) // 2)
                found.append(quoted(word[:size]))
                word = word[size:]
    return [*found, quoted(piece)] if piece else found


def _width(text: str) -> int:
    """Columns as the formatter counts them: wide letters take two."""
    return len(text) if text.isascii() else sum(_columns(one) for one in text)


def _columns(character: str) -> int:
    from unicodedata import east_asian_width

    return 2 if east_asian_width(character) in "WF" else 1


def _imports(used: set[str], homes: Mapping[str, str]) -> str:
    """Import blocks: the standard library, the kit, the package's own modules."""
    by_module: dict[str, list[str]] = {}
    for name in sorted(used & set(homes)):
        by_module.setdefault(homes[name], []).append(name)
    blocks: tuple[list[str], list[str], list[str]] = ([], [], [])
    for origin, names in sorted(by_module.items()):
        ordered = sorted(names, key=_import_order)
        place = 2 if origin.startswith(".") else 1 if origin.startswith("providers") else 0
        if ordered == [origin] and origin in _WHOLE:
            blocks[place].insert(0, f"import {origin}")
            continue
        line = f"from {origin} import {', '.join(ordered)}"
        if len(line) > WIDTH:
            line = f"from {origin} import (\n" + "".join(f"{_INDENT}{one},\n" for one in ordered) + ")"
        blocks[place].append(line)
    whole = [sorted(one for one in block if one.startswith("import")) for block in blocks]
    rest = [[one for one in block if not one.startswith("import")] for block in blocks]
    made = ["\n".join(first + second) for first, second in zip(whole, rest, strict=True) if first or second]
    return "\n\n".join(made) + ("\n\n" if made else "")


def _import_order(name: str) -> tuple[int, str]:
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)


def _is_default(one: dataclasses.Field[Any], held: Any) -> bool:
    if one.default is not dataclasses.MISSING:
        return bool(held == one.default) and type(held) is type(one.default)
    return one.default_factory is not dataclasses.MISSING and bool(held == one.default_factory())
