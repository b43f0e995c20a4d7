"""What a sender is answered. Errors are RFC 9457 problem documents in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from http import HTTPStatus

import orjson

PROBLEM = "application/problem+json"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The answer to one delivery. `reason` names why it was refused, as `SignatureInvalid.reason` does."""

    status: int
    body: bytes
    content_type: str = PROBLEM
    headers: tuple[tuple[str, str], ...] = ()
    received: int = 0
    duplicates: int = 0
    reason: str = ""

    @property
    def accepted(self) -> bool:
        return self.status == 200

    @property
    def status_line(self) -> str:
        return _status_line(self.status)


@cache
def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def problem(
    status: int, title: str, detail: str, *, headers: tuple[tuple[str, str], ...] = (), reason: str = ""
) -> Receipt:
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if reason:
        body["reason"] = reason
    return Receipt(status=status, body=orjson.dumps(body), headers=headers, reason=reason)


def stored(received: int, duplicates: int) -> Receipt:
    """`received` counts all events of the delivery, `duplicates` those of them that we had already."""
    return Receipt(
        status=200,
        body=b'{"received": %d, "duplicates": %d}' % (received, duplicates),
        content_type="application/json",
        received=received,
        duplicates=duplicates,
    )


def refused(reason: str, message: str, fix: str) -> Receipt:
    title = "We could not read this delivery" if reason == "unreadable" else "This delivery does not prove its sender"
    return problem(400, title, f"{message} {fix}".strip().encode("utf-8", "replace").decode(), reason=reason)


UNKNOWN = problem(404, "There is nothing here", "No connection has this address. Check that it was copied in full.")
NOT_ALLOWED = problem(
    405,
    "That does not work here",
    "Deliveries are sent to this address with POST.",
    headers=(("Allow", "POST"),),
)
TOO_LARGE = problem(413, "That is too large", "A delivery may have at most 1 MiB.", reason="too_large")
TOO_MANY_EVENTS = problem(
    413, "That is too large", "A delivery may carry at most 5,000 events. Send them in several.", reason="too_large"
)
TOO_MANY = problem(
    429,
    "That was a little fast",
    "Too many deliveries that do not prove their sender came to this address. Signed ones are still taken.",
    headers=(("Retry-After", "60"),),
    reason="too_many",
)
NOT_STORED = problem(
    503,
    "We can't store this at the moment",
    "Nothing was stored. Please send it again.",
    headers=(("Retry-After", "10"),),
    reason="unavailable",
)
