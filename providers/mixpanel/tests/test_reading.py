"""Reports, funnels, saved reports and exports."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from providers.kit import errors
from providers.kit.http import Answer
from providers.kit.testing import NOW
from providers.kit.vocabulary.analytics import FunnelQuery, ReportQuery, TrackedEvent

from .. import exporting, sandbox_query
from ..exporting import events_of
from ..reports import expression, where
from .conftest import MixpanelBench

TODAY = NOW.date()
MONTH = TODAY - timedelta(days=29)


def test_a_report_over_days_has_every_day_even_without_anything(bench: MixpanelBench) -> None:
    query = ReportQuery(start=MONTH, end=TODAY, metrics=("Order placed",), dimensions=("date",))
    report = bench.open().report(query)
    assert [row[0] for row in report.rows] == sandbox_query.days(MONTH, TODAY)
    assert any(row[1] == 0 for row in report.rows)
    assert [one.kind for one in report.columns] == ["date", "number"]


def test_many_events_that_count_alike_cost_one_question(bench: MixpanelBench) -> None:
    metrics = ("Order placed", "Signed up", "Viewed page", "unique:Signed up")
    bench.open().report(ReportQuery(start=MONTH, end=TODAY, metrics=metrics, dimensions=("date",)))
    assert len(bench.transport.calls) == 2


def test_people_of_the_whole_time_are_not_the_sum_of_the_days(bench: MixpanelBench) -> None:
    provider = bench.open()
    days = [NOW - timedelta(days=n) for n in range(3)]
    provider.track([TrackedEvent(name="Came", person="ada", occurred_at=day) for day in days])
    whole = provider.report(ReportQuery(start=MONTH, end=TODAY, metrics=("unique:Came",)))
    assert whole.rows == ((1,),)
    by_day = provider.report(ReportQuery(start=MONTH, end=TODAY, metrics=("unique:Came",), dimensions=("date",)))
    assert sum(row[1] for row in by_day.rows) == 3  # type: ignore[misc]  # numbers
    assert "counted once for each day" in by_day.note


def test_an_event_that_never_happened_is_zero(bench: MixpanelBench) -> None:
    report = bench.open().report(ReportQuery(start=MONTH, end=TODAY, metrics=("Never", "unique:Never")))
    assert report.rows == ((0, 0),)


def test_a_report_is_split_by_a_property_and_the_largest_comes_first(bench: MixpanelBench) -> None:
    query = ReportQuery(start=MONTH, end=TODAY, metrics=("Viewed page",), dimensions=("country",), limit=3)
    first = bench.open().report(query)
    numbers = [row[1] for row in first.rows]
    assert numbers == sorted(numbers, reverse=True)  # type: ignore[type-var]  # numbers
    assert (first.total_rows, first.next_offset) == (4, 3)


def test_a_report_is_ordered_by_any_column(bench: MixpanelBench) -> None:
    query = ReportQuery(
        start=MONTH, end=TODAY, metrics=("Viewed page",), dimensions=("plan",), order_by="plan", descending=False
    )
    assert [row[0] for row in bench.open().report(query).rows] == ["basic", "plus", "studio"]


def test_filters_are_written_as_mixpanels_expressions() -> None:
    assert where({"plan": "plus", 'a"b': "c\\d"}) == (
        'properties["plan"] == "plus" and properties["a\\"b"] == "c\\\\d"'
    )
    assert expression("$os") == 'properties["$os"]'


@pytest.mark.parametrize(
    ("query", "error"),
    [
        (ReportQuery(start=TODAY, end=MONTH, metrics=("A",)), errors.InvalidRequest),
        (ReportQuery(start=MONTH, end=TODAY, metrics=()), errors.InvalidRequest),
        (ReportQuery(start=MONTH, end=TODAY, metrics=("unique:",)), errors.InvalidRequest),
        (ReportQuery(start=MONTH, end=TODAY, metrics=tuple("abcdefghijk")), errors.InvalidRequest),
        (ReportQuery(start=MONTH, end=TODAY, metrics=("A",), limit=0), errors.InvalidRequest),
        (ReportQuery(start=MONTH, end=TODAY, metrics=("A",), dimensions=("a", "b")), errors.Unsupported),
        (ReportQuery(start=MONTH, end=TODAY, metrics=("A",), order_by="x"), errors.InvalidRequest),
    ],
)
def test_a_report_that_cannot_be_made_says_why(
    bench: MixpanelBench, query: ReportQuery, error: type[errors.ProviderError]
) -> None:
    with pytest.raises(error) as caught:
        bench.open().report(query)
    assert caught.value.fix


def test_a_funnel_is_found_among_the_saved_ones_by_its_steps(bench: MixpanelBench) -> None:
    wanted = ("Viewed page", "Signed up", "Order placed")
    steps = bench.open().funnel(FunnelQuery(steps=wanted, start=MONTH, end=TODAY, within_days=7))
    assert [one.name for one in steps] == list(wanted)
    assert steps[0].share == 1
    assert steps[0].people >= steps[1].people >= steps[2].people
    assert steps[2].share == steps[2].people / steps[0].people
    assert all(one.median_seconds is None for one in steps)
    assert "length=7&length_unit=day" in bench.transport.calls[-1].path_url


def test_the_funnel_whose_name_mentions_the_steps_is_looked_at_first(bench: MixpanelBench) -> None:
    bench.open().funnel(FunnelQuery(steps=("Viewed page", "Signed up"), start=MONTH, end=TODAY))
    assert len(bench.transport.calls) == 2


def test_a_funnel_that_nobody_saved_says_so_and_what_to_do(bench: MixpanelBench) -> None:
    with pytest.raises(errors.Unsupported, match="only for saved funnels") as caught:
        bench.open().funnel(FunnelQuery(steps=("Order placed", "Signed up"), start=MONTH, end=TODAY))
    assert "save it" in caught.value.fix


def test_no_more_than_eight_funnels_are_looked_at(bench: MixpanelBench, monkeypatch: pytest.MonkeyPatch) -> None:
    many = tuple((number, f"Funnel {number}", ("A", "B")) for number in range(1, 30))
    monkeypatch.setattr(sandbox_query, "FUNNELS", many)
    with pytest.raises(errors.Unsupported, match="8 of 29"):
        bench.open().funnel(FunnelQuery(steps=("B", "A"), start=MONTH, end=TODAY))
    assert len(bench.transport.calls) == 9


@pytest.mark.parametrize(
    "query",
    [
        FunnelQuery(steps=("A",), start=MONTH, end=TODAY),
        FunnelQuery(steps=("A", "B"), start=TODAY, end=MONTH),
        FunnelQuery(steps=("A", "B"), start=MONTH, end=TODAY, within_days=91),
    ],
)
def test_a_funnel_that_cannot_be_asked_for_says_why(bench: MixpanelBench, query: FunnelQuery) -> None:
    with pytest.raises(errors.InvalidRequest):
        bench.open().funnel(query)
    assert not bench.transport.calls


def test_saved_reports_are_the_named_insights_reports_and_all_funnels(bench: MixpanelBench) -> None:
    provider = bench.open({"insights_reports": "75315985 Weekly, 75315990"})
    assert [(one.id, one.name) for one in provider.saved_reports()][:3] == [
        ("insights-75315985", "Weekly"),
        ("insights-75315990", "Insights report 75315990"),
        ("funnel-7509", "Viewed page to Signed up"),
    ]


@pytest.mark.parametrize(
    "report_id",
    [
        "75315985",
        "insights-75315985",
        "https://mixpanel.com/project/3187769/view/1/app/boards#id=12345&editor-card-id=%22report-75315985%22",
    ],
)
def test_an_insights_report_opens_by_number_and_by_its_pages_address(bench: MixpanelBench, report_id: str) -> None:
    report = bench.open().saved_report(report_id)
    assert [one.name for one in report.columns] == ["$event", "date", "value"]
    assert report.total_rows == 14
    assert report.note == "From 2026-11-17 to 2026-11-23, as the saved report says."


def test_a_split_insights_report_keeps_its_levels(bench: MixpanelBench) -> None:
    report = bench.open().saved_report("insights-75315990")
    assert [one.name for one in report.columns] == ["$event", "plan", "level_3", "value"]
    assert report.rows[0][:3] == ("Order placed", "$overall", "all")


@pytest.mark.parametrize("report_id", ["999", "funnel-1", "insights-x", "", "../../me"])
def test_a_report_that_is_not_there_is_not_found(bench: MixpanelBench, report_id: str) -> None:
    with pytest.raises(errors.NotFoundAtVendor):
        bench.open().saved_report(report_id)


def test_retention_counts_who_came_back(bench: MixpanelBench) -> None:
    provider = bench.open()
    for person, days in (("ada", (4, 3, 2)), ("bob", (4, 2))):
        provider.track([TrackedEvent(name="Came", person=person, occurred_at=NOW - timedelta(days=n)) for n in days])
    start = TODAY - timedelta(days=4)
    report = provider.retention(start=start, end=start, born_event="Came", event="Came", intervals=2)
    assert report.rows == ((start.isoformat(), 2, 0, 1, 2),)
    with pytest.raises(errors.InvalidRequest):
        provider.retention(start=start, end=start, unit="year")


# ------------------------------------------------------------------------------------------------------ export


def test_an_exported_event_is_what_was_imported(bench: MixpanelBench) -> None:
    event = TrackedEvent(
        name="Paid",
        person="ada",
        properties={"a": [1, "x"]},
        occurred_at=NOW - timedelta(days=2),
        id="i-1",
        session="s",
    )
    provider = bench.open()
    provider.import_events([event])
    (found,) = provider.export_events(start=TODAY - timedelta(days=2), end=TODAY, event="Paid")
    assert (found.name, found.person, found.id, found.session) == ("Paid", "ada", "i-1", "s")
    assert found.occurred_at == event.occurred_at
    assert found.properties["a"] == [1, "x"]


def test_small_answers_are_asked_for_more_days_at_once(bench: MixpanelBench) -> None:
    list(bench.open().export_events(start=TODAY - timedelta(days=364), end=TODAY))
    assert len(bench.transport.calls) < 20
    spans = [call.path_url for call in bench.transport.calls]
    assert spans == sorted(spans)


def test_heavy_answers_are_asked_for_fewer_days_at_once(
    bench: MixpanelBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_LIGHT", 500)
    monkeypatch.setattr(exporting, "_HEAVY", 600)
    found = [one.id for one in bench.open().export_events(start=MONTH, end=TODAY)]
    assert len(found) == len(set(found)) == len(bench.state.read()["events"])
    assert len(bench.transport.calls) > 10


def test_nothing_is_asked_before_the_first_event_is_taken(bench: MixpanelBench) -> None:
    events = bench.open().export_events(start=MONTH, end=TODAY)
    assert not bench.transport.calls
    next(events)
    asked = len(bench.transport.calls)
    next(events)
    assert len(bench.transport.calls) == asked


def test_an_answer_that_is_too_large_is_split_down_to_single_days(
    bench: MixpanelBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = bench.open()
    whole = {one.id for one in provider.export_events(start=MONTH, end=TODAY)}
    monkeypatch.setattr("providers.mixpanel.client.MAX_EXPORT_BYTES", 3000)
    found = [one.id for one in provider.export_events(start=MONTH, end=TODAY)]
    assert len(found) == len(set(found))
    assert set(found) == whole


def test_a_day_that_is_too_large_says_which_and_what_to_do(
    bench: MixpanelBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.mixpanel.client.MAX_EXPORT_BYTES", 100)
    with pytest.raises(errors.UnexpectedResponse, match="2026-11-2") as caught:
        list(bench.open().export_events(start=TODAY - timedelta(days=3), end=TODAY))
    assert "by its name" in caught.value.fix


def test_the_first_day_may_not_lie_after_the_last(bench: MixpanelBench) -> None:
    with pytest.raises(errors.InvalidRequest):
        list(bench.open().export_events(start=TODAY, end=MONTH))


@pytest.mark.parametrize(
    "content",
    [b"terminated early\n", b'{"event": "A"}\n', b'{"event": 1, "properties": {}}', b"[]", b'{"event": "A", "prop'],
)
def test_an_export_that_breaks_off_is_noticed(content: bytes) -> None:
    good = b'{"event": "A", "properties": {"time": 1602611311, "distinct_id": 7}}\n\n'
    events = events_of(Answer(status=200, headers={}, content=good + content, elapsed_ms=1))
    first = next(events)
    assert (first.person, first.occurred_at) == ("7", datetime(2020, 10, 13, 17, 48, 31, tzinfo=UTC))
    with pytest.raises(errors.UnexpectedResponse):
        next(events)


@pytest.mark.parametrize("value", [None, "soon", True, 1e40, -(10**30), [], {}])
def test_an_odd_moment_is_none(value: Any) -> None:
    assert exporting.moment_of(value) is None


def test_an_export_asks_for_one_event_as_a_list(bench: MixpanelBench) -> None:
    list(bench.open().export_events(start=date(2026, 11, 1), end=date(2026, 11, 1), event='say "hi"'))
    asked = parse_qs(urlsplit(bench.transport.calls[-1].path_url).query)
    assert json.loads(asked["event"][0]) == ['say "hi"']
    assert asked["time_in_ms"] == ["true"]
