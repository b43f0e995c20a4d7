"""Subscriptions. Source: https://docs.stripe.com/api/subscriptions, https://docs.stripe.com/billing/subscriptions/pause-payment,
https://docs.stripe.com/changelog/endive/2026-09-30/pause-subscription (the pause that stops invoices as well)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.pages import Page
from providers.kit.vocabulary.payments import ChangePreview, LineItem, Subscription, SubscriptionItem

from . import money
from .checkout import lines
from .invoices import invoice_lines
from .reading import Object, currency_of, dashboard, id_of, mapping, minor, moment, page_of, paging, rows, text, whole
from .verbs import Verbs


class Subscriptions(Verbs):
    def subscriptions(self, *, customer_id: str = "", cursor: str = "", limit: int = 25) -> Page[Subscription]:
        """Newest first, ended ones included."""
        params = paging(cursor, limit, customer=customer_id, status="all")
        return page_of(self._api.ask(lambda sdk: sdk.v1.subscriptions.list(params)), self._subscription)

    def create_subscription(
        self,
        customer_id: str,
        items: Sequence[LineItem],
        *,
        idempotency_key: str,
        trial_days: int = 0,
        days_until_due: int | None = None,
    ) -> Subscription:
        params: dict[str, Any] = {"customer": customer_id, "items": lines(items)}
        if trial_days:
            params["trial_period_days"] = trial_days
        if days_until_due is not None:
            params |= {"collection_method": "send_invoice", "days_until_due": days_until_due}
        return self._subscription(
            self._api.change(lambda sdk, options: sdk.v1.subscriptions.create(params, options), idempotency_key)
        )

    def preview_change(
        self, subscription_id: str, items: Sequence[LineItem], *, computed_for: datetime | None = None
    ) -> ChangePreview:
        """As it would be invoiced at once, so that credits and charges stand by themselves."""
        at = computed_for or self.connection.now()
        details = {
            "items": self._changed_items(subscription_id, items),
            "proration_behavior": "always_invoice",
            "proration_date": int(at.timestamp()),
        }
        params = {"subscription": subscription_id, "subscription_details": details}
        answer = self._api.change(
            lambda sdk, options: sdk.v1.invoices.create_preview(params, options), f"preview-{uuid.uuid4().hex}"
        )
        found = invoice_lines(answer)
        return ChangePreview(
            currency=currency_of(answer),
            due_minor=minor(answer, "amount_due"),
            prorations_minor=sum(one.amount_minor for one in found if one.proration),
            lines=found,
            computed_for=at,
        )

    def change_subscription(
        self,
        subscription_id: str,
        items: Sequence[LineItem],
        *,
        idempotency_key: str,
        prorate: bool = True,
        computed_for: datetime | None = None,
    ) -> Subscription:
        params: dict[str, Any] = {
            "items": self._changed_items(subscription_id, items),
            "proration_behavior": "always_invoice" if prorate else "none",
        }
        if prorate and computed_for is not None:
            params["proration_date"] = int(computed_for.timestamp())
        return self._update(subscription_id, params, idempotency_key)

    def pause_subscription(
        self,
        subscription_id: str,
        *,
        idempotency_key: str,
        keep_access: bool = False,
        resumes_at: datetime | None = None,
    ) -> Subscription:
        if keep_access:
            pause: dict[str, Any] = {"behavior": "void"}
            if resumes_at is not None:
                pause["resumes_at"] = int(resumes_at.timestamp())
            return self._update(subscription_id, {"pause_collection": pause}, idempotency_key)
        if resumes_at is not None:
            raise InvalidRequest(
                "Stripe resumes by itself only a subscription that keeps its access while it is paused.",
                fix="Leave out the date and resume it yourself, or let the customer keep the access.",
                fix_url="https://docs.stripe.com/billing/subscriptions/pause",
                field="resumes_at",
            )
        return self._subscription(
            self._api.change(
                lambda sdk, options: sdk.v1.subscriptions.pause(subscription_id, {"type": "subscription"}, options),
                idempotency_key,
            )
        )

    def resume_subscription(self, subscription_id: str, *, idempotency_key: str) -> Subscription:
        present = self._api.ask(lambda sdk: sdk.v1.subscriptions.retrieve(subscription_id))
        if mapping(present.get("pause_collection")):
            return self._update(subscription_id, {"pause_collection": ""}, idempotency_key)
        if present.get("cancel_at_period_end") is True:
            return self._update(subscription_id, {"cancel_at_period_end": False}, idempotency_key)
        params = {"payment_behavior": "resume_on_payment_success"}
        return self._subscription(
            self._api.change(
                lambda sdk, options: sdk.v1.subscriptions.resume(subscription_id, params, options), idempotency_key
            )
        )

    def cancel_subscription(self, subscription_id: str, *, at_period_end: bool, idempotency_key: str) -> Subscription:
        if at_period_end:
            return self._update(subscription_id, {"cancel_at_period_end": True}, idempotency_key)
        # A DELETE: doing it twice ends nothing twice, and Stripe takes the key for POST only.
        return self._subscription(
            self._api.ask(lambda sdk: sdk.v1.subscriptions.cancel(subscription_id), writing=True)
        )

    def set_trial_end(self, subscription_id: str, *, ends_at: datetime | None, idempotency_key: str) -> Subscription:
        end = "now" if ends_at is None else int(ends_at.timestamp())
        return self._update(subscription_id, {"trial_end": end, "proration_behavior": "none"}, idempotency_key)

    def _update(self, id_: str, params: dict[str, Any], key: str) -> Subscription:
        return self._subscription(
            self._api.change(lambda sdk, options: sdk.v1.subscriptions.update(id_, params, options), key)
        )

    def _changed_items(self, id_: str, wanted: Sequence[LineItem]) -> list[dict[str, Any]]:
        """Present items take the wanted prices in order; what is left over goes, what is more is added."""
        present = rows(self._api.ask(lambda sdk: sdk.v1.subscriptions.retrieve(id_)).get("items"))
        changed: list[dict[str, Any]] = []
        for place, item in enumerate(lines(wanted)):
            known = {"id": text(present[place].get("id"))} if place < len(present) else {}
            changed.append({**known, **item})
        return changed + [{"id": text(one.get("id")), "deleted": True} for one in present[len(wanted) :]]

    def _subscription(self, obj: Object) -> Subscription:
        id_, found, pause = text(obj.get("id")), rows(obj.get("items")), mapping(obj.get("pause_collection"))
        ends = [end for one in found if (end := moment(one.get("current_period_end"))) is not None]
        return Subscription(
            id=id_,
            customer_id=id_of(obj.get("customer")),
            status=text(obj.get("status")),
            currency=currency_of(obj),
            items=tuple(_item(one) for one in found),
            period_ends_at=min(ends, default=None),
            trial_ends_at=moment(obj.get("trial_end")),
            ends_at_period_end=obj.get("cancel_at_period_end") is True,
            collection_paused=bool(pause),
            resumes_at=moment(pause.get("resumes_at")),
            url=dashboard(self.connection.environment, f"subscriptions/{id_}"),
        )


def _item(obj: Object) -> SubscriptionItem:
    price = mapping(obj.get("price"))
    return SubscriptionItem(
        id=text(obj.get("id")),
        price_id=text(price.get("id")),
        quantity=whole(obj.get("quantity")),
        amount_minor=minor(price, "unit_amount") if money.is_amount(price.get("unit_amount")) else None,
        interval=text(mapping(price.get("recurring")).get("interval")),
    )
