"""Asking for tests, running them, and what they mean for a connection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from jobs import connection_tests as jobs
from providers.kit.contract import Account
from tests.webapp.fakes import acme
from webapp.connection_tests import lease, queries, runner, scheduled, service
from webapp.connection_tests.models import ConnectionTest
from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid, NotFound, TooMany
from webapp.extensions import db
from webapp.instances import secrets
from webapp.instances import service as instances
from webapp.instances.models import Instance
from webapp.usage.models import IntegrationError, UsageRecord
from webapp.workspaces.models import Workspace


@pytest.fixture(autouse=True)
def _plain_hook() -> Iterator[None]:
    yield
    acme.Acme.hook = staticmethod(lambda name: None)


def ask(session: Session, instance: Instance, test_id: str = "acme-connection", **rest: object) -> ConnectionTest:
    row = service.request_test(
        session, workspace_id=instance.workspace_id, test_id=test_id, instance=instance, **rest
    )  # type: ignore[arg-type]  # keywords of the call
    session.commit()
    return row


def run(session: Session, row: ConnectionTest) -> queries.TestView:
    runner.run(row.id)
    return queries.test(session, workspace_id=row.workspace_id, row_id=row.id)


def with_key(session: Session, instance: Instance, key: str) -> None:
    instances.set_configuration(session, instance, {"api_key": key})
    session.commit()


def test_a_good_connection_passes_line_by_line(session: Session, sandboxed: Instance) -> None:
    row = ask(session, sandboxed)
    assert queries.test_view(row).status == "queued"
    view = run(session, row)
    assert (view.status, view.message, view.account_name) == ("passed", "Everything works.", "Ada's shop")
    assert [(one.name, one.status) for one in view.steps] == [("key", "passed"), ("webhook", "passed")]
    assert all(one.duration_ms is not None for one in view.steps)
    assert (sandboxed.health, sandboxed.account_name) == ("healthy", "Ada's shop")
    usage = session.scalars(select(UsageRecord)).all()
    assert [(one.operation, one.ok, one.instance_id) for one in usage] == [("read account", True, sandboxed.id)]


def test_progress_is_there_to_be_seen_before_a_line_ends(session: Session, sandboxed: Instance) -> None:
    row_id, seen = ask(session, sandboxed).id, []

    def look(name: str) -> None:
        with db.engine.connect() as other:
            steps = other.scalar(select(ConnectionTest.steps).where(ConnectionTest.id == row_id))
        seen.append([one["status"] for one in steps or ()])

    acme.Acme.hook = staticmethod(look)
    runner.run(row_id)
    assert seen == [["running", "pending"], ["passed", "running"]]


def test_no_transaction_is_open_while_a_line_runs(session: Session, sandboxed: Instance) -> None:
    open_ones = []
    acme.Acme.hook = staticmethod(lambda name: open_ones.append(db.session().in_transaction()))
    run(session, ask(session, sandboxed))
    assert open_ones == [False, False]


def test_a_refused_key_fails_with_its_fix_and_skips_what_needs_it(session: Session, sandboxed: Instance) -> None:
    with_key(session, sandboxed, "ak_test_wrong0123456789abc")
    view = run(session, ask(session, sandboxed))
    assert view.status == "failed"
    assert (view.steps[0].status, view.steps[0].fix) == ("failed", "Copy it again.")
    assert view.steps[1].status == "skipped"
    assert sandboxed.health == "unknown"
    run(session, ask(session, sandboxed))
    assert sandboxed.health == "needs_reconnect"
    error = session.scalars(select(IntegrationError)).one()
    assert (error.category, error.count) == ("authentication", 2)
    with_key(session, sandboxed, acme.GOOD_KEY)
    run(session, ask(session, sandboxed))
    session.refresh(error)
    assert sandboxed.health == "healthy"
    assert error.resolved_at is not None


def test_a_warning_passes_and_degrades_with_words(session: Session, sandboxed: Instance) -> None:
    instances.set_configuration(session, sandboxed, {"sender": "warn@example.com"})
    view = run(session, ask(session, sandboxed))
    assert (view.status, view.message) == ("passed", "It works, with one thing to look at.")
    assert (sandboxed.health, sandboxed.health_reason) == ("degraded", "No delivery yet. Send one.")


def test_a_line_that_breaks_shows_a_reference_and_never_a_trace_or_a_key(
    session: Session, sandboxed: Instance
) -> None:
    def explode(name: str) -> None:
        raise RuntimeError(f"secret inside: {acme.GOOD_KEY}")

    acme.Acme.hook = staticmethod(explode)
    with capture_logs() as logs:
        view = run(session, ask(session, sandboxed))
    line = view.steps[0]
    assert (view.status, line.status) == ("error", "error")
    reference = line.fix.rsplit(" ", 1)[1].rstrip(".")
    assert reference in str(logs)
    assert "Traceback" not in str(view)
    assert acme.GOOD_KEY not in str(view) + str(logs)
    assert sandboxed.health == "unknown"


def test_a_second_click_gives_the_first_test(session: Session, sandboxed: Instance) -> None:
    assert ask(session, sandboxed) is ask(session, sandboxed)


def test_a_test_runs_once_however_often_it_is_rung_for(session: Session, sandboxed: Instance) -> None:
    calls: list[str] = []
    row = ask(session, sandboxed)

    def ring_again(name: str) -> None:
        calls.append(name)
        runner.run(row.id)

    acme.Acme.hook = staticmethod(ring_again)
    run(session, row)
    runner.run(row.id)
    assert calls == ["key", "webhook"]


def killed(session: Session, row: ConnectionTest) -> None:
    """What a killed worker leaves: a running row whose lease ran out in the middle of a line."""
    lease.claim(session, row.id)
    row.steps = [{"name": "charge", "label": "Payment made", "status": "running"}]
    row.lease_until = now() - timedelta(seconds=1)
    session.commit()


def test_after_a_kill_another_worker_takes_the_test_up(session: Session, sandboxed: Instance) -> None:
    row = ask(session, sandboxed)
    killed(session, row)
    assert service.to_ring_again(session) == [row.id]
    view = run(session, row)
    assert view.status == "passed"
    assert row.attempts == 2


def test_what_changes_data_is_not_done_twice_after_a_kill(session: Session, sandboxed: Instance) -> None:
    charges: list[str] = []
    acme.Acme.hook = staticmethod(charges.append)
    row = ask(session, sandboxed, "acme-charge", inputs={"amount": "5"})
    killed(session, row)
    view = run(session, row)
    assert (view.status, charges) == ("error", [])
    assert "may have been done" in view.steps[0].message


def test_a_worker_taken_for_dead_saves_nothing_any_more(session: Session, sandboxed: Instance) -> None:
    row = ask(session, sandboxed)
    late = lease.claim(session, row.id)
    assert late is not None
    row.lease_until = now() - timedelta(seconds=1)
    session.commit()
    run(session, row)
    with pytest.raises(lease.LeaseLost):
        lease.save(session, late, status="failed")
    session.refresh(row)
    assert row.status == "passed"


def test_a_test_that_kills_every_worker_is_given_up(session: Session, sandboxed: Instance) -> None:
    row = ask(session, sandboxed)
    for _ in range(3):
        killed(session, row)
    assert run(session, row).status == "error"


def test_an_unsaved_configuration_is_tested_and_forgotten(session: Session, workspace: Workspace) -> None:
    row = service.request_test(
        session,
        workspace_id=workspace.id,
        test_id="acme-connection",
        configuration={"ACME_SECRET_KEY": acme.GOOD_KEY},
        environment="sandbox",
        trigger="program",
    )
    session.commit()
    assert row.sealed_input
    assert acme.GOOD_KEY not in repr(vars(row))
    assert run(session, row).status == "passed"
    assert row.sealed_input == ""
    assert session.scalar(select(func.count()).select_from(Instance)) == 0
    with pytest.raises(Conflict):
        service.rerun(session, row)


def test_an_unsaved_configuration_is_checked_before_it_is_tested(session: Session, workspace: Workspace) -> None:
    with pytest.raises(Invalid) as caught:
        service.request_test(
            session,
            workspace_id=workspace.id,
            test_id="acme-connection",
            configuration={"ACME_SECRET_KEY": "pk_test_abc", "nothing": "x"},
        )
    assert set(caught.value.fields) == {"ACME_SECRET_KEY", "nothing"}


def test_inputs_may_stand_among_the_configuration(session: Session, sandboxed: Instance) -> None:
    row = ask(session, sandboxed, "acme-charge", configuration={"amount": 5})
    assert service.unsealed_input(session, row) == {"configuration": {}, "inputs": {"amount": "5"}}
    with pytest.raises(Invalid) as caught:
        ask(session, sandboxed, "acme-charge", inputs={"amount": "many"})
    assert set(caught.value.fields) == {"amount"}
    with pytest.raises(Invalid):
        ask(session, sandboxed, "acme-charge")


def test_values_that_only_stand_in_say_nothing_about_the_connection(session: Session, sandboxed: Instance) -> None:
    for _ in range(2):
        row = ask(session, sandboxed, configuration={"api_key": "ak_test_wrong0123456789abc"})
        assert run(session, row).status == "failed"
    assert sandboxed.health == "unknown"
    assert secrets.open_current(session, sandboxed)["api_key"] == acme.GOOD_KEY


def test_an_account_that_is_connected_already_fails_the_test_with_a_link(
    session: Session, sandboxed: Instance, draft: Instance
) -> None:
    first = instances.start_draft(session, workspace_id=draft.workspace_id, provider_id="acme", environment="sandbox")
    first.environment, first.account_id = "test", "acct_1"
    draft.environment = "sandbox"
    instances.fill_with_samples(session, draft, actor_id=None)
    session.commit()
    row, draft_id, first_id = ask(session, draft), draft.id, first.id
    moved: list[str] = []

    def move(name: str) -> None:
        if not moved:
            with db.engine.begin() as other:
                other.execute(
                    text("UPDATE integration_instances SET environment='test' WHERE id=:id"), {"id": draft_id}
                )
        moved.append(name)

    acme.Acme.hook = staticmethod(move)
    view = run(session, row)
    assert view.status == "failed"
    assert (view.steps[-1].name, view.steps[-1].fix_url) == ("account", f"/integrations/{first_id}")


def test_another_account_than_before_is_not_taken_silently(session: Session, sandboxed: Instance) -> None:
    sandboxed.account_id, sandboxed.account_name = "acct_0", "Bob's shop"
    session.commit()
    view = run(session, ask(session, sandboxed))
    assert view.status == "failed"
    assert "another account (Ada's shop)" in view.message
    assert sandboxed.account_id == "acct_0"


def test_a_key_that_can_t_tell_whose_account_it_opens_is_no_other_account(
    session: Session, sandboxed: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_only = Account(id="key-1", name="Acme (key only)", certain=False)
    whose = [key_only, Account(id="acct_0", name="Bob's shop"), key_only]
    monkeypatch.setattr(acme.Acme, "identify", lambda self: whose.pop(0))
    seen = []
    for _ in range(3):
        assert run(session, ask(session, sandboxed)).status == "passed"
        session.refresh(sandboxed)
        seen.append((sandboxed.account_id, sandboxed.account_name))
    assert seen == [(None, "Acme (key only)"), ("acct_0", "Bob's shop"), ("acct_0", "Bob's shop")]


def test_ten_tests_a_minute_are_enough(session: Session, sandboxed: Instance) -> None:
    for _ in range(10):
        run(session, ask(session, sandboxed))
    with pytest.raises(TooMany):
        ask(session, sandboxed)


def test_strangers_and_paused_connections_are_not_tested(
    session: Session, sandboxed: Instance, people: object, owner: object
) -> None:
    elsewhere = people.workspace(owner, "Elsewhere")  # type: ignore[attr-defined]  # a fixture
    with pytest.raises(NotFound):
        service.request_test(session, workspace_id=elsewhere.id, test_id="acme-connection", instance=sandboxed)
    with pytest.raises(NotFound):
        service.request_test(session, workspace_id=elsewhere.id, test_id="nothing-connection", configuration={})
    instances.pause(session, sandboxed)
    with pytest.raises(Conflict):
        ask(session, sandboxed)


def test_a_key_that_cannot_be_opened_is_told_and_nothing_crashes(session: Session, sandboxed: Instance) -> None:
    sandboxed.secrets[0].sealed = "s1.AAAA"
    view = run(session, ask(session, sandboxed))
    assert (view.status, view.steps[0].message) == ("failed", "The stored key can't be opened.")


def test_history_and_latest(session: Session, sandboxed: Instance) -> None:
    ids = []
    for _ in range(3):
        row = ask(session, sandboxed)
        run(session, row)
        ids.append(row.id)
    latest = queries.latest(session, sandboxed.id)
    assert latest is not None
    assert latest.id == ids[2]
    assert queries.latest_of(session, [sandboxed.id])[sandboxed.id].id == ids[2]
    first = queries.history(session, workspace_id=sandboxed.workspace_id, limit=2)
    rest = queries.history(session, workspace_id=sandboxed.workspace_id, limit=2, cursor=first.next_cursor)
    assert [one.id for one in (*first.tests, *rest.tests)] == ids[::-1]
    assert rest.next_cursor == ""


def test_the_queue_carries_an_id_and_nothing_else(session: Session, sandboxed: Instance) -> None:
    service.request_test(session, workspace_id=sandboxed.workspace_id, test_id="acme-connection", instance=sandboxed)
    (bell,) = session.info["bells"]
    assert bell[0] == "jobs.connection_tests.run"
    assert bell[1][0].startswith("tst_")
    assert len(bell[1]) == 1


def test_due_connections_are_checked_once_and_put_on_the_calendar(session: Session, sandboxed: Instance) -> None:
    sandboxed.next_check_at, instance_id = now() - timedelta(seconds=1), sandboxed.id
    session.commit()
    assert jobs.check_due() == 1
    assert jobs.check_due() == 0
    row = db.session.get_one(Instance, instance_id)
    assert row.health == "healthy"
    assert row.next_check_at is not None
    assert row.next_check_at > now() + timedelta(minutes=40)
    latest = queries.latest(db.session(), instance_id)
    assert latest is not None
    assert (latest.trigger, latest.status) == ("schedule", "passed")


def test_a_connection_that_cannot_be_opened_holds_nobody_up(session: Session, sandboxed: Instance) -> None:
    broken = instances.start_draft(
        session, workspace_id=sandboxed.workspace_id, provider_id="acme", environment="sandbox"
    )
    instances.finish(session, broken)
    broken.secrets[0].sealed = "s1.AAAA"
    for one in (sandboxed, broken):
        one.next_check_at = now() - timedelta(seconds=1)
    ids = (sandboxed.id, broken.id)
    session.commit()
    assert scheduled.check_due() == 2
    assert [db.session.get_one(Instance, one).health for one in ids] == ["healthy", "unknown"]


def test_routine_checks_are_forgotten_after_a_week(session: Session, sandboxed: Instance, app: Flask) -> None:
    row = ask(session, sandboxed, trigger="schedule")
    run(session, row)
    assert service.purge_routine(session) == 0
    row.created_at = now() - timedelta(days=8)
    session.flush()
    assert service.purge_routine(session) == 1
