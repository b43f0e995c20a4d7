"""Stripe's test cards and what becomes of a payment with each.

Source: https://docs.stripe.com/testing, https://docs.stripe.com/radar/testing
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class TestCard:
    """`declined` is the decline code, `action` that the customer must approve; `follows` what comes afterwards."""

    __test__ = False  # not a pytest class

    method: str
    label: str
    declined: str = ""
    action: bool = False
    follows: str = ""
    risk: str = "normal"
    blocked: bool = False


CARDS: tuple[TestCard, ...] = (
    TestCard(method="pm_card_visa", label="Visa: pays"),
    TestCard(method="pm_card_mastercard", label="Mastercard: pays"),
    TestCard(method="pm_card_chargeDeclined", label="Declined without a reason", declined="generic_decline"),
    TestCard(
        method="pm_card_chargeDeclinedInsufficientFunds", label="Not enough money", declined="insufficient_funds"
    ),
    TestCard(method="pm_card_chargeDeclinedLostCard", label="Lost card", declined="lost_card"),
    TestCard(method="pm_card_chargeDeclinedStolenCard", label="Stolen card", declined="stolen_card"),
    TestCard(method="pm_card_authenticationRequired", label="The customer must approve it", action=True),
    TestCard(method="pm_card_createDispute", label="Pays, and is disputed", follows="dispute"),
    TestCard(method="pm_card_createIssuerFraudRecord", label="Pays, and brings a fraud warning", follows="warning"),
    TestCard(
        method="pm_card_riskLevelElevated", label="Pays, with an elevated risk", follows="review", risk="elevated"
    ),
    TestCard(
        method="pm_card_radarBlock", label="Blocked as fraud", declined="fraudulent", risk="highest", blocked=True
    ),
)
MESSAGES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "generic_decline": "Your card was declined.",
}


def card(method: str) -> TestCard:
    """An unknown method pays."""
    return next((one for one in CARDS if one.method == method), TestCard(method=method, label=method))


def outcome(one: TestCard) -> dict[str, Any]:
    """A charge's outcome as Stripe writes it."""
    kind = "blocked" if one.blocked else "issuer_declined" if one.declined else "authorized"
    score = {"normal": 12, "elevated": 68, "highest": 92}[one.risk]
    reason = "highest_risk_level" if one.blocked else one.declined or None
    return {
        "network_status": "not_sent_to_network"
        if one.blocked
        else "declined_by_network"
        if reason
        else "approved_by_network",
        "reason": "elevated_risk_level" if one.risk == "elevated" else reason,
        "risk_level": one.risk,
        "risk_score": score,
        "seller_message": "Stripe blocked this payment as too risky."
        if one.blocked
        else "Payment complete."
        if not reason
        else "The bank declined the payment.",
        "type": kind,
    }
