"""The rules that a document sets for values: of the connect form, and of one operation's inputs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from providers.kit.declarative.document_fields import InputField
from providers.kit.declarative.patterns import bounded_pattern
from providers.kit.declarative.values_text import text_of
from providers.kit.errors import InvalidConfiguration, InvalidRequest

MAX_VALUE = 20_000


def asked_for(field: InputField, values: Mapping[str, Any]) -> bool:
    """Whether the field is asked for, given the others."""
    rule = field.depends_on
    return rule is None or not rule.field or text_of(values.get(rule.field)) in rule.values


def complaints(fields: Sequence[InputField], values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong, by field name, in words; the values themselves are not in them."""
    found = {}
    for field in fields:
        if field.name and asked_for(field, values):
            text = text_of(values.get(field.name))
            words = _complaint(field, text)
            if words:
                found[field.name] = words
    return found


def typed(fields: Sequence[InputField], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of their fields' kinds, defaults filled in; "" is not given. Raises InvalidRequest."""
    filled = {one.name: one.default for one in fields if one.default} | {
        name: value for name, value in values.items() if value is not None and value != ""
    }
    wrong = complaints(fields, filled)
    if wrong:
        name, words = next(iter(wrong.items()))
        raise InvalidRequest(words, field=name, fix="Change this value and try again.")
    kinds = {one.name: one.kind for one in fields}
    unknown = sorted(set(values) - set(kinds))
    if unknown:
        raise InvalidRequest(
            f"“{unknown[0][:60]}” is not asked for here.", field=unknown[0][:60], fix="Leave it out."
        )
    return {name: _typed(kinds[name], value) for name, value in filled.items()}


def check_configuration(fields: Sequence[InputField], values: Mapping[str, Any]) -> None:
    """Raises InvalidConfiguration for the first value that breaks its rules."""
    for name, words in complaints(fields, values).items():
        raise InvalidConfiguration(words, field=name, fix="Change this value in the connection's settings.")


def _typed(kind: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if kind == "number":
        return int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else float(value)
    if kind == "switch":
        return value == "true"
    return json.loads(value) if kind == "json" else value


def _complaint(field: InputField, text: str) -> str:
    name = field.label or field.name
    if not text:
        return f"{name} is needed." if field.required else ""
    longest = min(field.longest or MAX_VALUE, MAX_VALUE)
    if len(text) > longest:
        return f"{name} is too long: at most {longest} letters."
    if len(text) < field.shortest:
        return f"{name} is too short: at least {field.shortest} letters."
    if field.kind != "json" and field.kind != "text" and re.search(r"[\x00-\x1f\x7f]", text):
        return f"{name} has a line break or another character that cannot be seen."
    if field.options and text not in {one.value for one in field.options}:
        return f"{name} is not one of the values to choose from."
    if field.pattern and re.fullmatch(bounded_pattern(field.pattern), text) is None:
        return field.pattern_hint or f"{name} is not written as expected."
    return _complaint_of_kind(field, text, name)


def _complaint_of_kind(field: InputField, text: str, name: str) -> str:
    if field.kind == "number":
        return _complaint_of_number(field, text, name)
    if field.kind == "switch" and text not in ("true", "false"):
        return f"{name} is either true or false."
    if field.kind == "email" and re.fullmatch(r"[^@\s]{1,200}@[^@\s]{1,200}", text) is None:
        return f"{name} is not an e-mail address."
    if field.kind == "url" and not _is_https(text):
        return f"{name} must be an address that begins with https://."
    if field.kind == "json":
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return f"{name} is not JSON."
    return ""


def _complaint_of_number(field: InputField, text: str, name: str) -> str:
    if re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text) is None:
        return f"{name} is not a number."
    if field.minimum is not None and float(text) < field.minimum:
        return f"{name} must be at least {field.minimum:g}."
    if field.maximum is not None and float(text) > field.maximum:
        return f"{name} must be at most {field.maximum:g}."
    return ""


def _is_https(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)
