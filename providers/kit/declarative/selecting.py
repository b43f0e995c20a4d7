"""JMESPath with an end: an expression may be so long, and may make so much, and then it is refused."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter

MAX_LENGTH = 600
MAX_NESTING = 40
MAX_WORK = 2_000_000
"""Values an expression may look at and make, together. An answer of 1 MiB holds some hundred thousand."""


class SelectionError(ValueError):
    """An expression that cannot be read, or does not fit the data. The message is for people."""


@lru_cache(maxsize=2048)
def compiled(expression: str) -> ParsedResult:
    """Raises SelectionError."""
    if len(expression) > MAX_LENGTH:
        raise SelectionError(f"The path is longer than {MAX_LENGTH} characters.")
    try:
        result = jmespath.compile(expression)
    except (JMESPathError, RecursionError, ValueError) as error:
        raise SelectionError(f"The path “{expression[:80]}” cannot be read: {_first_line(error)}") from None
    if _nesting(result.parsed) > MAX_NESTING:
        raise SelectionError("The path is nested too deeply.")
    return result


def select(expression: str, data: Any) -> Any:
    """What the expression finds in plain data ("" is all of it). Raises SelectionError."""
    if not expression:
        return data
    try:
        return _Bounded().visit(compiled(expression).parsed, data)
    except (JMESPathError, RecursionError, ValueError, TypeError, OverflowError) as error:
        if isinstance(error, SelectionError):
            raise
        message = f"The path “{expression[:80]}” does not fit the answer: {_first_line(error)}"
        raise SelectionError(message) from None


class _Bounded(TreeInterpreter):
    """Counts what is looked at and made: some expressions double their result with every few letters."""

    def __init__(self) -> None:
        super().__init__()
        self._left = MAX_WORK

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._spend(1)
        found = super().visit(node, *args, **kwargs)
        if node["type"] in ("multi_select_list", "multi_select_dict"):
            self._spend_on_all_of(found)  # these alone can hold one value twice
        elif isinstance(found, str | list | dict):
            self._spend(len(found) >> 4 if isinstance(found, str) else len(found) >> 2)
        return found

    def _spend(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            raise SelectionError("The path asks for too much of this answer. Make it simpler.")

    def _spend_on_all_of(self, value: Any) -> None:
        waiting = [value]
        while waiting:
            one = waiting.pop()
            self._spend(1 + (len(one) >> 4 if isinstance(one, str) else 0))
            if isinstance(one, dict):
                waiting.extend(one.values())
            elif isinstance(one, list):
                waiting.extend(one)


def _nesting(parsed: Any) -> int:
    deepest, waiting = 0, [(parsed, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((child, depth + 1) for child in node.get("children", ()) if isinstance(child, dict))
    return deepest


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
