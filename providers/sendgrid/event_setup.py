"""The event webhook at SendGrid: created, its signature switched on, looked up, removed.

Source: https://www.twilio.com/docs/sendgrid/api-reference/webhooks. A new webhook is not signed: a second call
switches that on and answers with the public key, which is the secret we keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from providers.kit.contract import WebhookRegistration
from providers.kit.errors import InvalidRequest, NotFoundAtVendor, ProviderError, Unsupported

from .addresses import WEBHOOKS_URL
from .client import Client, Item, identifier, mapping, objects, part, text
from .errors import unreadable
from .webhooks import EVENT_TYPES

PATH = "/v3/user/webhooks/event/settings"
NAME = "Integration hub"
_SCOPE = "user.webhooks.event.settings"
_SWITCHES = {"spamreport": "spam_report"}
"""Event types whose switch in the settings has another name."""


def switch_of(event_type: str) -> str:
    return _SWITCHES.get(event_type, event_type)


class EventSetup:
    def __init__(self, client: Client) -> None:
        self.client = client

    def register(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        """No `events` means those that are on by default. A webhook that this very address has already is changed,
        not doubled (SendGrid refuses a second one): it is what an earlier try without an answer left behind."""
        known = {one.type for one in EVENT_TYPES}
        wanted = tuple(dict.fromkeys(events)) or tuple(one.type for one in EVENT_TYPES if one.default)
        unknown = sorted(set(wanted) - known)
        if unknown:
            raise InvalidRequest(f"SendGrid has no event “{unknown[0][:60]}”.", field="events", fix="Leave it out.")
        settings = self._settings(url, wanted)
        existing = self.of_address(url)
        path, method, scope = (
            (f"{PATH}/{part(existing)}", "PATCH", "update") if existing else (PATH, "POST", "create")
        )
        try:
            made = self.client.call(method, path, f"{scope} webhook", scope=f"{_SCOPE}.{scope}", json=settings)
        except InvalidRequest as error:
            raise _in_plan(error) from error
        webhook_id = existing or identifier(mapping(made))
        try:
            key = self._sign(webhook_id)
        except ProviderError:
            if not existing:
                with suppress(ProviderError):
                    self.unregister(webhook_id)
            raise
        return WebhookRegistration(id=webhook_id, secret=key, url=url, events=wanted)

    def unregister(self, registration_id: str) -> None:
        """One that is already gone is fine."""
        with suppress(NotFoundAtVendor):
            self.client.call("DELETE", f"{PATH}/{part(registration_id)}", "delete webhook", scope=f"{_SCOPE}.delete")

    def read(self, registration_id: str) -> Item:
        return mapping(
            self.client.call("GET", f"{PATH}/{part(registration_id)}", "read webhook", scope=f"{_SCOPE}.read")
        )

    def public_key(self, registration_id: str) -> str:
        """The key of a signed webhook, "" where the signature is off."""
        path = f"{PATH}/signed/{part(registration_id)}"
        return text(mapping(self.client.call("GET", path, "read webhook key", scope=f"{_SCOPE}.read")), "public_key")

    def of_address(self, url: str) -> str:
        """The id of the webhook that goes to this address, "" where there is none."""
        return next((identifier(one) for one in self._all() if one.get("url") == url), "")

    def _all(self) -> Iterable[Item]:
        found = mapping(self.client.call("GET", f"{PATH}/all", "list webhooks", scope=f"{_SCOPE}.read"))
        return objects(found.get("webhooks"))

    def _sign(self, webhook_id: str) -> str:
        answer = self.client.call(
            "PATCH",
            f"{PATH}/signed/{part(webhook_id)}",
            "sign webhook",
            scope=f"{_SCOPE}.update",
            json={"enabled": True},
        )
        key = text(mapping(answer), "public_key")
        if not key:
            raise unreadable("it gives no verification key", status=answer.status)
        return key

    def _settings(self, url: str, wanted: Sequence[str]) -> dict[str, Any]:
        switches = {switch_of(one.type): one.type in wanted for one in EVENT_TYPES}
        return {"enabled": True, "url": url, "friendly_name": NAME, **switches}


def _in_plan(error: InvalidRequest) -> ProviderError:
    """How many webhooks an account may have depends on its plan."""
    words = str(error).lower()
    if "maximum number of webhooks" not in words and "billing plan" not in words:
        return error
    return Unsupported(
        "This SendGrid plan allows no further event webhook.",
        fix="Delete one that is no longer needed in SendGrid, or choose a larger plan.",
        fix_url=WEBHOOKS_URL,
        status=error.status,
        code="webhook_limit",
    )
