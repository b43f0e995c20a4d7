"""What is kept back with a reason, how the rest is written, and that nothing is sent twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from providers.kit.errors import InvalidRequest, OutcomeUnknown, ProviderError, Unavailable
from providers.kit.faults import Fault, set_fault
from providers.kit.testing import NOW, Bench
from providers.kit.vocabulary.analytics import TrackedEvent

from ..event_rules import MAX_BODY_BYTES, problems_of
from ..payloads import payloads_of, size_of
from ..provider import GoogleAnalytics


def event(name: str = "order_placed", **properties: Any) -> TrackedEvent:
    return TrackedEvent(name=name, person="1.2", properties=properties)


def fields(one: TrackedEvent, edition: str = "standard") -> list[str]:
    return [field for field, _ in problems_of(one, NOW, edition=edition)]


@pytest.mark.parametrize(
    "name",
    [
        *("", "1st", "with space", "größe", "ga_x", "google_x", "firebase_x", "_x", "GA_x", "a" * 41, "a-b", "a.b"),
        *("app_update", "session_start", "first_visit", "in_app_purchase"),
    ],
)
def test_a_name_that_google_would_drop_is_told(name: str) -> None:
    assert fields(event(name))[:1] == ["name"]


@pytest.mark.parametrize("name", ["a", "a" * 40, "Order_Placed_2", "purchase", "page_view", "gaming"])
def test_a_good_name_passes(name: str) -> None:
    assert fields(event(name)) == []


@pytest.mark.parametrize(
    ("properties", "field"),
    [
        ({"ga_x": 1}, "properties.ga_x"),
        ({"a b": 1}, "properties.a b"),
        ({"a" * 41: 1}, "properties." + "a" * 41),
        ({"firebase_conversion": 1}, "properties.firebase_conversion"),
        ({"text": "x" * 101}, "properties.text"),
        ({"page_title": "x" * 301}, "properties.page_title"),
        ({"page_referrer": "x" * 421}, "properties.page_referrer"),
        ({"page_location": "x" * 1001}, "properties.page_location"),
        ({"list": [1]}, "properties.list"),
        ({"figure": float("nan")}, "properties.figure"),
        ({"figure": float("inf")}, "properties.figure"),
        ({"value": 3}, "properties.currency"),
        ({"currency": "EUR"}, "properties.value"),
        ({"value": "3", "currency": "EUR"}, "properties.value"),
        ({"value": 3, "currency": "euro"}, "properties.currency"),
        ({"items": []}, "properties.items"),
        ({"items": "x"}, "properties.items"),
        ({"items": ["x"]}, "properties.items.0"),
        ({"items": [{"price": 1}]}, "properties.items.0"),
        ({"items": [{"item_id": "a", "price": "1"}]}, "properties.items.0.price"),
        ({"items": [{"item_id": "a", "ga_x": 1}]}, "properties.items.0.ga_x"),
        ({"items": [{"item_id": "a", "currency": "eur"}]}, "properties.items.0.currency"),
        ({"items": [{"item_id": "a"}] * 201}, "properties.items"),
        ({f"p{number}": 1 for number in range(24)}, "properties"),
        ({"user_id": "x" * 257}, "properties.user_id"),
        ({"user_id": 7}, "properties.user_id"),
        ({"user_properties": 7}, "properties.user_properties"),
        ({"user_properties": {"a" * 25: 1}}, "properties.user_properties." + "a" * 25),
        ({"user_properties": {"plan": "x" * 37}}, "properties.user_properties.plan"),
        ({"user_properties": {"first_open_time": 1}}, "properties.user_properties.first_open_time"),
        ({"user_properties": {f"p{number}": 1 for number in range(26)}}, "properties.user_properties"),
    ],
)
def test_each_limit_is_told_by_the_field(properties: dict[str, Any], field: str) -> None:
    assert fields(event(**properties)) == [field]


def test_what_is_just_within_the_limits_passes() -> None:
    most = {f"p{number}": "x" * 100 for number in range(23)}
    assert fields(event(**most)) == []
    assert fields(event(page_title="x" * 300, page_location="x" * 1000, gone=None, flag=True, at=NOW)) == []
    assert fields(event(user_id="u", user_properties={"plan": "x" * 36})) == []


def test_the_360_edition_takes_longer_values() -> None:
    assert fields(event(text="x" * 500), edition="360") == []
    assert fields(event(text="x" * 501), edition="360") == ["properties.text"]


def test_old_events_and_events_of_nobody_are_told(analytics: GoogleAnalytics) -> None:
    young = TrackedEvent(name="call", person="1", occurred_at=NOW - timedelta(hours=72))
    naive = TrackedEvent(name="call", person="1", occurred_at=NOW.replace(tzinfo=None))
    old = TrackedEvent(name="call", person="1", occurred_at=NOW - timedelta(hours=72, seconds=1))
    nobody = TrackedEvent(name="call", person=" ")
    found = analytics.check_events([young, naive, old, nobody])
    assert [(one.index, one.field) for one in found] == [(2, "occurred_at"), (3, "person")]


def test_an_event_larger_than_a_call_is_told(analytics: GoogleAnalytics) -> None:
    items = [{f"note{number}": "x" * 90 for number in range(10)} | {"item_id": "a"} for _ in range(150)]
    found = analytics.check_events([event(items=items)])
    assert [one.message for one in found] == ["The event is larger than 130 kB."]


def test_checking_asks_nobody(bench: Bench, analytics: GoogleAnalytics) -> None:
    analytics.check_events([event(), event("ga_x")])
    assert bench.transport.calls == []


def test_our_rules_agree_with_the_published_cases(published: Callable[[str], Any]) -> None:
    documented = published("fixtures/google_analytics/documented.json")
    [login, purchase] = documented["mp_valid"]
    for payload in (login, purchase):
        [one] = payload["events"]
        assert fields(event(one["name"], **one["params"])) == []
    reserved = next(one for one in documented["mp_invalid"] if "reserved prefix" in one["why"])["payload"]["events"][
        0
    ]
    assert fields(event(reserved["name"], **reserved["params"])) == ["properties.ga_test"]


def test_events_are_written_with_session_and_engagement_so_that_realtime_shows_them() -> None:
    one = TrackedEvent(name="purchase", person="1.2", id="o-1", session="77", properties={"vip": True, "none": None})
    [payload] = payloads_of([(0, one)], NOW)
    assert payload.body == {
        "client_id": "1.2",
        "events": [
            {
                "name": "purchase",
                "params": {"vip": "true", "session_id": "77", "engagement_time_msec": 1, "transaction_id": "o-1"},
                "timestamp_micros": int(NOW.timestamp()) * 1_000_000,
            }
        ],
    }


def test_events_of_one_person_travel_together_25_at_a_time() -> None:
    people = ["a"] * 30 + ["b"]
    events = [(place, TrackedEvent(name="call", person=who)) for place, who in enumerate(people)]
    payloads = payloads_of(events, NOW)
    assert [(one.body["client_id"], len(one.body["events"])) for one in payloads] == [("a", 25), ("a", 5), ("b", 1)]
    assert [index for one in payloads for index in one.indexes] == list(range(31))


def test_user_properties_travel_beside_the_events() -> None:
    one = event(user_id="u-1", user_properties={"plan": "plus"})
    [payload] = payloads_of([(0, one), (1, one)], NOW)
    assert payload.body["user_id"] == "u-1"
    assert payload.body["user_properties"] == {"plan": {"value": "plus"}}
    assert "user_id" not in payload.body["events"][0]["params"]


def test_no_call_is_larger_than_130_kb() -> None:
    items = [{"item_id": "a", "item_name": "x" * 90} for _ in range(100)]
    payloads = payloads_of([(place, event(items=items)) for place in range(25)], NOW)
    assert len(payloads) > 1
    assert all(size_of(one.body) <= MAX_BODY_BYTES for one in payloads)


def test_events_with_problems_stay_here_and_the_others_go(bench: Bench, analytics: GoogleAnalytics) -> None:
    result = analytics.track([event("ga_x"), event("fine"), event("session_start")])
    assert (result.accepted, result.confirmed) == (1, None)
    assert [one.index for one in result.problems] == [0, 2]
    [call] = bench.transport.calls
    assert [one["name"] for one in json.loads(call.body or b"")["events"]] == ["fine"]


def test_nothing_to_send_makes_no_call(bench: Bench, analytics: GoogleAnalytics) -> None:
    assert analytics.track([event("ga_x")]).accepted == 0
    assert bench.transport.calls == []


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_refused_call_is_not_repeated(bench: Bench, analytics: GoogleAnalytics, status: int) -> None:
    answering(bench, [status])
    with pytest.raises(ProviderError) as caught:
        analytics.track([event()])
    assert caught.value.fix
    assert len(bench.transport.calls) == 1


def test_no_answer_means_that_nobody_knows(bench: Bench, analytics: GoogleAnalytics) -> None:
    answering(bench, [None])
    with pytest.raises(OutcomeUnknown):
        analytics.track([event()])
    assert len(bench.transport.calls) == 1


def test_a_later_call_that_fails_is_told_event_by_event(bench: Bench, analytics: GoogleAnalytics) -> None:
    answering(bench, [204, None])
    result = analytics.track([TrackedEvent(name="call", person=who) for who in ("a", "b", "c")])
    assert result.accepted == 1
    assert [(one.index, one.message.partition(":")[0]) for one in result.problems] == [
        (1, "Perhaps sent"),
        (2, "Not sent"),
    ]


def test_a_web_page_in_googles_place_is_noticed(bench: Bench, analytics: GoogleAnalytics) -> None:
    set_fault(bench.state.read(), Fault.GARBAGE)
    bench.transport.description = None
    with pytest.raises(ProviderError, match="web page"):
        analytics.track([event()])


def test_a_wrong_secret_is_taken_without_a_word_and_the_event_never_arrives(bench: Bench) -> None:
    wrong = bench.open({"api_secret": "sandboxMeasurement999"})
    assert isinstance(wrong, GoogleAnalytics)
    assert wrong.track([event("lost")]).accepted == 1
    assert not wrong.arrived("lost")


def test_arrival_cannot_be_asked_without_reading_access(bench: Bench) -> None:
    from providers.kit.errors import InvalidConfiguration

    provider = bench.open({"service_account": ""})
    assert isinstance(provider, GoogleAnalytics)
    with pytest.raises(InvalidConfiguration, match="send events, but not read") as caught:
        provider.arrived("call")
    assert caught.value.field == "service_account"
    assert not isinstance(caught.value, InvalidRequest | Unavailable)


def answering(bench: Bench, statuses: list[int | None]) -> None:
    """The next calls get these statuses; None is an answer that does not come."""
    from providers.kit.transport import Limits, NoAnswer

    left = list(statuses)

    def exchange(request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        bench.transport.calls.append(request)
        status = left.pop(0)
        if status is None:
            raise NoAnswer("No answer came.", code="timeout")
        response = requests.Response()
        response.status_code = status
        response._content = b""
        response.url = request.url or ""
        response.request = request
        return response

    bench.transport.exchange = exchange  # type: ignore[method-assign]
