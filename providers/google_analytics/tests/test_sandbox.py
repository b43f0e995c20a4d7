"""The stand-in itself: what it keeps, forgets and refuses, as Google does; and Google's own SDK as its client."""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from providers.kit.contract import Environment
from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest
from providers.kit.sandbox_http import SandboxApplication
from providers.kit.testing import NOW, Bench
from providers.kit.vocabulary.analytics import ReportQuery, TrackedEvent

from ..provider import GoogleAnalytics
from ..sandbox import Sandbox
from ..sandbox_access import PEOPLE

BEARER = {"authorization": "Bearer ya29.sandbox-owner"}


def ask(state: dict[str, Any], method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
    request = SandboxRequest(
        method=method,
        path=path,
        query={name: [value] for name, value in query.items()},
        headers=BEARER,
        body=json.dumps(body).encode() if body is not None else b"",
    )
    answer = Sandbox(state, lambda: NOW).respond(request)
    return answer.status, json.loads(answer.body) if answer.body else None


def days(bench: Bench, back: int, **more: Any) -> ReportQuery:
    today = bench.moment.date()
    return ReportQuery(start=today - timedelta(days=back), end=today, metrics=("eventCount",), **more)


def test_history_goes_back_90_days_and_is_the_same_for_everybody(bench: Bench, analytics: GoogleAnalytics) -> None:
    query = days(bench, 200, dimensions=("date",), limit=500, order_by="date", descending=False)
    first = analytics.report(query)
    assert len(first.rows) == 91
    bench.state.write({})
    assert analytics.report(query).rows == first.rows


def test_sent_events_show_in_realtime_for_half_an_hour_and_in_reports_for_good(
    bench: Bench, analytics: GoogleAnalytics
) -> None:
    analytics.track([TrackedEvent(name="seen", person="1", properties={"colour": "red"})])
    assert analytics.arrived("seen")
    bench.moment = NOW + timedelta(minutes=31)
    assert not analytics.arrived("seen")
    report = analytics.report(
        days(bench, 1, dimensions=("eventName", "customEvent:colour"), filters={"eventName": "seen"})
    )
    assert report.rows == (("seen", "red", 1),)


def test_an_event_sent_twice_counts_twice_but_a_purchase_with_its_id_once(
    bench: Bench, analytics: GoogleAnalytics
) -> None:
    lead = TrackedEvent(name="lead_sent", person="1", id="same")
    order = TrackedEvent(name="purchase", person="1", id="same", properties={"value": 5.0, "currency": "EUR"})
    for _ in range(2):
        analytics.track([lead, order])
    kept = [one["name"] for one in bench.state.read()["events"]]
    assert sorted(kept) == ["lead_sent", "lead_sent", "purchase"]


def test_an_event_without_a_session_does_not_show_in_realtime() -> None:
    state: dict[str, Any] = {}
    keys = {"measurement_id": "G-SANDBOX001", "api_secret": "sandboxMeasurement001"}
    assert ask(state, "POST", "/mp/collect", {"client_id": "1", "events": [{"name": "quiet"}]}, **keys) == (204, None)
    _, report = ask(
        state,
        "POST",
        "/v1beta/properties/300100200:runRealtimeReport",
        {"dimensions": [{"name": "eventName"}], "metrics": [{"name": "eventCount"}]},
    )
    assert "quiet" not in json.dumps(report)
    assert len(state["events"]) == 1


@pytest.mark.parametrize("body", [{}, {"client_id": "1"}, {"client_id": "1", "events": [{"name": "_bad"}]}, [], "x"])
def test_collecting_takes_everything_and_keeps_only_what_is_right(body: Any) -> None:
    state: dict[str, Any] = {}
    keys = {"measurement_id": "G-SANDBOX001", "api_secret": "sandboxMeasurement001"}
    assert ask(state, "POST", "/mp/collect", body, **keys) == (204, None)
    assert state["events"] == []


def test_the_checker_says_what_google_says(published: Callable[[str], Any]) -> None:
    documented = published("fixtures/google_analytics/documented.json")
    for payload in documented["mp_valid"]:
        assert ask({}, "POST", "/debug/mp/collect", payload) == (200, documented["debug_response_valid"])
    for case in documented["mp_invalid"][:2]:
        _, answer = ask({}, "POST", "/debug/mp/collect", case["payload"])
        assert answer["validationMessages"], case["why"]
    _, answer = ask({}, "POST", "/debug/mp/collect", {"client_id": "1", "events": [{"name": "_badname"}]})
    assert answer == documented["debug_response_invalid"]


def test_a_batch_of_reports_has_five_at_most() -> None:
    one = {"dateRanges": [{"startDate": "7daysAgo", "endDate": "yesterday"}], "metrics": [{"name": "sessions"}]}
    path = "/v1beta/properties/300100200:batchRunReports"
    status, answer = ask({}, "POST", path, {"requests": [one] * 5})
    assert (status, len(answer["reports"])) == (200, 5)
    assert ask({}, "POST", path, {"requests": [one] * 6})[0] == 400


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": []},
        {"metrics": [{"name": "nope"}]},
        {"dimensions": [{"name": "nope"}]},
        {"dateRanges": [{"startDate": "soon", "endDate": "today"}]},
        {"dateRanges": [{"startDate": "today", "endDate": "yesterday"}]},
        {"limit": "0"},
        {"limit": "x"},
        {"orderBys": [{"metric": {"metricName": "nope"}}]},
        {"dimensionFilter": {"filter": {"fieldName": "country"}}},
    ],
)
def test_wrong_reports_are_refused_as_google_does(change: dict[str, Any]) -> None:
    body = {
        "dateRanges": [{"startDate": "7daysAgo", "endDate": "today"}],
        "metrics": [{"name": "sessions"}],
        **change,
    }
    status, answer = ask({}, "POST", "/v1beta/properties/300100200:runReport", body)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"inListFilter": {"values": ["Japan", "France"]}}, {"Japan", "France"}),
        ({"stringFilter": {"matchType": "BEGINS_WITH", "value": "ja"}}, {"Japan"}),
        ({"stringFilter": {"matchType": "ENDS_WITH", "value": "Y", "caseSensitive": True}}, set()),
        (
            {"stringFilter": {"matchType": "CONTAINS", "value": "an", "caseSensitive": True}},
            {"Japan", "France", "Germany"},
        ),
        ({"stringFilter": {"matchType": "FULL_REGEXP", "value": "a.*a"}}, {"Austria"}),
    ],
)
def test_filters_keep_what_they_say(expression: dict[str, Any], expected: set[str]) -> None:
    rule = {"filter": {"fieldName": "country", **expression}}
    body = {
        "dateRanges": [{"startDate": "7daysAgo", "endDate": "yesterday"}],
        "metrics": [{"name": "sessions"}],
        "dimensions": [{"name": "country"}],
    }
    path, everything = "/v1beta/properties/300100200:runReport", {"Germany", "Austria", "France", "Japan"}
    for given, countries in (
        (rule, expected),
        ({"notExpression": rule}, everything - expected),
        ({"orGroup": {"expressions": [rule]}}, expected),
    ):
        _, answer = ask({}, "POST", path, {**body, "dimensionFilter": given})
        assert {row["dimensionValues"][0]["value"] for row in answer.get("rows", [])} == countries


def test_unknown_addresses_and_tokens_are_refused_in_googles_shape() -> None:
    assert ask({}, "GET", "/v1beta/nothing")[1]["error"]["status"] == "NOT_FOUND"
    assert ask({}, "GET", "/v1beta/properties/1/metadata")[1]["error"]["status"] == "PERMISSION_DENIED"
    assert ask({}, "GET", "/v1beta/accountSummaries", pageToken="x")[0] == 400
    BEARER_NONE = SandboxRequest(method="GET", path="/v1beta/accountSummaries", query={}, headers={}, body=b"")
    assert Sandbox({}, lambda: NOW).respond(BEARER_NONE).status == 401


def test_a_fault_set_before_the_first_call_leaves_the_seed_whole(bench: Bench) -> None:
    state: dict[str, Any] = {"_fault": {"kind": Fault.RATE_LIMIT.value, "left": 1}}
    status, answer = ask(state, "GET", "/v1beta/accountSummaries")
    assert (status, answer["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert ask(state, "GET", "/v1beta/accountSummaries")[0] == 200
    assert set(PEOPLE) > {"owner", "viewer"}


def test_tokens_of_an_hour_run_out(bench: Bench, analytics: GoogleAnalytics) -> None:
    analytics.identify()
    [token] = bench.state.read()["tokens"]
    bench.moment = NOW + timedelta(hours=2)
    late = bench.open({"service_account": "", "access_token": token})
    with pytest.raises(Exception, match="sign-in"):
        late.identify()  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------ Google's SDK


@pytest.fixture
def served(bench: Bench) -> Iterator[str]:
    """The stand-in over HTTP: host and port. The SDK's calls come without our path, so it is put before them."""
    from providers.kit.registry import Registry

    application = SandboxApplication(Registry({bench.entry.id: bench.entry}), lambda: NOW)

    def below(environ: dict[str, Any], start_response: Any) -> Any:
        environ["PATH_INFO"] = f"/{bench.entry.id}{environ['PATH_INFO']}"
        return application(environ, start_response)

    class Quiet(WSGIRequestHandler):
        def log_message(self, *words: Any) -> None:
            """Says nothing in the tests' output."""

    server = make_server("127.0.0.1", 0, below, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_googles_own_sdk_reads_reports_of_the_stand_in(served: str, analytics: GoogleAnalytics) -> None:
    data = importlib.import_module("google.analytics.data_v1beta")
    from google.analytics.data_v1beta.services.beta_analytics_data.transports import BetaAnalyticsDataRestTransport
    from google.oauth2.credentials import Credentials

    transport = BetaAnalyticsDataRestTransport(
        host=served, credentials=Credentials(token="ya29.sandbox-owner"), url_scheme="http"
    )
    client = data.BetaAnalyticsDataClient(transport=transport)
    asked = data.RunReportRequest(
        property="properties/300100200",
        date_ranges=[data.DateRange(start_date="7daysAgo", end_date="yesterday")],
        dimensions=[data.Dimension(name="country")],
        metrics=[data.Metric(name="activeUsers")],
        return_property_quota=True,
    )
    told = client.run_report(asked)
    ours = analytics.report(
        ReportQuery(
            start=NOW.date() - timedelta(days=7),
            end=NOW.date() - timedelta(days=1),
            metrics=("activeUsers",),
            dimensions=("country",),
        )
    )
    theirs = tuple((row.dimension_values[0].value, int(row.metric_values[0].value)) for row in told.rows)
    assert theirs == ours.rows
    assert told.property_quota.tokens_per_day.remaining > 0
    realtime = client.run_realtime_report(
        data.RunRealtimeReportRequest(property="properties/300100200", metrics=[data.Metric(name="activeUsers")])
    )
    assert realtime.kind == "analyticsData#runRealtimeReport"
    assert "activeUsers" in {
        one.api_name for one in client.get_metadata(name="properties/300100200/metadata").metrics
    }
    assert analytics.connection.environment is Environment.SANDBOX
