"""Filters of the stand-in's reports: https://developers.google.com/analytics/devguides/reporting/data/v1/rest/v1beta/FilterExpression"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .sandbox_history import Happened
from .sandbox_store import bad_argument

_Keeps = Callable[[Happened], bool]
_Reader = Callable[[str], Callable[[Happened], str]]


def keeps(expression: Any, value_of: _Reader) -> _Keeps:
    """Whether an event passes the filter. Raises Refusal 400."""
    if not expression:
        return lambda event: True
    if not isinstance(expression, dict):
        raise bad_argument("Invalid filter expression.")
    for key, combine in (("andGroup", all), ("orGroup", any)):
        if key in expression:
            parts = [keeps(one, value_of) for one in expression[key].get("expressions", [])]
            return lambda event: combine(part(event) for part in parts)
    if "notExpression" in expression:
        inner = keeps(expression["notExpression"], value_of)
        return lambda event: not inner(event)
    return _one(expression.get("filter") or {}, value_of)


def _one(rule: dict[str, Any], value_of: _Reader) -> _Keeps:
    read = value_of(str(rule.get("fieldName", "")))
    if "inListFilter" in rule:
        wanted = set(rule["inListFilter"].get("values", []))
        return lambda event: read(event) in wanted
    if "stringFilter" not in rule:
        raise bad_argument("The filter has no supported kind.")
    asked = rule["stringFilter"]
    value, exactly = str(asked.get("value", "")), asked.get("caseSensitive") is True
    compare = _MATCHES.get(asked.get("matchType", "EXACT"))
    if compare is None:
        raise bad_argument("Invalid match type.")
    if exactly:
        return lambda event: compare(read(event), value)
    return lambda event: compare(read(event).lower(), value.lower())


_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "EXACT": lambda text, value: text == value,
    "BEGINS_WITH": lambda text, value: text.startswith(value),
    "ENDS_WITH": lambda text, value: text.endswith(value),
    "CONTAINS": lambda text, value: value in text,
    "FULL_REGEXP": lambda text, value: re.fullmatch(value, text) is not None,
    "PARTIAL_REGEXP": lambda text, value: re.search(value, text) is not None,
}
