"""The lines about event delivery: our address, the verification key, the webhook in SendGrid, what has arrived."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime

from providers.kit.contract import Environment, Step, StepOutcome, StepStatus, failed, passed, skipped, warning
from providers.kit.errors import NotFoundAtVendor, PermissionMissing

from .addresses import WEBHOOKS_URL
from .client import Client
from .event_setup import EventSetup


class WebhookChecks:
    """What we know of deliveries (the hub fills it in) beside what SendGrid says of the webhook."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.connection = client.connection

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="address", label="We have an address for events", run=self.address),
            Step(name="secret", label="The verification key is known", run=self.secret),
            Step(name="registered", label="SendGrid knows the address", run=self.registered, needs=("address",)),
            Step(name="delivery", label="An event has arrived", run=self.delivery, needs=("address", "secret")),
        )

    def all(self) -> StepOutcome:
        """All of event delivery in one line. Sending works without it, so nothing here is worse than a warning."""
        state = self.connection.webhook
        if not state.address or not (state.registration_id or state.secret_set):
            return skipped("Event delivery is not set up.")
        outcome = passed("")
        for look in (self.address, self.secret, self.registered, self.delivery):
            outcome = look()
            if outcome.status in (StepStatus.FAILED, StepStatus.WARNING):
                return dataclasses.replace(outcome, status=StepStatus.WARNING)
        return outcome

    def address(self) -> StepOutcome:
        address = self.connection.webhook.address
        if not address:
            return failed("There is no address for events yet.", fix="Set up event delivery for this connection.")
        if not address.startswith("https://") and self.connection.environment is Environment.LIVE:
            return failed(
                "SendGrid needs an address that begins with https://.",
                fix="Ask the person who runs this installation to give it a public https address.",
            )
        return passed(f"Events go to {address}.")

    def secret(self) -> StepOutcome:
        if self.connection.webhook.secret_set:
            return passed("The verification key is stored.")
        return failed(
            "The verification key is missing, so every event is refused.",
            fix="Open the webhook in SendGrid, switch “Signed Event Webhook” on, and paste its “Verification Key”.",
            fix_url=WEBHOOKS_URL,
        )

    def registered(self) -> StepOutcome:
        state, setup = self.connection.webhook, EventSetup(self.client)
        try:
            webhook_id = state.registration_id or setup.of_address(state.address)
            if not webhook_id:
                return warning(
                    "No webhook in SendGrid goes to our address.", fix="Set up event delivery.", fix_url=WEBHOOKS_URL
                )
            found = setup.read(webhook_id)
            signed = bool(setup.public_key(webhook_id))
        except NotFoundAtVendor as error:
            return failed(
                "The webhook was removed in SendGrid.",
                fix="Set up event delivery again.",
                fix_url=WEBHOOKS_URL,
                error=error,
            )
        except PermissionMissing:
            return skipped("This key cannot look at webhooks.")
        if found.get("url") != state.address:
            return failed(
                "SendGrid sends events to another address than ours.",
                fix="Set up event delivery again, so that SendGrid learns the present address.",
                fix_url=WEBHOOKS_URL,
            )
        if found.get("enabled") is False:
            return failed(
                "The webhook is switched off in SendGrid.", fix="Open it and switch it on.", fix_url=WEBHOOKS_URL
            )
        if not signed:
            return failed(
                "The webhook's signature is switched off, so every event is refused.",
                fix="Open it in SendGrid and switch “Signed Event Webhook” on, or set up event delivery again.",
                fix_url=WEBHOOKS_URL,
            )
        return passed("SendGrid knows the address; the webhook is on and signed.")

    def delivery(self) -> StepOutcome:
        state = self.connection.webhook
        refused, received = state.last_refused_at, state.last_received_at
        if refused and (received is None or refused > received):
            reason = f" ({state.last_refused_reason})" if state.last_refused_reason else ""
            return warning(
                f"The last delivery, {_time(refused)}, was refused: its signature did not fit{reason}.",
                fix="Compare the verification key with the one the webhook shows in SendGrid.",
                fix_url=WEBHOOKS_URL,
            )
        if received is None:
            return warning(
                "Nothing has arrived yet.",
                fix="Send an e-mail; its first event takes a few seconds.",
                degrades=False,
            )
        return passed(f"The last event arrived {_time(received)}.")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
