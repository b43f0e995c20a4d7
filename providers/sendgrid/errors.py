"""SendGrid's errors in the hub's words. Shape: {"errors": [{"message", "field", "help" | "error_id"}]}.

Statuses: https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/responses. A 401 is not
always a wrong key: a used-up plan says 401 "Maximum credits exceeded" (https://github.com/sendgrid/sendgrid-nodejs
issue 1032), a key without the right to send 401 "not authorized to send mail" (https://www.twilio.com/docs/api/errors/60604),
so the words decide before the status does.
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
    PermissionMissing,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from providers.kit.http import Answer

from .addresses import BILLING_URL, KEYS_URL, SENDERS_URL, STATUS_URL
from .permissions import purpose_of

VERIFIED_SENDER = "verified_sender"
"""What a sender needs besides the key's permissions: `permission` of the error when it is missing."""

_MAX_WORDS = 300
_SECRETS = re.compile(r"\bSG\.[A-Za-z0-9_.-]{4,}")
_CREDITS = ("maximum credits exceeded", "exceeded your messaging limits")
_SENDER = ("verified sender identity", "verified sender")
_MAY_NOT = ("not authorized to send mail", "access forbidden", "permission")


def error_from(answer: Answer, *, scope: str = "", now: datetime | None = None) -> ProviderError:
    """The error that an answer outside 2xx stands for. `scope` is what the call needs: refusals name none."""
    message, field = _read(answer)
    low = message.lower()
    details: dict[str, Any] = {"code": f"http_{answer.status}", "status": answer.status}
    if any(words in low for words in _CREDITS):
        return _used_up(details)
    if answer.status == 403 and any(words in low for words in _SENDER):
        return _sender(details)
    if answer.status == 403 or (answer.status == 401 and any(words in low for words in _MAY_NOT)):
        return _forbidden(scope, details)
    if answer.status == 401:
        return _wrong_key(details)
    if answer.status in (404, 410):
        return NotFoundAtVendor(
            "SendGrid does not have this (any more).", fix="Look in SendGrid whether it was removed.", **details
        )
    if answer.status == 413:
        return InvalidRequest(
            "The e-mail is too large for SendGrid: with its attachments it may have 30 MB.",
            field="attachments",
            fix="Leave out an attachment, or send a link to it.",
            **details,
        )
    if answer.status == 429:
        return _too_fast(answer, now, details)
    if answer.status >= 500 or answer.status == 408:
        return Unavailable(
            "SendGrid has a problem at the moment.",
            fix="Try again in a few minutes. If it lasts, look at SendGrid's status page.",
            fix_url=STATUS_URL,
            **details,
        )
    if answer.status >= 400:
        return InvalidRequest(
            f"SendGrid did not accept the values: {message or 'it did not say which.'}",
            field=field,
            fix="Change the value and try again.",
            **details,
        )
    return UnexpectedResponse(
        f"SendGrid answered in a way we do not know (status {answer.status}).",
        fix="Try again. If it lasts, look at SendGrid's status page.",
        fix_url=STATUS_URL,
        **details,
    )


def unreadable(what: str, *, status: int | None = None) -> UnexpectedResponse:
    """An answer of status 2xx that lacks what it is for."""
    return UnexpectedResponse(
        f"SendGrid's answer could not be read: {what}.",
        fix="Try again in a few minutes. If it lasts, look at SendGrid's status page.",
        fix_url=STATUS_URL,
        code="shape",
        status=status,
    )


def _read(answer: Answer) -> tuple[str, str]:
    """The messages in one line and the first field; "" each where the body is not the vendor's. Keys are cut out."""
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return "", ""
    listed = body.get("errors") or body.get("error") if isinstance(body, dict) else None
    found = listed if isinstance(listed, list) else [listed]
    messages, field = [], ""
    for one in found[:5]:
        message = one.get("message") if isinstance(one, dict) else one
        if isinstance(message, str) and message:
            messages.append(message.rstrip(". "))
        name = one.get("field") if isinstance(one, dict) else None
        field = field or (name if isinstance(name, str) and name != "null" else "")
    words = _SECRETS.sub("[hidden]", "; ".join(messages))[:_MAX_WORDS]
    return (f"{words}." if words else ""), field[:80]


def _used_up(details: dict[str, Any]) -> ProviderError:
    return QuotaExceeded(
        "This SendGrid account has used up its e-mails.",
        fix="Wait until SendGrid counts anew (a new day or month, by plan), or choose a larger plan.",
        fix_url=BILLING_URL,
        **details,
    )


def _sender(details: dict[str, Any]) -> ProviderError:
    return PermissionMissing(
        "SendGrid does not let this sender write: neither the address nor its domain is verified.",
        permission=VERIFIED_SENDER,
        fix="Authenticate the sender's domain or verify the single address in SendGrid, or use another sender.",
        fix_url=SENDERS_URL,
        **details,
    )


def _forbidden(scope: str, details: dict[str, Any]) -> ProviderError:
    purpose = purpose_of(scope)
    console = f"“{purpose.console}”" if purpose else "what the guide lists"
    what = f" It takes “{scope}”." if scope else ""
    return PermissionMissing(
        f"This API key may not do that.{what}",
        permission=scope,
        fix=f"In SendGrid, open API Keys, edit the key's permissions and switch {console} to full access.",
        fix_url=KEYS_URL,
        **details,
    )


def _wrong_key(details: dict[str, Any]) -> ProviderError:
    return AuthenticationFailed(
        "SendGrid does not know this API key.",
        fix="Create a new key with “Create API Key” in SendGrid and paste it here.",
        fix_url=KEYS_URL,
        **details,
    )


def _too_fast(answer: Answer, now: datetime | None, details: dict[str, Any]) -> ProviderError:
    wait = answer.retry_after
    reset = str(answer.headers.get("X-RateLimit-Reset", ""))
    if wait is None and now is not None and reset.isdecimal() and len(reset) < 12:
        wait = max(0.0, int(reset) - now.timestamp())
    error = RateLimited(
        "SendGrid says: too many calls at once.",
        fix=f"Wait {max(1, round(wait))} seconds, then try again." if wait else "Wait a minute, then try again.",
        retry_after=wait,
        **details,
    )
    error.answer = answer
    return error
