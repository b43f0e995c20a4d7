"""What a form of asks was filled in with, as plain data of a document; and back, for filling it in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from webapp.builder.asks import Ask

MAX_JSON = 200_000


class Unreadable(ValueError):
    """What was typed can't be read as what it should be. The message says what to do."""


def shown(ask: Ask, value: Any) -> str:
    """What stands in the control. A switch shows `true` or `false`."""
    if value is None:
        value = ask.default
    match ask.kind:
        case "pairs":
            return "\n".join(f"{name} = {one}" for name, one in value.items()) if isinstance(value, Mapping) else ""
        case "lines":
            return "\n".join(str(one) for one in value) if isinstance(value, list) else ""
        case "options":
            rows = value if isinstance(value, list) else []
            return "\n".join(_option_text(one) for one in rows if isinstance(one, Mapping))
        case "json":
            return "" if value in ("", None) and not isinstance(value, bool) else _dumped(value)
        case "switch":
            return "true" if value is True else "false"
        case _:
            return "" if value is None else str(value)


def read(ask: Ask, text: str) -> Any:
    """The answer as the document holds it; None leaves it at its default. Raises Unreadable."""
    text = text.replace("\r\n", "\n")
    if ask.kind == "switch":
        return None if (text == "true") is ask.default else text == "true"
    if not text.strip():
        return None
    match ask.kind:
        case "pairs":
            return _pairs(text)
        case "lines":
            lines = [one.strip() for one in text.split("\n") if one.strip()]
            return [_whole(one) for one in lines] if ask.path == "statuses" else lines
        case "options":
            return [_option(one) for one in text.split("\n") if one.strip()]
        case "json":
            return _json(text)
        case "number":
            number = _number(text.strip())
            return None if number == ask.default else number
        case "choice":
            if text not in {value for value, _ in ask.choices}:
                raise Unreadable("Choose one of the list.")
            return None if text == ask.default else text
        case "code" | "text":
            return None if text.strip() == str(ask.default).strip() else text.strip()
        case _:
            line = " ".join(text.split())
            return None if line == ask.default else line


def _pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.split("\n"):
        if not line.strip():
            continue
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals or not name:
            raise Unreadable(f"Write name = value, one a line; “{line.strip()[:40]}” has no =.")
        if name in found:
            raise Unreadable(f"“{name[:40]}” is there twice.")
        found[name] = value.strip()
    return found


def _option(line: str) -> dict[str, str]:
    value, equals, label = (one.strip() for one in line.partition("="))
    if not value:
        raise Unreadable("Write value = words, one a line.")
    return {"value": value, "label": label} if equals and label else {"value": value}


def _option_text(one: Mapping[str, Any]) -> str:
    value, label = str(one.get("value", "")), str(one.get("label", ""))
    return f"{value} = {label}" if label and label != value else value


def _json(text: str) -> Any:
    if len(text) > MAX_JSON:
        raise Unreadable("It is too long: shorten it to 200,000 characters.")
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable(f"This is not JSON{where}: look at quotes, commas and braces.") from error


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _number(text: str) -> int | float:
    try:
        number = float(text)
    except ValueError as error:
        raise Unreadable("Write a number.") from error
    if number != number or number in (float("inf"), float("-inf")):
        raise Unreadable("Write a number.")
    return int(number) if number.is_integer() else number


def _whole(text: str) -> int:
    number = _number(text)
    if not isinstance(number, int):
        raise Unreadable("Write whole numbers, one a line.")
    return number
