"""Google's errors in the hub's words.

The APIs answer google.rpc: {"error": {"code", "message", "status", "details": [{"@type", "reason", "metadata"}]}};
the token service answers {"error": "invalid_grant", "error_description": "…"} (RFC 6749). Reasons of ErrorInfo
(SERVICE_DISABLED, ACCESS_TOKEN_SCOPE_INSUFFICIENT): https://cloud.google.com/apis/design/errors#error_info
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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

from .fields import ADMIN_URL, SERVICE_ACCOUNTS_URL
from .manifest import LIBRARY_URL, READ_SCOPE
from .shapes import mapping, objects, text

ACCESS_URL = "https://myaccount.google.com/connections"
QUOTA_URL = "https://developers.google.com/analytics/devguides/reporting/data/v1/quotas"
NAMES_URL = "https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema"

_MAX_WORDS = 300
_SECRETS = re.compile(r"ya29\.[\w.-]+|1//[\w-]+|GOCSPX-[\w-]+|api_secret=[^&\s]+|eyJ[\w-]+\.[\w-]+\.[\w-]*")
_SERVICES = {
    "analyticsdata.googleapis.com": "Google Analytics Data API",
    "analyticsadmin.googleapis.com": "Google Analytics Admin API",
}

_Details = dict[str, Any]


def error_from(answer: Answer) -> ProviderError:
    """The error that an answer outside 2xx stands for."""
    body = _body(answer)
    details: _Details = {"status": answer.status}
    if isinstance(body.get("error"), str):
        details["code"] = text(body["error"])[:60]
        return _token_error(answer, _words(body.get("error_description")), details)
    error = mapping(body.get("error"))
    status, message = text(error.get("status")), _words(error.get("message"))
    reason, metadata = _reason(error)
    details["code"] = (reason or status or f"http_{answer.status}")[:60]
    if reason in ("SERVICE_DISABLED", "accessNotConfigured"):
        return _service_off(text(metadata.get("service")), details)
    if reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
        return _scope_missing(details)
    make = _BY_STATUS.get(status) or _by_http_status(answer.status)
    made = make(message, details)
    if isinstance(made, RateLimited):
        made.retry_after = answer.retry_after
    return made


def error_from_limit(error: RateLimited) -> ProviderError:
    """A 429 that the door gave up on: pace stays RateLimited, a used-up quota becomes QuotaExceeded."""
    return error if error.answer is None else error_from(error.answer)


def _body(answer: Answer) -> Mapping[str, Any]:
    try:
        return mapping(orjson.loads(answer.content))
    except orjson.JSONDecodeError:
        return {}


def _words(value: Any) -> str:
    return _SECRETS.sub("[hidden]", " ".join(text(value).split())[:_MAX_WORDS])


def _reason(error: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    for one in objects(error.get("details")):
        if text(one.get("reason")):
            return text(one.get("reason")), mapping(one.get("metadata"))
    return "", {}


# ------------------------------------------------------------------------------------- signing in


def _token_error(answer: Answer, words: str, details: _Details) -> ProviderError:
    if answer.status == 429 or answer.status >= 500:
        return _by_http_status(answer.status)("", details)
    said = f" Google says: {words}" if words else ""
    if "JWT" in words:
        return AuthenticationFailed(
            f"Google does not accept the service account's key.{said}",
            fix="Create a new key (JSON) of the service account and paste it. If the key is new, ask the person who "
            "runs this installation to set the server's clock.",
            fix_url=SERVICE_ACCOUNTS_URL,
            **details,
        )
    return AuthenticationFailed(
        f"Google no longer accepts the permission given to us.{said}",
        fix="Sign in with Google Analytics again, or paste a new key of the service account. An app that "
        "is in “Testing” loses "
        "its permission after 7 days.",
        fix_url=ACCESS_URL,
        **details,
    )


def _not_signed_in(message: str, details: _Details) -> ProviderError:
    return AuthenticationFailed(
        "Google does not accept our sign-in.",
        fix="Sign in with Google Analytics again, or paste a new key of the service account.",
        fix_url=ACCESS_URL,
        **details,
    )


# ------------------------------------------------------------------------------------- permissions


def _service_off(service: str, details: _Details) -> ProviderError:
    known = service if service in _SERVICES else "analyticsdata.googleapis.com"
    name = _SERVICES.get(service, "Google Analytics API")
    return PermissionMissing(
        f"The {name} is not turned on in the Google Cloud project.",
        permission=service or known,
        fix=f"Open the {name} in the project that the sign-in belongs to and press “Enable”. It takes a few minutes.",
        fix_url=LIBRARY_URL + known,
        **details,
    )


def _scope_missing(details: _Details) -> ProviderError:
    return PermissionMissing(
        "We were not given the permission to read Google Analytics.",
        permission=READ_SCOPE,
        fix="Sign in with Google Analytics again and tick the box “See and download your Google Analytics data”.",
        fix_url=ACCESS_URL,
        **details,
    )


def _no_role(message: str, details: _Details) -> ProviderError:
    return PermissionMissing(
        "Google does not let us into this property.",
        permission="property_viewer",
        fix="In Google Analytics, open “Property access management” and add the person or the service account as a "
        "“Viewer”. Look, too, whether the property ID is right: it is a number, and not the stream's.",
        fix_url=ADMIN_URL,
        **details,
    )


# ------------------------------------------------------------------------------------- everything else


def _bad_input(message: str, details: _Details) -> ProviderError:
    found = re.search(r"(?:Field|field|name) [`'\"]?([A-Za-z][A-Za-z0-9_:]{1,60})", message)
    return InvalidRequest(
        f"Google did not accept the request: {message or 'it did not say why.'}",
        field=found.group(1) if found else "",
        fix="Change the dimensions, metrics or days and try again.",
        fix_url=NAMES_URL,
        **details,
    )


def _not_found(message: str, details: _Details) -> ProviderError:
    return NotFoundAtVendor(
        "Google does not know what was asked for.",
        fix="Look in Google Analytics whether the property or data stream was removed.",
        fix_url=ADMIN_URL,
        **details,
    )


def _too_much(message: str, details: _Details) -> ProviderError:
    lower = message.lower()
    if "token" in lower:
        until = "tomorrow" if "day" in lower else "the next hour"
        return QuotaExceeded(
            f"The property's quota for reports is used up: {message}",
            fix=f"Wait until {until}, or ask for fewer days and dimensions.",
            fix_url=QUOTA_URL,
            **details,
        )
    return RateLimited(
        "Google says: too many calls at the moment.",
        fix="Wait a minute, then try again.",
        fix_url=QUOTA_URL,
        **details,
    )


def _down(message: str, details: _Details) -> ProviderError:
    return Unavailable(
        "Google cannot answer at the moment.",
        fix="Try again in a few minutes. If it lasts, look at Google's status page.",
        fix_url="https://www.google.com/appsstatus/dashboard/",
        **details,
    )


def _odd(message: str, details: _Details) -> ProviderError:
    return UnexpectedResponse("Google answered in an unexpected way.", fix="Try again in a few minutes.", **details)


_Maker = Callable[[str, _Details], ProviderError]

_BY_STATUS: dict[str, _Maker] = {
    "UNAUTHENTICATED": _not_signed_in,
    "PERMISSION_DENIED": _no_role,
    "INVALID_ARGUMENT": _bad_input,
    "FAILED_PRECONDITION": _bad_input,
    "OUT_OF_RANGE": _bad_input,
    "ALREADY_EXISTS": _bad_input,
    "NOT_FOUND": _not_found,
    "RESOURCE_EXHAUSTED": _too_much,
    "UNAVAILABLE": _down,
    "INTERNAL": _down,
    "UNKNOWN": _down,
    "DEADLINE_EXCEEDED": _down,
    "ABORTED": _down,
    "CANCELLED": _down,
}


def _by_http_status(status: int) -> _Maker:
    if status >= 500 or status == 408:
        return _down
    exact: dict[int, _Maker] = {
        400: _bad_input,
        401: _not_signed_in,
        403: _no_role,
        404: _not_found,
        429: _too_much,
    }
    return exact.get(status, _odd)
