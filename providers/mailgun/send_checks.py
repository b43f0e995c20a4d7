"""The lines of the test that sends one e-mail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from providers.kit.contract import Environment, Step, StepOutcome, failed, passed, skipped
from providers.kit.errors import InvalidConfiguration
from providers.kit.vocabulary.email import EmailMessage, EmailStatus

from .checks import Checks
from .events import Events, email_event
from .manifest import DOMAINS_URL
from .sending import Sending

_BAD_ENDS = frozenset({EmailStatus.REJECTED, EmailStatus.FAILED, EmailStatus.BOUNCED})


class SendChecks:
    """The lines that send one e-mail. The idempotency key is made once: a repeated line sends nothing twice."""

    def __init__(self, checks: Checks, inputs: Mapping[str, Any]) -> None:
        self.checks = checks
        self.inputs = inputs
        self.idempotency_key = f"test-{uuid.uuid4()}"
        self.email_id = ""

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="key", label="The API key is accepted", run=self.checks.key),
            Step(name="sender", label="There is a sender", run=self.sender, needs=("key",)),
            Step(name="send", label="The e-mail is accepted", run=self.send, needs=("key", "sender")),
            Step(name="outcome", label="What became of it", run=self.outcome, needs=("send",)),
        )

    def sender(self) -> StepOutcome:
        if not self.checks.connection.configuration.get("from_address"):
            raise InvalidConfiguration(
                "There is no default sender.",
                field="from_address",
                fix="Fill in “Default sender” with an address at the sending domain.",
                fix_url=DOMAINS_URL,
            )
        return self.checks.sender()

    def send(self) -> StepOutcome:
        message = EmailMessage(
            sender="",
            to=tuple(part.strip() for part in str(self.inputs.get("to", "")).split(",") if part.strip()),
            subject=str(self.inputs.get("subject", "")),
            text=str(self.inputs.get("text", "")),
        )
        self.email_id = Sending(self.checks.client).send(message, self.idempotency_key).id
        environment = self.checks.connection.environment
        if environment is Environment.SANDBOX:
            return passed("The sandbox accepted the e-mail. Nothing was sent: it never leaves this machine.")
        if environment is Environment.TEST:
            return passed("Mailgun accepted the e-mail in test mode: it is charged, but not delivered.")
        return passed(f"Mailgun accepted the e-mail to {', '.join(message.to)} (id {self.email_id}).")

    def outcome(self) -> StepOutcome:
        if self.checks.sending_only:
            return skipped("A domain sending key cannot look at what became of the e-mail.")
        events = Events(self.checks.client)
        ends = [email_event(events.inbound(one)) for one in events.of_message(self.email_id)]
        known = [one for one in ends if one is not None]
        bad = next((one for one in known if one.status in _BAD_ENDS), None)
        if bad is not None:
            return failed(
                f"Mailgun took the e-mail, but its state is: {bad.status}. {bad.detail}".strip(),
                fix="Check the recipient's address, or send to another one.",
                fix_url=f"{DOMAINS_URL}/{self.checks.client.domain}",
            )
        if not known:
            return skipped("Mailgun's events do not show it yet; that can take a minute.")
        return passed(f"Its state in Mailgun: {known[-1].status}.")
