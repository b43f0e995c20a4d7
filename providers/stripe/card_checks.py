"""The payment test with one of the test cards: what the card is made for must come out, then it is undone."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from providers.kit.contract import Step, StepOutcome, failed, passed, warning
from providers.kit.errors import InvalidRequest

from . import cards, money
from .checks import SMALL_AMOUNTS, Checks
from .reading import rows, text

CARDS_DOCS = "https://docs.stripe.com/testing"


def card_steps(checks: Checks, method: str, currency: str) -> Sequence[Step]:
    """Without a card (`none`) a payment is created and canceled."""
    known = next((one for one in cards.CARDS if one.method == method), None)
    return checks.payment_steps(currency) if known is None else CardTest(checks, known, currency).steps()


class CardTest:
    """One run with one card."""

    def __init__(self, checks: Checks, card: cards.TestCard, currency: str) -> None:
        self._checks, self._card, self._currency = checks, card, currency
        self._api = checks.api
        self._intent: Mapping[str, Any] = {}
        self._run = uuid.uuid4().hex

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="allowed", label="No real money is used", run=self._checks.no_real_money),
            Step(name="pay", label=f"Test card: {self._card.label}", run=self.pay, needs=("allowed",)),
            Step(name="follows", label="What comes afterwards", run=self.follows, needs=("pay",)),
            Step(name="undo", label="Take it back", run=self.undo, needs=("pay",)),
        )

    def pay(self) -> StepOutcome:
        if not money.is_currency(self._currency):
            return failed(
                "The currency is not one that Stripe knows.",
                fix="Write it as three letters, for instance USD or EUR.",
                fix_url="https://docs.stripe.com/currencies",
            )
        params = {
            "amount": SMALL_AMOUNTS[money.decimals(self._currency)],
            "currency": self._currency.lower(),
            "confirm": True,
            "payment_method": self._card.method,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "description": "Test of a test card",
        }
        try:
            self._intent = self._api.create_payment_intent(params, idempotency_key=f"test-card-{self._run}")
        except InvalidRequest as error:
            if error.status != 402:
                raise
            return self._compare(error.code, self._card.declined, f"It was declined, as it should be: {error.code}.")
        wanted = "" if self._card.declined else "requires_action" if self._card.action else "succeeded"
        words = "It waits for the customer's approval." if self._card.action else "It was paid."
        return self._compare(text(self._intent.get("status")), wanted, words)

    def _compare(self, found: str, wanted: str, words: str) -> StepOutcome:
        if found == wanted or (found and wanted and self._card.blocked):
            return passed(words)
        return failed(
            f"This card should end as “{wanted or self._card.declined}”, and it ended as “{found}”.",
            fix="Look at the payment in Stripe, and at the rules of Radar there.",
            fix_url=CARDS_DOCS,
        )

    def follows(self) -> StepOutcome:
        """Disputes, warnings and reviews come a moment after the payment: not there yet is no failure."""
        about = {"payment_intent": text(self._intent.get("id")), "limit": 1}
        if self._card.follows == "dispute":
            found = rows(self._api.ask(lambda sdk: sdk.v1.disputes.list(about)))
        elif self._card.follows == "warning":
            found = rows(self._api.ask(lambda sdk: sdk.v1.radar.early_fraud_warnings.list(about)))
        elif self._card.follows == "review":
            listed = rows(self._api.ask(lambda sdk: sdk.v1.reviews.list({"limit": 100})))
            found = [one for one in listed if one.get("payment_intent") == about["payment_intent"]]
        else:
            return passed("Nothing has to follow.")
        if found:
            return passed(f"The {self._card.follows} is there.")
        return warning(
            f"The {self._card.follows} is not there yet.",
            fix="It comes within a minute, and its event with it.",
            fix_url=CARDS_DOCS,
            degrades=False,
        )

    def undo(self) -> StepOutcome:
        """A disputed payment can't be refunded; a declined one holds nothing."""
        id_, status = text(self._intent.get("id")), text(self._intent.get("status"))
        if status == "requires_action":
            self._api.cancel_payment_intent(id_, idempotency_key=f"test-undo-{self._run}")
            return passed("The payment was canceled.")
        if status != "succeeded" or self._card.follows == "dispute":
            return passed("There is nothing to take back.")
        self._api.create_refund({"payment_intent": id_}, idempotency_key=f"test-undo-{self._run}")
        return passed("The payment was refunded.")
