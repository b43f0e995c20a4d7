"""What an answer means when it is not a good one: the document's rules first, then what every status means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from providers.kit.answers import Answer, error_for_status
from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import ErrorRule, Operation
from providers.kit.declarative.selecting import SelectionError, select
from providers.kit.declarative.values_text import text_of
from providers.kit.errors import (
    AuthenticationFailed,
    InvalidConfiguration,
    InvalidRequest,
    NotFoundAtVendor,
    PermissionMissing,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
    Unsupported,
)
from providers.kit.redaction import redact

ERRORS: dict[str, type[ProviderError]] = {
    one.category: one
    for one in (
        AuthenticationFailed,
        PermissionMissing,
        InvalidConfiguration,
        InvalidRequest,
        NotFoundAtVendor,
        RateLimited,
        QuotaExceeded,
        Unavailable,
        UnexpectedResponse,
        Unsupported,
    )
}
MESSAGES: dict[str, tuple[str, str]] = {
    "authentication": ("{} does not accept the key.", "Copy the key again, or make a new one."),
    "permission": ("{} does not allow this with the key in use.", "Give the key the permissions that are listed."),
    "configuration": ("{} does not accept a setting of this connection.", "Check the connection's settings."),
    "invalid_request": ("{} did not accept these values.", "Check the values and try again."),
    "not_found": ("{} does not know what was asked for.", "Look whether it was removed there."),
    "rate_limit": ("{} says: too many calls.", "Wait a minute, then try again."),
    "quota": ("The allowance at {} is used up.", "Wait until it begins anew, or change the plan there."),
    "unavailable": ("{} cannot answer at the moment.", "Try again in a few minutes."),
    "unexpected": ("{} answered in an unexpected way.", "Try again in a few minutes."),
    "unsupported": ("{} does not offer this.", "Do it another way, or look at the plan there."),
}
MAX_VENDOR_TEXT = 200


def error_of(
    document: Document, operation: Operation, answer: Answer, data: Any, secrets: Iterable[str]
) -> ProviderError | None:
    """The error an answer stands for; None where it is a good one. `data` is None where it could not be read."""
    for rule in (*operation.errors, *document.errors):
        if _applies(rule, answer, data):
            return _error(rule, document, answer, data, secrets)
    return None if answer.ok else error_for_status(answer, document.name)


def _applies(rule: ErrorRule, answer: Answer, data: Any) -> bool:
    if not (rule.statuses or rule.when) or (rule.statuses and answer.status not in rule.statuses):
        return False
    return not rule.when or meets(rule.when, data)


def meets(condition: str, data: Any) -> bool:
    """Whether a condition (JMESPath) holds; one that does not fit this answer does not."""
    try:
        return bool(select(condition, data))
    except SelectionError:
        return False


def _error(rule: ErrorRule, document: Document, answer: Answer, data: Any, secrets: Iterable[str]) -> ProviderError:
    message, fix = MESSAGES[rule.error]
    words = rule.message or message.format(document.name)
    more: dict[str, Any] = {"retry_after": answer.retry_after} if rule.error == "rate_limit" else {}
    return ERRORS[rule.error](
        quoting(words, rule.vendor_text, data, secrets),
        fix=rule.fix or fix,
        fix_url=rule.fix_url,
        status=answer.status,
        **more,
    )


def quoting(words: str, path: str, data: Any, secrets: Iterable[str]) -> str:
    """Our words, and the service's own where `path` (JMESPath) finds them, shortened and without secrets."""
    try:
        found = select(path, data) if path else None
    except SelectionError:
        return words
    text = " ".join(redact(text_of(found), secrets).split()) if isinstance(found, str | int) else ""
    text = text if len(text) <= MAX_VENDOR_TEXT else text[: MAX_VENDOR_TEXT - 1] + "…"
    return f"{words} It says: “{text}”" if text else words
