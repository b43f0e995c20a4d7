"""Facebook's errors in the hub's words: {"error": {"message", "type", "code", "error_subcode", "fbtrace_id"}}.

https://developers.facebook.com/docs/graph-api/guides/error-handling/ The code counts, not the HTTP status:
limits come as 400 or 403.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    RateLimited,
    Unavailable,
)
from providers.kit.http import Answer, error_for_status

from .shapes import count, mapping
from .usage import seconds_to_wait

APPS_URL = "https://developers.facebook.com/apps/"
INTEGRATIONS_URL = "https://www.facebook.com/settings?tab=business_tools"
SUPPORT_URL = "https://www.facebook.com/support/"
STATUS_URL = "https://metastatus.com/"

_Details = dict[str, Any]
_MAX_WORDS = 300
_SECRETS = re.compile(r"\b(?:EA[A-Z][A-Za-z0-9]{12,}|[0-9]{5,20}\|[A-Za-z0-9_-]{8,}|[0-9a-f]{32,64})")

_TRANSIENT = frozenset({1, 2})
_LIMITS = frozenset({4, 17, 32, 341, 613})
_NO_ACCESS = frozenset({102, 190})
_NOT_THERE = frozenset({803})
_DUPLICATE, _BLOCKED, _PARAMETER = 506, 368, 100
_GONE_SUBCODE = 33

_WHY_REFUSED = {
    458: "You removed this app on Facebook, so it may no longer act for you.",
    459: "Facebook wants you to log in there and confirm who you are.",
    460: "The password was changed, which ended the access.",
    463: "The access to Facebook has run out. It lasts about 60 days.",
    464: "Facebook wants you to log in there and confirm who you are.",
    467: "The access to Facebook was taken back.",
}


def error_from(answer: Answer, permission: str = "") -> ProviderError:
    """The error that an answer stands for. `permission` is the one that the call needs."""
    told = _told(answer)
    code, subcode, message = count(told.get("code")), count(told.get("error_subcode")), _words(told.get("message"))
    if code is None:
        return _for_status(answer)
    name = f"{code}/{subcode}" if subcode else str(code)
    details: _Details = {"code": name[:60], "status": answer.status}
    if code in _NO_ACCESS:
        words = _WHY_REFUSED.get(subcode or 0, "Facebook does not accept this access token.")
        return AuthenticationFailed(words, fix="Connect Facebook again.", fix_url=INTEGRATIONS_URL, **details)
    if code in _LIMITS or 80_000 <= code <= 80_014 or answer.status == 429:
        return _too_many(answer, details)
    if code == 3 or code == 10 or 200 <= code <= 299:
        return _not_allowed(message, permission, details)
    if code in _TRANSIENT or told.get("is_transient") is True:
        return _down(details)
    if code == _BLOCKED:
        return _blocked(message, details)
    if code in _NOT_THERE or (code == _PARAMETER and subcode == _GONE_SUBCODE):
        return NotFoundAtVendor(
            "Facebook does not have this any more, or does not show it to us.",
            fix="Look on Facebook whether it was removed there.",
            **details,
        )
    return _said_no(code, told, message, details)


def write_error_from(answer: Answer, permission: str = "") -> ProviderError:
    """As `error_from`, for what must not be done twice: a failing server may have done it."""
    error = error_from(answer, permission)
    if isinstance(error, Unavailable):
        return OutcomeUnknown(
            "Facebook had a problem just then. It may have been done.",
            fix="Look at the Page whether it is there before you try again.",
            status=answer.status,
            code=error.code,
        )
    return error


def app_error_from(answer: Answer) -> ProviderError:
    """As `error_from`, for calls in the app's own name: a refusal means that its id or secret is wrong."""
    code, message = count(_told(answer).get("code")), _words(_told(answer).get("message"))
    if code in (101, 190) or "client secret" in message.lower() or "validating application" in message.lower():
        return wrong_app(answer.status, str(code))
    return error_from(answer)


def wrong_app(status: int | None = None, code: str = "app") -> InvalidConfiguration:
    return InvalidConfiguration(
        "The app's id and secret do not belong together, or not to this access token.",
        field="app_secret",
        fix="Open the app on Meta's developer site, choose “App settings”, “Basic”, and copy “App "
        "ID” and “App secret” "
        "again. Then connect again.",
        fix_url=APPS_URL,
        code=code,
        status=status,
    )


def _told(answer: Answer) -> Mapping[str, Any]:
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return mapping(mapping(body).get("error"))


def _words(value: Any) -> str:
    """The vendor's text on one line, with anything like a token cut out."""
    return " ".join(_SECRETS.sub("[hidden]", value[:_MAX_WORDS]).split()) if isinstance(value, str) else ""


def _for_status(answer: Answer) -> ProviderError:
    error = error_for_status(answer, "Facebook")
    error.fix_url = STATUS_URL
    return error


def _too_many(answer: Answer, details: _Details) -> RateLimited:
    wait = seconds_to_wait(answer.headers)
    wait = answer.retry_after if wait is None else wait
    fix = (
        "Wait an hour, then try again."
        if wait is None
        else f"Wait {max(1, round(wait / 60))} minutes, then try again."
    )
    return RateLimited(
        "Facebook says: too many calls.",
        fix=f"{fix} The app's dashboard shows how much it uses.",
        fix_url=APPS_URL,
        retry_after=wait,
        **details,
    )


def _not_allowed(message: str, permission: str, details: _Details) -> PermissionMissing:
    named = f" ({permission})" if permission else ""
    return PermissionMissing(
        f"Facebook does not allow this with the permissions given to us{named}.",
        permission=permission,
        fix="Connect again, choose this Page and allow everything. If people outside your app "
        "connect, Meta must have "
        "approved the permission in App Review.",
        fix_url=APPS_URL,
        detail=message,
        **details,
    )


def _down(details: _Details) -> Unavailable:
    return Unavailable(
        "Facebook cannot answer at the moment.",
        fix="Try again in a few minutes. If it lasts, look at Meta's status page.",
        fix_url=STATUS_URL,
        **details,
    )


def _blocked(message: str, details: _Details) -> InvalidRequest:
    return InvalidRequest(
        "Facebook has blocked this for now: it takes it for spam or against its rules.",
        fix="Look in Facebook's support inbox for the reason, change what you post, and wait before trying again.",
        fix_url=SUPPORT_URL,
        detail=message,
        **details,
    )


def _said_no(code: int, told: Mapping[str, Any], message: str, details: _Details) -> ProviderError:
    if "appsecret_proof" in message:
        return wrong_app(details["status"], details["code"])
    if code == _DUPLICATE:
        return InvalidRequest(
            "Facebook already has a post with this very text.",
            field="text",
            fix="Look whether it is already published. To publish it once more, change the text.",
            **{**details, "code": "duplicate"},
        )
    said = _words(told.get("error_user_msg")) or message or "it did not say why."
    return InvalidRequest(
        f"Facebook did not accept this: {said}", fix="Change the value it names, then try again.", **details
    )
