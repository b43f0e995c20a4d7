"""The lines of Stripe's tests. Each says what it found and, when it is not good, what to do and where."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from providers.kit.contract import (
    Account,
    Connection,
    Environment,
    Step,
    StepOutcome,
    WebhookState,
    failed,
    passed,
    skipped,
    warning,
)
from providers.kit.errors import (
    AuthenticationFailed,
    InvalidConfiguration,
    InvalidRequest,
    NotFoundAtVendor,
    PermissionMissing,
)

from . import money
from .client import StripeApi, mixed_up, usable_key
from .events import DEFAULT_EVENTS
from .manifest import PERMISSIONS, keys_url, webhooks_url

CLOCK_DOCS = "https://docs.stripe.com/webhooks#verify-official-libraries"
_RATES = {Environment.LIVE: 100, Environment.TEST: 25, Environment.SANDBOX: 25}
_OFF_BY_TOO_MUCH = timedelta(seconds=240)
_OFF_BY_A_BIT = timedelta(seconds=60)
_SMALL_AMOUNTS = {0: 500, 2: 200, 3: 2000}
_LIST_ONE: Mapping[str, Any] = {"limit": 1}


class Checks:
    """One run of a test. What a line learns (the webhook's entry at Stripe, the payment made) later lines use."""

    def __init__(self, connection: Connection, api: StripeApi, identify: Callable[[], Account]) -> None:
        self.connection = connection
        self.environment = connection.environment
        self.api = api
        self._identify = identify
        self._endpoint: Mapping[str, Any] = {}
        self._intent: Mapping[str, Any] = {}
        self._run = uuid.uuid4().hex

    # -------------------------------------------------------------------------------- the connection test

    def connection_steps(self) -> Sequence[Step]:
        key = ("key",)
        return (
            Step(name="format", label="The key is of the right kind", run=self.key_format),
            Step(name="address", label="Stripe's address can be reached", run=self.address, needs=("format",)),
            Step(name="key", label="Stripe accepts the key", run=self.key, needs=("address",)),
            Step(name="mode", label="The key fits this environment", run=self.mode, needs=key),
            Step(name="balance", label="May read the balance", run=self.read_balance, needs=key),
            Step(name="customers", label="May read customers", run=self.read_customers, needs=key),
            Step(name="payments", label="May read payments", run=self.read_payments, needs=key),
            Step(name="events", label="May read events", run=self.read_events, needs=key),
            Step(name="webhooks", label="May see webhook endpoints", run=self.read_webhooks, needs=key),
            Step(name="webhook", label="Events reach us", run=self.webhook, needs=key),
            Step(name="quota", label="There is room for more calls", run=self.quota, needs=key),
            Step(name="clock", label="The clocks agree", run=self.clock, needs=("address",)),
        )

    def key_format(self) -> StepOutcome:
        usable_key(self.connection)
        return passed("It looks like a secret or restricted key.")

    def address(self) -> StepOutcome:
        """Any answer in Stripe's own words will do here; what it says is the next line's business."""
        with contextlib.suppress(AuthenticationFailed, PermissionMissing, InvalidConfiguration, InvalidRequest):
            self.api.balance()
        return passed("Stripe answered.")

    def key(self) -> StepOutcome:
        account = self._identify()
        return passed(f"The key opens the account “{account.name}”.", account=account)

    def mode(self) -> StepOutcome:
        """Every answer so far had to fit, too: a mix would have failed the line that met it."""
        try:
            live = self.api.balance().get("livemode")
        except PermissionMissing:
            live = None
        if live is not None and live is not (self.environment is Environment.LIVE):
            raise mixed_up(self.environment)
        kind = {
            Environment.LIVE: "Live: real money.",
            Environment.TEST: "Test: no real money moves.",
            Environment.SANDBOX: "Sandbox: a stand-in on this server, no Stripe account involved.",
        }
        return passed(kind[self.environment])

    def read_balance(self) -> StepOutcome:
        return self._may("rak_balance_read", self.api.balance, "The balance can be read.")

    def read_customers(self) -> StepOutcome:
        return self._may("rak_customer_read", lambda: self.api.customers(**_LIST_ONE), "Customers can be read.")

    def read_payments(self) -> StepOutcome:
        return self._may(
            "rak_payment_intent_read", lambda: self.api.payment_intents(**_LIST_ONE), "Payments can be read."
        )

    def read_events(self) -> StepOutcome:
        return self._may("rak_event_read", lambda: self.api.events(**_LIST_ONE), "Missed events can be found.")

    def read_webhooks(self) -> StepOutcome:
        return self._may(
            "rak_webhook_write", lambda: self.api.webhook_endpoints(**_LIST_ONE), "Webhook endpoints can be seen."
        )

    def _may(self, scope: str, ask: Callable[[], Any], good: str) -> StepOutcome:
        """A missing permission fails the line when it is required, else it warns of what will not work."""
        permission = next(one for one in PERMISSIONS if one.scope == scope)
        try:
            ask()
        except PermissionMissing as error:
            fix = error.fix or f"Give the key the permission “{permission.label}” on Stripe's page “API keys”."
            url = error.fix_url or keys_url(self.environment)
            if permission.required:
                return failed(f"{error} {permission.reason}", fix=fix, fix_url=url, error=error)
            return warning(f"{error} Without it this won't work: {permission.reason}", fix=fix, fix_url=url)
        return passed(good)

    # ----------------------------------------------------------------------------------- webhook lines

    def webhook(self) -> StepOutcome:
        """Registered at Stripe, switched on, and delivering: what of it is not so."""
        if not self.connection.webhook.address:
            return self._no_address()
        for check in (self.registered, self.enabled, self.secret):
            outcome = check()
            if outcome.fix:
                return outcome
        return self.delivery()

    def webhook_steps(self) -> Sequence[Step]:
        known = ("registered",)
        return (
            Step(name="address", label="This connection has an address", run=self.has_address),
            Step(name="registered", label="Stripe knows the address", run=self.registered, needs=("address",)),
            Step(name="enabled", label="Delivery is switched on", run=self.enabled, needs=known),
            Step(name="events", label="The right events are chosen", run=self.chosen_events, needs=known),
            Step(name="secret", label="The signing secret is here", run=self.secret, needs=("address",)),
            Step(name="delivery", label="Events arrive", run=self.delivery, needs=("secret",)),
        )

    def has_address(self) -> StepOutcome:
        if not self.connection.webhook.address:
            return failed(
                "There is no webhook yet.",
                fix="Choose “Set up the webhook” on this connection's page.",
                fix_url=webhooks_url(self.environment),
            )
        return passed(f"Stripe shall deliver to {self.connection.webhook.address}")

    def _no_address(self) -> StepOutcome:
        return warning(
            "There is no webhook yet, so nothing is seen as it happens.",
            fix="Choose “Set up the webhook” on this connection's page.",
            fix_url=webhooks_url(self.environment),
        )

    def registered(self) -> StepOutcome:
        state = self.connection.webhook
        try:
            self._endpoint = self._find_endpoint(state)
        except PermissionMissing as error:
            return warning(
                "The key may not look at webhook endpoints, so this can't be checked.",
                fix=error.fix,
                fix_url=error.fix_url,
            )
        if not self._endpoint:
            return failed(
                "Stripe does not know this connection's address: no event is sent to it.",
                fix="Set up the webhook again, or add the address by hand on Stripe's page “Webhooks”.",
                fix_url=webhooks_url(self.environment),
            )
        return passed("Stripe has this connection's address.")

    def _find_endpoint(self, state: WebhookState) -> Mapping[str, Any]:
        """By id where we registered it ourselves, else by its address among all (Stripe allows few)."""
        if state.registration_id:
            try:
                return self.api.webhook_endpoint(state.registration_id)
            except NotFoundAtVendor:
                return {}
        listed = self.api.webhook_endpoints(limit=100).get("data", [])
        return next((one for one in listed if one.get("url") == state.address), {})

    def enabled(self) -> StepOutcome:
        if self._endpoint.get("status") == "disabled":
            return failed(
                "Delivery is switched off at Stripe: Stripe does that after days of failures, or someone did it.",
                fix="Open the webhook on Stripe's page “Webhooks” and choose “Enable”.",
                fix_url=self._endpoint_url(),
            )
        return passed("Delivery is switched on.")

    def chosen_events(self) -> StepOutcome:
        chosen = self._endpoint.get("enabled_events") or []
        missing = [one for one in DEFAULT_EVENTS if one not in chosen] if "*" not in chosen else []
        if missing:
            return warning(
                f"Stripe does not send {len(missing)} of the usual events here, for instance {missing[0]}.",
                fix="If you want them, choose them on Stripe's page of this webhook.",
                fix_url=self._endpoint_url(),
            )
        return passed("All the usual events are sent here.")

    def secret(self) -> StepOutcome:
        if not self.connection.webhook.secret_set:
            return failed(
                "The signing secret is missing, so every event is refused.",
                fix="Open the webhook at Stripe, choose “Reveal” beside “Signing secret”, and paste it here.",
                fix_url=self._endpoint_url(),
            )
        return passed("The signing secret is here.")

    def delivery(self) -> StepOutcome:
        state = self.connection.webhook
        refused_last = state.last_refused_at and (
            state.last_received_at is None or state.last_refused_at > state.last_received_at
        )
        if refused_last:
            return failed(
                f"The last delivery was refused: {state.last_refused_reason or 'its signature did not fit.'}",
                fix="Copy the signing secret from Stripe again; it changes when the webhook is made anew.",
                fix_url=self._endpoint_url(),
            )
        if state.last_received_at is None:
            return warning(
                "Nothing has arrived yet. That is normal for a new webhook.",
                fix="Make a test payment, or choose “Send test events” on Stripe's page of this webhook.",
                fix_url=self._endpoint_url(),
            )
        return passed(f"The last event arrived {_ago(self.connection.now() - state.last_received_at)}.")

    def _endpoint_url(self) -> str:
        id_ = self._endpoint.get("id")
        return f"{webhooks_url(self.environment)}/{id_}" if id_ else webhooks_url(self.environment)

    # ------------------------------------------------------------------------------- headroom and clock

    def quota(self) -> StepOutcome:
        """Stripe tells no remaining allowance: a call that is not slowed down is the proof there is."""
        with contextlib.suppress(PermissionMissing):  # an answer like any other: not turned away for pace
            self.api.account()
        return passed(f"Stripe answers without delay. It allows {_RATES[self.environment]} calls a second.")

    def clock(self) -> StepOutcome:
        sent = _http_date(self.api.answer_headers.get("Date", ""))
        if sent is None:
            return skipped("Stripe's answer did not tell its time.")
        off = abs(self.connection.now() - sent)
        fix = "Ask the person who runs this server to switch on time synchronisation (NTP)."
        if off > _OFF_BY_TOO_MUCH:
            return failed(
                f"This server's clock is off by {_span(off)}: events will be refused as too old or too new.",
                fix=fix,
                fix_url=CLOCK_DOCS,
            )
        if off > _OFF_BY_A_BIT:
            return warning(f"This server's clock is off by {_span(off)}.", fix=fix, fix_url=CLOCK_DOCS)
        return passed("This server's clock and Stripe's agree.")

    # ------------------------------------------------------------------------------------ the payment test

    def payment_steps(self, currency: str) -> Sequence[Step]:
        return (
            Step(name="allowed", label="No real money is used", run=self.no_real_money),
            Step(
                name="create", label="Create a payment", run=lambda: self.create_payment(currency), needs=("allowed",)
            ),
            Step(name="cancel", label="Cancel the payment", run=self.cancel_payment, needs=("create",)),
        )

    def no_real_money(self) -> StepOutcome:
        if self.environment is Environment.LIVE:
            return failed(
                "This test is not run with real money.",
                fix="Connect Stripe with a test key (sk_test_ or rk_test_) and run the test there.",
                fix_url=keys_url(Environment.TEST),
            )
        usable_key(self.connection)
        return passed("Test money only.")

    def create_payment(self, currency: str) -> StepOutcome:
        if not money.is_currency(currency):
            return failed(
                "The currency is not one that Stripe knows.",
                fix="Write it as three letters, for instance USD or EUR.",
                fix_url="https://docs.stripe.com/currencies",
            )
        amount = _SMALL_AMOUNTS[money.decimals(currency)]
        self._intent = self.api.create_payment_intent(
            {
                "amount": amount,
                "currency": currency.lower(),
                "description": "Connection test, canceled at once",
                "automatic_payment_methods": {"enabled": True},
            },
            idempotency_key=f"test-create-{self._run}",
        )
        return passed(f"A payment of {money.readable(amount, currency)} was created.")

    def cancel_payment(self) -> StepOutcome:
        answer = self.api.cancel_payment_intent(
            str(self._intent.get("id", "")), idempotency_key=f"test-cancel-{self._run}"
        )
        if answer.get("status") != "canceled":
            return warning(
                "The test payment was not canceled.",
                fix="Cancel it in Stripe's list of payments. It holds no money.",
                fix_url="https://dashboard.stripe.com/test/payments",
            )
        return passed("The payment was canceled.")


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _span(off: timedelta) -> str:
    seconds = int(off.total_seconds())
    if seconds < 120:
        return f"{seconds} seconds"
    return f"{seconds // 60} minutes" if seconds < 7200 else f"{seconds // 3600} hours"


def _ago(off: timedelta) -> str:
    return "just now" if off < timedelta(seconds=60) else f"{_span(off)} ago"
