"""Event delivery set up through the API: one address for several events.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/domain-webhooks
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from providers.kit.contract import WebhookRegistration
from providers.kit.errors import InvalidRequest, NotFoundAtVendor, PermissionMissing

from .client import Client, part
from .manifest import WEBHOOKS_URL
from .reading import mapping, text, texts
from .webhooks import EVENT_TYPES


class Registration:
    """The webhooks of the connected domain. A registration's id is its address: the vendor has no other."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._path = f"/v4/domains/{part(client.domain)}/webhooks"

    def create(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        """No `events` means those that are on by default. An address that is known already gets these events."""
        wanted = tuple(dict.fromkeys(events)) or tuple(one.type for one in EVENT_TYPES if one.default)
        unknown = set(wanted) - {one.type for one in EVENT_TYPES}
        if unknown:
            raise InvalidRequest(f"Mailgun has no event “{min(unknown)[:60]}”.", field="events", fix="Leave it out.")
        secret = self._secret()  # before anything is changed
        known = any(url in urls for urls in self.addresses().values())
        form = [("url", url), *(("event_types", one) for one in wanted)]
        method, words = ("PUT", "change webhook") if known else ("POST", "create webhook")
        self._client.call(method, self._path, words, permission="webhooks", form=form)
        return WebhookRegistration(id=url, secret=secret, url=url, events=wanted)

    def remove(self, url: str) -> None:
        """One that is already gone is fine."""
        try:
            self._client.call("DELETE", self._path, "delete webhook", permission="webhooks", params={"url": url})
        except NotFoundAtVendor:
            return

    def addresses(self) -> Mapping[str, tuple[str, ...]]:
        """The addresses of each event that has some."""
        path = f"/v3/domains/{part(self._client.domain)}/webhooks"
        body = self._client.call("GET", path, "list webhooks", permission="webhooks")
        listed = mapping(body.get("webhooks"))
        return {name: texts(mapping(one).get("urls")) for name, one in listed.items() if mapping(one).get("urls")}

    def signing_key(self) -> str:
        body = self._client.call("GET", "/v5/accounts/http_signing_key", "read signing key", permission="webhooks")
        return text(body.get("http_signing_key"))

    def _secret(self) -> str:
        """The account's signing key; the one that was entered by hand where this key may not read it."""
        entered = self._client.connection.configuration.get("webhook_signing_key", "")
        try:
            found = self.signing_key()
        except (PermissionMissing, InvalidRequest, NotFoundAtVendor):
            found = ""
        if found or entered:
            return found or entered
        raise PermissionMissing(
            "This key may not read the webhook signing key, and none was entered.",
            permission="webhooks",
            fix="Copy the “HTTP webhook signing key” from Mailgun's page “Webhooks” into this connection, or "
            "use a key with the role Admin.",
            fix_url=WEBHOOKS_URL,
            code="no_signing_key",
        )
