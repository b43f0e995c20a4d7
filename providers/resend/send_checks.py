"""The lines of the test that sends one e-mail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from providers.kit.contract import Environment, Step, StepOutcome, failed, passed, skipped, warning
from providers.kit.errors import InvalidConfiguration
from providers.kit.vocabulary.email import EmailMessage

from .checks import Checks
from .manifest import DOMAINS_URL
from .message import to_json

_GOOD_ENDS = ("queued", "scheduled", "sent", "delivered", "opened", "clicked", "delivery_delayed")


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
            Step(name="sender", label="The sender may send", run=self.sender, needs=("key",)),
            Step(name="send", label="The e-mail is accepted", run=self.send, needs=("key", "sender")),
            Step(name="outcome", label="What became of it", run=self.outcome, needs=("send",)),
        )

    def sender(self) -> StepOutcome:
        if not self.checks.connection.configuration.get("from_address"):
            raise InvalidConfiguration(
                "There is no default sender.",
                field="from_address",
                fix="Fill in “Default sender” with an address at a verified domain.",
                fix_url=DOMAINS_URL,
            )
        if self.checks.sending_only:
            return warning(
                "A sending-only key cannot look at domains: sending will show whether the sender may send."
            )
        return self.checks.domain()

    def send(self) -> StepOutcome:
        connection = self.checks.connection
        message = EmailMessage(
            sender="",
            to=tuple(part.strip() for part in str(self.inputs.get("to", "")).split(",") if part.strip()),
            subject=str(self.inputs.get("subject", "")),
            text=str(self.inputs.get("text", "")),
        )
        sender = connection.configuration.get("from_address", "")
        body = to_json(message, default_sender=sender, now=connection.now())
        self.email_id = self.checks.client.send(body, self.idempotency_key)
        if connection.environment is Environment.SANDBOX:
            return passed("The sandbox accepted the e-mail. Nothing was sent: it never leaves this machine.")
        return passed(f"Resend accepted the e-mail to {', '.join(message.to)} (id {self.email_id}).")

    def outcome(self) -> StepOutcome:
        if self.checks.sending_only:
            return skipped("A sending-only key cannot look at what became of the e-mail.")
        end = str(self.checks.client.email(self.email_id).get("last_event") or "queued")
        words = end.replace("_", " ")
        if end in _GOOD_ENDS:
            return passed(f"Its state in Resend: {words}.")
        return failed(
            f"Resend took the e-mail, but its state is: {words}.",
            fix="Check the recipient's address, or send to another one.",
            fix_url=f"https://resend.com/emails/{self.email_id}",
        )
