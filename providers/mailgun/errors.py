"""Mailgun's errors in the hub's words.

Mostly `{"message": "…"}`, in places `{"error": …}` or `{"Reason": …}`, and the bare word `Forbidden`.
There are no error codes: the status decides, and for limits the words. Documented with each call at
https://documentation.mailgun.com/docs/mailgun/api-reference.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import orjson

from providers.kit.errors import (
    AuthenticationFailed,
    InvalidRequest,
    NotFoundAtVendor,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from providers.kit.http import Answer

from .manifest import DOMAINS_URL, KEYS_URL, PLAN_URL
from .reading import moment

_MAX_WORDS = 300
_SECRETS = re.compile(r"\b(?:(?:pub)?key-[0-9A-Za-z]{8,}|[0-9A-Za-z]{32}-[0-9A-Za-z]{8}-[0-9A-Za-z]{8})")
_IN_SECONDS = re.compile(r"try again after (\d{1,7}) seconds?", re.IGNORECASE)
_AT_MOMENT = re.compile(r"try again after ([A-Z][a-z]{2}, [0-9A-Za-z :+-]{10,40})")
_LONG = 3600.0
"""From this many seconds on, waiting is no pause any more: the plan's allowance is used up."""


def message_of(answer: Answer) -> str:
    """The vendor's own words, with anything like a key cut out; "" where there are none."""
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return ""
    found: Any = body
    if isinstance(body, dict):
        found = next((body[name] for name in ("message", "Message", "error", "Reason") if body.get(name)), "")
    return _SECRETS.sub("[hidden]", found[:_MAX_WORDS]) if isinstance(found, str) else ""


def error_from(answer: Answer, now: datetime, *, permission: str = "", writing: bool = False) -> ProviderError:
    """The error that an answer outside 2xx stands for.

    `permission` is what the call needs, as the manifest names it. `writing` is for calls that must not be made twice:
    a broken answer to one of those says nothing about whether it was carried out.
    """
    status, said = answer.status, message_of(answer)
    details: dict[str, Any] = {"code": f"http_{status}", "status": status}
    if status == 401:
        return wrong_key(details)
    if status == 403:
        return _not_allowed(said, permission, details)
    if status == 429:
        return _limit(answer, said, now, details)
    if status in (404, 410):
        return _not_found(said, details)
    if status in (400, 409, 413, 422):
        return InvalidRequest(
            f"Mailgun did not accept the values: {said or 'it did not say which.'}",
            field=_field(said),
            fix="Change the value and try again.",
            **details,
        )
    if status >= 500 or status == 408:
        return _down(details, writing and status != 503)
    return UnexpectedResponse(
        f"Mailgun answered in a way we do not know (status {status}).",
        fix="Try again. If it lasts, look at status.mailgun.com.",
        detail=said,
        **details,
    )


def wrong_key(details: dict[str, Any]) -> AuthenticationFailed:
    return AuthenticationFailed(
        "Mailgun does not accept this API key.",
        fix="Copy the key again, or create a new one under “API Security” in Mailgun. Check the region, too: a "
        "domain in the EU is not known in the US.",
        fix_url=KEYS_URL,
        **details,
    )


def sending_key(permission: str, status: int) -> PermissionMissing:
    """What a domain sending key gets for everything but sending."""
    return PermissionMissing(
        "This is a domain sending key: it may only send e-mail.",
        permission=permission,
        fix="For everything else, create an account API key under “API Security” in Mailgun and paste it here.",
        fix_url=KEYS_URL,
        code="sending_key",
        status=status,
    )


def unreadable(status: int | None = None, detail: str = "") -> UnexpectedResponse:
    """For an answer that lacks a part we need."""
    return UnexpectedResponse(
        "Mailgun sent an answer that could not be read.",
        fix="Try again in a few minutes. If it lasts, look at status.mailgun.com.",
        code="shape",
        status=status,
        detail=detail,
    )


def _not_allowed(said: str, permission: str, details: dict[str, Any]) -> PermissionMissing:
    what = f" ({permission})" if permission else ""
    return PermissionMissing(
        f"Mailgun does not allow this with the key in use{what}{': ' + said.rstrip('.') if said else ''}.",
        permission=permission,
        fix="Use a key whose role allows it (Developer or Admin), from “API Security” in Mailgun.",
        fix_url=KEYS_URL,
        **details,
    )


def _not_found(said: str, details: dict[str, Any]) -> NotFoundAtVendor:
    if "domain not found" in said.lower():
        return NotFoundAtVendor(
            "Mailgun has no such domain in this account and region.",
            fix="Compare the domain with the list in Mailgun, and the region with the one shown beside it.",
            fix_url=DOMAINS_URL,
            **details,
        )
    return NotFoundAtVendor(
        f"Mailgun does not have this{': ' + said if said else '.'}",
        fix="Look in Mailgun whether it was removed there.",
        **details,
    )


def _down(details: dict[str, Any], maybe_done: bool) -> ProviderError:
    if maybe_done:
        return OutcomeUnknown(
            "Mailgun broke off in the middle. It may have been done.",
            fix="Look in Mailgun whether it was done before you try again.",
            **details,
        )
    return Unavailable(
        "Mailgun cannot answer at the moment.",
        fix="Try again in a few minutes. If it lasts, look at status.mailgun.com.",
        **details,
    )


def _limit(answer: Answer, said: str, now: datetime, details: dict[str, Any]) -> ProviderError:
    wait = answer.retry_after if answer.retry_after is not None else _wait(answer, said, now)
    if wait is not None and wait >= _LONG and "exceeded" in said:
        return QuotaExceeded(
            "This Mailgun account or domain has used up what it may send for now.",
            fix="Wait until Mailgun allows more, or choose a larger plan.",
            fix_url=PLAN_URL,
            detail=said,
            **details,
        )
    fix = "Wait a minute, then try again." if wait is None else f"Wait {max(1, round(wait))} seconds, then try again."
    error = RateLimited("Mailgun says: too many calls.", fix=fix, retry_after=wait, detail=said, **details)
    error.answer = answer
    return error


def _wait(answer: Answer, said: str, now: datetime) -> float | None:
    """Seconds to wait as the body says it: a number, a moment, or `retry-seconds`."""
    found = _IN_SECONDS.search(said)
    if found:
        return float(found.group(1))
    found = _AT_MOMENT.search(said)
    until = moment(found.group(1).strip()) if found else None
    if until is not None:
        return max(0.0, (until - now).total_seconds())
    try:
        seconds = orjson.loads(answer.content)["retry-seconds"]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return None
    fits = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds < 10_000_000
    return float(seconds) if fits else None


def _field(said: str) -> str:
    """The parameter that the words begin with: `to parameter is not a valid address`."""
    found = re.match(r"'?([a-z_:-]{1,30})'? parameter", said, re.IGNORECASE)
    return found.group(1).lower() if found else ""
