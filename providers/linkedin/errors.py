"""LinkedIn's errors in the hub's words: {"status", "serviceErrorCode", "code", "message"}.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from providers.kit.errors import (
    AuthenticationFailed,
    InvalidConfiguration,
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

APPS_URL = "https://www.linkedin.com/developers/apps"
GRANTS_URL = "https://www.linkedin.com/mypreferences/d/data-sharing-for-permitted-services"
VERSIONS_URL = "https://learn.microsoft.com/en-us/linkedin/marketing/versioning"
STATUS_URL = "https://www.linkedin-apistatus.com/"

_Details = dict[str, Any]
_MAX_WORDS = 300
_SECRETS = re.compile(r"\b(?:AQ|WPL_)[A-Za-z0-9._=+/~-]{12,}")
_POST = re.compile(r"urn:li:(?:share|ugcPost|activity):[0-9A-Za-z_-]{1,100}")
_REVOKED, _EXPIRED = 65601, 65602


def error_from(answer: Answer, permission: str = "") -> ProviderError:
    """The error that an answer outside 2xx stands for. `permission` is the scope that the call needs."""
    body = _body(answer)
    message = _words(body.get("message"))
    code = body.get("code")
    service_code = body.get("serviceErrorCode")
    name = code if isinstance(code, str) and code else f"http_{answer.status}"
    details: _Details = {"code": name[:60], "status": answer.status}
    status = answer.status
    if status == 426 or (status == 400 and "VERSION" in name):
        return _version(details)
    if status == 401:
        return _refused(message, service_code, details)
    if status == 403:
        return _not_allowed(message, permission, details)
    if status == 429:
        return _too_many(answer, details)
    if status in (404, 410):
        return NotFoundAtVendor(
            "LinkedIn does not have this any more.", fix="Look on LinkedIn whether it was removed there.", **details
        )
    if status in (400, 409, 422):
        return _said_no(message, name, details)
    if status >= 500 or status == 408:
        return Unavailable(
            "LinkedIn cannot answer at the moment.",
            fix="Try again in a few minutes. If it lasts, look at LinkedIn's status page.",
            fix_url=STATUS_URL,
            **details,
        )
    return UnexpectedResponse(
        f"LinkedIn answered in a way we do not know (status {status}).",
        fix="Try again. If it lasts, look at LinkedIn's status page.",
        fix_url=STATUS_URL,
        detail=message,
        **details,
    )


def write_error_from(answer: Answer, permission: str = "") -> ProviderError:
    """As `error_from`, for what must not be done twice: a failing server may have done it."""
    if answer.status >= 500 or answer.status == 408:
        return OutcomeUnknown(
            "LinkedIn had a problem just then. It may have been done.",
            fix="Look on LinkedIn whether it is there before you try again.",
            status=answer.status,
            code=f"http_{answer.status}",
        )
    return error_from(answer, permission)


def oauth_error_from(answer: Answer) -> ProviderError:
    """The error for an answer of www.linkedin.com/oauth, whose shape is {"error", "error_description"}."""
    if answer.status in (400, 401, 403) and isinstance(_body(answer).get("error"), str):
        return InvalidConfiguration(
            "LinkedIn does not accept the app's client id and client secret.",
            field="client_secret",
            fix="Open the app on LinkedIn, choose “Auth” and copy “Client ID” and “Primary Client Secret” again.",
            fix_url=APPS_URL,
            code=_words(_body(answer)["error"])[:60],
            status=answer.status,
        )
    return error_from(answer)


def _body(answer: Answer) -> dict[str, Any]:
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _words(value: Any) -> str:
    """The vendor's text on one line, with anything like a token cut out."""
    return " ".join(_SECRETS.sub("[hidden]", value[:_MAX_WORDS]).split()) if isinstance(value, str) else ""


def _version(details: _Details) -> ProviderError:
    return InvalidConfiguration(
        "LinkedIn no longer serves the API version in use. It retires each one after about a year.",
        field="api_version",
        fix="Enter a newer version in “API version” (year and month, such as 202607), or update this installation.",
        fix_url=VERSIONS_URL,
        **details,
    )


def _refused(message: str, service_code: Any, details: _Details) -> ProviderError:
    said = message.lower()
    if service_code == _EXPIRED or "expired" in said:
        words = "The access to LinkedIn has run out. LinkedIn gives it for 60 days at a time."
    elif service_code == _REVOKED or "revoked" in said:
        words = "The access to LinkedIn was taken back, by the member or by a changed password."
    else:
        words = "LinkedIn does not accept this access token."
    return AuthenticationFailed(words, fix="Connect LinkedIn again.", fix_url=GRANTS_URL, **details)


def _not_allowed(message: str, permission: str, details: _Details) -> ProviderError:
    named = f" ({permission})" if permission else ""
    return PermissionMissing(
        f"LinkedIn does not allow this with the permissions given to us{named}.",
        permission=permission,
        fix="Check on the app's “Products” page that LinkedIn has approved what this needs, and that you still have "
        "a role on the page. Then connect again to give the permission.",
        fix_url=APPS_URL,
        detail=message,
        **details,
    )


def _too_many(answer: Answer, details: _Details) -> ProviderError:
    wait = answer.retry_after
    if wait is not None:
        return RateLimited(
            "LinkedIn says: too many calls.",
            fix=f"Wait {max(1, round(wait))} seconds, then try again.",
            retry_after=wait,
            **details,
        )
    return QuotaExceeded(
        "The calls that LinkedIn allows this app or member for today are used up.",
        fix="Wait until midnight UTC. The app's “Analytics” page on LinkedIn shows the limits.",
        fix_url=APPS_URL,
        **details,
    )


def _said_no(message: str, name: str, details: _Details) -> ProviderError:
    if "duplicate" in message.lower() or "DUPLICATE" in name:
        return _duplicate(message, details)
    return InvalidRequest(
        f"LinkedIn did not accept this: {message or 'it did not say why.'}",
        fix="Change the post or the value it names, then try again.",
        **details,
    )


def _duplicate(message: str, details: _Details) -> ProviderError:
    """LinkedIn names the earlier post ("Content is a duplicate of urn:li:share:…"), with 409 or 422."""
    found = _POST.search(message)
    earlier = found.group() if found else ""
    return InvalidRequest(
        "LinkedIn already has a post with this very text" + (f" ({earlier})." if earlier else "."),
        field="text",
        fix="Look whether it is already published. To publish it once more, change the text.",
        fix_url=f"https://www.linkedin.com/feed/update/{earlier}" if earlier else "",
        **{**details, "code": "duplicate"},
    )
