"""The lines about event delivery: our address, what the app and the Page are set to, and what has arrived."""

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

from .accounts import Accounts
from .errors import APPS_URL
from .registration import Registration
from .webhooks import verify_token


class WebhookChecks:
    def __init__(self, connection: Connection, accounts: Accounts, registration: Registration) -> None:
        self.connection = connection
        self.accounts = accounts
        self.registration = registration

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="address", label="We have an address for events", run=self.address),
            Step(name="secret", label="The app secret is known", run=self.secret),
            Step(name="app", label="The app sends events there", run=self.app, needs=("address", "secret")),
            Step(name="page", label="The Page sends events to the app", run=self.page, needs=("secret",)),
            Step(name="delivery", label="An event has arrived", run=self.delivery, needs=("address", "secret")),
        )

    def all(self) -> StepOutcome:
        """All of it in one line. Posting works without, so that nothing here is worse than a warning."""
        state = self.connection.webhook
        if not state.address or not (state.registration_id or state.last_received_at or state.last_refused_at):
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
                "Facebook needs an address that begins with https://.",
                fix="Ask the person who runs this installation to give it a public https address.",
            )
        return passed(f"Events go to {address}.")

    def secret(self) -> StepOutcome:
        secret = self.connection.configuration.get("app_secret", "")
        if secret:
            return passed(
                "The app secret is stored: it proves each event. To enter the address by hand, the verify token is "
                f"{verify_token(secret)}."
            )
        return failed(
            "The app secret is missing, so every event is refused.",
            fix="Copy “App secret” from the app's “App settings”, “Basic” page into this connection.",
            fix_url=APPS_URL,
        )

    def app(self) -> StepOutcome:
        address, ours = self.registration.address(), self.connection.webhook.address
        if address == ours:
            return passed("Facebook sends the app's events about Pages to our address.")
        elsewhere = f"to {address}" if address else "nowhere"
        return warning(
            f"The app's events about Pages go {elsewhere}.",
            fix="Press “Set up event delivery” here. An app has one address only: the last one set gets the events.",
            fix_url=APPS_URL,
            degrades=bool(self.connection.webhook.registration_id),
        )

    def page(self) -> StepOutcome:
        page = self.accounts.token_for()[1]
        found = self.registration.subscribed(page)
        if found:
            return passed(f"{page.name} sends the app: {', '.join(found)}.")
        return warning(
            f"{page.name} sends the app no events.",
            fix="Press “Set up event delivery” here.",
            degrades=bool(self.connection.webhook.registration_id),
        )

    def delivery(self) -> StepOutcome:
        state = self.connection.webhook
        refused, received = state.last_refused_at, state.last_received_at
        if refused and (received is None or refused > received):
            reason = f" ({state.last_refused_reason})" if state.last_refused_reason else ""
            return warning(
                f"The last delivery, {_time(refused)}, was refused: its signature did not fit{reason}.",
                fix="Compare the app secret with the one on the app's “App settings”, “Basic” page.",
                fix_url=APPS_URL,
            )
        if received is None:
            return warning(
                "Nothing has arrived yet.",
                fix="Comment on a post of the Page, then test again.",
                fix_url=APPS_URL,
                degrades=False,
            )
        return passed(f"The last event arrived {_time(received)}.")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
