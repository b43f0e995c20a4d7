"""The lines about the webhook: Stripe knows the address, delivery is on, events arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from providers.kit.contract import (
    Connection,
    Step,
    StepOutcome,
    StepStatus,
    WebhookState,
    failed,
    passed,
    skipped,
    warning,
)
from providers.kit.errors import NotFoundAtVendor, PermissionMissing

from .client import StripeApi
from .events import DEFAULT_EVENTS
from .manifest import webhooks_url


class WebhookChecks:
    """One look at a connection's webhook. `registered` finds its entry at Stripe; the lines after it use that."""

    def __init__(self, connection: Connection, api: StripeApi) -> None:
        self.connection = connection
        self.environment = connection.environment
        self.api = api
        self._endpoint: Mapping[str, Any] = {}

    def overall(self) -> StepOutcome:
        """Registered at Stripe, switched on, and delivering: what of it is not so."""
        if not self.connection.webhook.address:
            return self._no_address()
        doubt: StepOutcome | None = None
        for check in (self.registered, self.enabled, self.secret, self.delivery):
            outcome = check()
            if outcome.status is StepStatus.FAILED:
                return outcome
            if outcome.status is StepStatus.WARNING:
                doubt = doubt or outcome
        return doubt or outcome

    def steps(self) -> Sequence[Step]:
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
            degrades=False,
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
        if not self._endpoint and state.last_received_at and not state.registration_id:
            return warning(
                "Stripe does not list this address, although events have arrived: they come by way of another one.",
                fix="Look on Stripe's page “Webhooks” whether the address there leads here, and set it right.",
                fix_url=webhooks_url(self.environment),
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
        if not self._endpoint:
            return skipped("Not to be seen with this key.")
        if self._endpoint.get("status") == "disabled":
            return failed(
                "Delivery is switched off at Stripe: Stripe does that after days of failures, or someone did it.",
                fix="Open the webhook on Stripe's page “Webhooks” and choose “Enable”.",
                fix_url=self._endpoint_url(),
            )
        return passed("Delivery is switched on.")

    def chosen_events(self) -> StepOutcome:
        if not self._endpoint:
            return skipped("Not to be seen with this key.")
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
                degrades=False,
            )
        return passed(f"The last event arrived {ago(self.connection.now() - state.last_received_at)}.")

    def _endpoint_url(self) -> str:
        id_ = self._endpoint.get("id")
        return f"{webhooks_url(self.environment)}/{id_}" if id_ else webhooks_url(self.environment)


def span(off: timedelta) -> str:
    seconds = int(off.total_seconds())
    if seconds < 120:
        return f"{seconds} seconds"
    return f"{seconds // 60} minutes" if seconds < 7200 else f"{seconds // 3600} hours"


def ago(off: timedelta) -> str:
    return "just now" if off < timedelta(seconds=60) else f"{span(off)} ago"
