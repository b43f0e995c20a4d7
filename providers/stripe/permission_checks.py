"""The lines about what a key may do, one for each permission.

A secret key may do everything. Whether a restricted key may read, the smallest page of a list tells; whether it may
write, a change to something that cannot exist: Stripe looks at the permission of a call before it looks for the
object, and what is not there cannot be changed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from providers.kit.contract import (
    Connection,
    Environment,
    Permission,
    Step,
    StepOutcome,
    failed,
    passed,
    skipped,
    warning,
)
from providers.kit.errors import InvalidRequest, NotFoundAtVendor, PermissionMissing

from .client import StripeApi
from .manifest import keys_url
from .permissions import PERMISSIONS, TEST_CLOCKS

_LIST_ONE: Mapping[str, Any] = {"limit": 1}
_NONE = "none"
"""The id of nothing."""

_LINES = {
    "rak_balance_read": ("balance", "May read the balance"),
    "rak_customer_read": ("customers", "May read customers"),
    "rak_payment_intent_read": ("payments", "May read payments"),
    "rak_event_read": ("events", "May read events"),
    "rak_webhook_write": ("webhooks", "May set up webhook endpoints"),
    "rak_charge_write": ("refunds", "May refund payments"),
    "rak_customer_write": ("customers-write", "May add and change customers"),
    "rak_product_write": ("products", "May keep products"),
    "rak_plan_write": ("prices", "May set prices"),
    "rak_checkout_session_write": ("checkout", "May make pages to pay at"),
    "rak_payment_links_write": ("links", "May make payment links"),
    "rak_subscription_write": ("subscriptions", "May keep subscriptions"),
    "rak_invoice_write": ("invoices", "May keep invoices"),
    "rak_dispute_write": ("disputes", "May answer disputes"),
    "rak_review_write": ("reviews", "May approve reviews"),
    "rak_radar_write": ("radar", "May keep block and allow lists"),
    TEST_CLOCKS: ("clocks", "May move a test clock"),
}
"""Name and label of each permission's line."""


class PermissionChecks:
    """One run. `read_balance` is the balance as the test has read it already."""

    def __init__(self, connection: Connection, api: StripeApi, read_balance: Callable[[], Any]) -> None:
        self.environment = connection.environment
        self.api = api
        self._all = connection.configuration.get("api_key", "").strip().startswith("sk_")
        self._read_balance = read_balance
        self._run = uuid.uuid4().hex

    def steps(self, needs: tuple[str, ...]) -> Sequence[Step]:
        return tuple(self._step(one, needs) for one in PERMISSIONS)

    def _step(self, permission: Permission, needs: tuple[str, ...]) -> Step:
        name, label = _LINES[permission.scope]
        return Step(
            name=name, label=label, run=lambda: self.may(permission), needs=needs, permissions=(permission.scope,)
        )

    def may(self, permission: Permission) -> StepOutcome:
        """A missing permission fails the line when it is required, else it warns of what will not work."""
        if permission.scope == TEST_CLOCKS and self.environment is Environment.LIVE:
            return skipped("There are test clocks with test money only.")
        writes = permission.scope.endswith("_write")
        if writes and self._all:
            return passed("A secret key may do everything.")
        try:
            (self._try_to_change if writes else self._read)(permission.scope)
        except PermissionMissing as error:
            return self._lacks(permission, error)
        return passed("Allowed.")

    def _lacks(self, permission: Permission, error: PermissionMissing) -> StepOutcome:
        fix = error.fix or f"Give the key the permission “{permission.label}” on Stripe's page “API keys”."
        url = error.fix_url or keys_url(self.environment)
        if permission.required:
            return failed(f"{error} {permission.reason}", fix=fix, fix_url=url, error=error)
        words = f"{error} Without it this won't work: {permission.reason}"
        return warning(words, fix=f"{fix} Leave it out if you do not need it.", fix_url=url, degrades=False)

    def _read(self, scope: str) -> None:
        api = self.api
        questions: dict[str, Callable[[], Any]] = {
            "rak_balance_read": self._read_balance,
            "rak_customer_read": lambda: api.customers(**_LIST_ONE),
            "rak_payment_intent_read": lambda: api.payment_intents(**_LIST_ONE),
            "rak_event_read": lambda: api.events(**_LIST_ONE),
        }
        questions[scope]()

    def _try_to_change(self, scope: str) -> None:
        """Raises PermissionMissing. That there is no such object is the answer of a key that may."""
        try:
            self.api.change(_CHANGES[scope], f"test-may-{scope}-{self._run}")
        except (NotFoundAtVendor, InvalidRequest):
            return


_CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "rak_webhook_write": lambda sdk, options: sdk.v1.webhook_endpoints.update(_NONE, {}, options),
    "rak_charge_write": lambda sdk, options: sdk.v1.refunds.create({"charge": _NONE}, options),
    "rak_customer_write": lambda sdk, options: sdk.v1.customers.update(_NONE, {}, options),
    "rak_product_write": lambda sdk, options: sdk.v1.products.update(_NONE, {}, options),
    "rak_plan_write": lambda sdk, options: sdk.v1.prices.update(_NONE, {}, options),
    "rak_checkout_session_write": lambda sdk, options: sdk.v1.checkout.sessions.expire(_NONE, {}, options),
    "rak_payment_links_write": lambda sdk, options: sdk.v1.payment_links.update(_NONE, {}, options),
    "rak_subscription_write": lambda sdk, options: sdk.v1.subscriptions.update(_NONE, {}, options),
    "rak_invoice_write": lambda sdk, options: sdk.v1.invoices.finalize_invoice(_NONE, {}, options),
    "rak_dispute_write": lambda sdk, options: sdk.v1.disputes.update(_NONE, {}, options),
    "rak_review_write": lambda sdk, options: sdk.v1.reviews.approve(_NONE, {}, options),
    "rak_radar_write": lambda sdk, options: sdk.v1.radar.value_list_items.create(
        {"value_list": _NONE, "value": _NONE}, options
    ),
    TEST_CLOCKS: lambda sdk, options: sdk.v1.test_helpers.test_clocks.advance(_NONE, {"frozen_time": 1}, options),
}
