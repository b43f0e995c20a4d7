"""What stopped a round of reading, as words on the connection's row, and when to try again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from providers.kit.errors import ProviderError, RateLimited, Unavailable
from webapp.connection_tests.lines import report
from webapp.core.crypto import CannotDecrypt
from webapp.core.errors import ProductError

_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
_AFTER_REFUSAL = timedelta(hours=1)
"""A refused key does not become good by asking often; "Sync now" asks at once."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """`passing`: the vendor asked us to wait, nothing is wrong. `again_in` is when to try again."""

    message: str
    fix: str
    fix_url: str
    category: str
    again_in: timedelta
    passing: bool = False

    def values(self, at: datetime) -> dict[str, Any]:
        """For the row."""
        return {
            "status": "idle" if self.passing else "failed",
            "error": self.message[:500],
            "error_fix": self.fix[:500],
            "error_fix_url": self.fix_url[:500],
            "error_category": self.category,
            "due_at": at + self.again_in,
        }


def failure_of(error: Exception, *, failures: int, doing: str = "reading contacts") -> Failure:
    """`failures` is how often in a row it failed before. Logs what is nobody's plain refusal."""
    if isinstance(error, ProviderError):
        return Failure(
            message=str(error),
            fix=error.fix,
            fix_url=error.fix_url,
            category=error.category,
            again_in=_again_in(error, failures),
            passing=isinstance(error, RateLimited),
        )
    if isinstance(error, CannotDecrypt):
        words = "The stored key can't be opened."
        fix = "Enter the key again in the connection's settings."
        return Failure(message=words, fix=fix, fix_url="", category="configuration", again_in=_AFTER_REFUSAL)
    if isinstance(error, ProductError):
        words, fix = str(error), error.fix
        return Failure(message=words, fix=fix, fix_url="", category="configuration", again_in=_AFTER_REFUSAL)
    reference = report(error, f"{doing} failed", ())
    return Failure(
        message=f"Something unexpected happened while {doing}.",
        fix=f"It is tried again by itself. If it stays, tell whoever runs this server. Reference: {reference}.",
        fix_url="",
        category="unexpected",
        again_in=_backoff(failures),
    )


def _again_in(error: ProviderError, failures: int) -> timedelta:
    if isinstance(error, RateLimited):
        return max(timedelta(seconds=5), min(timedelta(seconds=error.retry_after or 60), timedelta(days=1)))
    if isinstance(error, Unavailable) or error.category == "unexpected":
        return _backoff(failures)
    return _AFTER_REFUSAL


def _backoff(failures: int) -> timedelta:
    return min(_WAIT * (1 << min(failures, 10)), _LONGEST_WAIT)
