"""Fraud: risk, reviews, early warnings, block and allow lists. Source: https://docs.stripe.com/api/charges/object
(outcome), /api/radar/reviews, /api/radar/early_fraud_warnings, /api/radar/value_lists, /radar/reviews."""

from __future__ import annotations

from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.payments import FraudList, FraudListEntry, FraudReview, FraudWarning, Risk

from . import money
from .reading import Object, id_of, mapping, moment, page_of, paging, text
from .verbs import Verbs


class Radar(Verbs):
    def risk(self, payment_id: str) -> Risk:
        """Of the payment's latest charge; level `unknown` when there was none yet."""
        if payment_id.startswith("ch_"):
            charge: Object = self._api.ask(lambda sdk: sdk.v1.charges.retrieve(payment_id))
        else:
            params = {"expand": ["latest_charge"]}
            intent = self._api.ask(lambda sdk: sdk.v1.payment_intents.retrieve(payment_id, params))
            charge = mapping(intent.get("latest_charge"))
        return _risk(payment_id, charge)

    def reviews(self, *, cursor: str = "", limit: int = 25) -> Page[FraudReview]:
        """Stripe lists those that are open."""
        params = paging(cursor, limit)
        return page_of(self._api.ask(lambda sdk: sdk.v1.reviews.list(params)), _review)

    def approve_review(self, review_id: str, *, idempotency_key: str) -> FraudReview:
        return _review(
            self._api.change(lambda sdk, options: sdk.v1.reviews.approve(review_id, {}, options), idempotency_key)
        )

    def refund_review(self, review_id: str, *, idempotency_key: str) -> str:
        """Stripe closes the review by itself when its payment is refunded as fraudulent."""
        payment_id = _payment_id(self._api.ask(lambda sdk: sdk.v1.reviews.retrieve(review_id)))
        kind = "charge" if payment_id.startswith("ch_") else "payment_intent"
        made = self._api.create_refund({kind: payment_id, "reason": "fraudulent"}, idempotency_key=idempotency_key)
        return text(made.get("id"))

    def fraud_warnings(self, *, cursor: str = "", limit: int = 25) -> Page[FraudWarning]:
        params = paging(cursor, limit)
        return page_of(self._api.ask(lambda sdk: sdk.v1.radar.early_fraud_warnings.list(params)), _warning)

    def fraud_lists(self, *, cursor: str = "", limit: int = 25) -> Page[FraudList]:
        params = paging(cursor, limit)
        return page_of(self._api.ask(lambda sdk: sdk.v1.radar.value_lists.list(params)), _list)

    def create_fraud_list(self, name: str, *, alias: str, kind: str, idempotency_key: str) -> FraudList:
        """`kind` is Stripe's item_type (email, ip_address, country, card_bin …). A rule in Stripe's dashboard must
        use the list before it blocks anything."""
        params = {"name": name, "alias": alias, "item_type": kind}
        return _list(
            self._api.change(lambda sdk, options: sdk.v1.radar.value_lists.create(params, options), idempotency_key)
        )

    def fraud_list_entries(self, list_id: str, *, cursor: str = "", limit: int = 25) -> Page[FraudListEntry]:
        params = paging(cursor, limit, value_list=list_id)
        return page_of(self._api.ask(lambda sdk: sdk.v1.radar.value_list_items.list(params)), _entry)

    def add_to_fraud_list(self, list_id: str, value: str, *, idempotency_key: str) -> FraudListEntry:
        params = {"value_list": list_id, "value": value}
        return _entry(
            self._api.change(
                lambda sdk, options: sdk.v1.radar.value_list_items.create(params, options), idempotency_key
            )
        )

    def remove_from_fraud_list(self, entry_id: str) -> None:
        self._api.ask(lambda sdk: sdk.v1.radar.value_list_items.delete(entry_id), writing=True)


def _risk(payment_id: str, charge: Object) -> Risk:
    outcome = mapping(charge.get("outcome"))
    rule, score = mapping(outcome.get("rule")), outcome.get("risk_score")
    said = (text(outcome.get("seller_message")), text(rule.get("predicate")))
    reason = text(outcome.get("reason")).replace("_", " ")
    return Risk(
        payment_id=payment_id,
        level=text(outcome.get("risk_level")) or "unknown",
        score=score if money.is_amount(score) else None,
        reasons=tuple(one for one in (*said, reason) if one),
        blocked=outcome.get("type") == "blocked",
    )


def _payment_id(obj: Object) -> str:
    return id_of(obj.get("payment_intent")) or id_of(obj.get("charge"))


def _review(obj: Object) -> FraudReview:
    return FraudReview(
        id=text(obj.get("id")),
        payment_id=_payment_id(obj),
        open=obj.get("open") is True,
        reason=text(obj.get("closed_reason")) or text(obj.get("reason")),
        created_at=moment(obj.get("created")),
    )


def _warning(obj: Object) -> FraudWarning:
    return FraudWarning(
        id=text(obj.get("id")),
        payment_id=_payment_id(obj),
        reason=text(obj.get("fraud_type")).replace("_", " "),
        actionable=obj.get("actionable") is True,
        created_at=moment(obj.get("created")),
    )


def _list(obj: Object) -> FraudList:
    alias = text(obj.get("alias"))
    return FraudList(
        id=text(obj.get("id")),
        name=text(obj.get("name")),
        alias=alias,
        kind=text(obj.get("item_type")),
        effect=next((word for word in ("block", "allow") if word in alias), ""),
    )


def _entry(obj: Object) -> FraudListEntry:
    return FraudListEntry(id=text(obj.get("id")), list_id=text(obj.get("value_list")), value=text(obj.get("value")))
