"""X's refusals in the hub's words. Two shapes: a problem {"title", "detail", "type", "status", "errors"} and the old
{"errors": [{"code", "message"}]}; and a 200 can carry `errors` beside `data`, or instead of it.

Sources: https://docs.x.com/x-api/fundamentals/response-codes-and-errors (types, statuses), rate-limits beside it
(429 and its headers; X sends no Retry-After), /x-api/media/quickstart/best-practices (a video's length). The words of
"duplicate content": https://github.com/akrherz/iembot/issues/163.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
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
from providers.kit.redaction import redact

from .answers import mapping, objects, plain, text, whole
from .fields import CONSOLE_URL

APPS_URL = "https://x.com/settings/connected_apps"
STATUS_URL = "https://developer.x.com/status"
MAYBE_DONE = frozenset({500, 502, 504})
"""A write that is answered so may have been carried out."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What X said is wrong. `kind` is the last part of the type's address; `code` of the old shape, 0 without one."""

    status: int
    kind: str = ""
    title: str = ""
    words: str = ""
    code: int = 0
    parameter: str = ""

    @property
    def lower(self) -> str:
        return f"{self.title} {self.words}".lower()

    @property
    def details(self) -> dict[str, Any]:
        name = self.kind or (str(self.code) if self.code else f"http_{self.status}")
        return {"code": name[:60], "status": self.status}


def error_from(
    answer: Answer, *, now: datetime, scope: str = "", secrets: Iterable[str] = (), write: bool = False
) -> ProviderError:
    """The error that an answer outside 2xx stands for. `scope` is the permission that the call needs; `write` is True
    for what must not be done twice."""
    problem = problem_of(answer, secrets)
    if problem.status == 429 and problem.kind != "usage-capped":
        return _too_many(problem, answer, now)
    if write and problem.status in MAYBE_DONE:
        return maybe_done(problem.details)
    return error_of(problem, scope)


def error_of(problem: Problem, scope: str = "") -> ProviderError:
    """The error of a problem, also of one inside an answer with status 200."""
    make = (
        _BY_KIND.get(problem.kind) or _BY_CODE.get(problem.code) or _by_words(problem) or _by_status(problem.status)
    )
    return make(problem, scope)


def maybe_done(details: Mapping[str, Any]) -> OutcomeUnknown:
    return OutcomeUnknown(
        "X did not say whether it was done.",
        fix="Look at the account on X before you try again.",
        fix_url="https://x.com/home",
        **details,
    )


def problem_of(answer: Answer, secrets: Iterable[str] = ()) -> Problem:
    """What an answer says is wrong; without words where it is not X's (a proxy's page)."""
    try:
        body = mapping(orjson.loads(answer.content))
    except orjson.JSONDecodeError:
        body = {}
    inner = next(iter(objects(body.get("errors"))), {})
    return problem_in({**inner, **{name: value for name, value in body.items() if value}}, answer.status, secrets)


def problem_in(body: Mapping[str, Any], status: int, secrets: Iterable[str] = ()) -> Problem:
    """A problem as X writes it; `errors` inside a problem name the parameter."""
    inner = next(iter(objects(body.get("errors"))), {})
    words = text(body.get("detail")) or text(body.get("message")) or text(inner.get("message"))
    if text(body.get("detail")) and text(inner.get("message")) and "One or more parameters" in words:
        words = text(inner.get("message"))  # the outer words say only that something is wrong
    kind = text(body.get("type")).rstrip("/").rpartition("/")[2]
    parameter = text(body.get("parameter")) or next(iter(mapping(inner.get("parameters"))), "")
    return Problem(
        status=status,
        kind="" if kind == "about:blank" else kind[:60],
        title=plain(body.get("title"), 80),
        words=plain(redact(words[:2000], secrets), 240),
        code=whole(body.get("code")) or whole(inner.get("code")) or 0,
        parameter=plain(parameter, 60),
    )


def _too_many(problem: Problem, answer: Answer, now: datetime) -> ProviderError:
    wait = seconds_to_reset(answer.headers, now)
    fix = f"Wait {_span(wait)}, then try again." if wait else "Wait 15 minutes, then try again."
    error = RateLimited("X says: too many calls.", fix=fix, retry_after=wait, **problem.details)
    error.answer = answer
    return error


def seconds_to_reset(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the used-up window ends. A used-up day counts before the quarter of an hour."""
    for name in ("x-app-limit-24hour", "x-user-limit-24hour", "x-rate-limit"):
        left, reset = whole(headers.get(f"{name}-remaining")), whole(headers.get(f"{name}-reset"))
        if reset is not None and (left == 0 or name == "x-rate-limit"):
            return max(1.0, reset - now.timestamp())
    return None


def _span(seconds: float) -> str:
    return f"{round(seconds)} seconds" if seconds < 120 else f"{round(seconds / 60)} minutes"


def _said(problem: Problem, otherwise: str) -> str:
    return problem.words or problem.title or otherwise


def _wrong_token(problem: Problem, scope: str) -> ProviderError:
    return AuthenticationFailed(
        "X no longer accepts the permission given to us.",
        fix="Connect the account again. If it happens at once, compare the token with the one X gave out.",
        fix_url=APPS_URL,
        **problem.details,
    )


def _wrong_kind_of_token(problem: Problem, scope: str) -> ProviderError:
    return AuthenticationFailed(
        "This token does not stand for an account: X says it is of another kind.",
        fix="Connect the account with the button, or paste an OAuth 2.0 user token (not the app's Bearer Token).",
        fix_url=CONSOLE_URL,
        **problem.details,
    )


def _no_permission(problem: Problem, scope: str) -> ProviderError:
    needed = f" The permission “{scope}” is needed for it." if scope else ""
    return PermissionMissing(
        f"X does not allow this: {_said(problem, 'it gave no reason')}.{needed}".replace("..", "."),
        permission=scope,
        fix="Connect the account again and allow everything on X's page. In the app's “User authentication settings” "
        "“Read and write” must be chosen.",
        fix_url=CONSOLE_URL,
        **problem.details,
    )


def _app_not_enrolled(problem: Problem, scope: str) -> ProviderError:
    return PermissionMissing(
        f"X does not let your app do this: {_said(problem, 'the app lacks access')}".rstrip(".") + ".",
        permission="app",
        fix="In the developer console, check that the app belongs to a project and may use this part of the API.",
        fix_url=CONSOLE_URL,
        **problem.details,
    )


def _account_locked(problem: Problem, scope: str) -> ProviderError:
    return PermissionMissing(
        "X has locked or suspended this account, so it cannot post.",
        permission="account",
        fix="Sign in at X with this account and follow what it says there.",
        fix_url="https://x.com/home",
        **problem.details,
    )


def _used_up(problem: Problem, scope: str) -> ProviderError:
    return QuotaExceeded(
        f"X says that the credits or the month's allowance are used up: {_said(problem, 'no more is left')}".rstrip(
            "."
        )
        + ".",
        fix="Buy credits or raise the spending limit in the developer console.",
        fix_url=CONSOLE_URL,
        **problem.details,
    )


def _duplicate(problem: Problem, scope: str) -> ProviderError:
    return InvalidRequest(
        "X refused this post because the account has already posted the same text.",
        field="text",
        fix="Change the text, or look whether the post is already there.",
        fix_url="https://x.com/home",
        **problem.details,
    )


def _bad_media(problem: Problem, scope: str) -> ProviderError:
    return InvalidRequest(
        f"X did not take the picture or video: {_said(problem, 'it gave no reason')}".rstrip(".") + ".",
        field="media",
        fix="Use a JPG, PNG, WEBP, GIF or MP4 within X's limits; the guide lists them.",
        **problem.details,
    )


def _bad_reply(problem: Problem, scope: str) -> ProviderError:
    return InvalidRequest(
        f"X did not take this as a reply: {_said(problem, 'it gave no reason')}".rstrip(".") + ".",
        field="reply_to",
        fix="The post may be gone, or its author lets only some people reply.",
        **problem.details,
    )


def _bad_input(problem: Problem, scope: str) -> ProviderError:
    return InvalidRequest(
        f"X did not accept the values: {_said(problem, 'it did not say which')}".rstrip(".") + ".",
        field=problem.parameter,
        fix="Change the value and try again.",
        **problem.details,
    )


def _too_long(problem: Problem, scope: str) -> ProviderError:
    return InvalidRequest(
        "X says that the text is too long.",
        field="text",
        fix="Shorten it, or make a thread of it.",
        **problem.details,
    )


def _not_found(problem: Problem, scope: str) -> ProviderError:
    return NotFoundAtVendor(
        f"X does not have this (any more): {_said(problem, 'it was not found')}".rstrip(".") + ".",
        fix="Look on X whether it was removed there.",
        **problem.details,
    )


def _down(problem: Problem, scope: str) -> ProviderError:
    return Unavailable(
        "X cannot answer at the moment.", fix="Try again in a few minutes.", fix_url=STATUS_URL, **problem.details
    )


def _unknown(problem: Problem, scope: str) -> ProviderError:
    return UnexpectedResponse(
        f"X answered in a way we do not know (status {problem.status}).",
        fix="Try again. If it lasts, look at X's status page.",
        fix_url=STATUS_URL,
        detail=problem.words,
        **problem.details,
    )


_Maker = Callable[[Problem, str], ProviderError]

_BY_KIND: dict[str, _Maker] = {
    "unsupported-authentication": _wrong_kind_of_token,
    "client-forbidden": _app_not_enrolled,
    "usage-capped": _used_up,
    "credits": _used_up,
    "resource-not-found": _not_found,
    "resource-unavailable": _not_found,
    "invalid-request": _bad_input,
    "disallowed-resource": _bad_input,
    "not-authorized-for-resource": _no_permission,
    "not-authorized-for-field": _no_permission,
    "field-unauthorized": _no_permission,
    "internal-error": _down,
    "field-hydration-failure": _down,
}
_BY_CODE: dict[int, _Maker] = {
    32: _wrong_token,
    89: _wrong_token,
    64: _account_locked,
    326: _account_locked,
    186: _too_long,
    187: _duplicate,
    453: _app_not_enrolled,
}
"""Codes of the old shape: https://developer.x.com/en/support/x-api/error-troubleshooting"""

_WORDS: tuple[tuple[str, _Maker], ...] = (
    ("creditsdepleted", _used_up),
    ("credits", _used_up),
    ("duplicate content", _duplicate),
    ("too long", _too_long),
    ("longer than", _bad_media),
    ("media id", _bad_media),
    ("suspended", _account_locked),
    ("account is locked", _account_locked),
    ("reply to this", _bad_reply),
    ("reply to a tweet", _bad_reply),
    ("replying", _bad_reply),
)


def _by_words(problem: Problem) -> _Maker | None:
    """For refusals that X tells apart by their words alone (`about:blank`)."""
    if problem.status not in (400, 402, 403):
        return None
    return next((make for words, make in _WORDS if words in problem.lower), None)


def _by_status(status: int) -> _Maker:
    by_status: dict[int, _Maker] = {
        400: _bad_input,
        401: _wrong_token,
        402: _used_up,
        403: _no_permission,
        404: _not_found,
        408: _down,
        410: _not_found,
        413: _bad_media,
        422: _bad_input,
    }
    return by_status.get(status) or (_down if status >= 500 else _unknown)
