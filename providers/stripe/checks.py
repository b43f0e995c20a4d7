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
    failed,
    passed,
    skipped,
    warning,
)
from providers.kit.errors import (
    AuthenticationFailed,
    InvalidConfiguration,
    InvalidRequest,
    PermissionMissing,
)

from . import money
from .client import StripeApi, at_another_address, mixed_up, usable_key
from .manifest import MANIFEST, keys_url
from .permission_checks import PermissionChecks
from .webhook_checks import WebhookChecks, span

CLOCK_DOCS = "https://docs.stripe.com/webhooks#verify-official-libraries"
_RATES = {Environment.LIVE: 100, Environment.TEST: 25, Environment.SANDBOX: 25}
_OFF_BY_TOO_MUCH = timedelta(seconds=240)
_OFF_BY_A_BIT = timedelta(seconds=60)
SMALL_AMOUNTS = {0: 500, 2: 200, 3: 2000}


class Checks:
    """One run of a test. What a line learns (the balance, the payment made) later lines use."""

    def __init__(self, connection: Connection, api: StripeApi, identify: Callable[[], Account]) -> None:
        self.connection = connection
        self.environment = connection.environment
        self.api = api
        self.webhook = WebhookChecks(connection, api)
        self.permissions = PermissionChecks(connection, api, self._balance)
        self._identify = identify
        self._balance_answer: Mapping[str, Any] | PermissionMissing | None = None
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
            *self.permissions.steps(key),
            Step(name="webhook", label="Events reach us", run=self.webhook.overall, needs=key),
            Step(name="quota", label="There is room for more calls", run=self.quota, needs=key),
            Step(name="clock", label="The clocks agree", run=self.clock, needs=("address",)),
        )

    def key_format(self) -> StepOutcome:
        usable_key(self.connection)
        return passed("It looks like a secret or restricted key.")

    def address(self) -> StepOutcome:
        """Any answer in Stripe's own words will do here; what it says is the next line's business."""
        with contextlib.suppress(AuthenticationFailed, PermissionMissing, InvalidConfiguration, InvalidRequest):
            self._balance()
        return passed("Stripe answered.")

    def _balance(self) -> Mapping[str, Any]:
        """Asked for once in a run, refusal included: three lines look at it."""
        if self._balance_answer is None:
            try:
                self._balance_answer = self.api.balance()
            except PermissionMissing as error:
                self._balance_answer = error
        if isinstance(self._balance_answer, PermissionMissing):
            raise self._balance_answer
        return self._balance_answer

    def key(self) -> StepOutcome:
        account = self._identify()
        return passed(f"The key opens the account “{account.name}”.", account=account)

    def mode(self) -> StepOutcome:
        """Every answer so far had to fit, too: a mix would have failed the line that met it."""
        try:
            live = self._balance().get("livemode")
        except PermissionMissing:
            live = None
        if live is not None and live is not (self.environment is Environment.LIVE):
            if not at_another_address(self.connection):
                raise mixed_up(self.environment)
            return warning(
                f"The address in {MANIFEST.api_base_setting} speaks of {'live' if live else 'test'} data, "
                "and this key does not: it is not Stripe itself.",
                fix="If that is not meant so, ask the person who runs this server to remove the setting.",
                fix_url=keys_url(self.environment),
            )
        kind = {
            Environment.LIVE: "Live: real money.",
            Environment.TEST: "Test: no real money moves.",
            Environment.SANDBOX: "Sandbox: a stand-in on this server, no Stripe account involved.",
        }
        return passed(kind[self.environment])

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
                f"This server's clock is off by {span(off)}: events will be refused as too old or too new.",
                fix=fix,
                fix_url=CLOCK_DOCS,
            )
        if off > _OFF_BY_A_BIT:
            return warning(f"This server's clock is off by {span(off)}.", fix=fix, fix_url=CLOCK_DOCS)
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
        amount = SMALL_AMOUNTS[money.decimals(currency)]
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
