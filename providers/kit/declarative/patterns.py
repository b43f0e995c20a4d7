"""Regular expressions that other people wrote, held to a form whose matching ends soon whatever the text is.

Python's matcher can take longer than the universe for `(a+)+b`. So: nothing repeated inside something repeated, no
looking back or around, at most three long repetitions, and a limit on the text that is matched at all.
"""

from __future__ import annotations

import re
from re import _constants as codes  # type: ignore[attr-defined]  # the parsed form has no public name
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MAX_TEXT = 500
MAX_LONG_REPEATS = 3
_LONG = 64


class PatternError(ValueError):
    """A pattern that is refused. The message is for people."""


def check_pattern(pattern: str) -> None:
    """Raises PatternError."""
    try:
        parsed = parser.parse(pattern)
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternError(f"The pattern cannot be read: {error}") from None
    if _long_repeats(parsed, repeated=False) > MAX_LONG_REPEATS:
        raise PatternError(f"The pattern repeats without end more than {MAX_LONG_REPEATS} times.")


def bounded_pattern(pattern: str) -> str:
    """The pattern, for texts that are not too long for it."""
    return rf"(?![\s\S]{{{MAX_TEXT + 1}}})(?:{pattern})"


def _long_repeats(parsed: Any, *, repeated: bool) -> int:
    count = 0
    for code, value in parsed:
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            _, most, inside = value
            if repeated and most > 1:
                raise PatternError("The pattern repeats something that is repeated inside already.")
            count += most > _LONG
            count += _long_repeats(inside, repeated=repeated or most > 1)
        elif code is codes.SUBPATTERN:
            count += _long_repeats(value[3], repeated=repeated)
        elif code is codes.BRANCH:
            if repeated:
                raise PatternError("The pattern repeats a choice (a|b). Use a set such as [ab].")
            count += sum(_long_repeats(one, repeated=repeated) for one in value[1])
        elif code in (codes.ASSERT, codes.ASSERT_NOT, codes.GROUPREF, codes.GROUPREF_EXISTS, codes.ATOMIC_GROUP):
            raise PatternError("The pattern looks around or back, which is not allowed.")
    return count
