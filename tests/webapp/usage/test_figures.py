"""Figures against the naive way, over random usage in awkward time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from tests.webapp.usage import naive
from tests.webapp.usage.conftest import Connect
from webapp.usage import rebuild
from webapp.usage.analytics import analytics
from webapp.usage.feed import latest, rows_of
from webapp.usage.figures import Figures
from webapp.usage.periods import Period, day_start
from webapp.usage.queries import figures
from webapp.usage.scope import REAL, SANDBOX, Scope, usual_environments
from webapp.usage.service import CallFact, append
from webapp.workspaces.models import Workspace

FIRST, LAST = date(2026, 10, 20), date(2026, 10, 31)  # summer time ends within


@pytest.fixture
def usage(session: Session, workspace: Workspace, connect: Connect) -> list[CallFact]:
    """1,500 random rows of four connections in twelve days around the end of summer time, in Lord Howe's zone."""
    workspace.time_zone = "Australia/Lord_Howe"
    session.commit()
    return write(session, workspace, connect)


def write(session: Session, workspace: Workspace, connect: Connect) -> list[CallFact]:
    random = Random(7)
    owners = [
        connect("Shop"),
        connect("Other shop", environment="test"),
        connect("Mail", provider_id="resend"),
        connect("Toy", environment="sandbox"),
    ]
    zone = ZoneInfo(workspace.time_zone)
    span = day_start(FIRST, zone), day_start(LAST, zone)
    facts = []
    for _ in range(1500):
        owner = random.choice(owners)
        category = random.choice(["", "", "", "", "unavailable", "authentication", "outcome_unknown"])
        facts.append(
            CallFact(
                at_ms=random.randrange(*span),
                workspace_id=workspace.id,
                provider_id=owner.provider_id,
                instance_id=owner.id,
                environment=owner.environment,
                kind=random.choice(["api_call", "api_call", "webhook", "sync"]),
                operation="list",
                ok=not category,
                error_category=category,
                latency_us=int(random.lognormvariate(12, 1)),
            )
        )
    for start in range(0, len(facts), 64):
        append(session, facts[start : start + 64])
    session.commit()
    return facts


def assert_exact(session: Session, scope: Scope, period: Period) -> Figures:
    found, rows = figures(session, scope, period), naive.rows(session, scope, period)
    calls = [row for row in rows if row.kind == "api_call"]
    assert found.sums.count == len(rows)
    assert found.sums.ok == sum(row.ok for row in rows)
    assert (found.sums.calls, found.sums.deliveries, found.sums.syncs) == (
        len(calls),
        sum(row.kind == "webhook" for row in rows),
        sum(row.kind == "sync" for row in rows),
    )
    assert found.sums.call_latency_us == sum(row.latency_us for row in calls)
    assert found.errors_by_category == naive.by_category(rows)
    assert sum(line.sums.count for line in found.instances) == len(rows)
    assert sum(line.sums.count for line in found.providers) == len(rows)
    assert sum(point.sums.count for point in found.points) == len(rows)
    for point in found.points:
        mine = [row for row in rows if period.bucket_of(row.at) == point.at]
        assert (point.sums.count, point.sums.ok) == (len(mine), sum(row.ok for row in mine))
    exact = [naive.percentile([row.latency_us for row in calls], share) for share in (0.5, 0.95, 0.99)]
    close = [found.percentiles.p50, found.percentiles.p95, found.percentiles.p99]
    for known, guessed in zip(exact, close, strict=True):
        assert guessed == (pytest.approx(known, rel=0.02) if known is not None else None)
    return found


def scopes_of(usage: list[CallFact]) -> list[Scope]:
    workspace_id = usage[0].workspace_id
    real = next(fact for fact in usage if fact.environment == "live")
    return [
        Scope(workspace_id=workspace_id),
        Scope(workspace_id=workspace_id, environments=("live",)),
        Scope(workspace_id=workspace_id, environments=SANDBOX),
        Scope(workspace_id=workspace_id, provider_id="stripe"),
        Scope(workspace_id=workspace_id, instance_id=real.instance_id),
    ]


def test_whole_local_days_are_exact(session: Session, usage: list[CallFact]) -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    for scope in scopes_of(usage):
        for first, last in ((FIRST, LAST), (date(2026, 10, 24), date(2026, 10, 26)), (LAST, LAST)):
            assert_exact(session, scope, Period.of_days(first, last, zone))


def test_ranges_that_begin_and_end_anywhere_are_exact(session: Session, usage: list[CallFact]) -> None:
    random, zone = Random(11), ZoneInfo("Australia/Lord_Howe")
    low, high = day_start(FIRST, zone), day_start(LAST, zone)
    for scope in scopes_of(usage):
        for _ in range(4):
            start, end = sorted((random.randrange(low, high), random.randrange(low, high)))
            assert_exact(session, scope, Period(start, end, zone))


def test_sandbox_figures_never_mix_with_others(session: Session, usage: list[CallFact]) -> None:
    period = Period.of_days(FIRST, LAST, ZoneInfo("Australia/Lord_Howe"))
    workspace_id = usage[0].workspace_id
    real = figures(session, Scope(workspace_id=workspace_id), period).sums.count
    toy = figures(session, Scope(workspace_id=workspace_id, environments=SANDBOX), period).sums.count
    assert real + toy == len(usage)
    with pytest.raises(ValueError, match="never mixed"):
        Scope(workspace_id=workspace_id, environments=("live", "sandbox"))
    assert usual_environments({"sandbox"}) == SANDBOX
    assert usual_environments({"sandbox", "test"}) == usual_environments(set()) == REAL


def test_a_rebuild_changes_nothing_that_was_right(session: Session, usage: list[CallFact]) -> None:
    before = naive.stored(session)
    rows = sum(count for span, count in rebuild.rebuild(session, usage[0].workspace_id) if span.grain == "day")
    assert rows == len(usage)
    assert naive.stored(session) == before


def test_a_rebuild_mends_what_is_wrong_and_fits_a_new_time_zone(
    session: Session, workspace: Workspace, usage: list[CallFact]
) -> None:
    assert rebuild.out_of_step(session) == []
    workspace.time_zone = "America/New_York"
    session.connection().exec_driver_sql("UPDATE usage_rollups SET count = count + 3")
    session.connection().exec_driver_sql("DELETE FROM usage_latencies WHERE grain = 'hour'")
    session.commit()
    assert rebuild.out_of_step(session) == [workspace.id]
    list(rebuild.rebuild(session, workspace.id))
    assert rebuild.out_of_step(session) == []
    for scope in scopes_of(usage):
        assert_exact(session, scope, Period.of_days(FIRST, LAST, ZoneInfo("America/New_York")))
    assert rebuild.workspaces_with_usage(session) == [workspace.id]


def test_a_rebuild_that_is_broken_off_can_be_started_again(session: Session, usage: list[CallFact]) -> None:
    before = naive.stored(session)
    broken = rebuild.rebuild(session, usage[0].workspace_id)
    for _ in range(5):
        next(broken)
    broken.close()
    assert naive.stored(session) == before
    list(rebuild.rebuild(session, usage[0].workspace_id))
    assert naive.stored(session) == before


def test_the_feed_is_the_newest_first_of_each_scope(session: Session, usage: list[CallFact]) -> None:
    for scope in scopes_of(usage):
        mine = [
            fact
            for fact in usage
            if fact.environment in scope.environments
            and scope.provider_id in ("", fact.provider_id)
            and scope.instance_id in ("", fact.instance_id)
        ]
        ids = {fact.instance_id for fact in mine}
        found = latest(session, scope, instance_ids=ids, limit=20)
        newest = sorted((fact.at_ms for fact in mine), reverse=True)[:20]
        assert [int(line.at.timestamp() * 1000) for line in found] == pytest.approx(newest, abs=1)


def test_every_row_of_a_range_is_exported_once(session: Session, usage: list[CallFact]) -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    period = Period.of_days(FIRST, LAST, zone)
    for scope in scopes_of(usage):
        ids = [line.id for line in rows_of(session, scope, period, batch=7)]
        assert sorted(ids) == sorted(row.id for row in naive.rows(session, scope, period))


def test_uptime_counts_only_calls_that_got_no_answer(
    session: Session, workspace: Workspace, connect: Connect
) -> None:
    owner = connect()
    at = int(datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp() * 1000)
    common = {
        "at_ms": at,
        "workspace_id": workspace.id,
        "provider_id": owner.provider_id,
        "instance_id": owner.id,
        "environment": "live",
    }
    append(
        session,
        [
            CallFact(kind="api_call", **common),
            CallFact(kind="api_call", ok=False, error_category="authentication", **common),
            CallFact(kind="api_call", ok=False, error_category="unavailable", **common),
            CallFact(kind="api_call", **common),
            CallFact(kind="webhook", ok=False, error_category="unavailable", **common),
        ],
    )
    session.commit()
    day = date(2026, 11, 2)
    sums = figures(session, Scope(workspace_id=workspace.id), Period.of_days(day, day, ZoneInfo("UTC"))).sums
    assert sums.uptime == 0.75
    assert sums.success_rate == 0.4


def test_a_week_without_usage_is_empty_and_not_an_error(session: Session, workspace: Workspace) -> None:
    found = figures(session, Scope(workspace_id=workspace.id), Period.of_days(FIRST, LAST, ZoneInfo("UTC")))
    assert found.sums.count == 0
    assert found.sums.success_rate is found.sums.uptime is found.sums.average_ms is found.percentiles.p50 is None
    assert len(found.points) == 12


def test_the_figures_of_the_api_are_those_of_the_rows(session: Session, usage: list[CallFact]) -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    scope, period = Scope(workspace_id=usage[0].workspace_id), Period.of_days(FIRST, LAST, zone)
    rows = naive.rows(session, scope, period)
    found = analytics(session, scope, period, total_integrations=3, active_integrations=2)
    assert (found.total_integrations, found.active_integrations) == (3, 2)
    assert found.usage.api_calls + found.usage.webhook_deliveries + found.usage.data_syncs == len(rows)
    assert found.errors.total == sum(found.errors.by_category.values()) == sum(not row.ok for row in rows)
    assert sum(line.errors for line in found.providers) == found.errors.total
    assert sum(point.usage.api_calls for point in found.series) == found.usage.api_calls
    assert found.performance.success_rate == pytest.approx(sum(row.ok for row in rows) / len(rows))
    assert found.environments == REAL


def test_a_changed_time_zone_rings_for_a_rebuild(
    session: Session, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[tuple[object, ...]] = []
    monkeypatch.setattr("webapp.core.queue.ring_now", lambda *bell, queue: rung.append(bell) or True)
    workspace.name = "Another name"
    session.commit()
    assert rung == []
    workspace.time_zone = "Asia/Kolkata"
    session.commit()
    assert rung == [("jobs.usage.rebuild", workspace.id)]
