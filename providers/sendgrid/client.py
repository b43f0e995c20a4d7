"""SendGrid's API through the door: the right host, the key, errors as ours, and answers read with care.

Facts: https://www.twilio.com/docs/sendgrid/api-reference. All methods raise ProviderError (see `errors.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from providers.kit.contract import Connection
from providers.kit.errors import (
    AuthenticationFailed,
    InvalidConfiguration,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    RateLimited,
)
from providers.kit.http import Answer, Door

from .addresses import ACTIVITY_URL, REGION_NAMES, REGIONS
from .errors import error_from, unreadable

PAGE_SIZE = 100
_MAX_PAGES = 50
_GATEWAY = (408, 500, 502, 504)
"""Statuses after which a sending may have been done all the same; 503 says that it was not taken."""

Item = Mapping[str, Any]


class Client:
    """One account's API. What was asked once per life of the object (scopes) is kept."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        region = connection.configuration.get("region") or "us"
        self.region = region if region in REGIONS else "us"

    def _door(self, region: str) -> Door:
        key = self.connection.configuration.get("api_key", "")
        door: Door = self.connection.http.bound(
            base_url=self.connection.address(REGIONS[region]),
            headers={"Authorization": f"Bearer {key}"},
            secrets=(key,) if key else (),
        )
        return door

    # ---------------------------------------------------------------------------------------- key and region

    @cached_property
    def scopes_answer(self) -> Answer:
        """GET /v3/scopes: proves the key, and lists what it may do. Raises InvalidConfiguration for a key that works
        in the other region only."""
        try:
            return self.call("GET", "/v3/scopes", "read scopes")
        except AuthenticationFailed as error:
            other = next(one for one in REGIONS if one != self.region)
            if self.connection.moved or not self._opens(other):
                raise
            raise InvalidConfiguration(
                f"This key belongs to SendGrid's region “{REGION_NAMES[other]}”, but “{REGION_NAMES[self.region]}” "
                "is chosen here.",
                field="region",
                fix=f"Choose the region “{REGION_NAMES[other]}”, or paste a key of the other region.",
                code="wrong_region",
            ) from error

    @property
    def scopes(self) -> frozenset[str]:
        listed = mapping(self.scopes_answer).get("scopes")
        if not isinstance(listed, list):
            raise unreadable("it lists no permissions", status=self.scopes_answer.status)
        return frozenset(one for one in listed if isinstance(one, str))

    def _opens(self, region: str) -> bool:
        try:
            return self._door(region).request("GET", "/v3/scopes", operation="read scopes").ok
        except ProviderError:
            return False

    def user(self) -> tuple[str, str]:
        """(user id, user name). https://www.twilio.com/docs/sendgrid/api-reference/users-api/retrieve-your-username"""
        found = mapping(self.call("GET", "/v3/user/username", "read account", scope="user.username.read"))
        number, name = found.get("user_id"), found.get("username")
        if isinstance(number, bool) or not isinstance(number, int) or not isinstance(name, str) or not name:
            raise unreadable("it does not name the account")
        return str(number), name

    # -------------------------------------------------------------------------------------------------- calls

    def call(self, method: str, path: str, operation: str, *, scope: str = "", **options: Any) -> Answer:
        """One call; `scope` is the permission it takes. Nothing but reading is ever repeated by itself."""
        now = self.connection.now()
        try:
            answer = self._door(self.region).request(method, path, operation=operation, **options)
        except RateLimited as error:
            raise (error_from(error.answer, scope=scope, now=now) if error.answer else error) from error
        if not answer.ok:
            raise error_from(answer, scope=scope, now=now)
        return answer

    def submit(self, body: Item) -> Answer:
        """POST /v3/mail/send. SendGrid has no idempotency key: an answer that leaves open whether the e-mail was
        taken is OutcomeUnknown, never a call to try again."""
        try:
            return self.call("POST", "/v3/mail/send", "send e-mail", scope="mail.send", json=body)
        except ProviderError as error:
            if getattr(error, "status", None) not in _GATEWAY:
                raise
            raise OutcomeUnknown(
                "SendGrid stumbled while taking the e-mail. It may have been taken.",
                fix="Look in SendGrid's activity feed whether it was sent before you send it again.",
                fix_url=ACTIVITY_URL,
                code=error.code,
                status=error.status,
            ) from error

    def every(self, path: str, operation: str, *, scope: str, **params: Any) -> Iterator[Item]:
        """All items of a list that pages by `limit` and `offset`."""
        for page in range(_MAX_PAGES):
            answer = self.call(
                "GET",
                path,
                operation,
                scope=scope,
                params={**params, "limit": PAGE_SIZE, "offset": page * PAGE_SIZE},
            )
            found = items(answer)
            yield from found
            if len(found) < PAGE_SIZE:
                return

    def verified_senders(self) -> tuple[Item, ...]:
        """Single addresses that may send. They are read with the domains' permission or a narrower one; without
        either there are none to know of."""
        try:
            answer = self.call("GET", "/v3/verified_senders", "list senders", params={"limit": PAGE_SIZE})
        except PermissionMissing:
            return ()
        return tuple(one for one in objects(mapping(answer).get("results")) if one.get("verified") is True)


# --------------------------------------------------------------------------------------------- reading answers


def part(value: str) -> str:
    """An id as one path segment, whatever it holds. "." and ".." are segments too, and lead elsewhere."""
    return quote(value, safe="").replace(".", "%2E") if value.strip(".") == "" else quote(value, safe="@")


def mapping(answer: Answer) -> Item:
    """The answer's object. Raises UnexpectedResponse."""
    body = answer.json()
    if not isinstance(body, dict):
        raise unreadable("it is not an object", status=answer.status)
    return body


def items(answer: Answer) -> list[Item]:
    """The answer's list of objects. Raises UnexpectedResponse."""
    body = answer.json()
    if not isinstance(body, list):
        raise unreadable("it is not a list", status=answer.status)
    return objects(body)


def objects(value: Any) -> list[Item]:
    """The objects of a list; none of anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text(found: Item, name: str) -> str:
    """A text, or "" where it is something else."""
    value = found.get(name)
    return value if isinstance(value, str) else ""


def identifier(found: Item, name: str = "id") -> str:
    """An id as text, whether the vendor wrote text or number. Raises UnexpectedResponse."""
    value = found.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value:
        return value
    raise unreadable(f"it lacks “{name}”")


def count(found: Item, name: str) -> int:
    value = found.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
