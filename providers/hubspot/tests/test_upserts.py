"""Many rows at once: one result each, and a bad row stops nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from providers.kit.errors import AuthenticationFailed
from providers.kit.testing import Bench
from providers.kit.transport import NoAnswer
from providers.kit.vocabulary.crm import ContactValues, Written

from ..provider import HubSpot
from .answers import always, answering


def row(n: int, **more: Any) -> ContactValues:
    return ContactValues(key=f"k{n}", **{"email": f"row{n}@example.com", "first_name": "Row", **more})


def sizes(bench: Bench) -> list[int]:
    return [len(json.loads(call.body or b"")["inputs"]) for call in bench.transport.calls]


def test_rows_go_out_by_the_hundred_and_come_back_in_order(bench: Bench) -> None:
    written = bench.open().upsert_contacts([row(n) for n in range(250)])
    assert [one.key for one in written] == [f"k{n}" for n in range(250)]
    assert all(one.ok and one.created for one in written)
    assert sizes(bench) == [100, 100, 50]


def test_a_second_time_nothing_is_new(hubspot: HubSpot) -> None:
    first = hubspot.upsert_contacts([row(1), row(2)])
    second = hubspot.upsert_contacts([row(1), row(2)])
    assert [one.id for one in first] == [one.id for one in second]
    assert [one.created for one in second] == [False, False]


def test_blanks_do_not_empty_what_is_there(hubspot: HubSpot) -> None:
    (made,) = hubspot.upsert_contacts([row(1, last_name="Keep")])
    hubspot.upsert_contacts([row(1, last_name="", more={"city": ""})])
    assert hubspot.contact(made.id).last_name == "Keep"


def test_partial_failures_are_told_row_by_row(bench: Bench) -> None:
    rows = [row(1), row(2, more={"nope": "x"}), row(3), row(4, more={"favourite_colour": "pink"})]
    written = bench.open().upsert_contacts(rows)
    assert [one.ok for one in written] == [True, False, True, False]
    assert [one.field for one in written] == ["", "nope", "", "favourite_colour"]
    assert sizes(bench) == [4]  # HubSpot said so in one answer (207)


def test_a_row_for_which_hubspot_refuses_the_whole_call_is_found_by_halving(bench: Bench) -> None:
    rows = [row(n) for n in range(8)]
    rows[5] = row(5, email="not an address")
    written = bench.open().upsert_contacts(rows)
    assert [n for n, one in enumerate(written) if not one.ok] == [5]
    assert written[5].problem
    assert sizes(bench) == [8, 4, 4, 2, 1, 1, 2]


def test_one_address_twice_is_written_twice_in_order(bench: Bench) -> None:
    hubspot = bench.open()
    written = hubspot.upsert_contacts(
        [row(1, first_name="One"), row(2), row(1, first_name="Two", email="ROW1@example.com")]
    )
    assert written[0].id == written[2].id
    assert sizes(bench) == [2, 1]
    assert hubspot.contact(written[0].id).first_name == "Two"


def test_a_row_without_an_address_is_told_before_anything_is_sent(bench: Bench) -> None:
    written = bench.open().upsert_contacts([row(1, email=None), row(2, email=" ")])
    assert [one.field for one in written] == ["email", "email"]
    assert bench.transport.calls == []
    assert bench.open().upsert_contacts([]) == ()


def test_an_external_id_finds_the_row_again(hubspot: HubSpot) -> None:
    values = ContactValues(key="a", external_id="shop-17", first_name="Ext")
    (first,) = hubspot.upsert_contacts([values], by="external_ref")
    (second,) = hubspot.upsert_contacts([values], by="external_ref")
    assert (first.created, second.created) == (True, False)
    assert first.id == second.id
    (lost,) = hubspot.upsert_contacts([row(1)], by="external_ref")
    assert lost.field == "external_ref"
    (unknown,) = hubspot.upsert_contacts([values], by="firstname")
    assert not unknown.ok


def test_a_refused_token_is_an_error_and_not_a_hundred_problems() -> None:
    hubspot, _ = always(401, {"category": "INVALID_AUTHENTICATION", "message": "no"})
    with pytest.raises(AuthenticationFailed):
        hubspot.upsert_contacts([row(1), row(2)])


def test_what_was_written_before_hubspot_went_away_is_not_lost() -> None:
    def reply(request: requests.PreparedRequest) -> Any:
        inputs = json.loads(request.body or b"")["inputs"]
        if len(inputs) < 100:
            return 401, {"category": "INVALID_AUTHENTICATION", "message": "no"}
        results = [
            {"id": f"9{one['objectWriteTraceId']}", "new": True, "objectWriteTraceId": one["objectWriteTraceId"]}
            for one in inputs
        ]
        return 200, {"status": "COMPLETE", "results": results}

    hubspot, _ = answering(reply)
    written = hubspot.upsert_contacts([row(n) for n in range(130)])
    assert [one.ok for one in written] == [True] * 100 + [False] * 30
    assert "does not accept" in written[-1].problem


def test_results_without_trace_ids_are_told_by_their_address() -> None:
    answer = {
        "results": [{"id": "7", "new": False, "properties": {"email": "row2@example.com"}}],
        "errors": [{"message": "Bad.", "context": {"ids": ["row1@example.com"]}}],
    }
    written = always(207, answer)[0].upsert_contacts([row(1), row(2), row(3)])
    assert written[0] == Written(key="k1", problem="Bad.")
    assert written[1] == Written(key="k2", id="7", created=False)
    assert not written[2].ok


def test_an_upsert_without_an_answer_is_made_again() -> None:
    calls: list[int] = []

    def reply(request: requests.PreparedRequest) -> Any:
        calls.append(1)
        if len(calls) == 1:
            return NoAnswer("no answer", fix="", code="timeout", detail="")
        return 200, {"results": [{"id": "5", "new": False, "objectWriteTraceId": "0"}]}

    assert answering(reply)[0].upsert_contacts([row(1)])[0].id == "5"
