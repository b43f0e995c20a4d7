"""Errors of the product, named for what the reader can do; translated once, at the boundary.

Services raise them; `webapp.core.failures` turns them into a page or an RFC 9457 problem document.
"""

from __future__ import annotations

from collections.abc import Mapping


class ProductError(Exception):
    """`str(error)` is for people: what happened. `fix` says what to do next."""

    status = 500
    title = "Something went wrong"

    def __init__(self, message: str, *, fix: str = "", link: str = "", link_label: str = "") -> None:
        super().__init__(message)
        self.fix = fix
        self.link = link
        self.link_label = link_label


class Invalid(ProductError):
    """Values that cannot be accepted: `fields` maps a field's name (or JSON pointer) to what is wrong with it."""

    status = 422
    title = "Please check what you entered"

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None, fix: str = "") -> None:
        super().__init__(message, fix=fix)
        self.fields = dict(fields or {})


class BadRequest(ProductError):
    status = 400
    title = "We could not read that request"


class NotSignedIn(ProductError):
    status = 401
    title = "Please sign in"


class Forbidden(ProductError):
    status = 403
    title = "You may not do that here"


class NotFound(ProductError):
    """Also for what exists but belongs to someone else: the answer is the same to the byte."""

    status = 404
    title = "There is nothing here"

    def __init__(self, message: str = "We could not find what you asked for.", **rest: str) -> None:
        super().__init__(message, **rest)


class Conflict(ProductError):
    status = 409
    title = "That is already there"


class TooLarge(ProductError):
    status = 413
    title = "That is too large"


class TooMany(ProductError):
    status = 429
    title = "That was a little fast"

    def __init__(self, message: str, *, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(ProductError):
    status = 503
    title = "We can't do that at this moment"
