"""Resend's errors in the hub's words. Every error is flat: {"statusCode", "name", "message"}.

Names: https://resend.com/docs/api-reference/errors. Statuses vary for one name (a wrong key is 400, 401 or 403,
depending on the page and the day), so the name and, for keys, the message decide before the status does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from providers.kit.errors import (
    AuthenticationFailed,
    InvalidRequest,
    NotFoundAtVendor,
    PermissionMissing,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from providers.kit.http import Answer

from .manifest import DOMAINS_URL, KEYS_URL, USAGE_URL

FULL_ACCESS = "full_access"

_Details = dict[str, Any]
_MAX_WORDS = 300
_SECRETS = re.compile(r"\b(?:re|whsec)_[A-Za-z0-9+/_=-]{4,}")


def error_from(answer: Answer) -> ProviderError:
    """The error that an answer outside 2xx stands for."""
    name, message = _read(answer)
    details: _Details = {"code": name or f"http_{answer.status}", "status": answer.status}
    if "api key is invalid" in message.lower():
        return _wrong_key(message, details)
    make = _BY_NAME.get(name)
    if name == "validation_error" and answer.status == 403:
        make = _not_verified
    if make is None:
        make = _by_status(answer.status)
    error = make(message, details)
    if isinstance(error, RateLimited):
        error.retry_after = answer.retry_after
    return error


def error_from_limit(error: RateLimited) -> ProviderError:
    """A 429 that the door gave up on: pace stays RateLimited, a used-up plan becomes QuotaExceeded."""
    return error if error.answer is None else error_from(error.answer)


def is_sending_only(error: ProviderError) -> bool:
    """The key is good, but it may only send."""
    return isinstance(error, PermissionMissing) and error.permission == FULL_ACCESS


def _read(answer: Answer) -> tuple[str, str]:
    """Name and message, "" each where the body is not the vendor's. Anything like a key is cut out."""
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    name, message = body.get("name"), body.get("message")
    words = message[:_MAX_WORDS] if isinstance(message, str) else ""
    return name if isinstance(name, str) else "", _SECRETS.sub("[hidden]", words)


def _wrong_key(message: str, details: _Details) -> ProviderError:
    fix = "Create a new key with “Create API Key” in Resend and paste it here."
    return AuthenticationFailed("Resend does not know this API key.", fix=fix, fix_url=KEYS_URL, **details)


def _sending_only(message: str, details: _Details) -> ProviderError:
    return PermissionMissing(
        "This API key may only send e-mail.",
        permission=FULL_ACCESS,
        fix="In Resend, change the key's permission to “Full access”, or create a new key with it.",
        fix_url=KEYS_URL,
        **details,
    )


def _not_verified(message: str, details: _Details) -> ProviderError:
    return PermissionMissing(
        f"Resend does not let this sender write: {message or 'the domain is not verified.'}",
        permission="verified_domain",
        fix="Verify the sender's domain in Resend, or use a sender at a domain that is verified.",
        fix_url=DOMAINS_URL,
        **details,
    )


def _bad_input(message: str, details: _Details) -> ProviderError:
    found = re.search(r"`([a-z_]{1,40})`", message)
    return InvalidRequest(
        f"Resend did not accept the values: {message or 'it did not say which.'}",
        field=found.group(1) if found else "",
        fix="Change the value and try again.",
        **details,
    )


def _bad_sender(message: str, details: _Details) -> ProviderError:
    fix = "Write it as hello@example.com or as Example Studio <hello@example.com>."
    return InvalidRequest("Resend did not accept the sender's address.", field="from", fix=fix, **details)


def _not_found(message: str, details: _Details) -> ProviderError:
    fix = "Look in Resend whether it was removed there."
    return NotFoundAtVendor("Resend does not have this any more.", fix=fix, **details)


def _same_key_other_body(message: str, details: _Details) -> ProviderError:
    return InvalidRequest(
        "This e-mail was already handed over in the last 24 hours, with other content.",
        field="idempotency_key",
        fix="Look whether the first one arrived. If both should go out, send this one as a new e-mail.",
        **details,
    )


def _still_working(message: str, details: _Details) -> ProviderError:
    fix = "Wait a moment, then try again: it will not be sent twice."
    return Unavailable("Resend is still working on this very e-mail.", fix=fix, **details)


def _too_fast(message: str, details: _Details) -> ProviderError:
    return RateLimited("Resend says: too many calls at once.", fix="Wait a moment, then try again.", **details)


def _quota(period: str, when: str) -> Callable[[str, _Details], ProviderError]:
    def make(message: str, details: _Details) -> ProviderError:
        return QuotaExceeded(
            f"This Resend account has used up its e-mails for {period}.",
            fix=f"Wait until {when}, or choose a larger plan in Resend.",
            fix_url=USAGE_URL,
            **details,
        )

    return make


def _down(message: str, details: _Details) -> ProviderError:
    return Unavailable("Resend has a problem at the moment.", fix="Try again in a few minutes.", **details)


def _unknown(message: str, details: _Details) -> ProviderError:
    return UnexpectedResponse(
        f"Resend answered in a way we do not know (status {details['status']}).",
        fix="Try again. If it lasts, look at Resend's status page.",
        detail=message,
        **details,
    )


_BY_NAME: dict[str, Callable[[str, _Details], ProviderError]] = {
    "missing_api_key": _wrong_key,
    "invalid_api_key": _wrong_key,
    "restricted_api_key": _sending_only,
    "validation_error": _bad_input,
    "missing_required_field": _bad_input,
    "invalid_parameter": _bad_input,
    "invalid_attachment": _bad_input,
    "invalid_region": _bad_input,
    "invalid_idempotency_key": _bad_input,
    "invalid_from_address": _bad_sender,
    "not_found": _not_found,
    "invalid_idempotent_request": _same_key_other_body,
    "concurrent_idempotent_requests": _still_working,
    "rate_limit_exceeded": _too_fast,
    "daily_quota_exceeded": _quota("today", "tomorrow"),
    "monthly_quota_exceeded": _quota("this month", "next month"),
    "application_error": _down,
    "internal_server_error": _down,
}


def _by_status(status: int) -> Callable[[str, _Details], ProviderError]:
    """For answers without a name we know, such as a proxy's."""
    by_status = {401: _wrong_key, 404: _not_found, 400: _bad_input, 422: _bad_input, 429: _too_fast}
    return by_status.get(status) or (_down if status >= 500 else _unknown)
