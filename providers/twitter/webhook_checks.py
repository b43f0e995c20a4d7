"""The lines about event delivery: our address, the keys, what X has registered, and what has arrived."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

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

from .answers import identifier, mapping, text
from .client import Client
from .fields import API_SECRET, BEARER_TOKEN, CONSOLE_URL
from .registration import Registration, address_problem


class WebhookChecks:
    """What we know of deliveries (the hub fills it in) beside what X says of the webhook."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self.connection = connection
        self.client = client
        self.registration = Registration(client)

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="address", label="We have an address for events", run=self.address),
            Step(name="secret", label="The API Key Secret is known", run=self.secret),
            Step(name="registered", label="X knows the address", run=self.registered, needs=("address",)),
            Step(name="events", label="X shall tell us of events", run=self.events, needs=("registered",)),
            Step(name="delivery", label="An event has arrived", run=self.delivery, needs=("address", "secret")),
        )

    def all(self) -> StepOutcome:
        """All of event delivery in one line. Posting works without it: nothing here is worse than a warning."""
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
        problem = address_problem(address) if self.connection.environment is Environment.LIVE else ""
        if problem:
            return failed(
                problem,
                fix="Ask the person who runs this installation to give it a public https address without a port.",
            )
        return passed(f"Events go to {address}.")

    def secret(self) -> StepOutcome:
        if self.connection.webhook.secret_set or self.connection.configuration.get(API_SECRET.name):
            return passed("The API Key Secret is stored: X's hourly question can be answered.")
        return failed(
            "The API Key Secret is missing, so every event is refused and X's hourly question stays unanswered.",
            fix="Copy “API Key Secret” from the app's “Keys and tokens” into this connection.",
            fix_url=CONSOLE_URL,
        )

    def registered(self) -> StepOutcome:
        if not self.connection.configuration.get(BEARER_TOKEN.name):
            return skipped("Without the app's bearer token we cannot look what X has registered.")
        found = self._webhook
        if not found:
            return failed(
                "X does not know our address.",
                fix="Set up event delivery again, so that X learns the present address.",
                fix_url=CONSOLE_URL,
            )
        if found.get("valid") is True or self.registration.ask_again(identifier(found.get("id"))):
            return passed("X knows the address, and the address answered X's question.")
        return failed(
            "X has switched the webhook off, because our address did not answer its question rightly.",
            fix="Compare the API Key Secret with the one of the very app in the console, then run this test again.",
            fix_url=CONSOLE_URL,
        )

    def events(self) -> StepOutcome:
        found = self._webhook
        if not found:
            return skipped("Without the app's bearer token we cannot look what X shall tell us.")
        own = identifier(self.client.me.get("id"))
        kinds = {
            text(one.get("event_type"))
            for one in self.registration.subscriptions(identifier(found.get("id")))
            if identifier(mapping(one.get("filter")).get("user_id")) == own
        }
        if not kinds:
            return failed(
                "X knows our address, but was not asked to tell us anything of this account.",
                fix="Set up event delivery again and choose events.",
            )
        return passed(f"X tells us of {len(kinds)} kind{'' if len(kinds) == 1 else 's'} of events of this account.")

    def delivery(self) -> StepOutcome:
        state = self.connection.webhook
        refused, received = state.last_refused_at, state.last_received_at
        if refused and (received is None or refused > received):
            reason = f" ({state.last_refused_reason})" if state.last_refused_reason else ""
            return warning(
                f"The last delivery, {_time(refused)}, was refused: its signature did not fit{reason}.",
                fix="Compare the API Key Secret with the one of the very app in the console.",
                fix_url=CONSOLE_URL,
            )
        if received is None:
            return warning(
                "Nothing has arrived yet.", fix="Write a post; its event takes a few seconds.", degrades=False
            )
        return passed(f"The last event arrived {_time(received)}.")

    @cached_property
    def _webhook(self) -> Mapping[str, Any]:
        """The app's webhook at our address, as X has it; empty without one, or without the right to look."""
        if not self.connection.configuration.get(BEARER_TOKEN.name):
            return {}
        state = self.connection.webhook
        return next((one for one in self.registration.webhooks() if one.get("url") == state.address), {})


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
