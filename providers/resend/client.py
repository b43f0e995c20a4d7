"""Resend's API in calls of ours. Facts: https://resend.com/docs/api-reference; every call goes through the door.

All methods raise ProviderError (see `errors.py` for what becomes of which answer).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from providers.kit.contract import WebhookRegistration
from providers.kit.errors import RateLimited, UnexpectedResponse
from providers.kit.http import Answer, Door
from providers.kit.vocabulary.pages import Page

from .errors import error_from, error_from_limit
from .shapes import Found, checked_cursor, is_identifier, mapping, needed, objects, text

PAGE_SIZE = 100
_MAX_PAGES = 20

Item = TypeVar("Item")


class Client:
    """One account's API, behind a door that is bound to it."""

    def __init__(self, door: Door, api_key: str) -> None:
        self._door = door.bound(headers={"Authorization": f"Bearer {api_key}"}, secrets=(api_key,))

    def call(self, method: str, path: str, operation: str, **options: Any) -> Found:
        """One call; the answer as an object."""
        return mapping(self._request(method, path, operation, **options))

    def page(
        self,
        path: str,
        operation: str,
        read: Callable[[Found], Item | None],
        *,
        cursor: str,
        limit: int,
        params: Mapping[str, str] | None = None,
    ) -> Page[Item]:
        """One page of a list, newest first; what `read` gives None for is left out."""
        query: dict[str, Any] = {**(params or {}), "limit": min(max(limit, 1), PAGE_SIZE)}
        if checked_cursor(cursor):
            query["after"] = cursor
        found = self.call("GET", path, operation, params=query)
        listed = objects(found.get("data"))
        last = listed[-1].get("id") if listed else None
        more = last if found.get("has_more") is True and is_identifier(last) and last != cursor else ""
        items = tuple(item for item in map(read, listed) if item is not None)
        return Page(items=items, next_cursor=str(more))

    # ------------------------------------------------------------------------------------------- domains

    def look(self) -> Answer:
        """The first page of domains, as the vendor answered it: refusals are returned, not raised."""
        try:
            params = {"limit": PAGE_SIZE}
            return self._door.request("GET", "/domains", operation="list domains", params=params)
        except RateLimited as error:
            if error.answer is None:
                raise
            return error.answer  # type: ignore[no-any-return]  # the door keeps its Answer there

    def domains(self, first: Answer | None = None) -> Iterator[Found]:
        """All domains, without their DNS entries. `first` is a first page that is already there."""
        answer = first or self.look()
        for _ in range(_MAX_PAGES):
            if not answer.ok:
                raise error_from(answer)
            listed = mapping(answer)
            items = objects(listed.get("data"))
            yield from items
            last = items[-1].get("id") if items else None
            if not listed.get("has_more") or not is_identifier(last):
                return
            answer = self._request("GET", "/domains", "list domains", params={"limit": PAGE_SIZE, "after": last})

    def domain(self, domain_id: str) -> Found:
        """One domain with its DNS entries."""
        return self.call("GET", f"/domains/{part(domain_id)}", "read domain")

    # -------------------------------------------------------------------------------------------- e-mail

    def send(self, body: Found, idempotency_key: str) -> str:
        """Sends one e-mail and returns its id. The same key in 24 hours sends nothing twice."""
        made = self.call("POST", "/emails", "send e-mail", json=body, idempotency_key=idempotency_key)
        return needed(made, "id")

    def send_batch(self, bodies: Sequence[Found], idempotency_key: str) -> tuple[str, ...]:
        """Sends up to 100 e-mails in one call and returns their ids, in order."""
        made = self.call("POST", "/emails/batch", "send e-mails", json=list(bodies), idempotency_key=idempotency_key)
        items = made.get("data")
        if not isinstance(items, list) or len(items) != len(bodies):
            raise UnexpectedResponse("Resend did not say which of the e-mails it took.", fix="Look in Resend.")
        return tuple(needed(one if isinstance(one, dict) else {}, "id") for one in items)

    def email(self, email_id: str) -> Found:
        return self.call("GET", f"/emails/{part(email_id)}", "read e-mail")

    # ------------------------------------------------------------------------------------------ webhooks

    def create_webhook(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        body = {"endpoint": url, "events": list(events)}
        made = self.call("POST", "/webhooks", "create webhook", json=body)
        return WebhookRegistration(
            id=needed(made, "id"), secret=needed(made, "signing_secret"), url=url, events=tuple(events)
        )

    def webhook(self, webhook_id: str) -> Found:
        return self.call("GET", f"/webhooks/{part(webhook_id)}", "read webhook")

    def delete_webhook(self, webhook_id: str) -> None:
        self._request("DELETE", f"/webhooks/{part(webhook_id)}", "delete webhook")

    def _request(self, method: str, path: str, operation: str, **options: Any) -> Answer:
        try:
            answer = self._door.request(method, path, operation=operation, **options)
        except RateLimited as error:
            raise error_from_limit(error) from error
        if not answer.ok:
            raise error_from(answer)
        return answer


def part(value: str) -> str:
    """An id as one path segment, whatever it holds."""
    return quote(value, safe="")


def name_of(found: Found) -> str:
    """What a listed object is called; its id where it has no name."""
    return text(found, "name") or text(found, "id")
