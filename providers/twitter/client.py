"""X's API in calls of ours: https://docs.x.com/x-api. Every call goes through the door.

All methods raise ProviderError (see `errors.py` for what becomes of which answer). Statuses are read here, not by the
door: X's 429 says in headers of its own how long to wait, and asking again before is of no use.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from providers.kit.contract import Connection
from providers.kit.errors import ProviderError, UnexpectedResponse
from providers.kit.http import Answer, Retry
from providers.kit.tokens import TokenDoor

from .access import account_door, app_door
from .answers import identifier, mapping, objects
from .errors import error_from, error_of, maybe_done, problem_in
from .fields import FIELDS

USER_FIELDS = "id,name,username,profile_image_url,protected,public_metrics,verified_type"


class Client:
    """One account's API. `as_app` calls are made with the app's bearer token."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @cached_property
    def _account(self) -> TokenDoor:
        return account_door(self.connection)

    # ------------------------------------------------------------------------------------------ calling

    def answer(self, method: str, path: str, operation: str, *, as_app: bool = False, **options: Any) -> Answer:
        """X's answer, whatever its status. Raises what the door raises, and AuthenticationFailed without a token."""
        door: Any = app_door(self.connection) if as_app else self._account
        answer: Answer = door.request(method, path, operation=operation, expect=(429,), **options)
        return answer

    def ask(
        self,
        method: str,
        path: str,
        operation: str,
        *,
        scope: str = "",
        as_app: bool = False,
        **options: Any,
    ) -> Mapping[str, Any]:
        """The object X answers with. An answer that holds `errors` and no `data` is the first error.

        `scope` is the permission the call needs, for the words of a refusal.
        """
        answer = self.answer(method, path, operation, as_app=as_app, **options)
        return self.body_of(answer, scope=scope)

    def write(self, method: str, path: str, operation: str, *, scope: str, **options: Any) -> Mapping[str, Any]:
        """As `ask`, once and never again by itself. Raises OutcomeUnknown where X may have done it."""
        answer = self.answer(method, path, operation, retry=Retry.NONE, **options)
        if not answer.ok:
            raise self.error(answer, scope=scope, write=True)
        try:
            return self.body_of(answer, scope=scope)
        except UnexpectedResponse as error:
            raise maybe_done({"code": error.code, "status": answer.status}) from error

    def body_of(self, answer: Answer, *, scope: str = "") -> Mapping[str, Any]:
        """The object of an answer. Raises ProviderError for a refusal, also for one with status 200."""
        if not answer.ok:
            raise self.error(answer, scope=scope)
        if answer.status == 204 and not answer.content:
            return {}
        body = answer.json()
        if not isinstance(body, dict):
            raise unreadable(answer.status)
        problems = objects(body.get("errors"))
        if problems and not body.get("data"):
            raise error_of(problem_in(problems[0], _status_of(problems[0]), self.secrets()), scope)
        return body

    def error(self, answer: Answer, *, scope: str = "", write: bool = False) -> ProviderError:
        return error_from(answer, now=self.connection.now(), scope=scope, secrets=self.secrets(), write=write)

    def secrets(self) -> tuple[str, ...]:
        """Live values that must not be shown, even if X repeated them."""
        token = self.connection.tokens.load()
        values = self.connection.configuration
        kept = [values.get(one.name, "") for one in FIELDS if one.secret]
        return tuple(one for one in (*kept, token.access_token, token.refresh_token) if one)

    # --------------------------------------------------------------------------------------------- users

    def look(self) -> Answer:
        """Whose token it is, as X answered it: refusals are returned, not raised."""
        return self.answer("GET", "/2/users/me", "read account", params={"user.fields": USER_FIELDS})

    @cached_property
    def me(self) -> Mapping[str, Any]:
        """The account of the token: `id`, `name`, `username` and more."""
        return self.account_in(self.look())

    def account_in(self, answer: Answer) -> Mapping[str, Any]:
        """The account in the answer of `look`. Raises ProviderError."""
        found = mapping(self.body_of(answer, scope="users.read").get("data"))
        if not identifier(found.get("id")):
            raise unreadable(answer.status)
        return found


def unreadable(status: int | None = None, detail: str = "") -> UnexpectedResponse:
    return UnexpectedResponse(
        "X sent an answer that could not be read.",
        fix="Try again in a few minutes. If it lasts, look at X's status page.",
        code="shape",
        status=status,
        detail=detail,
    )


def part(value: str) -> str:
    """An id as one part of a path, whatever it holds."""
    return quote(value, safe="")


def _status_of(problem: Mapping[str, Any]) -> int:
    status = problem.get("status")
    return status if isinstance(status, int) and not isinstance(status, bool) and 400 <= status < 600 else 400
