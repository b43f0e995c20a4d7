"""HubSpot's refusals in the hub's words.

Shape: {"status": "error", "message", "correlationId", "category", "subCategory", "errors": [...], "context": {...}};
https://developers.hubspot.com/docs/api-reference/error-handling. The category decides before the status does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
)
from providers.kit.http import Answer, error_for_status
from providers.kit.redaction import redact

from .pages import KEYS_URL, STATUS_URL, USAGE_URL

DAILY = "DAILY"
LOCKED = 423
MIGRATING = 477
"""HubSpot moves an account to another data centre; such an answer carries a Retry-After of up to a day."""

_MAX_WORDS = 300
_EXISTING_ID = re.compile(r"Existing ID:\s*(\d{1,20})")
_NAMED = re.compile(r'"name":\s*"([A-Za-z0-9_]{1,100})"')
_PROPERTY = re.compile(r'Property "?\'?([A-Za-z0-9_]{1,100})')


def error_from(answer: Answer, *, once: bool = False) -> ProviderError:
    """The error that an answer outside 2xx stands for.

    `once`: the call must not be made twice, so that a failure in the middle leaves it open what was done.
    """
    body = _body(answer)
    message = words(body.get("message"))
    named = body.get("category")
    category = named if isinstance(named, str) else ""
    details: dict[str, Any] = {
        "code": category or f"http_{answer.status}",
        "status": answer.status,
        "detail": redact(f"{words(body.get('correlationId'))} {message}".strip()),
    }
    status = answer.status
    if status == 401:
        return _not_accepted(category, details)
    if status == 403:
        return _may_not(body, details)
    if status == 404:
        return NotFoundAtVendor(
            "HubSpot does not know this record.", fix="Look in HubSpot whether it was deleted or merged.", **details
        )
    if status == 409 or category in ("CONFLICT", "OBJECT_ALREADY_EXISTS"):
        return _exists(message, details)
    if status == 429:
        return _too_many(body, answer, details)
    if status in (LOCKED, MIGRATING):
        return Unavailable(
            "HubSpot has locked this account for a moment, for a large change or a move.",
            fix="Try again in a few minutes.",
            fix_url=STATUS_URL,
            **details,
        )
    if once and status in (500, 502, 504):
        return OutcomeUnknown(
            "HubSpot failed while it was asked to write. It may have been done.",
            fix="Look in HubSpot whether it is there before you try again.",
            **details,
        )
    if status in (400, 422) and body:
        return _not_valid(message, details)
    error = error_for_status(answer, "HubSpot")
    error.detail = details["detail"]
    if isinstance(error, Unavailable):
        error.fix_url = STATUS_URL
    return error


def error_from_limit(error: RateLimited) -> ProviderError:
    """A 429 that the door gave up on: pace stays RateLimited, a used-up day becomes QuotaExceeded."""
    return error if error.answer is None else error_from(error.answer)


def problem_in(error: Mapping[str, Any]) -> tuple[str, str]:
    """(what is wrong, the property's name or "") of one entry in a batch's `errors`."""
    message = words(error.get("message"))
    return message or "HubSpot did not say what is wrong.", property_in(message)


def property_in(message: str) -> str:
    found = _NAMED.search(message) or _PROPERTY.search(message)
    return found.group(1) if found else ""


def words(value: Any) -> str:
    """A text of HubSpot's, cut to what people read, with nothing like a key in it."""
    return redact(value[:_MAX_WORDS]) if isinstance(value, str) else ""


def _body(answer: Answer) -> Mapping[str, Any]:
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _not_accepted(category: str, details: dict[str, Any]) -> ProviderError:
    expired = category == "EXPIRED_AUTHENTICATION"
    return AuthenticationFailed(
        "HubSpot's permission for this connection has run out." if expired else "HubSpot does not accept this token.",
        fix="Connect the account again."
        if expired
        else "Copy the token again in HubSpot, or rotate it there and paste the new one.",
        fix_url=KEYS_URL,
        **details,
    )


def _may_not(body: Mapping[str, Any], details: dict[str, Any]) -> ProviderError:
    scopes = scopes_in(body)
    if not scopes:
        return PermissionMissing(
            "HubSpot does not allow this with the token in use.",
            fix="Give the app or key the scopes that the guide lists.",
            fix_url=KEYS_URL,
            **details,
        )
    return PermissionMissing(
        f"The token lacks the scope {' or '.join(scopes[:4])}.",
        permission=scopes[0],
        fix=f"Open the app or key in HubSpot, add the scope {scopes[0]} and save. The token itself stays the same.",
        fix_url=KEYS_URL,
        **details,
    )


def scopes_in(body: Mapping[str, Any]) -> list[str]:
    """The scopes that a refusal asks for: {"errors": [{"context": {"requiredGranularScopes": [...]}}]}."""
    found: list[str] = []
    errors = body.get("errors")
    for one in errors if isinstance(errors, list) else ():
        context = one.get("context") if isinstance(one, dict) else None
        for names in context.values() if isinstance(context, dict) else ():
            found += [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return [name[:100] for name in dict.fromkeys(found)]


def _exists(message: str, details: dict[str, Any]) -> ProviderError:
    found = _EXISTING_ID.search(message)
    field = "email" if "contact" in message.lower() or "email" in message.lower() else property_in(message)
    if found:
        details["code"] = found.group(1)
    return InvalidRequest(
        f"HubSpot has this one already: {message or 'it did not say which.'}",
        field=field,
        fix="Change the one that is there instead of making another.",
        **details,
    )


def _too_many(body: Mapping[str, Any], answer: Answer, details: dict[str, Any]) -> ProviderError:
    policy = body.get("policyName")
    if policy == DAILY:
        details["code"] = "daily_limit"
        return QuotaExceeded(
            "This account's calls for today are used up.",
            fix="HubSpot counts anew at midnight, in the account's time zone. A larger plan has more.",
            fix_url=USAGE_URL,
            **details,
        )
    wait = answer.retry_after
    return RateLimited(
        "HubSpot says: too many calls at once.",
        fix="Wait ten seconds, then try again." if wait is None else f"Wait {max(1, round(wait))} seconds.",
        retry_after=wait,
        **details,
    )


def _not_valid(message: str, details: dict[str, Any]) -> ProviderError:
    if "PROPERTY_DOESNT_EXIST" in message:
        name = property_in(message)
        return InvalidRequest(
            f"HubSpot has no property “{name or 'of this name'}”.",
            field=name,
            fix="Choose a property that is in HubSpot, or create it there first.",
            **details,
        )
    return InvalidRequest(
        f"HubSpot did not accept the values: {message or 'it did not say which.'}",
        field=property_in(message),
        fix="Change the value and try again.",
        **details,
    )
