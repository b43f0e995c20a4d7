"""Events, imports, profiles and identities: what is sent, what is refused, what is never sent twice."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from providers.kit import errors
from providers.kit.http import Answer
from providers.kit.testing import NOW
from providers.kit.transport import Limits, NoAnswer
from providers.kit.vocabulary.analytics import PersonProfile, ReportQuery, TrackedEvent

from .. import sandbox_ingest
from ..events import MAX_BATCH_BYTES, batches, insert_id, prepare
from ..sandbox import READ_ONLY
from .conftest import MixpanelBench

YESTERDAY = NOW - timedelta(days=1)


def sent(bench: MixpanelBench) -> list[dict[str, Any]]:
    """The JSON of the last call, whatever it was packed in."""
    call = bench.transport.calls[-1]
    body = call.body.encode() if isinstance(call.body, str) else call.body
    assert isinstance(body, bytes)
    if call.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    if call.headers["Content-Type"].startswith("application/x-www-form-urlencoded"):
        body = parse_qs(body.decode())["data"][0].encode()
    found: list[dict[str, Any]] = json.loads(body)
    return found


class Lost:
    """The way out that takes a request and never answers."""

    host_label = "lost"

    def __init__(self) -> None:
        self.asked = 0

    def exchange(self, request: requests.PreparedRequest, limits: Limits) -> requests.Response:
        self.asked += 1
        raise NoAnswer("The connection to the service broke off.", code="no_connection", detail="")


def test_an_event_carries_token_person_moment_and_its_own_id(bench: MixpanelBench) -> None:
    event = TrackedEvent(name="Paid", person="ada", properties={"token": "x", "at": NOW}, id="a-1", session="s1")
    result = bench.open().track([event])
    assert (result.accepted, result.confirmed) == (1, None)
    (body,) = sent(bench)
    assert body["event"] == "Paid"
    assert body["properties"] == {
        "token": bench.open().configuration["project_token"],
        "distinct_id": "ada",
        "time": round(NOW.timestamp() * 1000),
        "$insert_id": "a-1",
        "session_id": "s1",
        "at": "2026-11-23T12:00:00+00:00",
    }


def test_odd_values_are_written_as_json_has_them(bench: MixpanelBench) -> None:
    properties = {"price": Decimal("1.50"), "day": date(2026, 1, 2), "tags": {"b", "a"}, "more": {"x": [1, None]}}
    bench.open().track([TrackedEvent(name="A", person="p", properties=properties)])
    (body,) = sent(bench)
    assert {name: body["properties"][name] for name in properties} == {
        "price": 1.5,
        "day": "2026-01-02",
        "tags": ["a", "b"],
        "more": {"x": [1, None]},
    }


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (TrackedEvent(name=" ", person="p"), "name"),
        (TrackedEvent(name="A", person="undefined"), "person"),
        (TrackedEvent(name="A", person="p", occurred_at=NOW - timedelta(days=6)), "occurred_at"),
        (TrackedEvent(name="A", person="p", occurred_at=NOW + timedelta(hours=2)), "occurred_at"),
        (TrackedEvent(name="A", person="p", properties={"x": object()}), "properties"),
        (TrackedEvent(name="A", person="p", properties={"x": "\ud800"}), "properties"),
        (TrackedEvent(name="A", person="p", properties={"x": "y" * 1_000_000}), "properties"),
        (TrackedEvent(name="A", person="p", properties={f"p{n}": n for n in range(255)}), "properties"),
        (TrackedEvent(name="A", person="p", properties={"x": list(range(255))}), "properties"),
    ],
)
def test_what_mixpanel_would_drop_silently_is_said_before_and_not_sent(
    bench: MixpanelBench, event: TrackedEvent, field: str
) -> None:
    provider = bench.open()
    good = TrackedEvent(name="Good", person="p")
    (problem,) = provider.check_events([good, event])
    assert (problem.index, problem.field) == (1, field)
    assert not bench.transport.calls
    result = provider.track([good, event])
    assert (result.accepted, result.problems) == (1, (problem,))
    assert [one["event"] for one in sent(bench)] == ["Good"]


def test_nothing_is_sent_when_every_event_has_a_problem(bench: MixpanelBench) -> None:
    assert bench.open().track([TrackedEvent(name="", person="p")]).accepted == 0
    assert not bench.transport.calls


def test_without_a_token_the_field_is_named(bench: MixpanelBench) -> None:
    provider = bench.open({"project_token": ""})
    with pytest.raises(errors.InvalidConfiguration) as caught:
        provider.track([TrackedEvent(name="A", person="p")])
    assert caught.value.field == "project_token"


def test_events_of_a_wrong_token_are_taken_and_lost_as_at_the_vendor(bench: MixpanelBench) -> None:
    provider = bench.open({"project_token": "f" * 32})
    assert provider.track([TrackedEvent(name="Lost", person="p")]).accepted == 1
    assert not [one for one in bench.state.read()["events"] if one[0] == "Lost"]


def test_more_than_two_thousand_events_go_in_several_calls(bench: MixpanelBench) -> None:
    events = [TrackedEvent(name="A", person=f"p{n}", occurred_at=YESTERDAY) for n in range(2003)]
    rows, _ = prepare(events, token="t", now=NOW, past=True)
    assert [len(batch) for batch in batches(rows)] == [2000, 3]


def test_a_long_import_goes_in_several_calls_and_is_added_up(bench: MixpanelBench) -> None:
    events = [
        TrackedEvent(name="A", person="null" if n == 2001 else f"p{n}", occurred_at=YESTERDAY) for n in range(2003)
    ]
    result = bench.open().import_events(events)
    assert len(bench.transport.calls) == 2
    assert result.accepted == 2002
    assert [one.index for one in result.problems] == [2001]


def test_no_call_is_larger_than_ten_megabytes() -> None:
    events = [TrackedEvent(name="A", person=f"p{n}", properties={"x": "y" * 900_000}) for n in range(25)]
    rows, problems = prepare(events, token="t", now=NOW, past=False)
    assert not problems
    parts = list(batches(rows))
    assert sum(len(part) for part in parts) == 25
    assert all(sum(len(row.data) + 1 for row in part) + 1 <= MAX_BATCH_BYTES for part in parts)
    assert len(parts) == 3


def test_an_import_is_compressed_strict_and_confirmed(bench: MixpanelBench) -> None:
    result = bench.open().import_events([TrackedEvent(name="A", person="p", occurred_at=YESTERDAY)])
    assert (result.accepted, result.confirmed, result.problems) == (1, True, ())
    call = bench.transport.calls[-1]
    assert call.path_url == "/import?strict=1&project_id=3187769"
    assert call.headers["Content-Encoding"] == "gzip"


def test_refused_rows_are_told_by_their_place_in_what_was_given(bench: MixpanelBench) -> None:
    events = [
        TrackedEvent(name="", person="p", occurred_at=YESTERDAY),
        TrackedEvent(name="A", person="p", occurred_at=YESTERDAY),
        TrackedEvent(name="A", person="null", occurred_at=YESTERDAY),
        TrackedEvent(name="A", person="q"),
        TrackedEvent(name="A", person="anon", occurred_at=YESTERDAY),
        TrackedEvent(name="A", person="r", occurred_at=datetime(1970, 1, 2, tzinfo=UTC)),
        TrackedEvent(name="A", person="q", occurred_at=YESTERDAY),
    ]
    result = bench.open().import_events(events)
    assert result.accepted == 2
    assert [(one.index, one.field) for one in result.problems] == [
        (0, "name"),
        (2, "person"),
        (3, "occurred_at"),
        (4, "person"),
        (5, "occurred_at"),
    ]
    assert all(one.message for one in result.problems)


def test_an_import_asked_for_twice_counts_once(bench: MixpanelBench) -> None:
    events = [
        TrackedEvent(name="A", person="p", properties={"n": n}, occurred_at=YESTERDAY, id=mark)
        for n, mark in enumerate(("order_17/a", "", ""))
    ]
    before = len(bench.open().import_events(events).problems)
    kept = len(bench.state.read()["events"])
    assert bench.open().import_events(events).accepted == 3
    assert (before, len(bench.state.read()["events"])) == (0, kept)


@pytest.mark.parametrize(
    ("given", "stays"),
    [("a-1", True), ("A" * 36, True), ("A" * 37, False), ("order_1", False), ("none", False), ("0", False)],
)
def test_an_id_that_mixpanel_does_not_take_is_replaced_by_one_made_of_it(given: str, *, stays: bool) -> None:
    made = insert_id(TrackedEvent(name="A", person="p", id=given), 1)
    assert made == insert_id(TrackedEvent(name="B", person="q", id=given), 2)
    assert (made == given) is stays
    assert len(made) <= 36
    assert made.replace("-", "").isalnum()


def test_events_without_an_id_are_known_by_their_content_or_else_each_is_new() -> None:
    dated = TrackedEvent(name="A", person="p", occurred_at=YESTERDAY, properties={"a": 1, "b": 2})
    turned = TrackedEvent(name="A", person="p", occurred_at=YESTERDAY, properties={"b": 2, "a": 1})
    assert insert_id(dated, 1) == insert_id(turned, 1) != insert_id(dated, 2)
    fresh = TrackedEvent(name="A", person="p")
    assert insert_id(fresh, 1) != insert_id(fresh, 1)


def test_an_import_needs_a_service_account_that_may(bench: MixpanelBench) -> None:
    events = [TrackedEvent(name="A", person="p", occurred_at=YESTERDAY)]
    with pytest.raises(errors.InvalidConfiguration) as caught:
        bench.open({"service_account_username": ""}).import_events(events)
    assert caught.value.field == "service_account_username"
    with pytest.raises(errors.PermissionMissing):
        bench.open({"service_account_username": READ_ONLY}).import_events(events)


def test_profiles_are_sent_as_one_mixed_batch_and_counting_apart(bench: MixpanelBench) -> None:
    profile = PersonProfile(
        person="ada", set={"a": 1}, set_once={"b": 2}, add={"c": 3}, union={"d": "xy"}, remove=("e",)
    )
    assert bench.open().update_people([profile]).accepted == 1
    assert len(bench.transport.calls) == 2
    assert [next(name for name in one if name not in ("$token", "$distinct_id")) for one in sent(bench)] == ["$add"]
    kept = bench.state.read()["people"]["ada"]
    assert kept == {"a": 1, "b": 2, "c": 3, "d": ["xy"]}


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        (PersonProfile(person="", set={"a": 1}), "person"),
        (PersonProfile(person="unknown", set={"a": 1}), "person"),
        (PersonProfile(person="p"), "set"),
        (PersonProfile(person="p", set={"a": object()}), "set"),
        (PersonProfile(person="p", add={"a": True}), "add"),
    ],
)
def test_a_profile_that_cannot_be_sent_is_told(bench: MixpanelBench, profile: PersonProfile, field: str) -> None:
    result = bench.open().update_people([profile])
    assert (result.accepted, [one.field for one in result.problems]) == (0, [field])
    assert not bench.transport.calls


def test_a_groups_profile_cannot_count_up(bench: MixpanelBench) -> None:
    result = bench.open().update_groups("company", [PersonProfile(person="studio", add={"seats": 1})])
    assert [one.field for one in result.problems] == ["add"]
    with pytest.raises(errors.InvalidRequest):
        bench.open().update_groups(" ", [PersonProfile(person="studio", set={"seats": 1})])


def test_counting_up_is_never_repeated_and_its_outcome_is_called_unknown(bench: MixpanelBench) -> None:
    lost: Any = Lost()
    bench.transport = lost
    with pytest.raises(errors.OutcomeUnknown):
        bench.open().update_people([PersonProfile(person="ada", add={"orders": 1})])
    assert lost.asked == 1


def test_an_answer_of_zero_is_a_refusal_with_the_vendors_words(bench: MixpanelBench) -> None:
    client = bench.open().client
    with pytest.raises(errors.InvalidRequest, match="data, missing or empty"):
        client.track([b'{"event": "A", "properties": {}}'])


@pytest.mark.parametrize("content", [b"1", b'{"status": 1, "error": null}', b'{"status": 1, "more": [1]}'])
def test_taken_is_read_as_text_and_as_an_object(bench: MixpanelBench, content: bytes) -> None:
    bench.open().client._taken(Answer(status=200, headers={}, content=content, elapsed_ms=1))


@pytest.mark.parametrize("content", [b"true", b'"1"', b"{}", b'{"status": [1]}', b"7", b"null", b"<html>"])
def test_anything_else_is_unexpected(bench: MixpanelBench, content: bytes) -> None:
    with pytest.raises(errors.UnexpectedResponse):
        bench.open().client._taken(Answer(status=200, headers={}, content=content, elapsed_ms=1))


@pytest.mark.parametrize(
    ("configuration", "other", "expected"),
    [
        ({}, "visitor", ("/track", "$identify")),
        ({"identity_merge": "original"}, "3f2504e0-4f89-41d3-9a0c-0305e82c3301", ("/track", "$identify")),
        ({"identity_merge": "original"}, "visitor", ("/import", "$merge")),
        ({"identity_merge": "original", "service_account_secret": ""}, "visitor", ("/track", "$create_alias")),
    ],
)
def test_two_ids_are_joined_in_the_projects_own_way(
    bench: MixpanelBench, configuration: dict[str, str], other: str, expected: tuple[str, str]
) -> None:
    bench.open(configuration).merge_identities("ada", other)
    path = bench.transport.calls[-1].path_url.partition("?")[0]
    assert (path, sent(bench)[0]["event"]) == expected
    assert bench.state.read()["aliases"] == {other: "ada"}


def test_a_merge_that_mixpanel_refuses_is_told(bench: MixpanelBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_ingest, "_wrong", lambda *_: ("properties", "already merged"))
    with pytest.raises(errors.InvalidRequest, match="already merged"):
        bench.open({"identity_merge": "original"}).merge_identities("ada", "bob")


@pytest.mark.parametrize(("person", "other"), [("", "b"), ("a", " "), ("a", "a"), ("a", "null")])
def test_joining_needs_two_different_ids(bench: MixpanelBench, person: str, other: str) -> None:
    with pytest.raises(errors.InvalidRequest):
        bench.open().merge_identities(person, other)
    assert not bench.transport.calls


def test_joined_ids_count_as_one_person_in_reports(bench: MixpanelBench) -> None:
    provider = bench.open()
    provider.track([TrackedEvent(name="Joined", person=one) for one in ("ada", "$device:visitor")])
    today = NOW.date()
    query = ReportQuery(start=today, end=today, metrics=("Joined", "unique:Joined"))
    assert provider.report(query).rows == ((2, 2),)
    provider.merge_identities("ada", "$device:visitor")
    assert provider.report(query).rows == ((2, 1),)
