"""Google Analytics 4: what the hub can do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from providers.kit.contract import Account, Provider, Step
from providers.kit.errors import PermissionMissing
from providers.kit.tokens import Token
from providers.kit.vocabulary.analytics import (
    AnalyticsProperty,
    EventProblem,
    FunnelQuery,
    FunnelStep,
    Metric,
    Report,
    ReportQuery,
    TrackedEvent,
    TrackResult,
)

from . import funnels, realtime, reports
from .access import Access
from .checks import Checks, stream_account
from .client import Client
from .collection import Collection
from .errors import ACCESS_URL
from .event_checks import EventChecks, harmless_payload
from .manifest import CONNECTION_TEST, EDIT_SCOPE, EVENT_TEST, MANIFEST, READ_SCOPE, REPORT_TEST
from .place import Place, secret_refused
from .report_checks import ReportChecks
from .sending import check_events, send_events
from .shapes import objects, text


class GoogleAnalytics(Provider):
    """Checks the connection, sends events and sees them arrive, makes reports, lists accounts and properties."""

    manifest = MANIFEST

    @cached_property
    def access(self) -> Access:
        return Access(self.connection)

    @cached_property
    def client(self) -> Client:
        return Client(self.access)

    @cached_property
    def collection(self) -> Collection:
        return Collection(self.connection)

    @cached_property
    def place(self) -> Place:
        return Place(self.connection, self.client)

    def identify(self) -> Account:
        """The property, when we may read it, and only if the API secret belongs to it; else the data stream by its
        measurement ID, which nobody has confirmed. Raises ProviderError."""
        if not self.access.kind:
            self.collection.check(harmless_payload(self.connection.now()))
            return stream_account(self.configuration)
        account = self.place.account()
        if self.place.secret_fits() is False:
            raise secret_refused()
        return account

    def finish_sign_in(self, token: Token) -> Token:
        """Google lets people untick a permission: without it the sign-in is of no use. Raises PermissionMissing."""
        if token.scopes and not {READ_SCOPE, EDIT_SCOPE} & set(token.scopes):
            raise PermissionMissing(
                "You signed in without letting us read Google Analytics.",
                permission=READ_SCOPE,
                fix="Sign in with Google Analytics again and tick the box “See and download your Google "
                "Analytics data”.",
                fix_url=ACCESS_URL,
            )
        return token

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        # A test asks anew: what an earlier run was told may have been put right since.
        checks = Checks(self.connection, self.access, Place(self.connection, self.client), self.collection)
        tests: dict[str, Callable[[], Sequence[Step]]] = {
            CONNECTION_TEST: checks.steps,
            EVENT_TEST: EventChecks(checks, inputs).steps,
            REPORT_TEST: ReportChecks(checks).steps,
        }
        return tests[test_id]()

    # -------------------------------------------------------------------------------------------- events

    def check_events(self, events: Sequence[TrackedEvent]) -> tuple[EventProblem, ...]:
        return check_events(events, self.configuration, self.connection.now())

    def track(self, events: Sequence[TrackedEvent]) -> TrackResult:
        """Sends events without problems, each once: nothing is repeated. `confirmed` is None, since Google takes
        everything and says nothing. Raises ProviderError when not one event was handed over."""
        return send_events(self.collection, events, self.configuration, now=self.connection.now())

    def arrived(self, event_name: str) -> bool:
        """Asks the realtime report. Google needs some seconds, at times minutes, until an event is there."""
        return realtime.count_of(self.client, self.place.report_id, event_name) > 0

    # ------------------------------------------------------------------------------------------- reports

    def metrics(self) -> tuple[Metric, ...]:
        """All metrics of the property, its own (`customEvent:…`) included."""
        listed = objects(self.client.metadata(self.place.report_id).get("metrics"))
        return tuple(
            Metric(name=text(one.get("apiName")), label=text(one.get("uiName")))
            for one in listed
            if text(one.get("apiName"))
        )

    def report(self, query: ReportQuery) -> Report:
        body = reports.request_of(query)
        return reports.report_of(self.client.report(self.place.report_id, body), offset=query.offset)

    def funnel(self, query: FunnelQuery) -> tuple[FunnelStep, ...]:
        body = funnels.request_of(query)
        return funnels.steps_of(self.client.funnel(self.place.report_id, body), query.steps)

    def realtime(self) -> Report:
        return realtime.latest(self.client, self.place.report_id)

    def properties(self) -> tuple[AnalyticsProperty, ...]:
        """All properties of all accounts that we may see, with the measurement IDs of their websites."""
        return Place(self.connection, self.client).all()
