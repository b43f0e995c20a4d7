"""The lines of the test that sends one event and looks for it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from providers.kit.contract import Step, StepOutcome, failed, passed, warning
from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.analytics import TrackedEvent

from .payloads import payloads_of
from .place import secret_refused
from .realtime import count_of
from .sending import check_events

if TYPE_CHECKING:
    from .checks import Checks

LOOKS = 5
PAUSE_SECONDS = 4.0
"""Google shows an event some seconds after it was sent, at times minutes."""

REALTIME_URL = "https://analytics.google.com/analytics/web/"
_NAME = "hub_test_event"


def harmless_payload(now: datetime) -> Mapping[str, Any]:
    """An ordinary event for Google's checker."""
    event = TrackedEvent(name=_NAME, person="hub.connection.test", properties={"source": "integration hub"})
    return payloads_of([(0, event)], now)[0].body


class EventChecks:
    """The lines of one run. The event is made once: a repeated line finds it sent already."""

    def __init__(self, checks: Checks, inputs: Mapping[str, Any]) -> None:
        self.checks = checks
        self.event = TrackedEvent(
            name=str(inputs.get("event_name") or _NAME),
            person=f"hub.{uuid.uuid4().int % 10**10}",
            properties={"source": "integration hub"},
        )
        self.before: int | None = None
        self.sent = False

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="rules", label="The event keeps Google's rules", run=self.rules),
            Step(name="checker", label="Google's checker agrees", run=self.checker, needs=("rules",)),
            Step(name="send", label="The event is sent", run=self.send, needs=("checker",)),
            Step(name="arrival", label="It shows in realtime", run=self.arrival, needs=("send",)),
        )

    def rules(self) -> StepOutcome:
        connection = self.checks.connection
        problems = check_events([self.event], connection.configuration, connection.now())
        if problems:
            raise InvalidRequest(problems[0].message, field="event_name", fix="Choose another name for the event.")
        return passed("Name, properties and size are as Google wants them.")

    def checker(self) -> StepOutcome:
        objections = self.checks.collection.check(self._payload())
        if objections:
            return failed(f"Google's checker says: {objections[0].message}", fix="Change the event and try again.")
        return passed("Google's checker has no objection. It does not look at the API secret.")

    def send(self) -> StepOutcome:
        if self.sent:
            return passed("The event was sent already; it is not sent twice.")
        if self.checks.access.kind:
            self.before = self._count()
        self.checks.collection.send(self._payload())
        self.sent = True
        return passed(f"Google took the event {self.event.name}. That does not say yet that it is counted.")

    def arrival(self) -> StepOutcome:
        if self.before is None:
            return warning(
                "Sent, not confirmed: this connection may not read the realtime report.",
                fix="Look for the event in Google Analytics under “Reports”, “Realtime”. To let us look, press "
                "“Sign in with Google Analytics” or paste the key file of a service account.",
                fix_url=REALTIME_URL,
                degrades=False,
            )
        if self._count() > self.before:
            return self._counted()
        if self.checks.place.secret_fits() is False:
            raise secret_refused()
        for _ in range(LOOKS):
            time.sleep(PAUSE_SECONDS)
            if self._count() > self.before:
                return self._counted()
        return warning(
            "Sent, not confirmed: the realtime report does not show the event yet, which can take some minutes.",
            fix="Look again in a few minutes. If it never shows, run “Check the connection”: a wrong API secret is "
            "dropped silently.",
            fix_url=REALTIME_URL,
            degrades=False,
        )

    def _counted(self) -> StepOutcome:
        return passed(f"The realtime report shows {self.event.name}: it is counted.")

    def _count(self) -> int:
        place = self.checks.place
        return count_of(place.client, place.report_id, self.event.name)

    def _payload(self) -> Mapping[str, Any]:
        return payloads_of([(0, self.event)], self.checks.connection.now())[0].body
