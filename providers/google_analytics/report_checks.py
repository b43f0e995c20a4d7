"""The lines of the test that makes reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from providers.kit.contract import Step, StepOutcome, passed, warning
from providers.kit.vocabulary.analytics import ReportQuery

from .checks import Checks
from .realtime import latest
from .reports import report_of, request_of

_DAYS = 7


class ReportChecks:
    def __init__(self, checks: Checks) -> None:
        self.checks = checks

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="access", label="We may sign in to read", run=self.access),
            Step(name="report", label="The last seven days", run=self.report, needs=("access",)),
            Step(name="realtime", label="Right now", run=self.realtime, needs=("access",)),
            Step(name="quota", label="There is quota left", run=self.checks.quota, needs=("report",)),
        )

    def access(self) -> StepOutcome:
        self.checks.access.token.current()
        return self.checks.signed_in()

    def report(self) -> StepOutcome:
        place, today = self.checks.place, self.checks.connection.now().date()
        query = ReportQuery(
            start=today - timedelta(days=_DAYS),
            end=today - timedelta(days=1),
            metrics=("activeUsers", "sessions", "eventCount"),
            dimensions=("date",),
            order_by="date",
            descending=False,
        )
        report = report_of(place.client.report(place.report_id, request_of(query)))
        if not report.rows:
            return warning(
                "The report is empty: no event was counted in the last seven days.",
                fix="Look whether the website sends events to this property.",
                fix_url="https://analytics.google.com/analytics/web/",
                degrades=False,
            )
        sessions = sum(row[2] for row in report.rows if len(row) > 2 and isinstance(row[2], int | float))
        return passed(f"{len(report.rows)} days with {sessions:,.0f} sessions. {report.note}".strip())

    def realtime(self) -> StepOutcome:
        place = self.checks.place
        report = latest(place.client, place.report_id)
        return passed(f"{report.total_rows} different events in the last half hour.")
