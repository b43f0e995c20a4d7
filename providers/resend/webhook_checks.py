"""The lines about event delivery: our address, the secret, the webhook in Resend, and what has arrived."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime

from providers.kit.contract import (
    Connection,
    Environment,
    Step,
    StepOutcome,
    StepStatus,
    failed,
    passed,
    skipped,
    warning,
)
from providers.kit.errors import NotFoundAtVendor, PermissionMissing

from .client import Client
from .manifest import WEBHOOKS_URL


class WebhookChecks:
    """What we know of deliveries (the hub fills it in) beside what Resend says of the webhook."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self.connection = connection
        self.client = client

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="address", label="We have an address for events", run=self.address),
            Step(name="secret", label="The signing secret is known", run=self.secret),
            Step(name="registered", label="Resend knows the address", run=self.registered, needs=("address",)),
            Step(name="delivery", label="An event has arrived", run=self.delivery, needs=("address", "secret")),
        )

    def all(self) -> StepOutcome:
        """All of event delivery in one line. Sending works without it, so nothing here is worse than a warning."""
        if not self.connection.webhook.address:
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
                "Resend needs an address that begins with https://.",
                fix="Ask the person who runs this installation to give it a public https address.",
            )
        return passed(f"Events go to {address}.")

    def secret(self) -> StepOutcome:
        if self.connection.webhook.secret_set:
            return passed("The signing secret is stored.")
        return failed(
            "The signing secret is missing, so every event is refused.",
            fix="Open the webhook in Resend, copy its “Signing Secret” and paste it into this connection.",
            fix_url=WEBHOOKS_URL,
        )

    def registered(self) -> StepOutcome:
        state = self.connection.webhook
        if not state.registration_id:
            return skipped("The webhook was made by hand, so we do not look it up.")
        try:
            found = self.client.webhook(state.registration_id)
        except NotFoundAtVendor as error:
            return failed(
                "The webhook was removed in Resend.",
                fix="Set up event delivery again.",
                fix_url=WEBHOOKS_URL,
                error=error,
            )
        except PermissionMissing:
            return skipped("A sending-only key cannot look at webhooks.")
        if found.get("endpoint") != state.address:
            return failed(
                "Resend sends events to another address than ours.",
                fix="Set up event delivery again, so that Resend learns the present address.",
                fix_url=WEBHOOKS_URL,
            )
        if found.get("status") == "disabled":
            return failed(
                "The webhook is switched off in Resend.", fix="Open it in Resend and enable it.", fix_url=WEBHOOKS_URL
            )
        return passed("Resend knows the address and the webhook is on.")

    def delivery(self) -> StepOutcome:
        state = self.connection.webhook
        refused, received = state.last_refused_at, state.last_received_at
        if refused and (received is None or refused > received):
            reason = f" ({state.last_refused_reason})" if state.last_refused_reason else ""
            return warning(
                f"The last delivery, {_time(refused)}, was refused: its signature did not fit{reason}.",
                fix="Compare the signing secret with the one the webhook shows in Resend.",
                fix_url=WEBHOOKS_URL,
            )
        if received is None:
            return warning(
                "Nothing has arrived yet.", fix="Send an e-mail; its first event takes a few seconds.", degrades=False
            )
        return passed(f"The last event arrived {_time(received)}.")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
