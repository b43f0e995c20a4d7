"""Mailgun's API in calls of ours: region, key, refusals. Every call goes through the door.

A domain lives in one region: https://documentation.mailgun.com/docs/mailgun/api-reference/mg-intro. All methods raise
ProviderError (see `errors.py` for what becomes of which answer).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from providers.kit.contract import Connection
from providers.kit.errors import ProviderError, RateLimited
from providers.kit.http import Answer, Retry

from .errors import error_from, sending_key, unreadable
from .reading import mapping, objects, text

HOSTS = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}
DOMAINS_PAGE = 100
_MAX_PAGES = 50


class Client:
    """One account's API in one region. `path` parts that come from people go through `part`."""

    def __init__(self, connection: Connection, region: str = "") -> None:
        configuration = connection.configuration
        self.connection = connection
        self.domain = configuration.get("domain", "").strip().lower()
        self.region = region or configuration.get("region", "us") or "us"
        key = configuration.get("api_key", "")
        basic = base64.b64encode(f"api:{key}".encode("utf-8", "surrogatepass")).decode()
        self._door = connection.http.bound(
            base_url=connection.address(HOSTS.get(self.region, HOSTS["us"])),
            headers={"Authorization": f"Basic {basic}"},
            secrets=tuple(one for one in (key, basic) if one),
        )

    def elsewhere(self) -> Client | None:
        """The same key in the other region; None where all calls go to one address anyway."""
        if self.connection.moved:
            return None
        return Client(self.connection, "us" if self.region == "eu" else "eu")

    def own(self, *parts: str) -> str:
        """A path of the connected domain: `own("templates", name)` is `/v3/<domain>/templates/<name>`."""
        return "/v3/" + "/".join(part(one) for one in (self.domain, *parts))

    def ask(self, method: str, path: str, operation: str, **options: Any) -> Answer:
        """One call; refusals are returned, not raised."""
        try:
            answer: Answer = self._door.request(method, path, operation=operation, **options)
        except RateLimited as error:
            if error.answer is None:
                raise
            answer = error.answer
        return answer

    def call(
        self, method: str, path: str, operation: str, *, permission: str = "", **options: Any
    ) -> Mapping[str, Any]:
        """The object that comes back. Raises ProviderError for anything else."""
        answer = self.ask(method, path, operation, **options)
        if not answer.ok:
            writing = method != "GET" and options.get("retry") is not Retry.SAFE
            raise self.refusal(answer, permission, writing=writing)
        body = answer.json()
        if not isinstance(body, dict):
            raise unreadable(answer.status, "not an object")
        return body

    def refusal(self, answer: Answer, permission: str = "", *, writing: bool = False) -> ProviderError:
        """The error for an answer that is not 2xx. A 401 may mean that a good key may only send."""
        if answer.status == 401 and self.may_only_send:
            return sending_key(permission, answer.status)
        return error_from(answer, self.connection.now(), permission=permission, writing=writing)

    @cached_property
    def may_only_send(self) -> bool:
        """Whether a key that may not look at anything may send: a domain sending key.

        Tried with a message that has no content: Mailgun refuses that as incomplete (400) when the key may send, and
        with 401 when it may not. Nothing is sent either way; test mode is set besides.
        """
        nobody = f"nobody@{self.domain}"
        form = {"from": nobody, "to": nobody, "subject": "-", "o:testmode": "yes"}
        try:
            answer = self.ask("POST", self.own("messages"), "try sending key", form=form)
        except ProviderError:
            return False
        return answer.status == 400

    def domain_answer(self) -> Answer:
        """The connected domain as the vendor answered it."""
        return self.ask("GET", f"/v4/domains/{part(self.domain)}", "read domain")

    def domains(self) -> Iterator[Mapping[str, Any]]:
        """All domains of the account in this region, without DNS entries."""
        for page in range(_MAX_PAGES):
            params = {"limit": DOMAINS_PAGE, "skip": page * DOMAINS_PAGE}
            body = self.call("GET", "/v4/domains", "list domains", permission="domains", params=params)
            found = objects(body.get("items"))
            yield from found
            if len(found) < DOMAINS_PAGE:
                return


def part(value: str) -> str:
    """A value as one path segment, whatever it holds."""
    return quote(value, safe="@") if value not in (".", "..") else value.replace(".", "%2E")


def next_query(body: Mapping[str, Any]) -> str:
    """The query of a "next page" address ("" without one). Only the query is kept: the path is always our own."""
    try:
        return urlsplit(text(mapping(body.get("paging")).get("next"))).query
    except ValueError:
        return ""


def query_of(cursor: str, allowed: frozenset[str]) -> dict[str, str]:
    """A cursor that `next_query` made, as parameters; names that do not page are left out."""
    return {name: value for name, value in parse_qsl(cursor, keep_blank_values=True) if name in allowed}
