"""A template's content with values put in, for previews: Mailgun has no call for that.

Renders what Handlebars itself defines (https://handlebarsjs.com/guide/): values, `{{{raw}}}`, comments, paths,
and the blocks if, unless, each and with. Anything else (helpers with arguments, partials) is refused rather
than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.kit.errors import InvalidRequest, Unsupported

_TAG = re.compile(r"\{\{\{(?P<raw>[^{}]*)\}\}\}|\{\{!--.*?--\}\}|\{\{!.*?\}\}|\{\{(?P<tag>[^{}]*)\}\}", re.DOTALL)
_PATH = re.compile(r"(?:\.\./)*(?:@?[A-Za-z0-9_-]+|this|\.)(?:[./][A-Za-z0-9_-]+)*")
_BLOCKS = frozenset({"if", "unless", "each", "with"})
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "`": "&#x60;", "=": "&#x3D;"}
_MAX_DEPTH = 30
_MAX_OUTPUT = 2_000_000


@dataclass
class _Block:
    """An opened block: its parts before and after `{{else}}`. `chained` blocks end together with their parent."""

    name: str
    argument: str
    body: list[Any] = field(default_factory=list)
    otherwise: list[Any] = field(default_factory=list)
    in_else: bool = False
    chained: bool = False

    @property
    def open_part(self) -> list[Any]:
        return self.otherwise if self.in_else else self.body


@dataclass(frozen=True)
class _Value:
    path: str
    raw: bool


def render(content: str, values: Mapping[str, object]) -> str:
    """Raises Unsupported for what is not plain Handlebars, InvalidRequest for a block that is not closed."""
    output: list[str] = []
    _write(parse(content), [dict(values)], {}, output)
    return "".join(output)


def variables(content: str) -> tuple[str, ...]:
    """The names a template asks for at its top level, in order; what cannot be read is left out."""
    found: dict[str, None] = {}
    for match in _TAG.finditer(content):
        inside = (match["raw"] or match["tag"] or "").strip(" ~&")
        words = inside.split()
        if inside.startswith(("#", "^")) and len(words) == 2:
            inside = words[1]
        elif inside.startswith(("else if ",)) and len(words) == 3:
            inside = words[2]
        name = re.split(r"[./]", inside)[0]
        if re.fullmatch(r"[A-Za-z0-9_-]+", name) and _PATH.fullmatch(inside) and name not in ("this", "else"):
            found.setdefault(name)
    return tuple(found)


def parse(content: str) -> list[Any]:
    """Texts, values and blocks, nested. Raises as `render`."""
    root = _Block("", "")
    stack = [root]
    end = 0
    for match in _TAG.finditer(content):
        stack[-1].open_part.append(content[end : match.start()])
        end = match.end()
        if match["raw"] is not None:
            stack[-1].open_part.append(_Value(_path(match["raw"]), raw=True))
        elif match["tag"] is not None:
            _tag(match["tag"].strip(), stack)
    stack[-1].open_part.append(content[end:])
    if len(stack) > 1:
        raise _broken(f"{{{{#{stack[-1].name}}}}} is not closed")
    return root.body


def _tag(inside: str, stack: list[_Block]) -> None:
    if inside.startswith("#"):
        _open(inside[1:], stack, chained=False)
    elif inside.startswith("/"):
        _close(inside[1:].strip(), stack)
    elif inside in ("else", "^"):
        if len(stack) == 1 or stack[-1].in_else:
            raise _broken("{{else}} stands outside a block")
        stack[-1].in_else = True
    elif inside.startswith("else "):
        if len(stack) == 1 or stack[-1].in_else:
            raise _broken("{{else}} stands outside a block")
        stack[-1].in_else = True
        _open(inside[5:], stack, chained=True)
    else:
        raw = inside.startswith("&")
        stack[-1].open_part.append(_Value(_path(inside[1:] if raw else inside), raw=raw))


def _open(words: str, stack: list[_Block], *, chained: bool) -> None:
    name, _, argument = words.strip().partition(" ")
    if name not in _BLOCKS:
        raise _unknown("#" + words.strip())
    if len(stack) > _MAX_DEPTH:
        raise _broken("blocks are nested too deeply")
    block = _Block(name, _path(argument), chained=chained)
    stack[-1].open_part.append(block)
    stack.append(block)


def _close(name: str, stack: list[_Block]) -> None:
    while len(stack) > 1 and stack[-1].chained:
        stack.pop()
    if len(stack) == 1 or stack[-1].name != name:
        raise _broken(f"{{{{/{name[:40]}}}}} closes nothing")
    stack.pop()


def _path(words: str) -> str:
    path = words.strip()
    if not _PATH.fullmatch(path):
        raise _unknown(path)
    return path


def _write(parts: list[Any], scopes: list[Any], data: Mapping[str, object], output: list[str]) -> None:
    for part in parts:
        if isinstance(part, str):
            output.append(part)
        elif isinstance(part, _Value):
            words = _words(_look(part.path, scopes, data))
            output.append(words if part.raw else "".join(_ESCAPES.get(letter, letter) for letter in words))
        else:
            _write_block(part, scopes, data, output)
    if sum(map(len, output[-64:])) > _MAX_OUTPUT or len(output) > _MAX_OUTPUT:
        raise _broken("the result is too long")


def _write_block(block: _Block, scopes: list[Any], data: Mapping[str, object], output: list[str]) -> None:
    value = _look(block.argument, scopes, data)
    true = _is_true(value)
    if block.name in ("if", "unless"):
        _write(block.body if true is (block.name == "if") else block.otherwise, scopes, data, output)
    elif not true:
        _write(block.otherwise, scopes, data, output)
    elif block.name == "with":
        _write(block.body, [*scopes, value], data, output)
    else:
        pairs = _pairs(value)
        for number, (key, one) in enumerate(pairs):
            own = {"@index": number, "@key": key, "@first": number == 0, "@last": number == len(pairs) - 1}
            _write(block.body, [*scopes, one], own, output)


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    """What `each` goes through: an object's keys and values, a list's positions and items."""
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list | tuple) else []


def _look(path: str, scopes: list[Any], data: Mapping[str, object]) -> Any:
    """What a path names; None for what is not there."""
    if path.startswith("@"):
        return data.get(path)
    up = path.count("../")
    rest = path.replace("../", "")
    value = scopes[-1 - up] if up < len(scopes) else None
    for name in [] if rest in ("this", ".") else re.split(r"[./]", rest.removeprefix("this.").removeprefix("this/")):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list | tuple) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def _is_true(value: Any) -> bool:
    return bool(value) or isinstance(value, Mapping)


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(_words, value)) if isinstance(value, list | tuple) else str(value)


def _unknown(expression: str) -> Unsupported:
    return Unsupported(
        f"The preview cannot show “{{{{{expression[:60]}}}}}”: Mailgun has no call for previews, and we only "
        "put in what plain Handlebars defines.",
        fix="Send a test e-mail with this template to see it as Mailgun makes it.",
    )


def _broken(what: str) -> InvalidRequest:
    return InvalidRequest(f"The template cannot be read: {what}.", field="template", fix="Correct the template.")
