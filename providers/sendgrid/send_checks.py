"""The lines of the test that sends one e-mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from providers.kit.contract import Environment, Step, StepOutcome, passed
from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.email import EmailMessage, SentEmail

from .checks import Checks
from .client import Client
from .sending import Sending


class SendChecks:
    """SendGrid knows no idempotency keys: the e-mail is handed over once in the life of this object."""

    def __init__(self, client: Client, inputs: Mapping[str, Any]) -> None:
        self.checks = Checks(client)
        self.sending = Sending(client)
        self.connection = client.connection
        self.inputs = inputs

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="key", label="The API key is accepted", run=self.checks.key),
            Step(name="sender", label="There is a sender", run=self.sender, needs=("key",)),
            Step(name="send", label="The e-mail is accepted", run=self.send, needs=("key", "sender")),
        )

    def sender(self) -> StepOutcome:
        return passed(f"It is sent from {self.sending.default_sender}.")

    @cached_property
    def _sent(self) -> SentEmail:
        message = EmailMessage(
            sender="",
            to=tuple(part.strip() for part in str(self.inputs.get("to", "")).split(",") if part.strip()),
            subject=str(self.inputs.get("subject", "")),
            text=str(self.inputs.get("text", "")),
        )
        if not message.to:
            raise InvalidRequest("Nobody is named to send to.", field="to", fix="Fill in “To”.")
        return self.sending.send(message)

    def send(self) -> StepOutcome:
        number = self._sent.id
        if self.connection.environment is Environment.SANDBOX:
            return passed("The sandbox accepted the e-mail. Nothing was sent: it never leaves this machine.")
        return passed(
            f"SendGrid accepted the e-mail to {self.inputs.get('to')} (id {number}). Events tell what becomes of it."
        )
