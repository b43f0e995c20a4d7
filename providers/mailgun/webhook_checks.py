"""The lines about event delivery: our address, the signing key, the webhook in Mailgun, and what has arrived."""

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
from providers.kit.errors import AuthenticationFailed, PermissionMissing

from .client import Client
from .manifest import WEBHOOKS_URL
from .registration import Registration
from .webhooks import EVENT_TYPES


class WebhookChecks:
    """What we know of deliveries (the hub fills it in) beside what Mailgun says of the webhook."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self.connection = connection
        self.client = client

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="address", label="We have an address for events", run=self.address),
            Step(name="secret", label="The signing key is known", run=self.secret),
            Step(name="registered", label="Mailgun knows the address", run=self.registered, needs=("address",)),
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
        if not address.startswith("https://") and self.connection.environment is not Environment.SANDBOX:
            return failed(
                "Events should come to an address that begins with https://.",
                fix="Ask the person who runs this installation to give it a public https address.",
            )
        return passed(f"Events go to {address}.")

    def secret(self) -> StepOutcome:
        if self.connection.webhook.secret_set:
            return passed("The signing key is stored.")
        return failed(
            "The signing key is missing, so every event is refused.",
            fix="Copy the “HTTP webhook signing key” from Mailgun's page “Webhooks” into this connection.",
            fix_url=WEBHOOKS_URL,
        )

    def registered(self) -> StepOutcome:
        state = self.connection.webhook
        try:
            known = Registration(self.client).addresses()
        except (PermissionMissing, AuthenticationFailed):
            return skipped("This key may not look at webhooks.")
        ours = [one for one in EVENT_TYPES if state.address in known.get(one.type, ())]
        if ours:
            return passed(f"Mailgun sends us {len(ours)} of {len(EVENT_TYPES)} kinds of events.")
        if state.registration_id:
            return failed(
                "Mailgun does not send events to our address.",
                fix="Set up event delivery again, so that Mailgun learns the present address.",
                fix_url=WEBHOOKS_URL,
            )
        return warning(
            "Mailgun does not send this domain's events to our address.",
            fix="Press “Add webhook” in Mailgun and paste the address. A webhook for the whole account is fine, too.",
            fix_url=WEBHOOKS_URL,
        )

    def delivery(self) -> StepOutcome:
        state = self.connection.webhook
        refused, received = state.last_refused_at, state.last_received_at
        if refused and (received is None or refused > received):
            reason = f" ({state.last_refused_reason})" if state.last_refused_reason else ""
            return warning(
                f"The last delivery, {_time(refused)}, was refused: its signature did not fit{reason}.",
                fix="Compare the signing key with the one on Mailgun's page “Webhooks”.",
                fix_url=WEBHOOKS_URL,
            )
        if received is None:
            return warning(
                "Nothing has arrived yet.", fix="Send an e-mail; its first event takes a few seconds.", degrades=False
            )
        return passed(f"The last event arrived {_time(received)}.")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
