"""Sorts whatever somebody pastes (a whole .env, JSON, a list of keys) into a provider's fields. Pure.

Read line by line with a small parser of our own: nothing is expanded, executed or looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from providers.kit.contract import Environment, Field, Manifest
from webapp.instances.values import NotText, clean, normal, prefix_of, problem_of, text_of

MAX_TEXT = 64 * 1024
MAX_LINES = 500
_PAIR = re.compile(r"^(?:export\s+|set\s+|-\s+|\$env:)?[\"']?([A-Za-z][\w.\- ]{0,80}?)[\"']?\s*(?:=|:(?!//))\s*(.*)$")
_COMMENT = re.compile(r"\s+#.*$")


@dataclass(frozen=True, kw_only=True)
class PasteResult:
    """`assigned`: field name to value (secret ones too: hand it on, never show it, hence not in `repr`).
    `unknown`: the names or the covered beginnings of lines that fit nowhere. `problems`: field name to words."""

    assigned: Mapping[str, str] = field(repr=False)
    unknown: tuple[str, ...]
    problems: Mapping[str, str]
    message: str


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    name: str
    value: str = field(repr=False)


def sort_paste(manifest: Manifest, text: str, environment: Environment) -> PasteResult:
    """By environment name, field name or alias first; values without a known name by their beginning or pattern.

    The first value for a field wins; a second, different one is named in `problems`.
    """
    if len(text) > MAX_TEXT:
        return PasteResult(
            assigned={}, unknown=(), problems={}, message="That is too much text. Paste at most 64 KB."
        )
    named = {_key(name): one for one in manifest.fields for name in (one.name, one.env, *one.aliases) if name}
    labels = {_key(one.label): one for one in manifest.fields}
    assigned: dict[str, str] = {}
    problems: dict[str, str] = {}
    unknown: list[str] = []
    unnamed: list[_Candidate] = []
    for candidate in _candidates(text):
        found = named.get(_key(candidate.name)) or labels.get(_key(candidate.name)) if candidate.name else None
        if found is None:
            unnamed.append(candidate)
        else:
            _assign(found, candidate.value, environment, assigned, problems)
    for candidate in unnamed:
        found = _by_value(manifest.fields, candidate.value, assigned, environment)
        if found is None:
            unknown.append(candidate.name or covered(candidate.value))
        else:
            _assign(found, candidate.value, environment, assigned, problems)
    return PasteResult(
        assigned=assigned,
        unknown=tuple(dict.fromkeys(unknown)),
        problems=problems,
        message=_message(manifest, assigned, unknown),
    )


def covered(value: str) -> str:
    """Enough of a line to find it again, and too little to use it."""
    return f"{value[:6]}…" if len(value) > 12 else "…"


def _assign(
    one: Field, value: str, environment: Environment, assigned: dict[str, str], problems: dict[str, str]
) -> None:
    if not value:
        return
    value = normal(one, value)
    if one.name in assigned:
        if assigned[one.name] != value:
            problems.setdefault(one.name, "There are two different values for this in what you pasted.")
        return
    assigned[one.name] = value
    problem = problem_of(one, value, environment)
    if problem:
        problems[one.name] = problem


def _by_value(
    fields: tuple[Field, ...], value: str, assigned: Mapping[str, str], environment: Environment
) -> Field | None:
    """The one field this value is meant for: by the longest known beginning, else by the only pattern that fits."""
    if value in assigned.values():
        return next(one for one in fields if assigned.get(one.name) == value)
    begins = [(len(prefix_of(one, value)), one) for one in fields if prefix_of(one, value)]
    if begins:
        longest = max(length for length, _ in begins)
        best = [one for length, one in begins if length == longest]
        return best[0] if len(best) == 1 else next((one for one in best if one.name not in assigned), None)
    fitting = [one for one in fields if _tells(one) and one.matches(value) and one.name not in assigned]
    fitting = [one for one in fitting if not problem_of(one, value, environment)]
    return fitting[0] if len(fitting) == 1 else None


def _tells(one: Field) -> bool:
    """Whether a fitting pattern says anything: one that accepts a plain word does not."""
    return bool(one.pattern) and not one.matches("hello")


def _candidates(text: str) -> Iterator[_Candidate]:
    text = text.strip().lstrip("\ufeff")
    if text[:1] in "{[" and text:
        try:
            yield from _from_json(orjson.loads(text), depth=0)
            return
        except orjson.JSONDecodeError:
            pass
    for line in text.splitlines()[:MAX_LINES]:
        line = line.strip().rstrip(",;")
        if not line or line.startswith(("#", "//", "--", ";")) or line in ("{", "}", "[", "]"):
            continue
        match = _PAIR.match(line)
        if match and match[2] != "=":  # a lone value that ends in "==" (base 64) is no name
            yield _Candidate(name=match[1], value=_unquoted(match[2]))
        else:
            for word in line.split():
                yield _Candidate(name="", value=clean(word.strip(",;")))


def _unquoted(text: str) -> str:
    """The value of a line: quoted parts end at their quote, others at a comment."""
    text = text.strip()
    if text[:1] in ("'", '"', "`"):
        end = text.find(text[0], 1)
        if end > 0:
            return text[1:end].strip()
    return clean(_COMMENT.sub("", text))


def _from_json(value: object, depth: int, name: str = "") -> Iterator[_Candidate]:
    if depth > 5:
        return
    if isinstance(value, dict):
        if {"key", "value"} <= set(value) and isinstance(value["key"], str):
            yield from _from_json(value["value"], depth + 1, value["key"])
            return
        for key, inner in value.items():
            yield from _from_json(inner, depth + 1, str(key))
    elif isinstance(value, list):
        for inner in value[:MAX_LINES]:
            yield from _from_json(inner, depth + 1, name)
    else:
        try:
            yield _Candidate(name=name, value=clean(text_of(value)))
        except NotText:
            return


def _key(name: str) -> str:
    return re.sub(r"[\s.\-]+", "_", name.strip()).lower()


def _message(manifest: Manifest, assigned: Mapping[str, str], unknown: list[str]) -> str:
    if not assigned:
        return f"Nothing in it looks like a key of {manifest.name}."
    labels = [one.label for one in manifest.fields if one.name in assigned]
    said = f"Found: {', '.join(labels)}."
    if unknown:
        said += " One line fits nowhere." if len(unknown) == 1 else f" {len(unknown)} lines fit nowhere."
    return said
