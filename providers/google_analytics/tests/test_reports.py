"""Reports, funnels and errors: what is asked, what is read, and what becomes of odd answers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from providers.kit import errors as kit_errors
from providers.kit.errors import InvalidRequest, ProviderError, QuotaExceeded, UnexpectedResponse
from providers.kit.http import Answer
from providers.kit.testing import Bench
from providers.kit.tokens import MemoryTokens, Token
from providers.kit.vocabulary.analytics import FunnelQuery, ReportQuery

from .. import funnels, reports
from ..errors import error_from
from ..provider import GoogleAnalytics

QUERY = ReportQuery(start=date(2026, 11, 1), end=date(2026, 11, 7), metrics=("activeUsers",), dimensions=("country",))
FUNNEL = FunnelQuery(steps=("page_view", "purchase"), start=date(2026, 11, 1), end=date(2026, 11, 7), within_days=2)
ERRORS = json.loads((Path(__file__).parents[1] / "fixtures" / "errors.json").read_text(encoding="utf-8"))["cases"]


def test_the_published_report_is_asked_for_and_read(published: Callable[[str], Any]) -> None:
    documented = published("fixtures/google_analytics/documented.json")
    asked = reports.request_of(replace(QUERY, start=date(2025, 1, 1), end=date(2025, 2, 1)))
    assert documented["runReport_request"].items() <= asked.items()
    report = reports.report_of(documented["runReport_response"])
    assert report.rows == (("Japan", 2541), ("France", 12))
    assert [(one.name, one.label, one.kind) for one in report.columns] == [
        ("country", "Country", "text"),
        ("activeUsers", "Active users", "number"),
    ]
    assert (report.total_rows, report.next_offset) == (2, None)


def test_the_published_errors_become_ours(published: Callable[[str], Any]) -> None:
    documented = published("fixtures/google_analytics/documented.json")
    for status, expected in ((401, "AuthenticationFailed"), (403, "PermissionMissing"), (429, "QuotaExceeded")):
        made = error_from(answer(status, documented[f"error_{status}"]))
        assert type(made).__name__ == expected


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: f"{case['status']}-{case['error']}")
def test_each_error_is_named_for_what_happens_next(case: dict[str, Any]) -> None:
    made = error_from(answer(case["status"], case["body"]))
    assert type(made) is getattr(kit_errors, case["error"])
    assert made.fix
    assert made.status == case["status"]
    for name in ("permission", "field"):
        if name in case:
            assert getattr(made, name) == case[name]


def test_googles_words_never_carry_a_token() -> None:
    leaky = {"error": {"message": "ya29.a0-secret and api_secret=abc and 1//refresh", "status": "INVALID_ARGUMENT"}}
    assert str(error_from(answer(400, leaky))).count("[hidden]") == 3


def test_int64_are_written_as_text_and_filters_joined() -> None:
    body = reports.request_of(replace(QUERY, filters={"country": "Japan", "city": "Osaka"}, limit=7, offset=14))
    assert (body["limit"], body["offset"], body["returnPropertyQuota"]) == ("7", "14", True)
    names = [one["filter"]["fieldName"] for one in body["dimensionFilter"]["andGroup"]["expressions"]]
    assert names == ["country", "city"]
    ordered = reports.request_of(replace(QUERY, order_by="country", descending=False))
    assert ordered["orderBys"] == [{"dimension": {"dimensionName": "country"}, "desc": False}]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"end": date(2026, 10, 1)}, "end"),
        ({"metrics": ()}, "metrics"),
        ({"metrics": tuple("abcdefghijk")}, "metrics"),
        ({"dimensions": tuple("abcdefghij")}, "dimensions"),
        ({"limit": 0}, "limit"),
        ({"limit": 250_001}, "limit"),
        ({"offset": -1}, "limit"),
        ({"order_by": "city"}, "order_by"),
    ],
)
def test_what_google_never_takes_is_not_asked(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        reports.request_of(replace(QUERY, **change))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"steps": ()}, "steps"),
        ({"steps": ("a", "")}, "steps"),
        ({"steps": tuple("abcdefghijk")}, "steps"),
        ({"end": date(2026, 10, 1)}, "end"),
        ({"within_days": 0}, "within_days"),
    ],
)
def test_an_impossible_funnel_is_not_asked(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        funnels.request_of(replace(FUNNEL, **change))
    assert caught.value.field == field


def test_a_funnel_is_closed_and_each_step_has_its_time() -> None:
    asked = funnels.request_of(FUNNEL)["funnel"]
    assert asked["isOpenFunnel"] is False
    assert "withinDurationFromPriorStep" not in asked["steps"][0]
    assert asked["steps"][1]["withinDurationFromPriorStep"] == "172800s"


def test_a_funnel_is_read_by_the_headers_and_missing_steps_are_empty() -> None:
    body = {
        "funnelTable": {
            "metricHeaders": [{"name": "funnelStepCompletionRate"}, {"name": "activeUsers"}, {"name": "activeUsers"}],
            "rows": [
                {"dimensionValues": [{"value": "2. b"}], "metricValues": [{"value": "0"}, {"value": "3"}]},
                {"dimensionValues": [{"value": "1. a"}], "metricValues": [{"value": "0.25"}, {"value": "12"}]},
                {"dimensionValues": [{"value": "9. z"}], "metricValues": [{"value": "0.25"}, {"value": "12"}]},
            ],
        }
    }
    steps = funnels.steps_of(body, ("a", "b", "c"))
    assert [(one.name, one.people, one.share) for one in steps] == [("a", 12, 1.0), ("b", 3, 0.25), ("c", 0, 0.0)]
    with pytest.raises(UnexpectedResponse):
        funnels.steps_of({"funnelTable": None}, ("a",))


def test_what_google_left_out_is_told() -> None:
    note = reports.note_of(
        {
            "metadata": {
                "samplingMetadatas": [{"samplesReadCount": "1000", "samplingSpaceSize": "20000"}],
                "subjectToThresholding": True,
                "dataLossFromOtherRow": True,
                "dataTruncationReasons": [{"dataTruncationMessage": "Cut at 14 months."}],
                "schemaRestrictionResponse": {"activeMetricRestrictions": [{"metricName": "totalRevenue"}]},
            },
            "propertyQuota": {"tokensPerDay": {"remaining": 1234}, "tokensPerHour": {"remaining": 99}},
        }
    )
    for words in (
        "1,000 of 20,000",
        "small figures",
        "(other)",
        "14 months",
        "totalRevenue",
        "1,234 today, 99 this hour",
    ):
        assert words in note


@pytest.mark.parametrize(
    ("value", "expected"), [("12", 12), ("0.5", 0.5), ("", 0), (None, 0), ("nan", 0), ("1e99", 0), ([], 0), (3, 3)]
)
def test_figures_are_numbers_whatever_comes(value: Any, expected: float) -> None:
    assert reports.number_of(value) == expected


def test_an_unknown_metric_is_told_by_its_name(analytics: GoogleAnalytics) -> None:
    with pytest.raises(InvalidRequest) as caught:
        analytics.report(replace(QUERY, metrics=("visitors",)))
    assert caught.value.field == "visitors"


def test_a_used_up_quota_is_not_mere_haste(bench: Bench) -> None:
    busy = bench.open({"property_id": "300100400"})
    assert isinstance(busy, GoogleAnalytics)
    with pytest.raises(QuotaExceeded):
        busy.report(QUERY)


# ------------------------------------------------------------------------------------- odd answers


def verbs(provider: GoogleAnalytics) -> dict[str, Callable[[], object]]:
    return {
        "identify": provider.identify,
        "properties": provider.properties,
        "metrics": provider.metrics,
        "report": lambda: provider.report(QUERY),
        "realtime": provider.realtime,
        "arrived": lambda: provider.arrived("page_view"),
        "funnel": lambda: provider.funnel(FUNNEL),
    }


VERBS = ("identify", "properties", "metrics", "report", "realtime", "arrived", "funnel")


@pytest.mark.parametrize("odd", [None, 7, [], "odd"], ids=repr)
@pytest.mark.parametrize("verb", VERBS)
def test_no_odd_part_of_an_answer_raises_anything_but_ours(bench: Bench, verb: str, odd: Any) -> None:
    bench.transport.description = None
    recorded, tokens = Recorded(bench), MemoryTokens(Token(access_token=""))
    verbs(provider_of(bench, tokens))[verb]()
    for path, body in list(recorded.bodies.items()):
        kept = MemoryTokens(Token(access_token="")) if path == "/token" else tokens
        for changed in changes(trimmed(body), odd):
            recorded.instead = {path: changed}
            with suppress(ProviderError):
                verbs(provider_of(bench, kept))[verb]()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"7", b'"x"', b"<html>", b'{"a":', b"\xff\xfe"])
@pytest.mark.parametrize("verb", ["identify", "report", "funnel", "metrics", "realtime", "properties"])
def test_bodies_that_are_no_object_are_told(bench: Bench, verb: str, body: bytes) -> None:
    original = bench.transport.exchange
    bench.transport.description = None

    def exchange(request: requests.PreparedRequest, limits: Any) -> requests.Response:
        response = original(request, limits)
        if request.path_url != "/token":
            response._content = body
        return response

    bench.transport.exchange = exchange  # type: ignore[method-assign]
    with pytest.raises(UnexpectedResponse) as caught:
        verbs(provider_of(bench))[verb]()
    assert caught.value.fix


def provider_of(bench: Bench, tokens: MemoryTokens | None = None) -> GoogleAnalytics:
    provider = bench.open(tokens=tokens)
    assert isinstance(provider, GoogleAnalytics)
    return provider


class Recorded:
    """Answers as the stand-in did the first time, but for those in `instead`."""

    def __init__(self, bench: Bench) -> None:
        self.bodies: dict[str, Any] = {}
        self.instead: dict[str, Any] = {}
        self._original = bench.transport.exchange
        bench.transport.exchange = self.exchange  # type: ignore[method-assign]

    def exchange(self, request: requests.PreparedRequest, limits: Any) -> requests.Response:
        path = request.path_url
        if path not in self.bodies:
            response = self._original(request, limits)
            self.bodies[path] = response.json() if response.ok else None
            return response
        response = requests.Response()
        response.status_code = 200
        response.url = request.url or ""
        response._content = json.dumps(self.instead.get(path, self.bodies[path])).encode()
        return response


def trimmed(body: Any) -> Any:
    """Two of each list: the others are of the same shape."""
    if isinstance(body, dict):
        return {name: trimmed(value) for name, value in body.items()}
    return [trimmed(one) for one in body[:2]] if isinstance(body, list) else body


def changes(body: Any, odd: Any) -> Iterator[Any]:
    """The body with each of its parts replaced, one at a time."""
    for path in parts(body):
        changed = copy.deepcopy(body)
        if not path:
            yield odd
            continue
        holder = changed
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = odd
        yield changed


def parts(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in inside:
        yield from parts(value, (*path, key))


def answer(status: int, body: Any) -> Answer:
    return Answer(status=status, headers={}, content=json.dumps(body).encode(), elapsed_ms=1.0)
