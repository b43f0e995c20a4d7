"""Mixpanel's errors in the hub's words.

Two shapes, by family of addresses: `{"code", "error", "status"}` (ingestion, app) and `{"error", "request",
"status"?}` (queries, export). The status decides; the vendor's sentence is kept for people.
Sources: https://docs.mixpanel.com/reference/import-events, https://docs.mixpanel.com/reference/rate-limits.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from providers.kit.errors import (
    AuthenticationFailed,
    InvalidRequest,
    NotFoundAtVendor,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
    Unsupported,
)
from providers.kit.http import Answer

from .fields import SERVICE_ACCOUNTS_URL
from .manifest import PRICING_URL
from .shapes import mapping, text

_MAX_WORDS = 300
_LIKE_A_KEY = re.compile(r"[A-Za-z0-9+/_=-]{24,}")

QUERY_LIMITS = "Mixpanel answers 60 reports an hour for a project, and gives 60 exports an hour."


def error_from(answer: Answer, *, permission: str = "") -> ProviderError:
    """The error that an answer outside 2xx stands for. `permission` is what the call needs."""
    words, status = vendor_words(answer), answer.status
    details: dict[str, Any] = {"status": status, "code": f"http_{status}", "detail": words}
    said = f": {words}" if words else "."
    if status == 401:
        return AuthenticationFailed(
            "Mixpanel does not accept the service account.",
            fix="Copy its user name and secret again, or make a new one. Check the region, too: a project of the "
            "European Union or India is unknown elsewhere.",
            fix_url=SERVICE_ACCOUNTS_URL,
            **details,
        )
    if status == 402:
        return Unsupported(
            f"This Mixpanel plan does not allow that{said}",
            fix="Choose a plan with it in Mixpanel.",
            fix_url=PRICING_URL,
            **details,
        )
    if status == 403:
        return PermissionMissing(
            f"The service account may not do this{said}",
            permission=permission,
            fix="In Mixpanel, add the service account to the project, with the role that the guide names.",
            fix_url=SERVICE_ACCOUNTS_URL,
            **details,
        )
    return _other(answer, said, details)


def _other(answer: Answer, said: str, details: dict[str, Any]) -> ProviderError:
    status = answer.status
    if status == 429:
        return RateLimited(
            "Mixpanel says: too many calls.",
            retry_after=answer.retry_after,
            fix=f"Wait some minutes, then try again. {QUERY_LIMITS}",
            **details,
        )
    if status in (404, 410):
        fix = "Look in Mixpanel whether it was removed there, and check the project ID and the region."
        return NotFoundAtVendor(f"Mixpanel does not have this{said}", fix=fix, **details)
    if status == 413:
        return InvalidRequest(
            "Too much at once for Mixpanel.", fix="Send fewer or smaller events at a time.", **details
        )
    if status >= 500 or status == 408:
        fix = "Try again in a few minutes. If it lasts, look at Mixpanel's status page."
        return Unavailable("Mixpanel cannot answer at the moment.", fix=fix, **details)
    if 400 <= status < 500:
        return InvalidRequest(
            f"Mixpanel did not accept the values{said}", fix="Change the value and try again.", **details
        )
    return unreadable(answer)


def unreadable(answer: Answer, *, detail: str = "") -> UnexpectedResponse:
    """For an answer that is not what the documentation describes."""
    return UnexpectedResponse(
        "Mixpanel sent an answer that could not be read.",
        fix="Try again in a few minutes. If it lasts, look at Mixpanel's status page.",
        code="shape",
        status=answer.status,
        detail=detail,
    )


def unreadable_report(detail: str) -> UnexpectedResponse:
    """For a report that is not what the documentation describes."""
    return UnexpectedResponse(
        "Mixpanel sent a report that could not be read.",
        fix="Try again in a few minutes. If it lasts, look at Mixpanel's status page.",
        code="shape",
        detail=detail,
    )


def not_taken(words: str) -> InvalidRequest:
    """For a `0` of the addresses that answer 200 to everything."""
    said = f": {words}" if words else "."
    return InvalidRequest(
        f"Mixpanel did not take it{said}", fix="Check the project token, the names and the values.", detail=words
    )


def vendor_words(answer: Answer) -> str:
    """The vendor's own sentence, "" where the body is not the vendor's. Anything like a key is cut out."""
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return ""
    return clean(text(mapping(body).get("error")))


def clean(words: str) -> str:
    """At most 300 characters of one line, without anything that looks like a key."""
    return _LIKE_A_KEY.sub("[hidden]", " ".join(words.split())[:_MAX_WORDS])
