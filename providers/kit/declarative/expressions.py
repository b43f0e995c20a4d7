"""Templates: text with `{{ … }}` in it. A small, total language: no loops, nothing of Python.

    {{ configuration.shop | lower }}
    {{ concat(input.id, ':', now | unix_time) | hmac_sha256(configuration.key) }}

A value is a text in single quotes, a whole number, a reference (`input.id`), or a named function of values.
`a | f(b)` is `f(a, b)`. What is not given is null, and "" inside a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from providers.kit.declarative.functions import FUNCTIONS, MAX_RESULT
from providers.kit.declarative.values_text import text_of

MAX_TEMPLATE = 60_000
MAX_PLACEHOLDERS = 200
MAX_NESTING = 12

_PLACEHOLDER = re.compile(r"\{\{((?:'(?:[^'\\]|\\.)*'|[^'{}]|\}(?!\}))*)\}\}")
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>-?[0-9]{1,15})"
    r"|(?P<name>[a-z][a-z0-9_]*(?:\.[A-Za-z0-9_-]+)*)|(?P<sign>[(),|]))"
)


class TemplateError(ValueError):
    """A template that cannot be read or filled in. The message is for people and holds no value."""


@dataclass(frozen=True)
class Literal:
    value: str | int


@dataclass(frozen=True)
class Reference:
    """`path` is the name before the first dot, and those after it."""

    path: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple[Node, ...]


Node = Literal | Reference | Call


@dataclass(frozen=True)
class Template:
    """Text and expressions, in order."""

    parts: tuple[str | Node, ...]

    @property
    def only(self) -> Node | None:
        """The expression where the template is nothing else: its value keeps its own type."""
        one = self.parts[0] if len(self.parts) == 1 else None
        return None if isinstance(one, str) else one

    def references(self) -> Iterator[Reference]:
        for part in self.parts:
            if not isinstance(part, str):
                yield from _references(part)


@lru_cache(maxsize=4096)
def parse(text: str) -> Template:
    """Raises TemplateError."""
    if len(text) > MAX_TEMPLATE:
        raise TemplateError("The text is too long.")
    parts: list[str | Node] = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        _add_text(parts, text[end : match.start()])
        parts.append(_Parser(match[1]).whole())
        end = match.end()
    _add_text(parts, text[end:])
    if len(parts) > 2 * MAX_PLACEHOLDERS:
        raise TemplateError(f"The text has more than {MAX_PLACEHOLDERS} placeholders.")
    return Template(tuple(parts))


def evaluate(text: str, scope: Mapping[str, Any]) -> Any:
    """The value of a template: of any type where it is one placeholder, else a text. Raises TemplateError."""
    template = parse(text)
    if template.only is not None:
        return value_of(template.only, scope)
    return fill(text, scope)


def fill(text: str, scope: Mapping[str, Any], each: Callable[[str], str] = lambda one: one) -> str:
    """The template as a text; `each` treats every filled-in value (quotes or escapes it). Raises TemplateError."""
    made, length = [], 0
    for part in parse(text).parts:
        made.append(part if isinstance(part, str) else each(text_of(value_of(part, scope))))
        length += len(made[-1])
        if length > MAX_RESULT:
            raise TemplateError("What the text becomes is too long.")
    return "".join(made)


def value_of(node: Node, scope: Mapping[str, Any]) -> Any:
    """Raises TemplateError."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Reference):
        value: Any = scope
        for name in node.path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value
    return applied(node.name, *(value_of(one, scope) for one in node.arguments))


def applied(function: str, *arguments: Any) -> Any:
    """What a named function makes of values. Raises TemplateError, KeyError where there is no such function."""
    try:
        found = FUNCTIONS[function].call(*arguments)
    except (ValueError, TypeError, OverflowError, ArithmeticError):
        raise TemplateError(f"“{function}” can do nothing with what it was given.") from None
    if isinstance(found, str | bytes) and len(found) > MAX_RESULT:
        raise TemplateError("What the text becomes is too long.")
    return found


def templates_in(value: Any) -> Iterator[str]:
    """Every text of JSON-like data, names left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from templates_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from templates_in(inner)


def _references(node: Node) -> Iterator[Reference]:
    if isinstance(node, Reference):
        yield node
    elif isinstance(node, Call):
        for one in node.arguments:
            yield from _references(one)


def _add_text(parts: list[str | Node], text: str) -> None:
    if "{{" in text:
        raise TemplateError("A “{{” is not closed, or what is inside cannot be read.")
    if text:
        parts.append(text)


class _Parser:
    """One placeholder: a value, piped through functions."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split(text)
        self._at = 0

    def whole(self) -> Node:
        node = self._pipeline(0)
        if self._at < len(self._tokens):
            raise self._unreadable()
        return node

    def _pipeline(self, depth: int) -> Node:
        node = self._value(depth)
        while self._take("|"):
            kind, name = self._next()
            if kind != "name":
                raise self._unreadable()
            more = self._arguments(depth) if self._take("(") else ()
            node = self._call(name, (node, *more))
        return node

    def _value(self, depth: int) -> Node:
        if depth > MAX_NESTING:
            raise TemplateError("The placeholder is nested too deeply.")
        kind, text = self._next()
        if kind == "text":
            return Literal(re.sub(r"\\(.)", lambda one: _ESCAPES.get(one[1], one[1]), text[1:-1]))
        if kind == "number":
            return Literal(int(text))
        if kind == "name" and self._take("("):
            return self._call(text, self._arguments(depth))
        if kind == "name":
            return Reference(tuple(text.split(".")))
        raise self._unreadable()

    def _arguments(self, depth: int) -> tuple[Node, ...]:
        if self._take(")"):
            return ()
        found = [self._pipeline(depth + 1)]
        while self._take(","):
            found.append(self._pipeline(depth + 1))
        if not self._take(")"):
            raise self._unreadable()
        return tuple(found)

    def _call(self, name: str, arguments: tuple[Node, ...]) -> Call:
        function = FUNCTIONS.get(name)
        if function is None:
            raise TemplateError(f"There is no function “{name[:40]}”.")
        if not function.fewest <= len(arguments) <= function.most:
            raise TemplateError(f"“{name}” takes {function.takes}.")
        return Call(name, arguments)

    def _take(self, sign: str) -> bool:
        there = self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign)
        self._at += there
        return there

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise self._unreadable()
        self._at += 1
        return self._tokens[self._at - 1]

    def _split(self, text: str) -> list[tuple[str, str]]:
        tokens, at, end = [], 0, len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise self._unreadable()
            tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        return tokens

    def _unreadable(self) -> TemplateError:
        return TemplateError(f"“{self._text.strip()[:60]}” cannot be read.")


_ESCAPES = {"n": "\n", "t": "\t"}
