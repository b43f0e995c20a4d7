"""Setting event delivery up and down: the webhook of the app, and a subscription for each kind of event.

https://docs.x.com/x-api/webhooks/quickstart and https://docs.x.com/x-api/activity/quickstart. The webhook is the
app's (bearer token); the subscriptions are made in the account's name, since private events need its consent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from providers.kit.contract import WebhookRegistration
from providers.kit.errors import InvalidConfiguration, InvalidRequest, NotFoundAtVendor, ProviderError
from providers.kit.http import Retry

from .answers import identifier, mapping, objects, text
from .client import Client, part, unreadable
from .events import EVENT_TYPES, REVOKED
from .fields import API_SECRET, CONSOLE_URL

MAX_URL = 200
_MAX_PAGES = 20


class Registration:
    """The app's webhooks as seen from one account."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def register(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        """Registers the address, or takes it over where the app has it already. X asks the address a question."""
        secret = self._secret()
        problem = address_problem(url)
        if problem:
            raise InvalidRequest(problem, field="url", fix="Give this installation a public https address.")
        wanted = tuple(events) or tuple(one.type for one in EVENT_TYPES if one.default)
        unknown = sorted(set(wanted) - {one.type for one in EVENT_TYPES})
        if unknown:
            raise InvalidRequest(f"X has no event “{unknown[0][:60]}”.", field="events", fix="Choose other events.")
        known = next((one for one in self.webhooks() if one.get("url") == url), None)
        webhook_id = identifier(known.get("id")) if known else self._create(url)
        try:
            self._subscribe(webhook_id, [one for one in wanted if one != REVOKED])
        except ProviderError:
            if not known:
                self._forget(webhook_id)
            raise
        return WebhookRegistration(id=webhook_id, secret=secret, url=url, events=wanted)

    def unregister(self, webhook_id: str) -> None:
        """Takes this account's subscriptions away, and the webhook when no other account uses it."""
        if not identifier(webhook_id):
            raise InvalidRequest("A webhook is named by its number.", field="registration_id", fix="Set it up again.")
        own = identifier(self._client.me.get("id"))
        left = 0
        for one in tuple(self.subscriptions(webhook_id)):
            if identifier(mapping(one.get("filter")).get("user_id")) == own:
                self._delete(
                    f"/2/activity/subscriptions/{part(identifier(one.get('subscription_id')))}", "unsubscribe"
                )
            else:
                left += 1
        if not left:
            self._delete(f"/2/webhooks/{part(webhook_id)}", "delete webhook")

    def webhooks(self) -> tuple[Mapping[str, Any], ...]:
        params = {"webhook_config.fields": "id,url,valid,created_at"}
        body = self._client.ask("GET", "/2/webhooks", "list webhooks", as_app=True, params=params)
        return objects(body.get("data"))

    def subscriptions(self, webhook_id: str) -> Iterator[Mapping[str, Any]]:
        """What the app is subscribed to through this webhook, for all its accounts."""
        token = ""
        for _ in range(_MAX_PAGES):
            params = {"max_results": 100, **({"pagination_token": token} if token else {})}
            body = self._client.ask(
                "GET", "/2/activity/subscriptions", "list subscriptions", as_app=True, params=params
            )
            for one in objects(body.get("data")):
                if identifier(one.get("webhook_id")) == webhook_id and identifier(one.get("subscription_id")):
                    yield one
            token = text(mapping(body.get("meta")).get("next_token"))
            if not token:
                return

    def ask_again(self, webhook_id: str) -> bool:
        """Has X ask our address its question now; True when the answer was right and the webhook is on again."""
        path = f"/2/webhooks/{part(webhook_id)}"
        body = self._client.ask("PUT", path, "check webhook", as_app=True, retry=Retry.SAFE)
        return mapping(body.get("data")).get("valid") is True

    def _secret(self) -> str:
        secret = self._client.connection.configuration.get(API_SECRET.name, "")
        if not secret:
            raise InvalidConfiguration(
                "The API Key Secret is missing: without it we cannot prove to X that the address is ours.",
                field=API_SECRET.name,
                fix="Open your app's “Keys and tokens” in the developer console and paste the “API Key Secret” here.",
                fix_url=CONSOLE_URL,
            )
        return secret

    def _create(self, url: str) -> str:
        body = self._client.ask("POST", "/2/webhooks", "create webhook", as_app=True, json={"url": url})
        found = identifier(mapping(body.get("data")).get("id"))
        if not found:
            raise unreadable(detail="no webhook id")
        return found

    def _subscribe(self, webhook_id: str, events: Sequence[str]) -> None:
        own = identifier(self._client.me.get("id"))
        there = {
            text(one.get("event_type"))
            for one in self.subscriptions(webhook_id)
            if identifier(mapping(one.get("filter")).get("user_id")) == own
        }
        for event in events:
            if event in there:
                continue
            body = {"event_type": event, "filter": {"user_id": own}, "tag": event, "webhook_id": webhook_id}
            self._client.ask("POST", "/2/activity/subscriptions", "subscribe", json=body)

    def _forget(self, webhook_id: str) -> None:
        """Takes back what a failed registration made; the failure itself says more than one here."""
        try:
            self.unregister(webhook_id)
        except ProviderError:
            return

    def _delete(self, path: str, operation: str) -> None:
        try:
            self._client.ask("DELETE", path, operation, as_app=True, retry=Retry.SAFE)
        except NotFoundAtVendor:
            return


def address_problem(url: str) -> str:
    """Why X would not take this address, "" if it would."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        return "X needs an address that begins with https://."
    if ":" in parts.netloc.rpartition("@")[2]:
        return "X takes no address with a port number."
    return f"X takes addresses of at most {MAX_URL} characters." if len(url) > MAX_URL else ""
