"""The lines of the two tests that write: one event sent, one event imported."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from providers.kit.contract import Step, StepOutcome, failed, passed, warning
from providers.kit.vocabulary.analytics import EventProblem, TrackedEvent

from .sending import Sender

_EVENT, _PERSON = "Hub connection test", "hub-test"


class SendChecks:
    def __init__(self, sender: Sender, inputs: Mapping[str, Any]) -> None:
        self.sender = sender
        self.event = str(inputs.get("event") or _EVENT).strip()
        self.person = str(inputs.get("person") or _PERSON).strip()

    def event_steps(self) -> Sequence[Step]:
        return (
            Step(name="event", label="The event is well-formed", run=self._well_formed),
            Step(name="send", label="Mixpanel takes it", run=self._send, needs=("event",)),
        )

    def import_steps(self) -> Sequence[Step]:
        return (
            Step(name="event", label="The event is well-formed", run=self._well_formed),
            Step(name="import", label="Mixpanel imports it", run=self._import, needs=("event",)),
        )

    def _now(self) -> TrackedEvent:
        return TrackedEvent(name=self.event, person=self.person, properties={"source": "integration hub"})

    def _well_formed(self) -> StepOutcome:
        problems = self.sender.check([self._now()])
        return _refused(problems) or passed(f"“{self.event[:80]}” of “{self.person[:80]}”.")

    def _send(self) -> StepOutcome:
        self.sender.track([self._now()])
        return warning(
            "Mixpanel took the event. It does so for any token: only seeing it there proves that the token is right.",
            fix="Open “Events” in Mixpanel and look for it; it shows up within a minute or so.",
            fix_url=self.sender.client.region.app,
            degrades=False,
        )

    def _import(self) -> StepOutcome:
        now = self.sender.client.connection.now()
        start = now.replace(hour=0, minute=0, second=0, microsecond=0)
        mark = hashlib.sha256(f"{start.date()}\x1f{self.event}\x1f{self.person}".encode()).hexdigest()[:36]
        event = TrackedEvent(
            name=self.event,
            person=self.person,
            properties={"source": "integration hub"},
            occurred_at=start,
            id=mark,
        )
        result = self.sender.import_events([event])
        return _refused(result.problems) or passed(
            f"Mixpanel imported {result.accepted} event. The same event of today is counted once."
        )


def _refused(problems: Sequence[EventProblem]) -> StepOutcome | None:
    if not problems:
        return None
    return failed(problems[0].message, fix="Change the event's name or the id of the person, and try again.")
