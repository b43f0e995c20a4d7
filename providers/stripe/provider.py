"""Stripe bound to one account: the verbs of its capabilities."""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from providers.kit.contract import (
    Account,
    Activity,
    Connection,
    Environment,
    InboundEvent,
    InboundRequest,
    Provider,
    Step,
    WebhookRegistration,
)
from providers.kit.errors import NotFoundAtVendor, PermissionMissing, ProviderError
from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.payments import Balance, Payment

from . import money, samples, sentences, webhooks
from .card_checks import card_steps
from .catalogue import Catalogue
from .checkout import Checkout
from .checks import Checks
from .client import StripeApi
from .clocks import Clocks
from .disputes import Disputes
from .events import DEFAULT_EVENTS
from .failures import account_named_in
from .invoices import Invoices
from .manifest import CONNECTION_TEST, MANIFEST, PAYMENT_TEST, WEBHOOK_TEST
from .present import Present
from .radar import Radar
from .reading import EPOCH, currency_of, dashboard, mapping, minor, moment, page_of, paging, rows, text
from .subscriptions import Subscriptions

_STATUSES = {
    "succeeded": "succeeded",
    "processing": "processing",
    "canceled": "canceled",
    "requires_capture": "authorized",
    "requires_action": "action_required",
    "requires_confirmation": "incomplete",
    "requires_payment_method": "incomplete",
}
_MARKER = {"managed_by": "agency-toolkit"}
"""Metadata on the webhooks we make: only those are ever tidied away."""


class Stripe(Clocks, Catalogue, Checkout, Subscriptions, Invoices, Radar, Disputes, Present, Provider):
    manifest = MANIFEST

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._api = StripeApi(connection)

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        checks = Checks(self.connection, self._api, self.identify)
        tests = {
            CONNECTION_TEST: checks.connection_steps,
            PAYMENT_TEST: lambda: card_steps(
                checks, str(inputs.get("card") or "none"), str(inputs.get("currency") or "USD")
            ),
            WEBHOOK_TEST: checks.webhook.steps,
        }
        return tests[test_id]()

    # --------------------------------------------------------------------------------- ChecksConnection

    def identify(self) -> Account:
        """The account behind the key. A restricted key may not read it; the balance then proves the key."""
        live = self.connection.environment is Environment.LIVE
        try:
            answer = self._api.account()
        except PermissionMissing as error:
            return self._identify_restricted(error, live)
        profile = mapping(answer.get("business_profile"))
        dashboard = mapping(mapping(answer.get("settings")).get("dashboard"))
        id_ = str(answer.get("id", ""))
        name = dashboard.get("display_name") or profile.get("name") or answer.get("email") or id_
        return Account(
            id=id_,
            name=str(name),
            detail=" · ".join(str(part) for part in (answer.get("email"), answer.get("country")) if part),
            url="https://dashboard.stripe.com/" if live else "https://dashboard.stripe.com/test/dashboard",
            livemode=live,
        )

    def _identify_restricted(self, refusal: PermissionMissing, live: bool) -> Account:
        """Stripe names the account when it refuses; if it does not, the key's fingerprint stands for it."""
        with contextlib.suppress(PermissionMissing):  # neither may be read: the key is known to Stripe all the same
            self._api.balance()
        named = account_named_in(refusal)
        digest = hashlib.sha256(self.configuration["api_key"].encode()).hexdigest()[:16]
        return Account(
            id=named or f"key-{digest}",
            name=named or "Account of a restricted key",
            detail="The restricted key may not read the account's name.",
            certain=bool(named),
            url="https://dashboard.stripe.com/",
            livemode=live,
        )

    # -------------------------------------------------------------------- ReceivesWebhooks, MakesSamples

    @staticmethod
    def verify(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
        webhooks.verify(request, secrets, now)

    @staticmethod
    def read(request: InboundRequest) -> tuple[InboundEvent, ...]:
        return webhooks.read(request)

    @staticmethod
    def describe(event: InboundEvent) -> Activity:
        return sentences.describe(event)

    @staticmethod
    def sample_delivery(event_type: str, secret: str, now: datetime, seed: int, url: str = "") -> InboundRequest:
        return samples.sample_delivery(event_type, secret, now, seed, url)

    # ----------------------------------------------------------------------- RegistersWebhooks, CatchesUp

    def register_webhook(self, url: str, events: Sequence[str]) -> WebhookRegistration:
        """Makes the endpoint anew, then removes those we made before for the same address: their secrets are lost."""
        wanted = tuple(events) or DEFAULT_EVENTS
        made = self._api.create_webhook_endpoint(
            url=url, events=wanted, marker=_MARKER, idempotency_key=f"webhook-{uuid.uuid4().hex}"
        )
        registration = WebhookRegistration(
            id=str(made.get("id", "")),
            secret=str(made.get("secret", "")),
            url=str(made.get("url", url)),
            events=_event_names(made) or wanted,
        )
        # The secret is shown only once: nothing below may keep it from the caller. A leftover only delivers twice.
        with contextlib.suppress(ProviderError):
            self._remove_leftovers(registration)
        return registration

    def _remove_leftovers(self, registration: WebhookRegistration) -> None:
        for one in rows(self._api.webhook_endpoints(limit=100)):
            ours = mapping(one.get("metadata")).get("managed_by") == _MARKER["managed_by"]
            if ours and one.get("url") == registration.url and one.get("id") != registration.id:
                self._api.delete_webhook_endpoint(str(one["id"]))

    def unregister_webhook(self, registration_id: str) -> None:
        """Removing what is not there any more is no error."""
        with contextlib.suppress(NotFoundAtVendor):
            self._api.delete_webhook_endpoint(registration_id)

    def events_since(self, since: datetime, limit: int) -> tuple[InboundEvent, ...]:
        """At most `limit` events since then, oldest first. Stripe keeps them for 30 days.

        First those that Stripe says it could not deliver, then the newest of all: neither a long outage nor a long
        list hides what is missing.
        """
        created = {"gte": int(since.timestamp())}
        missed = self._events(limit, created=created, delivery_success=False)
        newest = self._events(limit, created=created)
        found = {one.external_id: one for one in (missed + newest)}
        chosen = list(found.values())[:limit]
        return tuple(sorted(chosen, key=lambda one: (one.created_at or EPOCH, -chosen.index(one))))

    def _events(self, limit: int, **params: Any) -> list[InboundEvent]:
        """Newest first, over as many pages as it takes."""
        found: list[InboundEvent] = []
        cursor = ""
        while len(found) < limit:
            asked = paging(cursor, limit - len(found), **params)
            page = page_of(self._api.events(**asked), webhooks.event_from)
            found += page.items
            if not page.next_cursor or page.next_cursor == cursor:
                break
            cursor = page.next_cursor
        return found

    # -------------------------------------------------------------------------------------- TakesPayments

    def balances(self) -> tuple[Balance, ...]:
        answer = self._api.balance()
        sums: dict[str, list[int]] = {}
        for place, name in enumerate(("available", "pending")):
            for line in rows(answer, name):
                sums.setdefault(currency_of(line), [0, 0])[place] += minor(line, "amount")
        return tuple(
            Balance(currency=currency, available_minor=available, pending_minor=pending)
            for currency, (available, pending) in sorted(sums.items())
        )

    def payments(self, *, cursor: str = "", limit: int = 25) -> Page[Payment]:
        """Newest first. The payer's name is left out when the key may not read customers."""
        params = paging(cursor, limit)
        try:
            answer = self._api.payment_intents(**params, expand=["data.customer"])
        except PermissionMissing as error:
            if "customer" not in error.permission:
                raise
            answer = self._api.payment_intents(**params)
        return page_of(answer, self._payment)

    def create_payment(self, *, amount_minor: int, currency: str, description: str, idempotency_key: str) -> Payment:
        """A payment that waits for the customer's card; Stripe offers the methods switched on in its dashboard."""
        params = {
            "amount": money.from_minor(amount_minor, currency),
            "currency": currency.lower(),
            "automatic_payment_methods": {"enabled": True},
            **({"description": description} if description else {}),
        }
        return self._payment(self._api.create_payment_intent(params, idempotency_key=idempotency_key))

    def refund(self, payment_id: str, *, amount_minor: int | None, idempotency_key: str) -> str:
        params: dict[str, Any] = {"charge" if payment_id.startswith("ch_") else "payment_intent": payment_id}
        if amount_minor is not None:
            params["amount"] = self._refund_amount(payment_id, amount_minor)
        return str(self._api.create_refund(params, idempotency_key=idempotency_key).get("id", ""))

    def _refund_amount(self, payment_id: str, amount_minor: int) -> int:
        """In Stripe's unit, which differs from ours for three currencies: those need a look at the payment."""
        return money.from_minor(amount_minor, self._api.currency_of(payment_id))

    def _payment(self, intent: Mapping[str, Any]) -> Payment:
        customer = mapping(intent.get("customer"))
        id_, status = text(intent.get("id")), text(intent.get("status"))
        return Payment(
            id=id_,
            amount_minor=minor(intent, "amount"),
            currency=currency_of(intent),
            status=_STATUSES.get(status, status),
            created_at=moment(intent.get("created")) or EPOCH,
            customer=text(customer.get("name")) or text(customer.get("email")),
            description=text(intent.get("description")),
            url=dashboard(self.connection.environment, f"payments/{id_}"),
        )


def _event_names(endpoint: Mapping[str, Any]) -> tuple[str, ...]:
    kept = endpoint.get("enabled_events")
    return tuple(text(one) for one in kept) if isinstance(kept, list) else ()
