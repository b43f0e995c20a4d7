"""Stripe's own SDK, made to leave through the one door.

Importing this module imports the SDK (25 MB, a third of a second): only calls to Stripe need it, so it is imported
at the first call and never for reading webhooks or drawing pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from .manifest import API_VERSION

USER_AGENT = f"agency-toolkit stripe-python/{stripe.VERSION}"
_WORDS = frozenset(
    {"v1", "account", "advance", "approve", "balance", "cancel", "charges", "checkout", "close", "confirm"}
    | {"create_preview", "customers", "disputes", "early_fraud_warnings", "events", "expire", "finalize"}
    | {"invoiceitems", "invoices", "pause", "pay", "payment_intents", "payment_links", "payment_methods", "payouts"}
    | {"prices", "products", "radar", "refunds", "resume", "reviews", "send", "sessions", "setup_intents"}
    | {"subscriptions", "test_clocks", "test_helpers", "value_list_items", "value_lists", "void"}
    | {"webhook_endpoints"}
)


class DoorClient(stripe.HTTPClient):
    """Gives the SDK's requests to the door. Time limits, repeats, metering and the guard are the door's.

    `status` and `headers` are those of the last answer: they help where the SDK stumbles, and tell Stripe's clock.
    """

    name = "door"

    def __init__(self, door: Any) -> None:
        super().__init__()
        self._door = door
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        sent = {**(headers or {}), "User-Agent": USER_AGENT}
        sent.pop("X-Stripe-Client-User-Agent", None)  # describes this machine; Stripe does not need it
        self.status = None
        answer = self._door.request(
            method.upper(), url, operation=_operation(method, url), data=post_data, headers=sent
        )
        self.status, self.headers = answer.status, answer.headers
        return answer.text, answer.status, answer.headers

    def close(self) -> None:
        """The connections belong to the door."""


def sdk_client(api_key: str, api_base: str, http: DoorClient) -> stripe.StripeClient:
    """A client of one account. The SDK's own repeats are off: the door repeats what is safe to repeat."""
    stripe.enable_telemetry = False
    return stripe.StripeClient(
        api_key,
        stripe_version=API_VERSION,
        base_addresses={"api": api_base.rstrip("/")},
        max_network_retries=0,
        http_client=http,
    )


def _operation(method: str, url: str) -> str:
    """`POST /v1/payment_intents/:id/cancel`: the call without ids, for the metering."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    start = parts.index("v1") if "v1" in parts else 0
    return f"{method.upper()} /" + "/".join(part if part in _WORDS else ":id" for part in parts[start:])
