"""Salesforce's errors in the hub's words. It has two shapes, so that there are two parsers.

The API answers a JSON array: [{"message", "errorCode", "fields": […]}] (`error_from`). The OAuth service answers an
object: {"error", "error_description"} (`oauth_error_from`). Rows of a batch have a third spelling of the first,
{"statusCode", "message", "fields"}, which `row_problem` reads.
https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

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
)
from providers.kit.http import Answer, error_for_status

from .fields import APPS_URL, PERMISSION_SETS_URL, USAGE_URL

SERVICE = "Salesforce"

_MAX_WORDS = 300
_SECRETS = re.compile(r"\b00D[A-Za-z0-9]{9,15}![A-Za-z0-9._]+|\b5Aep[A-Za-z0-9._]+")

FIELD_WORDS = {
    "Email": "email",
    "FirstName": "first_name",
    "LastName": "last_name",
    "Phone": "phone",
    "Title": "title",
    "Company": "company_name",
    "Name": "name",
    "OwnerId": "owner_id",
    "AccountId": "company_id",
    "StageName": "stage_id",
    "CloseDate": "close_date",
    "Amount": "amount",
    "Website": "domain",
}
"""Salesforce's names of fields that our vocabulary has names for."""

_SESSION = frozenset({"INVALID_SESSION_ID", "INVALID_AUTH_HEADER", "INVALID_LOGIN", "BAD_OAUTH_TOKEN"})
_PERMISSION = frozenset(
    {
        "API_CURRENTLY_DISABLED",
        "API_DISABLED_FOR_ORG",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "FORBIDDEN",
        "FUNCTIONALITY_NOT_ENABLED",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INVALID_TYPE",
        "OPERATION_NOT_ALLOWED",
    }
)
_GONE = frozenset({"NOT_FOUND", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"})
_LATER = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "QUERY_TIMEOUT"})
_USED_UP = frozenset({"REQUEST_LIMIT_EXCEEDED", "STORAGE_LIMIT_EXCEEDED", "LIMIT_EXCEEDED"})


@dataclass(frozen=True, kw_only=True)
class Said:
    """One error as Salesforce said it. `fields` by Salesforce's names."""

    code: str = ""
    message: str = ""
    fields: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """The first field at fault, by our name where we have one."""
        first = self.fields[0] if self.fields else ""
        return FIELD_WORDS.get(first, first)


def error_from(answer: Answer) -> ProviderError:
    """The error that an answer of the API outside 2xx stands for."""
    said = said_in(body_of(answer))
    if not said.code and answer.content.strip() == b"Bad_OAuth_Token":
        said = Said(code="BAD_OAUTH_TOKEN", message="Bad_OAuth_Token")
    if not said.code:
        error = error_for_status(answer, SERVICE)
        error.code = error.code or f"http_{answer.status}"
        return error
    return error_of(said, answer.status)


def error_of(said: Said, status: int | None) -> ProviderError:
    """The error for what Salesforce said, in an answer of its own or inside a composite one."""
    details: dict[str, Any] = {"code": said.code, "status": status}
    if said.code in _SESSION:
        return AuthenticationFailed(
            "Salesforce does not accept our access any more.", fix="Connect the account again.", **details
        )
    if said.code in _USED_UP:
        return _limit(said, details)
    if said.code in _PERMISSION or (status == 403 and said.code not in _GONE):
        return _not_allowed(said, details)
    if said.code in _LATER or (status is not None and status >= 500):
        return Unavailable("Salesforce cannot do this at the moment.", fix="Try again in a few minutes.", **details)
    if said.code in _GONE:
        return NotFoundAtVendor(
            "Salesforce has no such record.", fix="Look whether it was deleted or merged in Salesforce.", **details
        )
    return _not_accepted(said, details)


def oauth_error_from(answer: Answer) -> ProviderError:
    """The error that an answer of the sign-in service outside 2xx stands for."""
    body = body_of(answer)
    given = body if isinstance(body, Mapping) else {}
    code, words = _text(given.get("error")), _text(given.get("error_description"))
    details: dict[str, Any] = {"code": code or f"http_{answer.status}", "status": answer.status}
    if answer.status == 429 or answer.status >= 500 or not code:
        error = error_for_status(answer, SERVICE)
        error.code = error.code or details["code"]
        return error
    if code in ("invalid_client", "invalid_client_id", "invalid_client_credentials"):
        return AuthenticationFailed(
            "Salesforce does not know this Consumer Key with this Consumer Secret.",
            fix="Copy both again from your External Client App. A new app needs up to ten minutes.",
            fix_url=APPS_URL,
            **details,
        )
    if code in ("unsupported_grant_type", "unauthorized_client", "invalid_request", "invalid_scope"):
        return InvalidConfiguration(
            f"Salesforce does not let this app connect in this way{_quoted(words)}.",
            field="my_domain",
            fix="In the External Client App, enable the Client Credentials Flow and choose the user in “Run As”; use "
            "your own My Domain address here.",
            fix_url=APPS_URL,
            **details,
        )
    return AuthenticationFailed(
        f"Salesforce refused the sign-in{_quoted(words)}.",
        fix="Connect the account again. With client credentials, look whether the app's policies name a user.",
        fix_url=APPS_URL,
        **details,
    )


def row_problem(errors: object) -> Said:
    """What was wrong with one row of a batch; an empty list or an odd shape gives words all the same."""
    said = said_in(errors)
    return said if said.message else Said(code=said.code, message="Salesforce did not say why.", fields=said.fields)


def said_in(body: object) -> Said:
    """The first error of an array, whose code stands in `errorCode` or, for rows, in `statusCode`."""
    found = [one for one in body if isinstance(one, Mapping)] if isinstance(body, list) else []
    telling = [one for one in found if one.get("errorCode") != "PROCESSING_HALTED"] or found
    if not telling:
        return Said()
    one = telling[0]
    code = _text(one.get("errorCode")) or _text(one.get("statusCode"))
    names = one.get("fields")
    fields = tuple(_text(name) for name in names if _text(name)) if isinstance(names, list) else ()
    message = re.sub(r"\s+", " ", _SECRETS.sub("[hidden]", _text(one.get("message")))).strip()
    return Said(code=code, message=message[:_MAX_WORDS], fields=fields)


def body_of(answer: Answer) -> Any:
    """The body as JSON, None where it is something else."""
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None


def unreadable(what: str) -> UnexpectedResponse:
    """For an answer with 2xx that lacks what we need."""
    return UnexpectedResponse(
        f"Salesforce's answer lacks a part we need: {what}.",
        fix="Try again in a few minutes. If it lasts, look at Salesforce's status page.",
        fix_url="https://status.salesforce.com",
        code="shape",
    )


def _limit(said: Said, details: dict[str, Any]) -> ProviderError:
    if "concurrent" in said.message.lower():
        return RateLimited(
            "Salesforce is busy with other long calls of this organisation.",
            fix="Try again in a minute.",
            **details,
        )
    if said.code == "STORAGE_LIMIT_EXCEEDED":
        return QuotaExceeded(
            "This Salesforce organisation has no storage left.",
            fix="Delete records in Salesforce, or buy storage.",
            fix_url=USAGE_URL,
            **details,
        )
    return QuotaExceeded(
        "This Salesforce organisation has used up its API calls of the last 24 hours.",
        fix="Wait until older calls fall out of the 24 hours, or ask Salesforce for more calls.",
        fix_url=USAGE_URL,
        **details,
    )


def _not_allowed(said: Said, details: dict[str, Any]) -> ProviderError:
    return PermissionMissing(
        f"The Salesforce user may not do this{_quoted(said.message)}.",
        permission=said.fields[0] if said.fields else said.code,
        fix="Give the user a permission set with the object's rights (read, create, edit) and “API Enabled”.",
        fix_url=PERMISSION_SETS_URL,
        **details,
    )


def _not_accepted(said: Said, details: dict[str, Any]) -> ProviderError:
    if said.code in ("DUPLICATES_DETECTED", "DUPLICATE_VALUE"):
        return InvalidRequest(
            f"Salesforce has this record already{_quoted(said.message)}.",
            field=said.field or "email",
            fix="Change the record that is there, or switch the duplicate rule off in Salesforce.",
            **details,
        )
    return InvalidRequest(
        f"Salesforce did not accept the values: {said.message or 'it did not say which.'}",
        field=said.field,
        fix="Change the value and try again.",
        **details,
    )


def _quoted(words: str) -> str:
    words = _SECRETS.sub("[hidden]", words)[:_MAX_WORDS].rstrip(". ")
    return f" (it says: {words})" if words else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
