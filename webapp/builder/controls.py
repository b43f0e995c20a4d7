"""The controls that a part of a document is edited with, in plain words; text of a control ↔ plain data."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_JSON = 400_000


class Unfit(ValueError):
    """What was typed can't be what the control is for. The message says why."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """One input. `kind`: line, text, code, choice, switch, whole, number, lines, pairs, json, options, codes.

    `name` is the member it sets; a name with a slash is a member of a member.
    """

    name: str
    label: str
    kind: str = "line"
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    default: Any = ""
    examples: tuple[tuple[str, str, str], ...] = field(default=())
    """Ready-made values: (what it is in words, value, hint for people)."""

    @property
    def id(self) -> str:
        return "part-" + self.name.replace("/", "-")


def shown(control: Control, part: Mapping[str, Any]) -> str:
    """The value as text for its input."""
    value: Any = part
    for step in control.name.split("/"):
        value = value.get(step) if isinstance(value, Mapping) else None
    if value is None:
        value = control.default
    match control.kind:
        case "lines":
            return "\n".join(str(one) for one in value or ())
        case "codes":
            return ", ".join(str(one) for one in value or ())
        case "pairs":
            return "\n".join(f"{name} = {one}" for name, one in (value or {}).items())
        case "options":
            return "\n".join(
                " | ".join(filter(None, (one.get("value", ""), one.get("label", ""), one.get("hint", ""))))
                for one in value or ()
            )
        case "json":
            return "" if value in ("", None) else json.dumps(value, ensure_ascii=False, indent=2)
        case "switch":
            return "true" if value else "false"
    return str(value)


def read(control: Control, text: str) -> Any:
    """The plain value; None is the default. Raises Unfit."""
    text = text.replace("\r\n", "\n")
    if control.kind not in ("text", "code"):
        text = text.strip()
    if control.kind == "switch":
        return (text == "true") if (text == "true") != bool(control.default) else None
    if not text.strip():
        return None
    return _READERS.get(control.kind, _same)(text, control)


def _same(text: str, control: Control) -> Any:
    return text


def _choice(text: str, control: Control) -> Any:
    if text not in dict(control.choices):
        raise Unfit("Choose one of these.")
    return text


def _whole(text: str, control: Control) -> Any:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise Unfit("Write a whole number.")
    return int(text)


def _number(text: str, control: Control) -> Any:
    try:
        found = float(text)
    except ValueError:
        raise Unfit("Write a number.") from None
    if not math.isfinite(found):
        raise Unfit("Write a number.")
    return int(found) if found.is_integer() and abs(found) < 1e15 else found


def _lines(text: str, control: Control) -> Any:
    return [one.strip() for one in text.split("\n") if one.strip()]


def _codes(text: str, control: Control) -> Any:
    found = [one for one in re.split(r"[\s,;]+", text) if one]
    if not all(re.fullmatch(r"[1-5][0-9]{2}", one) for one in found):
        raise Unfit("Write numbers such as 401, 403.")
    return [int(one) for one in found]


def _pairs(text: str, control: Control) -> Any:
    found: dict[str, str] = {}
    for line in filter(str.strip, text.split("\n")):
        name, sign, value = line.partition("=")
        if not sign or not name.strip():
            raise Unfit(f"“{line.strip()[:40]}” needs a name, then =, then a value.")
        found[name.strip()] = value.strip()
    return found


def _options(text: str, control: Control) -> Any:
    found = []
    for line in filter(str.strip, text.split("\n")):
        parts = [one.strip() for one in line.split("|", 2)]
        found.append({key: one for key, one in zip(("value", "label", "hint"), parts, strict=False) if one})
        if not parts[0]:
            raise Unfit("Each line begins with the value.")
    return found


def _json(text: str, control: Control) -> Any:
    if len(text) > MAX_JSON:
        raise Unfit("That is too long. Shorten it: a few entries are enough.")
    try:
        found = json.loads(text)
        json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Unfit(f"This is not JSON{where}. Copy it as the service gives it.") from None
    return found


_READERS = {
    "choice": _choice,
    "whole": _whole,
    "number": _number,
    "lines": _lines,
    "codes": _codes,
    "pairs": _pairs,
    "options": _options,
    "json": _json,
}
