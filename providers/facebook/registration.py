"""Setting event delivery up and down: the app's one address for Pages, and a subscription of each Page to the app.

https://developers.facebook.com/docs/graph-api/reference/app/subscriptions (`/{app-id}/subscriptions`, with the
app's own token; Facebook asks the address a question at once) and …/docs/graph-api/reference/page/subscribed_apps
(with the Page's token). An app has one address for all its Pages: the last one registered gets the events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.kit.contract import WebhookRegistration
from providers.kit.errors import InvalidRequest, NotFoundAtVendor

from .accounts import Accounts, FacebookPage
from .client import Client
from .fields import PAGE_ID
from .shapes import objects, strings, text
from .webhooks import DEAUTHORIZE, EVENT_TYPES, verify_token

MANAGE = "pages_manage_metadata"
OBJECT = "page"


class Registration:
    def __init__(self, client: Client, accounts: Accounts) -> None:
        self._client = client
        self._accounts = accounts

    def register(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        """Gives the app this address and subscribes the Page (or, without a chosen one, all of them)."""
        access = self._client.access
        access.need_app()
        if not url.startswith("https://"):
            raise InvalidRequest(
                "Facebook needs an address that begins with https://.",
                field="url",
                fix="Give this installation a public https address.",
            )
        known = {one.type for one in EVENT_TYPES}
        wanted = tuple(events) or tuple(one.type for one in EVENT_TYPES if one.default)
        unknown = sorted(set(wanted) - known)
        if unknown:
            raise InvalidRequest(
                f"Facebook has no event “{unknown[0][:60]}”.", field="events", fix="Choose other events."
            )
        fields = ",".join(one for one in wanted if one != DEAUTHORIZE)
        form = {
            "object": OBJECT,
            "callback_url": url,
            "verify_token": verify_token(access.app_secret),
            "fields": fields,
            "include_values": "true",
        }
        self._client.as_app("POST", f"{access.app_id}/subscriptions", "set the app's address", form=form)
        for page in self._pages():
            self._client.prepare(
                f"{page.id}/subscribed_apps",
                "subscribe Page",
                token=page.token,
                permission=MANAGE,
                form={"subscribed_fields": fields},
            )
        return WebhookRegistration(id=access.app_id, secret=access.app_secret, url=url, events=wanted)

    def unregister(self, registration_id: str) -> None:
        """Takes the Pages' subscriptions away, and the app's address where it is still this connection's."""
        access = self._client.access
        if registration_id != access.app_id:
            raise InvalidRequest(
                "This registration is of another app.", field="registration_id", fix="Set event delivery up again."
            )
        for page in self._pages():
            try:
                path = f"{page.id}/subscribed_apps"
                self._client.delete(path, "unsubscribe Page", token=page.token, permission=MANAGE)
            except NotFoundAtVendor:
                continue
        ours = access.connection.webhook.address
        if not ours or self.address() in (ours, ""):
            params = {"object": OBJECT}
            self._client.as_app("DELETE", f"{access.app_id}/subscriptions", "remove the app's address", params=params)

    def address(self) -> str:
        """Where the app's events about Pages go now, "" for nowhere."""
        told = self._client.as_app("GET", f"{self._client.access.app_id}/subscriptions", "read the app's address")
        return next((text(one.get("callback_url")) for one in objects(told.get("data")) if _is_pages(one)), "")

    def subscribed(self, page: FacebookPage) -> tuple[str, ...]:
        """The events that a Page sends to this app."""
        fields = "id,name,subscribed_fields"
        listed = self._client.every(
            f"{page.id}/subscribed_apps", "read subscriptions", token=page.token, permission=MANAGE, fields=fields
        )
        own = self._client.access.app_id
        return next((strings(one.get("subscribed_fields")) for one in listed if text(one.get("id")) == own), ())

    def _pages(self) -> tuple[FacebookPage, ...]:
        """The Pages of this connection. Raises NotFoundAtVendor when there is none."""
        chosen = self._client.access.connection.configuration.get(PAGE_ID.name, "")
        if chosen:
            return (self._accounts.token_for(chosen)[1],)
        return tuple(one for one in self._accounts.pages if one.can_post) or (self._accounts.chosen(),)


def _is_pages(told: Mapping[str, Any]) -> bool:
    return told.get("object") == OBJECT and told.get("active") is not False
