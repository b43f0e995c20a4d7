"""What changed between two versions of a document, field by field, in plain words, without any secret's value."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import ErrorRule
from providers.kit.declarative.expressions import TemplateError, parse
from providers.kit.declarative.findings import pointer_of
from providers.kit.declarative.reading import plain
from providers.kit.declarative.values_text import text_of
from providers.kit.redaction import HIDDEN, redact

MAX_SHOWN = 2_000
_MISSING = object()
_KEYS = ("id", "name", "type", "says", "label", "title", "value")
"""What a part of a list is known by, the first of these that it has."""
_SENSITIVE = ("authorization", "cookie", "password", "passwd", "secret", "token", "api_key", "apikey", "api-key")
_CREDENTIALS = frozenset({"value", "password", "token", "client_secret", "secret"})
"""Members of `auth` that hold a template; a text without a placeholder would be the secret itself."""
_CARRIED = frozenset(
    {"headers", "query", "fields", "content", "json", "sample", "variables", "inputs", "sample_headers"}
)
_LISTS = {
    "operations": "Operation",
    "fields": "Field",
    "inputs": "Input",
    "errors": "Error rule",
    "tests": "Test",
    "expect": "Expectation",
    "permissions": "Permission",
    "setup": "Setup step",
    "events": "Event",
    "options": "Choice",
    "samples": "Sample answer",
    "keywords": "Keyword",
    "steps": "Step",
    "scopes": "Scope",
    "statuses": "Status",
}
_WORDS = {
    "auth": "sign-in",
    "base_url": "base address",
    "path": "address",
    "body": "request body",
    "response": "answer",
    "most_bytes": "largest answer",
    "pagination": "pages",
    "pace": "limit of calls",
    "identify": "proof of the connection",
    "repeat": "repeating",
    "how_to": "where to find it",
    "depends_on": "asked for only if",
    "secret_field": "field of the signing secret",
    "scheme": "signature",
    "authorize_url": "sign-in address",
    "token_url": "token address",
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field that is not as it was. `pointer` (RFC 6901) leads into the new document, into the old one where the
    field was removed. `before` and `after` are texts to show; "" is not there. Secrets in them read `[hidden]`."""

    pointer: str
    words: str
    before: str
    after: str


def difference(old: Document, new: Document) -> tuple[Change, ...]:
    """Every change, in the document's order. Moves inside a list are one change of its order."""
    return tuple(_Comparison(_secrets(old) | _secrets(new)).compare(old, new, (), ()))


class _Comparison:
    """Walks two documents at once. `steps` make the pointer, `trail` the words."""

    def __init__(self, secrets: frozenset[str]) -> None:
        self._secrets = secrets

    def compare(self, old: Any, new: Any, steps: tuple[str | int, ...], trail: tuple[str, ...]) -> Iterator[Change]:
        if type(old) is type(new) and old == new:
            return
        if dataclasses.is_dataclass(old) and type(old) is type(new):
            for one in dataclasses.fields(old):
                before, after = getattr(old, one.name), getattr(new, one.name)
                yield from self.compare(before, after, (*steps, one.name), (*trail, _word(one.name)))
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            for name in (*old, *(one for one in new if one not in old)):
                before, after = old.get(name, _MISSING), new.get(name, _MISSING)
                yield from self.compare(before, after, (*steps, name), (*trail, f"“{name}”"))
        elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
            yield from self._lists(old, new, steps, trail)
        else:
            yield self._change(old, new, steps, trail)

    def _lists(
        self, old: Sequence[Any], new: Sequence[Any], steps: tuple[str | int, ...], trail: tuple[str, ...]
    ) -> Iterator[Change]:
        before, after = _by_key(old), _by_key(new)
        for key, (index, value) in before.items():
            where = (*trail[:-1], _one_of(steps, value, index))
            if key not in after:
                yield self._change(value, _MISSING, (*steps, index), where)
            else:
                place, now = after[key]
                yield from self.compare(value, now, (*steps, place), where)
        for key, (index, value) in after.items():
            if key not in before:
                yield self._change(_MISSING, value, (*steps, index), (*trail[:-1], _one_of(steps, value, index)))
        if [key for key in before if key in after] != [key for key in after if key in before]:
            names = ([_name_of(one, index) for index, one in enumerate(side)] for side in (old, new))
            first, second = (self._redacted(", ".join(each)) for each in names)
            words = _sentence(trail, "are in another order")
            yield Change(pointer=pointer_of(*steps), words=words, before=first, after=second)

    def _change(self, old: Any, new: Any, steps: tuple[str | int, ...], trail: tuple[str, ...]) -> Change:
        added, removed = _is_nothing(old), _is_nothing(new)
        verb = "was added" if added else "was removed" if removed else "was changed"
        return Change(
            pointer=pointer_of(*steps),
            words=_sentence(trail, verb),
            before="" if added else self._shown(old, steps),
            after="" if removed else self._shown(new, steps),
        )

    def _shown(self, value: Any, steps: tuple[str | int, ...]) -> str:
        data = _masked(plain(value), steps)
        text = text_of(data) if not isinstance(data, dict | list) else json.dumps(data, ensure_ascii=False, indent=2)
        return self._redacted(text)

    def _redacted(self, text: str) -> str:
        text = redact(text, self._secrets)
        return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def _is_nothing(value: Any) -> bool:
    return value is _MISSING or value is None or value == ""


def _secrets(document: Document) -> frozenset[str]:
    """Values in the document that somebody may have pasted as a real secret."""
    fields = (*document.fields, *(one for operation in document.operations for one in operation.inputs))
    found = {text for one in fields if one.kind == "secret" for text in (one.default, one.example)}
    found |= set(_sensitive_texts(plain(document), ()))
    return frozenset(one for one in found if len(one) >= 6)


def _sensitive_texts(value: Any, steps: tuple[str | int, ...]) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _sensitive_texts(inner, (*steps, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _sensitive_texts(inner, (*steps, index))
    elif isinstance(value, str) and _is_secret(value, steps):
        yield value


def _masked(value: Any, steps: tuple[str | int, ...]) -> Any:
    if isinstance(value, dict):
        hidden = ("default", "example") if value.get("kind") == "secret" else ()
        return {
            name: HIDDEN if name in hidden and inner else _masked(inner, (*steps, name))
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(inner, (*steps, index)) for index, inner in enumerate(value)]
    return HIDDEN if isinstance(value, str) and _is_secret(value, steps) else value


def _is_secret(value: str, steps: tuple[str | int, ...]) -> bool:
    """Whether a text stands where a credential stands, and is not only a placeholder for one."""
    if not value or not steps or not _is_literal(value):
        return False
    name = str(steps[-1]).lower()
    if steps[:1] == ("auth",) and name in _CREDENTIALS:
        return True
    inside = bool(_CARRIED & {one for one in steps[:-1] if isinstance(one, str)})
    return inside and any(word in name for word in _SENSITIVE)


def _is_literal(value: str) -> bool:
    try:
        return not any(True for _ in parse(value).references())
    except TemplateError:
        return True


def _by_key(values: Sequence[Any]) -> dict[str, tuple[int, Any]]:
    """Parts of a list by what they are known by; doubles and those without a name by their place."""
    found: dict[str, tuple[int, Any]] = {}
    for index, value in enumerate(values):
        key = _key_of(value) or f"#{index}"
        while key in found:
            key = f"{key}#{index}"
        found[key] = (index, value)
    return found


def _key_of(value: Any) -> str:
    if isinstance(value, str | int | float):
        return text_of(value)
    if isinstance(value, ErrorRule):
        return " ".join((*map(str, value.statuses), value.when)).strip()
    names = value if isinstance(value, Mapping) else vars(value) if dataclasses.is_dataclass(value) else {}
    return next((str(names[one]) for one in _KEYS if names.get(one) and isinstance(names[one], str)), "")


def _name_of(value: Any, index: int) -> str:
    if isinstance(value, str | int | float):
        return text_of(value)[:80]
    return str(getattr(value, "label", "") or _key_of(value) or index + 1)[:80]


def _one_of(steps: tuple[str | int, ...], value: Any, index: int) -> str:
    return f"{_LISTS.get(str(steps[-1]) if steps else '', 'Entry')} “{_name_of(value, index)}”"


def _word(name: str) -> str:
    return _WORDS.get(name, name.replace("_", " "))


def _sentence(trail: tuple[str, ...], verb: str) -> str:
    """“Operation “List orders”: address was changed.”"""
    *before, last = trail or ("the document",)
    sentence = f"{', '.join(before)}: {last} {verb}" if before else f"{last} {verb}"
    return sentence[:1].upper() + sentence[1:] + "."
