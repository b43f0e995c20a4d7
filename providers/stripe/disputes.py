"""Disputes and evidence. Source: https://docs.stripe.com/api/disputes, https://docs.stripe.com/disputes/api"""

from __future__ import annotations

from typing import Any

from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.payments import Dispute, Evidence

from .reading import Object, currency_of, dashboard, id_of, mapping, minor, moment, page_of, paging, text, whole
from .verbs import Verbs

_STATUSES = {
    "warning_needs_response": "inquiry",
    "warning_under_review": "inquiry_under_review",
    "warning_closed": "closed",
    "appeal_needs_response": "needs_response",
    "appeal_under_review": "under_review",
}
_EVIDENCE = {
    "explanation": "uncategorized_text",
    "product_description": "product_description",
    "customer_name": "customer_name",
    "customer_email": "customer_email_address",
    "customer_ip": "customer_purchase_ip",
    "billing_address": "billing_address",
    "service_date": "service_date",
    "shipping_address": "shipping_address",
    "shipping_carrier": "shipping_carrier",
    "shipping_date": "shipping_date",
    "tracking_number": "shipping_tracking_number",
    "activity_log": "access_activity_log",
    "refund_policy": "refund_policy_disclosure",
    "refund_refusal": "refund_refusal_explanation",
    "cancellation_policy": "cancellation_policy_disclosure",
    "cancellation_rebuttal": "cancellation_rebuttal",
    "duplicate_of": "duplicate_charge_id",
    "duplicate_explanation": "duplicate_charge_explanation",
}
"""Ours to Stripe's."""


class Disputes(Verbs):
    def disputes(self, *, cursor: str = "", limit: int = 25) -> Page[Dispute]:
        params = paging(cursor, limit)
        return page_of(self._api.ask(lambda sdk: sdk.v1.disputes.list(params)), self._dispute)

    def save_evidence(self, dispute_id: str, evidence: Evidence, *, idempotency_key: str) -> Dispute:
        return self._evidence(dispute_id, evidence, submit=False, key=idempotency_key)

    def submit_evidence(self, dispute_id: str, evidence: Evidence, *, idempotency_key: str) -> Dispute:
        return self._evidence(dispute_id, evidence, submit=True, key=idempotency_key)

    def accept_dispute(self, dispute_id: str, *, idempotency_key: str) -> Dispute:
        return self._dispute(
            self._api.change(lambda sdk, options: sdk.v1.disputes.close(dispute_id, {}, options), idempotency_key)
        )

    def _evidence(self, id_: str, evidence: Evidence, *, submit: bool, key: str) -> Dispute:
        given = {theirs: getattr(evidence, ours) for ours, theirs in _EVIDENCE.items() if getattr(evidence, ours)}
        params: dict[str, Any] = {"submit": submit, **({"evidence": given} if given else {})}
        return self._dispute(self._api.change(lambda sdk, options: sdk.v1.disputes.update(id_, params, options), key))

    def _dispute(self, obj: Object) -> Dispute:
        id_, status = text(obj.get("id")), text(obj.get("status"))
        details, evidence = mapping(obj.get("evidence_details")), mapping(obj.get("evidence"))
        return Dispute(
            id=id_,
            payment_id=id_of(obj.get("payment_intent")) or id_of(obj.get("charge")),
            amount_minor=minor(obj, "amount"),
            currency=currency_of(obj),
            reason=text(obj.get("reason")).replace("_", " "),
            status=_STATUSES.get(status, status),
            due_at=moment(details.get("due_by")),
            past_due=details.get("past_due") is True,
            evidence=Evidence(**{ours: text(evidence.get(theirs)) for ours, theirs in _EVIDENCE.items()}),
            submissions=whole(details.get("submission_count")),
            url=dashboard(self.connection.environment, f"disputes/{id_}"),
        )
