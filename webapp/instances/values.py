"""Checks one value of one field, in words: pure, no database. Used while typing, on saving and on pasting."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from email_validator import EmailNotValidError, validate_email

from providers.kit.contract import Environment, Field, FieldKind, Tone

MAX_BYTES = 8 * 1024
MASK = "••••"
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "„": "“"}
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_ENVIRONMENT_WORDS = {
    Environment.LIVE: "live",
    Environment.TEST: "test",
    Environment.SANDBOX: "sandbox",
}
_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True, kw_only=True)
class FieldCheck:
    """What to show beside a field. `ok` says whether it could be saved; `tone` how to show `message`."""

    ok: bool
    tone: Tone
    message: str


class NotText(Exception):
    """The value is of a kind that no field takes. The message is for people."""


def text_of(value: object, field: Field | None = None) -> str:
    """A sent value as text: JSON's true, 5 and (for a JSON field) objects included. Raises NotText."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    if field is not None and field.kind is FieldKind.JSON and isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    raise NotText("This must be text.")


def is_masked(value: object) -> bool:
    """Whether a secret came back as we showed it: `{"set": true, …}`, "••••" or "••••1234"."""
    if isinstance(value, Mapping):
        return "set" in value and set(value) <= {"set", "last4", "setAt", "version"}
    if not isinstance(value, str):
        return False
    text = value.strip()
    return bool(re.fullmatch(r"[•*●]{3,}\s?.{0,4}", text))


def clean(value: str) -> str:
    """Without what copying adds: spaces and line ends around, one pair of quotes, invisible characters."""
    text = value.translate(_INVISIBLE).strip()
    if len(text) >= 2 and _QUOTES.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    return text


def normal(field: Field, value: str) -> str:
    """A cleaned value in the one form that is stored (switches are "true" or "false")."""
    if field.kind is FieldKind.SWITCH:
        return "true" if value.lower() in _YES else "false" if value.lower() in _NO else value
    return value


def problem_of(field: Field, value: str, environment: Environment) -> str:
    """What is wrong with a cleaned value, "" if nothing. An empty value is no problem here: see `required`."""
    if not value:
        return ""
    if len(value.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return "This is too long: at most 8 KB fit here."
    multiline = field.kind is FieldKind.JSON or "BEGIN" in field.pattern
    if any(_unprintable(c) and not (multiline and c in "\r\n\t") for c in value):
        return "There are characters in it that can't be typed, such as a line break. Copy it again, in one piece."
    for mistake in field.mistakes:
        if re.match(mistake.pattern, value):
            return mistake.message
    if not field.matches(value):
        return field.pattern_hint or f"This does not look like {_article(field.label)}."
    return _kind_problem(field, value) or environment_problem(field, value, environment)


def _unprintable(character: str) -> bool:
    code = ord(character)
    return code < 32 or 127 <= code < 160 or 0xD800 <= code < 0xE000 or code in (0x2028, 0x2029)


def _kind_problem(field: Field, value: str) -> str:
    match field.kind:
        case FieldKind.CHOICE:
            known = [choice.value for choice in field.choices]
            return "" if value in known else f"Choose one of: {', '.join(known)}."
        case FieldKind.SWITCH:
            return "" if value in ("true", "false") else "Choose yes or no."
        case FieldKind.NUMBER:
            return "" if re.fullmatch(r"-?\d{1,18}(\.\d{1,9})?", value) else "Enter a number, such as 25."
        case FieldKind.URL:
            return _url_problem(value)
        case FieldKind.EMAIL:
            return _email_problem(value)
        case FieldKind.JSON:
            return _json_problem(value)
        case _:
            return ""


def _url_problem(value: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        good = good and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    return "" if good and " " not in value else "Enter a whole address that begins with https://."


def _email_problem(value: str) -> str:
    try:
        validate_email(value, check_deliverability=False)
    except EmailNotValidError:
        return "Enter an e-mail address, such as hello@example.com."
    return ""


def _json_problem(value: str) -> str:
    try:
        orjson.loads(value)
    except orjson.JSONDecodeError as error:
        return f"This is not complete JSON (line {error.lineno}). Copy the whole text, with its outer brackets."
    return ""


def prefix_of(field: Field, value: str) -> str:
    """The longest known beginning that this value has, "" for none."""
    return max((one for one in field.prefixes if value.startswith(one)), key=len, default="")


def environment_of(field: Field, value: str) -> Environment | None:
    """The environment a value says it is for, None when it says nothing."""
    return field.prefixes.get(prefix_of(field, value))


def environment_problem(field: Field, value: str, environment: Environment) -> str:
    """A live key in test and the like. A test key is fine in the sandbox: nothing leaves it."""
    meant = environment_of(field, value)
    if meant is None or meant is environment:
        return ""
    if environment is Environment.SANDBOX:
        if meant is Environment.TEST:
            return ""
        return "This is a live key. The sandbox needs none: use the sample values, and keep real keys out of it."
    return (
        f"This is a {_ENVIRONMENT_WORDS[meant]} key, and this connection is {_ENVIRONMENT_WORDS[environment]}. "
        f"Use a {_ENVIRONMENT_WORDS[environment]} key, or choose the {_ENVIRONMENT_WORDS[meant]} environment."
    )


def check(field: Field, value: object, environment: Environment) -> FieldCheck:
    """What to say while someone types. A beginning that can still become right is not called wrong."""
    if field.secret and is_masked(value):
        return FieldCheck(ok=True, tone=Tone.NEUTRAL, message="Stays as it is.")
    try:
        text = normal(field, clean(text_of(value, field)))
    except NotText as error:
        return FieldCheck(ok=False, tone=Tone.BAD, message=str(error))
    if not text:
        needed = field.required and not field.default
        message = f"{field.label} is needed." if needed else "You can leave this empty."
        return FieldCheck(ok=not needed, tone=Tone.NEUTRAL, message=message)
    if any(one != text and one.startswith(text) for one in field.prefixes):
        return FieldCheck(ok=False, tone=Tone.NEUTRAL, message="Good so far, go on.")
    problem = problem_of(field, text, environment)
    if problem:
        return FieldCheck(ok=False, tone=Tone.BAD, message=problem)
    meant = environment_of(field, text)
    kind = f" This is a {_ENVIRONMENT_WORDS[meant]} key." if meant else ""
    return FieldCheck(ok=True, tone=Tone.GOOD, message=f"Looks right.{kind}")


def inferred_environment(fields: Mapping[str, Field], values: Mapping[str, Any]) -> Environment | None:
    """The environment that the given keys say they are for, None when they say nothing or disagree."""
    meant = set()
    for name, value in values.items():
        field = fields.get(name)
        if field is not None and isinstance(value, str):
            meant.add(environment_of(field, clean(value)))
    meant.discard(None)
    return meant.pop() if len(meant) == 1 else None


def _article(label: str) -> str:
    word = label[:1].lower() + label[1:] if label[1:2].islower() else label
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"
