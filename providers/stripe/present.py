"""How an object stands now, for events that arrive late or out of order.

Source: https://docs.stripe.com/webhooks#event-ordering (fetch the object again instead of relying on the order).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from providers.kit.errors import NotFoundAtVendor, Unsupported
from providers.kit.vocabulary.payments import PresentState

from . import money
from .reading import Object, currency_of, minor, text
from .verbs import Verbs


class _Kind(NamedTuple):
    label: str
    get: Callable[[Any, str], Any]
    amount: str = ""


_KINDS: dict[str, _Kind] = {
    "payment_intent": _Kind("payment", lambda v1, id_: v1.payment_intents.retrieve(id_), "amount"),
    "charge": _Kind("charge", lambda v1, id_: v1.charges.retrieve(id_), "amount"),
    "refund": _Kind("refund", lambda v1, id_: v1.refunds.retrieve(id_), "amount"),
    "customer": _Kind("customer", lambda v1, id_: v1.customers.retrieve(id_)),
    "product": _Kind("product", lambda v1, id_: v1.products.retrieve(id_)),
    "price": _Kind("price", lambda v1, id_: v1.prices.retrieve(id_), "unit_amount"),
    "checkout.session": _Kind("checkout", lambda v1, id_: v1.checkout.sessions.retrieve(id_), "amount_total"),
    "payment_link": _Kind("payment link", lambda v1, id_: v1.payment_links.retrieve(id_)),
    "subscription": _Kind("subscription", lambda v1, id_: v1.subscriptions.retrieve(id_)),
    "invoice": _Kind("invoice", lambda v1, id_: v1.invoices.retrieve(id_), "total"),
    "dispute": _Kind("dispute", lambda v1, id_: v1.disputes.retrieve(id_), "amount"),
    "review": _Kind("fraud review", lambda v1, id_: v1.reviews.retrieve(id_)),
    "radar.early_fraud_warning": _Kind("fraud warning", lambda v1, id_: v1.radar.early_fraud_warnings.retrieve(id_)),
    "payout": _Kind("payout", lambda v1, id_: v1.payouts.retrieve(id_), "amount"),
    "setup_intent": _Kind("saving of a payment method", lambda v1, id_: v1.setup_intents.retrieve(id_)),
    "payment_method": _Kind("payment method", lambda v1, id_: v1.payment_methods.retrieve(id_)),
}


class Present(Verbs):
    def current(self, object_type: str, object_id: str) -> PresentState:
        """Raises Unsupported for a type that Stripe gives no address for."""
        kind = _KINDS.get(object_type)
        if kind is None:
            raise Unsupported(
                "How this stands now can't be looked up.", fix="Open it in Stripe's dashboard.", code=object_type
            )
        observed_at = self.connection.now()
        try:
            obj: Object = self._api.ask(lambda sdk: kind.get(sdk.v1, object_id))
        except NotFoundAtVendor:
            obj = {"deleted": True}
        if obj.get("deleted") is True:
            gone = f"The {kind.label} is no longer there."
            return PresentState(
                object_type=object_type,
                object_id=object_id,
                exists=False,
                status="deleted",
                sentence=gone,
                observed_at=observed_at,
            )
        status, amount = _status(obj), obj.get(kind.amount)
        readable = money.readable(amount, obj.get("currency"))
        words = f"The {kind.label}{f' of {readable}' if readable else ''} is {status.replace('_', ' ')} now."
        return PresentState(
            object_type=object_type,
            object_id=object_id,
            exists=True,
            status=status,
            sentence=words,
            observed_at=observed_at,
            amount_minor=minor(obj, kind.amount) if readable else None,
            currency=currency_of(obj) if readable else "",
            payload=obj,
        )


def _status(obj: Object) -> str:
    """Stripe's status; of objects without one, whether they are in use."""
    if obj.get("object") == "charge" and obj.get("refunded") is True:
        return "refunded"
    if text(obj.get("status")):
        return text(obj.get("status"))
    if isinstance(obj.get("open"), bool):
        return "open" if obj["open"] else "closed"
    return "switched_off" if obj.get("active") is False else "in_use"
