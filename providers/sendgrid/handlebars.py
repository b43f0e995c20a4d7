"""Puts values into a dynamic template, by the rules that SendGrid publishes for its Handlebars.

https://www.twilio.com/docs/sendgrid/for-developers/sending-email/using-handlebars. Known are
`{{x}}` (escaped), `{{{x}}}`, `a.b`, `this`, `@root`, `@index`, `@key`, `@first`, `@last`; the blocks if, unless,
each, equals, notEquals, greaterThan, lessThan, and, or, with `else` and `else if`; the helpers insert, length and
formatDate. A value that is not there is empty, as with SendGrid. Data only: nothing of a template is ever executed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from providers.kit.errors import InvalidRequest

from .handlebars_dates import format_date

_MAX_OUTPUT = 4 * 1024 * 1024
_MAX_DEPTH = 40
_TAG = re.compile(
    r"\{\{!--.*?--\}\}|\{\{![^}]*\}\}|\{\{\{(?P<raw>[^{}]*)\}\}\}|\{\{(?P<left>~?)(?P<tag>[^{}]*?)(?P<right>~?)\}\}",
    re.DOTALL,
)
_WORD = re.compile(r'"(?P<double>[^"]*)"|\'(?P<single>[^\']*)\'|(?P<open>\()|(?P<close>\))|(?P<bare>[^\s()"\']+)')
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_CONSTANTS = {"true": True, "false": False, "null": None, "undefined": None}
_HELPERS = frozenset({"insert", "length", "formatDate"})
_IF = frozenset({"if", "unless", "equals", "notEquals", "greaterThan", "lessThan", "and", "or"})
_BLOCKS = _IF | {"each"}

_Argument = Any
"""A word of a tag: ("value", constant), ("path", text) or a list of arguments for a helper in parentheses."""


@dataclass
class _Block:
    """`name` is "" for the whole template. `branches` are (condition, content); a condition of None is `else`."""

    name: str
    branches: list[tuple[list[_Argument] | None, list[Any]]] = field(default_factory=list)
    inverted: bool = False


@dataclass(frozen=True)
class _Value:
    arguments: list[_Argument]
    escaped: bool


@dataclass(frozen=True)
class _Scope:
    """`this`, the values of the whole template, and the @-variables of the loop around."""

    this: Any
    root: Any
    loop: Mapping[str, Any] = field(default_factory=dict)


def render(template: str, values: Mapping[str, object], *, escape: bool = True) -> str:
    """The template with its values. `escape` is off for subjects and plain text. Raises InvalidRequest."""
    size = 0
    parts: list[str] = []
    for one in _render(_parse(template), _Scope(values, values), escape):
        size += len(one)
        if size > _MAX_OUTPUT:
            raise _wrong("it grows too large")
        parts.append(one)
    return "".join(parts)


def variables(template: str) -> tuple[str, ...]:
    """Names that the template takes from its values, in the order in which they appear. Never raises."""
    found: dict[str, None] = {}
    try:
        _collect(_parse(template), found, inside_each=False)
    except InvalidRequest:
        return ()
    return tuple(found)


# ------------------------------------------------------------------------------------------------- parsing


def _parse(template: str) -> list[Any]:
    root = _Block("", [(None, [])])
    open_blocks = [root]
    end = 0
    trim_next = False
    for found in _TAG.finditer(template):
        before = template[end : found.start()]
        before = before.lstrip() if trim_next else before
        before = before.rstrip() if found["left"] else before
        open_blocks[-1].branches[-1][1].append(before)
        end, trim_next = found.end(), bool(found["right"])
        if found["raw"] is not None:
            open_blocks[-1].branches[-1][1].append(_Value(_words(found["raw"]), escaped=False))
        elif found["tag"] is not None:
            _take(found["tag"].strip(), open_blocks)
    if len(open_blocks) > 1:
        raise _wrong(f"the block “{open_blocks[-1].name}” is not closed")
    rest = template[end:]
    root.branches[-1][1].append(rest.lstrip() if trim_next else rest)
    return root.branches[0][1]


def _take(tag: str, open_blocks: list[_Block]) -> None:
    """One tag: opens, divides or closes a block, or is a value."""
    current = open_blocks[-1]
    if tag.startswith("#"):
        words = _words(tag[1:])
        name = words[0][1] if words and isinstance(words[0], tuple) else ""
        if name not in _BLOCKS or len(open_blocks) > _MAX_DEPTH:
            raise _wrong(f"the block “{str(name)[:40]}” is not known")
        block = _Block(name, [(words[1:], [])], inverted=name == "unless")
        current.branches[-1][1].append(block)
        open_blocks.append(block)
    elif tag.startswith("/"):
        if len(open_blocks) == 1 or tag[1:].strip() != current.name:
            raise _wrong(f"“{tag[:40]}” closes a block that is not open")
        open_blocks.pop()
    elif tag == "else" or tag.startswith("else "):
        if len(open_blocks) == 1:
            raise _wrong("“else” stands outside of a block")
        words = _words(tag[4:])
        if words and words[0] in [("path", name) for name in _IF]:
            current.branches.append(([words[0], *words[1:]], []))
        elif words:
            raise _wrong(f"“{tag[:40]}” is not known")
        else:
            current.branches.append((None, []))
    elif tag:
        unescaped = tag.startswith("&")
        current.branches[-1][1].append(_Value(_words(tag[1:] if unescaped else tag), escaped=not unescaped))


def _words(tag: str) -> list[_Argument]:
    """The words of a tag; those in parentheses are a list of their own."""
    stack: list[list[_Argument]] = [[]]
    for found in _WORD.finditer(tag):
        if found["open"]:
            stack.append([])
        elif found["close"]:
            if len(stack) == 1:
                raise _wrong("a parenthesis is closed that is not open")
            inner = stack.pop()
            stack[-1].append(inner)
        elif found["bare"] is not None:
            stack[-1].append(_bare(found["bare"]))
        else:
            stack[-1].append(("value", found["double"] if found["double"] is not None else found["single"]))
        if len(stack) > _MAX_DEPTH:
            raise _wrong("it is nested too deeply")
    if len(stack) > 1:
        raise _wrong("a parenthesis is not closed")
    return stack[0]


def _bare(word: str) -> _Argument:
    if word in _CONSTANTS:
        return ("value", _CONSTANTS[word])
    if _NUMBER.fullmatch(word):
        return ("value", float(word) if "." in word else int(word))
    return ("path", word)


# ----------------------------------------------------------------------------------------------- rendering


def _render(nodes: Sequence[Any], scope: _Scope, escape: bool) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, _Value):
            words = _text(_evaluate(node.arguments, scope))
            yield html.escape(words) if node.escaped and escape else words
        elif node.name == "each":
            yield from _each(node, scope, escape)
        else:
            yield from _choose(node, scope, escape)


def _choose(block: _Block, scope: _Scope, escape: bool) -> Iterator[str]:
    for number, (condition, content) in enumerate(block.branches):
        if condition is None:
            holds = True
        elif number == 0:
            holds = _holds(block.name, condition, scope)
        else:
            holds = _holds(condition[0][1], condition[1:], scope)
        if holds:
            yield from _render(content, scope, escape)
            return


def _each(block: _Block, scope: _Scope, escape: bool) -> Iterator[str]:
    condition, content = block.branches[0]
    items = _evaluate(condition or [], scope)
    if isinstance(items, Mapping):
        pairs = list(items.items())
    elif isinstance(items, Sequence) and not isinstance(items, str | bytes):
        pairs = list(enumerate(items))
    else:
        pairs = []
    for number, (key, item) in enumerate(pairs):
        loop = {"index": number, "key": key, "first": number == 0, "last": number == len(pairs) - 1}
        yield from _render(content, _Scope(item, scope.root, loop), escape)
    if not pairs and len(block.branches) > 1:
        yield from _render(block.branches[1][1], scope, escape)


def _holds(name: str, arguments: list[_Argument], scope: _Scope) -> bool:
    values = [_argument(one, scope) for one in arguments]
    if name in ("if", "unless"):
        truth = _true(values[0] if len(values) == 1 else _evaluate(arguments, scope))
        return truth if name == "if" else not truth
    if len(values) != 2:
        raise _wrong(f"“{name}” compares two values")
    return _COMPARE[name](values[0], values[1])


def _argument(one: _Argument, scope: _Scope) -> Any:
    if isinstance(one, list):
        return _evaluate(one, scope)
    kind, value = one
    return value if kind == "value" else _look(value, scope)


def _evaluate(arguments: list[_Argument], scope: _Scope) -> Any:
    """A value, or what a helper makes of the words after its name."""
    if not arguments:
        return None
    first = arguments[0]
    if isinstance(first, tuple) and first[0] == "path" and first[1] in _HELPERS and len(arguments) > 1:
        return _help(first[1], arguments[1:], scope)
    if len(arguments) > 1:
        raise _wrong(f"“{first[1] if isinstance(first, tuple) else ''}” is not a helper that SendGrid knows")
    return _argument(first, scope)


def _help(name: str, arguments: list[_Argument], scope: _Scope) -> Any:
    values = [_argument(one, scope) for one in arguments]
    if name == "length":
        return len(values[0]) if isinstance(values[0], Sequence | Mapping) else 0
    if name == "formatDate":
        return format_date(values[0], _text(values[1]) if len(values) > 1 else "", _text((values + [""] * 3)[2]))
    default = _text(values[1]) if len(values) > 1 else ""
    return values[0] if _true(values[0]) else default.removeprefix("default=")


def _look(path: str, scope: _Scope) -> Any:
    value, steps = scope.this, path.replace("/", ".").split(".")
    if steps[0] == "@root":
        value, steps = scope.root, steps[1:]
    elif steps[0].startswith("@"):
        return scope.loop.get(steps[0][1:])
    elif steps[0] in ("this", ""):
        steps = [one for one in steps[1:] if one]
    for step in steps:
        name = step.strip("[]")
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, Sequence) and not isinstance(value, str | bytes) and name.isdecimal():
            value = value[int(name)] if len(name) < 9 and int(name) < len(value) else None
        else:
            return len(value) if name == "length" and isinstance(value, Sequence) else None
    return value


def _true(value: Any) -> bool:
    return bool(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "[object Object]"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return ",".join(_text(one) for one in value)
    return str(value)


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _same(left: Any, right: Any) -> bool:
    """Handlebars' helper compares loosely: 5 and "5" are the same."""
    return bool(left == right) or (left is not None and right is not None and _text(left) == _text(right))


def _greater(left: Any, right: Any) -> bool:
    first, second = _number(left), _number(right)
    return first is not None and second is not None and first > second


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "equals": _same,
    "notEquals": lambda left, right: not _same(left, right),
    "greaterThan": _greater,
    "lessThan": lambda left, right: _greater(right, left),
    "and": lambda left, right: _true(left) and _true(right),
    "or": lambda left, right: _true(left) or _true(right),
}


# ------------------------------------------------------------------------------------------ names of values


def _collect(nodes: Sequence[Any], found: dict[str, None], *, inside_each: bool) -> None:
    for node in nodes:
        if isinstance(node, _Value):
            _names(node.arguments, found, inside_each)
        elif isinstance(node, _Block):
            for number, (condition, content) in enumerate(node.branches):
                words = (condition or [])[1 if number else 0 :]
                _names(words, found, inside_each)
                _collect(content, found, inside_each=inside_each or (node.name == "each" and number == 0))


def _names(arguments: Sequence[_Argument], found: dict[str, None], inside_each: bool) -> None:
    for one in arguments:
        if isinstance(one, list):
            _names(one, found, inside_each)
        elif one[0] == "path" and one[1] not in _HELPERS:
            root = one[1].startswith("@root.")
            name = one[1].removeprefix("@root.").partition(".")[0]
            if name and name != "this" and not name.startswith("@") and (root or not inside_each):
                found.setdefault(name)


def _wrong(what: str) -> InvalidRequest:
    return InvalidRequest(
        f"The template is not well made: {what}.",
        field="template_id",
        fix="Open the template in SendGrid and correct it there, or add a new version.",
    )
