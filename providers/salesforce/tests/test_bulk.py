"""Bulk jobs: what became of each row is told even when the job, or an answer of it, goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from providers.kit import errors
from providers.kit.testing import Bench

from ..bulk import BulkWriter, rows_of, sheet_of
from ..client import Saved

ROWS = [{"Shop_Id__c": f"s-{number}", "LastName": 'D"oe,\nJr', "DoNotCall": True} for number in range(3)]


def write(bench: Bench, pause: Callable[[float], None] = lambda seconds: None) -> tuple[Saved, ...]:
    crm: Any = bench.open()
    return BulkWriter(crm.client, pause).write("upsert", "Contact", ROWS, key="Shop_Id__c", by="Shop_Id__c")


def refuse_once(bench: Bench, method: str, ending: str) -> None:
    """The next such call is sent, and its answer is lost."""
    inner, armed = bench.transport.exchange, [True]

    def exchange(request: Any, limits: Any) -> Any:
        response = inner(request, limits)
        if armed and request.method == method and request.path_url.endswith(ending):
            armed.clear()
            raise_lost()
        return response

    bench.transport.exchange = exchange  # type: ignore[method-assign]


def raise_lost() -> None:
    from providers.kit.transport import NoAnswer

    raise NoAnswer("No answer came.", code="timeout")


def test_values_survive_the_sheet_and_results_find_their_rows(bench: Bench) -> None:
    outcomes = write(bench)
    assert [one.created for one in outcomes] == [True, True, True]
    crm: Any = bench.open()
    assert crm.contact(outcomes[2].id).last_name == 'D"oe,\nJr'
    assert crm.contact(outcomes[2].id).more["Shop_Id__c"] == "s-2"


def test_a_column_that_a_row_lacks_stays_empty() -> None:
    assert sheet_of([{"A": 1, "B": None}, {"C": False}]) == "A,B,C\n1,,\n,,false\n"


def test_a_job_that_takes_too_long_is_an_unknown_outcome_that_names_it(bench: Bench) -> None:
    waits: list[float] = []
    inner = bench.transport.exchange

    def never_done(request: Any, limits: Any) -> Any:
        if request.method == "GET" and "/jobs/ingest/" in request.path_url:
            job = next(iter(bench.state.read()["jobs"].values()))
            job["state"] = "UploadComplete"
        return inner(request, limits)

    bench.transport.exchange = never_done  # type: ignore[method-assign]
    with pytest.raises(errors.OutcomeUnknown) as caught:
        write(bench, waits.append)
    assert caught.value.code.startswith("750")
    assert max(waits) == 10.0


def test_a_job_that_was_stopped_says_which_rows_it_did_not_reach(bench: Bench) -> None:
    inner = bench.transport.exchange

    def stopped(request: Any, limits: Any) -> Any:
        if request.method == "GET" and "/jobs/ingest/" in request.path_url:
            next(iter(bench.state.read()["jobs"].values()))["state"] = "Aborted"
        return inner(request, limits)

    bench.transport.exchange = stopped  # type: ignore[method-assign]
    outcomes = write(bench)
    assert [one.problem.code for one in outcomes if one.problem] == ["Aborted"] * 3


def test_a_lost_answer_to_the_closing_is_looked_up(bench: Bench) -> None:
    bench.open().client.versions()  # type: ignore[attr-defined]
    refuse_once(bench, "PATCH", "")
    assert [one.created for one in write(bench)] == [True, True, True]


@pytest.mark.parametrize("sheet", ["It works!", "<html>\n<body>no</body>", "a,b\n1,2\n"])
def test_results_that_are_no_results_are_noticed(sheet: str) -> None:
    with pytest.raises(errors.UnexpectedResponse):
        rows_of(sheet)
