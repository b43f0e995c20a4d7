"""Resend's API in calls of ours. Facts: https://resend.com/docs/api-reference; every call goes through the door.

All methods raise ProviderError (see `errors.py` for what becomes of which answer).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from providers.kit.contract import WebhookRegistration
from providers.kit.errors import RateLimited, UnexpectedResponse
from providers.kit.http import Answer, Door

from .errors import error_from, error_from_limit

PAGE_SIZE = 100
_MAX_PAGES = 20


class Client:
    """One account's API, behind a door that is bound to it."""

    def __init__(self, door: Door, api_key: str) -> None:
        self._door = door.bound(headers={"Authorization": f"Bearer {api_key}"}, secrets=(api_key,))

    def look(self) -> Answer:
        """The first page of domains, as the vendor answered it: refusals are returned, not raised."""
        try:
            params = {"limit": PAGE_SIZE}
            return self._door.request("GET", "/domains", operation="list domains", params=params)
        except RateLimited as error:
            if error.answer is None:
                raise
            return error.answer  # type: ignore[no-any-return]  # the door keeps its Answer there

    def domains(self, first: Answer | None = None) -> Iterator[Mapping[str, Any]]:
        """All domains, without their DNS entries. `first` is a first page that is already there."""
        answer = first or self.look()
        for _ in range(_MAX_PAGES):
            if not answer.ok:
                raise error_from(answer)
            listed = _object(answer)
            items = [one for one in listed.get("data") or () if isinstance(one, dict)]
            yield from items
            last = items[-1].get("id") if items else None
            if not listed.get("has_more") or not last:
                return
            answer = self._request("GET", "/domains", "list domains", params={"limit": PAGE_SIZE, "after": last})

    def domain(self, domain_id: str) -> Mapping[str, Any]:
        """One domain with its DNS entries."""
        return _object(self._request("GET", f"/domains/{_part(domain_id)}", "read domain"))

    def send(self, body: Mapping[str, Any], idempotency_key: str) -> str:
        """Sends one e-mail and returns its id. The same key in 24 hours sends nothing twice."""
        answer = self._request("POST", "/emails", "send e-mail", json=body, idempotency_key=idempotency_key)
        return _text(_object(answer), "id")

    def send_batch(self, bodies: Sequence[Mapping[str, Any]], idempotency_key: str) -> tuple[str, ...]:
        """Sends up to 100 e-mails in one call and returns their ids, in order."""
        answer = self._request(
            "POST", "/emails/batch", "send e-mails", json=list(bodies), idempotency_key=idempotency_key
        )
        items = _object(answer).get("data")
        if not isinstance(items, list) or len(items) != len(bodies):
            raise UnexpectedResponse("Resend did not say which of the e-mails it took.", fix="Look in Resend.")
        return tuple(_text(one if isinstance(one, dict) else {}, "id") for one in items)

    def email(self, email_id: str) -> Mapping[str, Any]:
        return _object(self._request("GET", f"/emails/{_part(email_id)}", "read e-mail"))

    def create_webhook(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        body = {"endpoint": url, "events": list(events)}
        made = _object(self._request("POST", "/webhooks", "create webhook", json=body))
        return WebhookRegistration(
            id=_text(made, "id"), secret=_text(made, "signing_secret"), url=url, events=tuple(events)
        )

    def webhook(self, webhook_id: str) -> Mapping[str, Any]:
        return _object(self._request("GET", f"/webhooks/{_part(webhook_id)}", "read webhook"))

    def delete_webhook(self, webhook_id: str) -> None:
        self._request("DELETE", f"/webhooks/{_part(webhook_id)}", "delete webhook")

    def _request(self, method: str, path: str, operation: str, **options: Any) -> Answer:
        try:
            answer = self._door.request(method, path, operation=operation, **options)
        except RateLimited as error:
            raise error_from_limit(error) from error
        if not answer.ok:
            raise error_from(answer)
        return answer


def _part(value: str) -> str:
    """An id as one path segment, whatever it holds."""
    return quote(value, safe="")


def _object(answer: Answer) -> Mapping[str, Any]:
    body = answer.json()
    if not isinstance(body, dict):
        raise UnexpectedResponse("Resend sent an answer that could not be read.", code="shape", status=answer.status)
    return body


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise UnexpectedResponse("Resend's answer lacks a part we need.", code="shape", detail=f"no {name}")
    return value
