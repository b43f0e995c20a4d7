"""What comes back through the door, and the kit's errors for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import requests

from providers.kit.errors import (
    AuthenticationFailed,
    InvalidRequest,
    NotFoundAtVendor,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from providers.kit.retries import retry_after
from providers.kit.transport import NoAnswer

_REQUEST_ID_HEADERS = ("Request-Id", "X-Request-Id", "X-Correlation-Id", "X-Trace-Id")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the vendor said. `headers` ignores case; `request_id` is the vendor's own ("" if it gave none)."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    elapsed_ms: float
    request_id: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        return retry_after(self.headers)

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises UnexpectedResponse."""
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError as error:
            raise UnexpectedResponse(
                "The service sent an answer that could not be read.",
                fix="Try again in a few minutes. If it lasts, look at the service's status page.",
                code="unreadable",
                status=self.status,
                detail=f"{error}; {len(self.content)} bytes",
            ) from error


def to_answer(response: requests.Response, elapsed_ms: float) -> Answer:
    headers = response.headers
    request_id = next((headers[name] for name in _REQUEST_ID_HEADERS if name in headers), "")
    return Answer(
        status=response.status_code,
        headers=headers,
        content=response.content,
        elapsed_ms=elapsed_ms,
        request_id=request_id,
    )


def rate_limited(answer: Answer) -> RateLimited:
    """The error for a vendor's 429, with its words for a provider that tells quota from pace."""
    wait = answer.retry_after
    fix = "Wait a minute, then try again." if wait is None else f"Wait {max(1, round(wait))} seconds, then try again."
    error = RateLimited("The service says: too many calls.", fix=fix, status=429, retry_after=wait)
    error.answer = answer
    return error


def outcome_unknown(error: NoAnswer) -> OutcomeUnknown:
    return OutcomeUnknown(
        "We asked, and no answer came back. It may have been done.",
        fix="Look at the service whether it was done before you try again.",
        code=error.code,
        detail=error.detail,
    )


def kit_error(error: BaseException) -> ProviderError | None:
    """The kit's error inside an SDK's (the SDK's own transport error has it as its cause), or None."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        if isinstance(current, ProviderError):
            return current
        seen.add(id(current))
        current = current.__cause__ or current.__context__
    return None


def error_for_status(answer: Answer, service: str) -> ProviderError:
    """The kit's error for an answer that is not 2xx, for what a provider's own mapping does not know.

    `service` is the vendor's name for people.
    """
    status = answer.status
    if status == 401:
        return AuthenticationFailed(
            f"{service} does not accept the key.", fix="Copy the key again, or make a new one.", status=status
        )
    if status == 403:
        return PermissionMissing(
            f"{service} does not allow this with the key in use.",
            fix="Give the key the permissions that the guide lists, or make a new key with them.",
            status=status,
        )
    if status in (404, 410):
        return NotFoundAtVendor(
            f"{service} does not know what was asked for.", fix="Look whether it was removed there.", status=status
        )
    if status == 429:
        return rate_limited(answer)
    if status >= 500 or status == 408:
        return Unavailable(
            f"{service} cannot answer at the moment.",
            fix="Try again in a few minutes. If it lasts, look at the service's status page.",
            status=status,
        )
    if status >= 400:
        return InvalidRequest(
            f"{service} did not accept these values.", fix="Check the values and try again.", status=status
        )
    return UnexpectedResponse(
        f"{service} answered in an unexpected way.", fix="Try again in a few minutes.", status=status
    )
