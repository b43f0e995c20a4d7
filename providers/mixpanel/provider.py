"""Mixpanel: what the hub can do with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from providers.kit.contract import Account, Provider, Step
from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.analytics import (
    AnalyticsProperty,
    EventProblem,
    FunnelQuery,
    FunnelStep,
    Metric,
    PersonProfile,
    Report,
    ReportQuery,
    SavedReport,
    TrackedEvent,
    TrackResult,
)

from . import funnels, reports
from .account import account_of, account_of_token, properties_of
from .checks import Checks
from .client import Client
from .exporting import export
from .manifest import CONNECTION_TEST, EVENT_TEST, IMPORT_TEST, MANIFEST
from .retention import retention
from .send_checks import SendChecks
from .sending import Sender


class Mixpanel(Provider):
    """Sends and imports events, keeps profiles, asks reports and funnels, exports raw events."""

    manifest = MANIFEST

    @cached_property
    def client(self) -> Client:
        return Client(self.connection)

    @cached_property
    def sender(self) -> Sender:
        return Sender(self.client)

    def identify(self) -> Account:
        """The project of the service account. With a token alone, a stand-in for it: Mixpanel tells nothing."""
        if self.client.token_only:
            return account_of_token(self.client)
        return account_of(self.client, self.client.me())

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        checks = SendChecks(self.sender, inputs)
        tests: dict[str, Callable[[], Sequence[Step]]] = {
            CONNECTION_TEST: Checks(self.client).steps,
            EVENT_TEST: checks.event_steps,
            IMPORT_TEST: checks.import_steps,
        }
        return tests[test_id]()

    def properties(self) -> tuple[AnalyticsProperty, ...]:
        """The projects that the service account opens."""
        return properties_of(self.client.me())

    # ------------------------------------------------------------------------------------------- sending

    def check_events(self, events: Sequence[TrackedEvent]) -> tuple[EventProblem, ...]:
        return self.sender.check(events)

    def track(self, events: Sequence[TrackedEvent]) -> TrackResult:
        """Sends events of the last five days. `confirmed` stays None: Mixpanel takes those of any token."""
        return self.sender.track(events)

    def import_events(self, events: Sequence[TrackedEvent]) -> TrackResult:
        """Brings in events of any age; Mixpanel confirms them, and says which rows it refused. May be repeated."""
        return self.sender.import_events(events)

    def update_people(self, profiles: Sequence[PersonProfile]) -> TrackResult:
        return self.sender.update(profiles, path="/engage")

    def update_groups(self, group_key: str, profiles: Sequence[PersonProfile]) -> TrackResult:
        """`group_key` is the property that names a group (“company”); a profile's `person` is the group's id."""
        if not group_key.strip():
            raise InvalidRequest("The group key is missing.", field="group_key", fix="Enter it as it is in Mixpanel.")
        return self.sender.update(profiles, path="/groups", group_key=group_key)

    def merge_identities(self, person: str, other: str) -> None:
        """Says that `other` (an anonymous id, as a rule) is `person`. In original projects this cannot be undone."""
        self.sender.merge(person, other)

    # ------------------------------------------------------------------------------------------- reading

    def metrics(self) -> tuple[Metric, ...]:
        return reports.metrics(self.client)

    def report(self, query: ReportQuery) -> Report:
        """Each event of the report is one of the 60 questions an hour. See `reports` for names of metrics."""
        return reports.report(self.client, query)

    def funnel(self, query: FunnelQuery) -> tuple[FunnelStep, ...]:
        """A saved funnel with exactly these steps. Raises Unsupported when nobody saved one."""
        return funnels.funnel(self.client, query)

    def retention(
        self, *, start: date, end: date, born_event: str = "", event: str = "", unit: str = "day", intervals: int = 7
    ) -> Report:
        """Who came back: a row for each day of the first `born_event`, a column for each day (week, month) after."""
        return retention(
            self.client, born_event=born_event, event=event, start=start, end=end, unit=unit, intervals=intervals
        )

    def saved_reports(self) -> tuple[SavedReport, ...]:
        return funnels.saved_reports(self.client, self.configuration.get("insights_reports", ""))

    def saved_report(self, report_id: str) -> Report:
        return funnels.saved_report(self.client, report_id)

    def export_events(self, *, start: date, end: date, event: str = "") -> Iterator[TrackedEvent]:
        """Raw events, line by line; the calls are made while the events are taken."""
        return export(self.client, start=start, end=end, event=event)
