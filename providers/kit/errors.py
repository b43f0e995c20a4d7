"""Errors named for what happens next.

`str(error)` is written for people and safe to show. `detail` is for logs only and never carries a secret.
"""

from __future__ import annotations

from typing import Any


class ProviderError(Exception):
    """Something a provider could not do.

    `category` is what monitoring groups by; `fix` says in one sentence what the reader can do;
    `fix_url` is the vendor's page where it is done.
    """

    category = "unexpected"
    retryable = False

    def __init__(
        self,
        message: str,
        *,
        fix: str = "",
        fix_url: str = "",
        code: str = "",
        status: int | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.fix = fix
        self.fix_url = fix_url
        self.code = code
        self.status = status
        self.detail = detail


class AuthenticationFailed(ProviderError):
    """The vendor refused the credentials. Next: reconnect."""

    category = "authentication"


class PermissionMissing(ProviderError):
    """The credentials are good but may not do this. Next: grant `permission`."""

    category = "permission"

    def __init__(self, message: str, *, permission: str = "", **rest: object) -> None:
        super().__init__(message, **rest)  # type: ignore[arg-type]  # same keywords, passed on
        self.permission = permission


class InvalidConfiguration(ProviderError):
    """A configured value cannot be right. Next: change `field`."""

    category = "configuration"

    def __init__(self, message: str, *, field: str = "", **rest: object) -> None:
        super().__init__(message, **rest)  # type: ignore[arg-type]  # same keywords, passed on
        self.field = field


class InvalidRequest(ProviderError):
    """The vendor understood us and said no to these values. Next: change the input."""

    category = "invalid_request"

    def __init__(self, message: str, *, field: str = "", **rest: object) -> None:
        super().__init__(message, **rest)  # type: ignore[arg-type]  # same keywords, passed on
        self.field = field


class NotFoundAtVendor(ProviderError):
    """The vendor has no such object. Next: look whether it was removed there."""

    category = "not_found"


class RateLimited(ProviderError):
    """Too many calls. Next: wait `retry_after` seconds (None: the vendor did not say).

    `answer` is the vendor's answer where there is one: some vendors say 429 for a used-up plan too.
    """

    category = "rate_limit"
    retryable = True

    def __init__(self, message: str, *, retry_after: float | None = None, **rest: object) -> None:
        super().__init__(message, **rest)  # type: ignore[arg-type]  # same keywords, passed on
        self.retry_after = retry_after
        self.answer: Any = None


class QuotaExceeded(ProviderError):
    """The plan's allowance is used up. Next: wait for the reset or change the plan; a quick retry is useless."""

    category = "quota"


class Unavailable(ProviderError):
    """No answer, or the vendor is down. Next: retry later; nothing was changed."""

    category = "unavailable"
    retryable = True


class UnexpectedResponse(ProviderError):
    """The vendor answered in a way its documentation does not describe. Next: look."""

    category = "unexpected"


class Unsupported(ProviderError):
    """The vendor has no such thing, or not in this plan. Next: do it another way; the message says why."""

    category = "unsupported"


class OutcomeUnknown(ProviderError):
    """We asked and got no answer. Next: look at the vendor before asking again."""

    category = "outcome_unknown"


class RefusedByPolicy(ProviderError):
    """The door out does not go there (private address, wrong scheme or port). Next: change the address."""

    category = "policy"


class SignatureInvalid(ProviderError):
    """A delivery's signature does not prove its sender. `reason` is a stable code for the owner's hint:
    `missing`, `malformed`, `mismatch`, `too_old`, `in_future`, `no_secret`, `bad_secret`, `unreadable`."""

    category = "signature"

    def __init__(self, message: str, *, reason: str, **rest: object) -> None:
        super().__init__(message, **rest)  # type: ignore[arg-type]  # same keywords, passed on
        self.reason = reason
