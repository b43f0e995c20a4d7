"""What the validation engine says about a document."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a document from running; a warning from silver; advice from gold."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing to look at. `pointer` (RFC 6901) leads to the very control: `/operations/2/path`.

    `message` says what is wrong in plain words, `fix` what to do.
    """

    rule: str
    severity: Severity
    message: str
    pointer: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message} [{self.rule}]"


def pointer_of(*parts: str | int) -> str:
    """An RFC 6901 pointer: `pointer_of("query", "a/b")` is `/query/a~1b`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
