"""What changed: complete, resumable weeks later, past 10,000 rows, also when a bulk edit stamps them all alike."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from providers.kit.errors import InvalidRequest, UnexpectedResponse
from providers.kit.testing import Bench
from providers.kit.vocabulary.crm import ContactValues

from ..positions import Position
from ..provider import HubSpot
from .answers import always
from .exercise import follow, pages


def generate(bench: Bench, count: int, *, per: int = 1) -> None:
    bench.state.read().update(generated=count, generated_per_ms=per)
    bench.transport.description = None  # thousands of rows: their shape is held elsewhere


def ids(found: list[Any]) -> list[str]:
    return [one.id for one in found]


@pytest.mark.parametrize("limit", [1, 7, 100, 200, 999])
def test_every_contact_comes_oldest_change_first(bench: Bench, limit: int) -> None:
    bench.transport.description = None
    found, _ = follow(bench.open().changed_contacts, limit=limit)
    assert sorted(ids(found), key=int) == ids(pages(bench.open().contacts))
    times = [one.updated_at for one in found]
    assert times == sorted(times)


@pytest.mark.parametrize("per", [1, 150, 200, 10_500])
def test_the_wall_at_10000_results_is_never_met(bench: Bench, per: int) -> None:
    generate(bench, 10_500, per=per)
    found, _ = follow(bench.open().changed_contacts, limit=200)
    assert len(found) == len(set(ids(found))) == 10_620
    bodies = [json.loads(call.body or b"") for call in bench.transport.calls]
    assert not any("after" in body for body in bodies)


def test_records_of_one_millisecond_come_in_the_order_of_ids(bench: Bench) -> None:
    generate(bench, 950, per=950)
    found, _ = follow(bench.open().changed_contacts, limit=100)
    same = [int(one.id) for one in found if int(one.id) >= 50_000_000_000]
    assert same == sorted(same)
    assert len(same) == 950


def test_changed_and_archived_ones_of_a_large_account_are_followed(bench: Bench) -> None:
    generate(bench, 400, per=7)
    hubspot: Any = bench.open()
    everyone = pages(hubspot.contacts)
    assert len(everyone) == 520
    hubspot.update_contact("50000000007", ContactValues(first_name="New"))
    hubspot.archive_contact("50000000008")
    found, _ = follow(hubspot.changed_contacts, limit=50)
    assert len(found) == len(set(ids(found))) == 519
    assert found[-1].first_name == "New"
    assert ids(pages(hubspot.contacts)) == [one.id for one in everyone if one.id != "50000000008"]


def test_once_caught_up_only_new_changes_come(bench: Bench) -> None:
    hubspot: Any = bench.open()
    _, cursor = follow(hubspot.changed_contacts)
    bench.moment += timedelta(hours=1)
    again, cursor = follow(hubspot.changed_contacts, cursor)
    assert again == []
    changed = hubspot.update_contact("107", ContactValues(last_name="Somerville"))
    found, cursor = follow(hubspot.changed_contacts, cursor)
    assert found == [changed]
    bench.moment += timedelta(hours=1)
    found, cursor = follow(hubspot.changed_contacts, cursor)
    assert found == [changed]  # once more, because it was fresh when it was seen; then never again
    bench.moment += timedelta(hours=1)
    assert follow(hubspot.changed_contacts, cursor)[0] == []


def test_a_cursor_is_good_weeks_later_and_in_the_middle_of_a_round(bench: Bench) -> None:
    first = bench.open().changed_contacts(limit=30)  # type: ignore[attr-defined]
    assert first.more
    bench.moment += timedelta(weeks=5)
    rest, cursor = follow(bench.open().changed_contacts, first.cursor, limit=30)  # type: ignore[attr-defined]
    assert sorted(ids([*first.items, *rest]), key=int) == ids(pages(bench.open().contacts))  # type: ignore[attr-defined]
    bench.moment += timedelta(weeks=5)
    assert follow(bench.open().changed_contacts, cursor)[0] == []  # type: ignore[attr-defined]


def test_a_change_that_reaches_the_index_late_is_not_missed(bench: Bench) -> None:
    hubspot: Any = bench.open()
    _, cursor = follow(hubspot.changed_contacts)
    hubspot.update_contact("103", ContactValues(first_name="Early"))
    bench.state.read()["index_lag_ms"] = 20_000
    bench.moment += timedelta(seconds=10)
    found, cursor = follow(hubspot.changed_contacts, cursor)
    assert "103" not in ids(found)
    bench.state.read()["index_lag_ms"] = 0
    hubspot.update_contact("104", ContactValues(first_name="Late"))
    bench.moment += timedelta(seconds=10)
    found, cursor = follow(hubspot.changed_contacts, cursor)
    assert {"103", "104"} <= set(ids(found))


def test_a_row_that_was_passed_by_comes_with_the_lookback(bench: Bench) -> None:
    """A newer change is seen first; the older one turns up in the index a little later."""
    hubspot: Any = bench.open()
    _, cursor = follow(hubspot.changed_contacts)
    bench.moment += timedelta(seconds=30)
    hubspot.update_contact("104", ContactValues(first_name="Seen"))
    found, cursor = follow(hubspot.changed_contacts, cursor)
    assert "104" in ids(found)
    stored = bench.state.read()["contacts"]["103"]
    stored["updated"] = round(bench.moment.timestamp() * 1000) - 25_000  # changed before, indexed only now
    found, cursor = follow(hubspot.changed_contacts, cursor)
    assert "103" in ids(found)


def test_deletions_are_found_and_at_most_every_quarter_of_an_hour(bench: Bench) -> None:
    hubspot: Any = bench.open()
    _, cursor = follow(hubspot.changed_contacts)
    for number in range(101, 211):
        hubspot.archive_contact(str(number))
    bench.moment += timedelta(minutes=5)
    early = hubspot.changed_contacts(cursor)
    assert (early.removed_ids, early.more) == ((), False)
    bench.moment += timedelta(minutes=15)
    removed: list[str] = []
    cursor, more = early.cursor, True
    while more:
        found = hubspot.changed_contacts(cursor)
        removed += found.removed_ids
        cursor, more = found.cursor, found.more
    assert sorted(removed, key=int) == [str(number) for number in range(101, 211)]
    bench.moment += timedelta(hours=1)
    hubspot.archive_contact("215")
    found = hubspot.changed_contacts(cursor)
    assert found.removed_ids == ("215",)


def test_companies_and_deals_are_followed_by_their_own_time_of_change(bench: Bench) -> None:
    hubspot: Any = bench.open()
    assert len(follow(hubspot.changed_companies, limit=5)[0]) == 12
    found, cursor = follow(hubspot.changed_deals, limit=5)
    assert len(found) == 24
    bench.moment += timedelta(hours=1)
    moved = hubspot.move_deal(found[0].id, "contractsent")
    assert follow(hubspot.changed_deals, cursor)[0] == [moved]


def test_a_caught_up_account_is_asked_once(bench: Bench) -> None:
    _, cursor = follow(bench.open().changed_contacts, limit=200)  # type: ignore[attr-defined]
    bench.moment += timedelta(minutes=10)
    before = len(bench.transport.calls)
    assert not bench.open().changed_contacts(cursor).more  # type: ignore[attr-defined]
    assert len(bench.transport.calls) == before + 1


@pytest.mark.parametrize(
    "cursor", ["x", "e30", "é", "W10", Position(done=3).text()[:-3], "eyJmb3JtYXQiOjl9", "A" * 9000]
)
def test_a_broken_cursor_is_told_with_what_to_do(hubspot: HubSpot, cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        hubspot.changed_contacts(cursor)
    assert refused.value.field == "cursor"
    assert refused.value.fix


def test_positions_come_back_as_they_were() -> None:
    for one in (Position(), Position(began=5, done=7, until=9, within=8, last_id=4, newest=8, archive="", looked=1)):
        assert Position.of(one.text()) == one


def test_rows_out_of_order_are_an_error_and_not_a_gap() -> None:
    rows = [
        {"id": str(n), "properties": {"lastmodifieddate": f"2026-11-0{day}T00:00:00Z"}}
        for n, day in ((1, 2), (2, 1), (3, 3))
    ]
    hubspot, _ = always(200, {"total": 9, "results": rows, "paging": {"next": {"after": "3"}}})
    with pytest.raises(UnexpectedResponse):
        hubspot.changed_contacts(limit=3)
