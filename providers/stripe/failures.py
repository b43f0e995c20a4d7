"""Stripe's error answers as errors named for what happens next. Source: https://docs.stripe.com/api/errors"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.kit.contract import Environment
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

from .manifest import keys_url
from .permissions import PERMISSIONS

STATUS_URL = "https://status.stripe.com"
RATES_URL = "https://docs.stripe.com/rate-limits"
PAYMENTS_URL = "https://dashboard.stripe.com/payments"
LOGS_URL = "https://dashboard.stripe.com/logs"
_SCOPE = re.compile(r"\brak_[a-z_]+")
_ACCOUNT = re.compile(r"\bacct_[A-Za-z0-9]+")
_LOOKS_SECRET = re.compile(r"\b(sk|rk|pk|whsec)_\S+")


def error_from(
    status: int | None, error: Mapping[str, Any], *, environment: Environment, writing: bool, request_id: str = ""
) -> ProviderError:
    """The error for an answer that is not 2xx. `error` is the object under "error" in Stripe's answer ({} if none).

    `writing`: the call could have changed something, so that a server error leaves the outcome open.
    """
    rest: dict[str, Any] = {
        "code": str(error.get("code") or error.get("type") or ""),
        "status": status,
        "detail": f"Stripe answered {status}; request {request_id or 'unknown'}",
    }
    if status == 401:
        return _refused_key(rest, environment)
    if status == 403:
        return _permission_missing(str(error.get("message") or ""), rest, environment)
    if status == 429:
        return too_many(error, rest)
    if status is None or not error or status < 400:
        return _unexpected(status, rest, writing)
    if status >= 500:
        return _server_error(rest, writing)
    return _refused_request(status, error, rest)


def too_many(error: Mapping[str, Any], rest: Mapping[str, Any], retry_after: float | None = None) -> RateLimited:
    if error.get("code") == "lock_timeout":
        return RateLimited(
            "Stripe is busy with another change of the same object.",
            fix="Try again in a few seconds.",
            fix_url=RATES_URL,
            retry_after=retry_after,
            **{**rest, "code": "lock_timeout"},
        )
    return RateLimited(
        "Stripe says: too many calls to this account at once.",
        fix="Wait a minute and try again. If it goes on, look whether another program uses the same account.",
        fix_url=RATES_URL,
        retry_after=retry_after,
        **rest,
    )


def account_named_in(error: PermissionMissing) -> str:
    """The account id that Stripe names when it refuses a restricted key ("" if it names none)."""
    found = _ACCOUNT.search(error.detail)
    return found[0] if found else ""


def _refused_key(rest: dict[str, Any], environment: Environment) -> AuthenticationFailed:
    if rest["code"] == "api_key_expired":
        message, fix = "This key has expired.", "Create a new key on Stripe's page “API keys” and paste it here."
    else:
        message = "Stripe does not accept this key."
        fix = (
            "Copy the whole key again from Stripe's page “API keys”. "
            "If it is no longer listed there, it was deleted or replaced: create a new one."
        )
    return AuthenticationFailed(message, fix=fix, fix_url=keys_url(environment), **rest)


def _permission_missing(message: str, rest: dict[str, Any], environment: Environment) -> PermissionMissing:
    found = _SCOPE.search(message)
    scope = found[0] if found else ""
    label = _label(scope)
    account = _ACCOUNT.search(message)
    rest["detail"] += f"; account {account[0]}" if account else ""
    return PermissionMissing(
        f"The key lacks the permission “{label}”." if label else "The key may not do this.",
        permission=scope,
        fix=f"On Stripe's page “API keys”, open the restricted key's menu, choose “Edit key”, set “{label}” and save."
        if label
        else "On Stripe's page “API keys”, edit the restricted key and give it the permissions listed in the guide.",
        fix_url=keys_url(environment),
        **rest,
    )


def _label(scope: str) -> str:
    known = next((one.label for one in PERMISSIONS if one.scope == scope), "")
    if known or not scope:
        return known
    thing, _, level = scope.removeprefix("rak_").rpartition("_")
    return f"{thing.replace('_', ' ').capitalize()}: {level}"


def _unexpected(status: int | None, rest: dict[str, Any], writing: bool) -> ProviderError:
    if status is not None and status >= 500:
        return _server_error(rest, writing)
    return UnexpectedResponse(
        "Stripe's address answered, but not in Stripe's words.",
        fix="Look whether another server or a proxy answers at this address.",
        fix_url=STATUS_URL,
        **rest,
    )


def _server_error(rest: dict[str, Any], writing: bool) -> ProviderError:
    if writing:
        return OutcomeUnknown(
            "Stripe had a problem while it worked on this. It may have been done.",
            fix="Look in Stripe's dashboard whether it was done before you try again.",
            fix_url=PAYMENTS_URL,
            **rest,
        )
    return Unavailable(
        "Stripe has a problem at the moment.",
        fix="Try again in a few minutes. Stripe's status page says when it is over.",
        fix_url=STATUS_URL,
        **rest,
    )


def _refused_request(status: int, error: Mapping[str, Any], rest: dict[str, Any]) -> ProviderError:
    rest["fix_url"] = LOGS_URL
    said = _LOOKS_SECRET.sub("[hidden]", str(error.get("message") or "")[:300])
    field = str(error.get("param") or "")
    if status == 404:
        return NotFoundAtVendor(
            "Stripe has no such object.", fix="Look in Stripe's dashboard whether it was removed.", **rest
        )
    if status == 409:
        return OutcomeUnknown(
            "Stripe is still working on the same request.",
            fix="Wait a minute, then look whether it was done.",
            **rest,
        )
    if error.get("type") == "idempotency_error":
        return InvalidRequest(
            "This was asked before with other values, so Stripe did not do it again.",
            fix="Go back, reload the page and enter the values once more.",
            **rest,
        )
    if status == 402:
        rest["code"] = str(error.get("decline_code") or rest["code"])
        return InvalidRequest(
            f"The payment was declined: {said}", fix="Use another payment method.", field=field, **rest
        )
    return InvalidRequest(
        f"Stripe refused this: {said}" if said else "Stripe refused this.",
        fix="Change the value that Stripe names and try again.",
        field=field,
        **rest,
    )
