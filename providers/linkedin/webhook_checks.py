"""The lines about event delivery: our address, the key that proves events, and what has arrived."""

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

from .errors import APPS_URL


class WebhookChecks:
    """What the hub knows of deliveries. LinkedIn has no call that tells which address an app has."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="address", label="We have an address for events", run=self.address),
            Step(name="secret", label="The client secret is known", run=self.secret),
            Step(name="delivery", label="An event has arrived", run=self.delivery, needs=("address", "secret")),
        )

    def all(self) -> StepOutcome:
        """All of it in one line. Posting works without, so that nothing here is worse than a warning."""
        state = self.connection.webhook
        if not state.address or (state.last_received_at is None and state.last_refused_at is None):
            return skipped("No event has arrived yet. Set up event delivery if you want to hear of comments.")
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
                "LinkedIn needs an address that begins with https://.",
                fix="Ask the person who runs this installation to give it a public https address.",
            )
        return passed(f"Events go to {address}. LinkedIn asks it every two hours whether it is still ours.")

    def secret(self) -> StepOutcome:
        if self.connection.webhook.secret_set or self.connection.configuration.get("client_secret"):
            return passed("The app's client secret is stored: it proves each event.")
        return failed(
            "The app's client secret is missing, so every event is refused.",
            fix="Copy “Primary Client Secret” from the app's “Auth” page into this connection.",
            fix_url=APPS_URL,
        )

    def delivery(self) -> StepOutcome:
        state = self.connection.webhook
        refused, received = state.last_refused_at, state.last_received_at
        if refused and (received is None or refused > received):
            reason = f" ({state.last_refused_reason})" if state.last_refused_reason else ""
            return warning(
                f"The last delivery, {_time(refused)}, was refused: its signature did not fit{reason}.",
                fix="Compare the client secret with the one on the app's “Auth” page.",
                fix_url=APPS_URL,
            )
        if received is None:
            return warning(
                "Nothing has arrived yet.",
                fix="Check on the app's “Webhooks” page that the address is verified, then comment on a post.",
                fix_url=APPS_URL,
                degrades=False,
            )
        return passed(f"The last event arrived {_time(received)}.")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
