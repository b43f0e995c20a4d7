"""Every verb of the provider on its stand-in, each exchange held against Mixpanel's published description."""

from __future__ import annotations

from datetime import timedelta

from providers.kit.steps import run_steps
from providers.kit.testing import Bench
from providers.kit.vocabulary.analytics import FunnelQuery, PersonProfile, ReportQuery, TrackedEvent

from ..provider import Mixpanel

UNDESCRIBED: frozenset[str] = frozenset()
"""Every call is in the description."""


def undescribed(method: str, path: str) -> bool:
    return f"{method} {path}" in UNDESCRIBED


def exercise(bench: Bench) -> None:
    provider = bench.open()
    assert isinstance(provider, Mixpanel)
    _account(provider)
    _sending(bench, provider)
    _profiles(bench, provider)
    _reports(bench, provider)
    _export(bench, provider)
    for test in provider.manifest.tests:
        inputs = {one.name: one.example for one in test.inputs}
        ends = {step.name: outcome.status for step, outcome in run_steps(provider.steps(test.id, inputs))}
        assert "failed" not in ends.values(), ends


def _account(provider: Mixpanel) -> None:
    assert provider.identify().name == "Example Studio"
    projects = provider.properties()
    assert [one.name for one in projects] == ["Example Studio", "Example Studio (tests)"]
    assert {one.account.name for one in projects} == {"Example Agency"}


def _sending(bench: Bench, provider: Mixpanel) -> None:
    now = bench.moment
    fresh = TrackedEvent(name="Order placed", person="ada", properties={"amount": 12.5, "plan": "plus"}, id="order-1")
    stale = TrackedEvent(name="Order placed", person="ada", occurred_at=now - timedelta(days=40))
    assert [one.index for one in provider.check_events([fresh, stale])] == [1]
    sent = provider.track([fresh, stale])
    assert (sent.accepted, len(sent.problems), sent.confirmed) == (1, 1, None)
    past = [
        TrackedEvent(name="Signed up", person="ada", occurred_at=now - timedelta(days=3)),
        TrackedEvent(name="Signed up", person="anonymous", occurred_at=now - timedelta(days=3)),
        TrackedEvent(name="Signed up", person="bob", occurred_at=now - timedelta(days=400)),
    ]
    for _ in range(2):
        told = provider.import_events(past)
        assert (told.accepted, told.confirmed) == (2, True)
        assert [(one.index, one.field) for one in told.problems] == [(1, "person")]
    provider.merge_identities("ada", "visitor-1")
    assert bench.state.read()["aliases"] == {"visitor-1": "ada"}
    original = bench.open({"identity_merge": "original"})
    assert isinstance(original, Mixpanel)
    original.merge_identities("ada", "visitor-2")
    original.merge_identities("ada", "3f2504e0-4f89-41d3-9a0c-0305e82c3301")
    token_only = bench.open({"identity_merge": "original", "service_account_username": "", "project_id": ""})
    assert isinstance(token_only, Mixpanel)
    token_only.merge_identities("ada", "visitor-3")
    assert set(bench.state.read()["aliases"].values()) == {"ada"}
    assert len(bench.state.read()["aliases"]) == 4


def _profiles(bench: Bench, provider: Mixpanel) -> None:
    ada = PersonProfile(
        person="ada",
        set={"$name": "Ada", "plan": "plus"},
        set_once={"first_seen": bench.moment},
        add={"orders": 2},
        union={"tags": ["vip"]},
        remove=("plan_before",),
    )
    assert provider.update_people([ada, PersonProfile(person="bob")]).accepted == 1
    assert provider.update_people([PersonProfile(person="ada", add={"orders": 1})]).accepted == 1
    kept = bench.state.read()["people"]["ada"]
    assert (kept["$name"], kept["orders"], kept["tags"]) == ("Ada", 3, ["vip"])
    studio = PersonProfile(person="studio", set={"seats": 4}, union={"cities": ["Delft"]}, remove=("old",))
    assert provider.update_groups("company", [studio]).accepted == 1
    assert bench.state.read()["groups"]["company/studio"] == {"seats": 4, "cities": ["Delft"]}


def _reports(bench: Bench, provider: Mixpanel) -> None:
    end = bench.moment.date()
    start = end - timedelta(days=29)
    names = [one.name for one in provider.metrics()]
    assert {"Viewed page", "unique:Viewed page", "Order placed"} <= set(names)
    both = ("Viewed page", "unique:Viewed page")
    total = provider.report(ReportQuery(start=start, end=end, metrics=both))
    assert total.total_rows == 1
    assert total.rows[0][0] > total.rows[0][1] > 0
    first = provider.report(ReportQuery(start=start, end=end, metrics=both, dimensions=("date",), limit=20))
    assert (len(first.rows), first.total_rows, first.next_offset) == (20, 30, 20)
    second = provider.report(
        ReportQuery(start=start, end=end, metrics=both, dimensions=("date",), limit=20, offset=20)
    )
    assert (len(second.rows), second.next_offset) == (10, None)
    assert sum(row[1] for row in (*first.rows, *second.rows)) == total.rows[0][0]  # type: ignore[misc]  # numbers
    countries = provider.report(ReportQuery(start=start, end=end, metrics=both, dimensions=("country",)))
    assert sum(row[2] for row in countries.rows) == total.rows[0][1]  # type: ignore[misc]  # numbers
    german = ReportQuery(start=start, end=end, metrics=both, filters={"country": "DE"}, dimensions=("date", "plan"))
    assert provider.report(german).rows
    steps = provider.funnel(FunnelQuery(steps=("Viewed page", "Order placed"), start=start, end=end))
    assert [one.name for one in steps] == ["Viewed page", "Order placed"]
    assert steps[0].people > steps[1].people > 0
    came_back = provider.retention(start=start, end=end, born_event="Viewed page", intervals=3)
    assert [one.name for one in came_back.columns] == ["date", "people", "day_0", "day_1", "day_2", "day_3"]
    saved = provider.saved_reports()
    assert {one.kind for one in saved} == {"insights", "funnel"}
    for one in saved:
        assert provider.saved_report(one.id).rows, one


def _export(bench: Bench, provider: Mixpanel) -> None:
    end = bench.moment.date()
    before = len(bench.transport.calls)
    exported = list(provider.export_events(start=end - timedelta(days=29), end=end))
    assert len(bench.transport.calls) - before > 2
    kept = [one for one in bench.state.read()["events"] if one[1]["distinct_id"] != "bob"]
    assert len(exported) == len(kept)
    assert len({one.id for one in exported}) == len(exported)
    orders = list(provider.export_events(start=end, end=end, event="Order placed"))
    assert [(one.person, one.properties["amount"], one.occurred_at) for one in orders][-1] == (
        "ada",
        12.5,
        bench.moment,
    )
    assert not list(provider.export_events(start=end - timedelta(days=900), end=end - timedelta(days=899)))
