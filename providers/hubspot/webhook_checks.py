"""The lines about event delivery: our address, the client secret, and what has arrived."""

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

from .pages import KEYS_URL, WEBHOOKS_URL


class WebhookChecks:
    """What the hub knows of deliveries. HubSpot has no call that tells a private app's subscriptions."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="address", label="We have an address for events", run=self.address),
            Step(name="secret", label="The client secret is known", run=self.secret),
            Step(name="delivery", label="An event has arrived", run=self.delivery, needs=("address", "secret")),
        )

    def all(self) -> StepOutcome:
        """All of event delivery in one line. The rest works without it: nothing here is worse than a warning."""
        state = self.connection.webhook
        if not state.address or not state.secret_set:
            return skipped("Event delivery is not set up; changes are found by asking for them.")
        outcome = passed("")
        for look in (self.address, self.secret, self.delivery):
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
                "HubSpot needs an address that begins with https://.",
                fix="Ask the person who runs this installation to give it a public https address.",
            )
        return passed(f"Events go to {address}. HubSpot signs this very address: enter it letter by letter.")

    def secret(self) -> StepOutcome:
        if self.connection.webhook.secret_set:
            return passed("The client secret is stored.")
        return failed(
            "The client secret is missing, so every event is refused.",
            fix="Open the app in HubSpot, choose “Auth”, press “Show” beside the client secret and paste it here.",
            fix_url=KEYS_URL,
        )

    def delivery(self) -> StepOutcome:
        state = self.connection.webhook
        refused, received = state.last_refused_at, state.last_received_at
        if refused and (received is None or refused > received):
            reason = f" ({state.last_refused_reason})" if state.last_refused_reason else ""
            return warning(
                f"The last delivery, {_time(refused)}, was refused: its signature did not fit{reason}.",
                fix="Compare the client secret with the app's, and the target URL in HubSpot with the address here: "
                "both are part of the signature.",
                fix_url=KEYS_URL,
            )
        if received is None:
            return warning(
                "Nothing has arrived yet.",
                fix="Change a contact in HubSpot. If nothing comes in a minute, look whether the app's subscriptions "
                "are active.",
                fix_url=WEBHOOKS_URL,
                degrades=False,
            )
        return passed(f"The last event arrived {_time(received)}.")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
