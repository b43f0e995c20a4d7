"""Sample data: made once, told truthfully, removed without a trace."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobs import demo as jobs
from tests.conftest import People
from webapp.accounts.models import User
from webapp.accounts.service import user_by_email
from webapp.catalog.service import registry
from webapp.cli import demo as command
from webapp.connection_tests.models import ConnectionTest
from webapp.core.permissions import Role
from webapp.demo import service
from webapp.demo.state import claim, keep, state_of
from webapp.instances.models import Instance
from webapp.usage.models import IntegrationError, UsageRecord, UsageRollup
from webapp.webhooks.models import WebhookEffect, WebhookEvent, WebhookRefusal
from webapp.workspaces.models import Membership, Workspace

SignIn = Callable[[User], FlaskClient]
FEW = 300


def count(session: Session, table: type, *conditions: object) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0  # type: ignore[arg-type]  # conditions of any column


def prepared(session: Session, user: User, *, seed: int = 1) -> Workspace:
    made = service.create(session, user=user, events=FEW, days=20, seed=seed)
    session.commit()
    workspace_id = made.id
    assert service.prepare(session, workspace_id)
    return session.get_one(Workspace, workspace_id)


@pytest.fixture
def demo(session: Session, owner: User, workspace: Workspace) -> Workspace:
    made = prepared(session, owner)
    session.add_all((owner, workspace))  # filling it lets go of what the session held
    return made


def test_every_provider_with_a_stand_in_has_a_healthy_or_instructive_sandbox_connection(
    session: Session, demo: Workspace
) -> None:
    rows = session.scalars(select(Instance).where(Instance.workspace_id == demo.id)).all()
    assert {row.provider_id for row in rows} == {one.id for one in registry() if one.sandbox}
    assert {row.environment for row in rows} == {"sandbox"}
    used = [row for row in rows if row.status == "active"]
    assert [row.status for row in rows if row not in used] == ["draft"]
    assert [row.health for row in used].count("needs_reconnect") == 1
    assert "healthy" in {row.health for row in used}
    assert all(row.account_name for row in used)
    tested = session.scalars(select(ConnectionTest.status).where(ConnectionTest.workspace_id == demo.id)).all()
    assert set(tested) == {"passed", "failed"}


def test_deliveries_are_signed_processed_and_spread_over_weeks(session: Session, demo: Workspace) -> None:
    mine = WebhookEvent.workspace_id == demo.id
    events = session.scalars(select(WebhookEvent).where(mine).order_by(WebhookEvent.sequence)).all()
    assert {event.source for event in events} == {"sample"}
    statuses = [event.status for event in events]
    assert statuses.count("dead") == 1
    assert statuses.count("processed") == len(events) - 1 > 50
    assert (events[-1].received_at - min(event.received_at for event in events)).days > 7
    state = state_of(demo)
    assert state is not None
    assert max(event.received_at for event in events) <= state.ends_at
    effects = session.scalars(select(WebhookEffect).where(WebhookEffect.workspace_id == demo.id)).all()
    assert len(effects) == len(events) - 1
    assert all(effect.sentence for effect in effects)
    assert {effect.applied_at for effect in effects} < {event.received_at for event in events}
    assert count(session, WebhookRefusal) == 1


def test_every_delivery_and_call_is_counted_exactly_once(session: Session, demo: Workspace) -> None:
    rows = count(session, UsageRecord, UsageRecord.workspace_id == demo.id)
    deliveries = count(session, WebhookEvent, WebhookEvent.workspace_id == demo.id)
    assert rows > FEW + deliveries
    added = session.scalar(
        select(func.sum(UsageRollup.count)).where(
            UsageRollup.workspace_id == demo.id, UsageRollup.grain == "day", UsageRollup.level == "workspace"
        )
    )
    assert added == rows
    open_causes = count(
        session, IntegrationError, IntegrationError.workspace_id == demo.id, IntegrationError.resolved_at.is_(None)
    )
    assert 1 <= open_causes <= 5


def test_a_second_time_changes_nothing(session: Session, demo: Workspace, owner: User) -> None:
    before = [count(session, table) for table in (Workspace, Instance, WebhookEvent, UsageRecord, ConnectionTest)]
    assert service.create(session, user=owner).id == demo.id
    session.commit()
    assert not service.prepare(session, demo.id)
    after = [count(session, table) for table in (Workspace, Instance, WebhookEvent, UsageRecord, ConnectionTest)]
    assert after == before


def test_it_goes_on_where_a_worker_died(session: Session, demo: Workspace) -> None:
    state = state_of(demo)
    assert state is not None
    demo_id, tables = demo.id, (Instance, WebhookEvent, ConnectionTest, IntegrationError)
    before = [count(session, table) for table in tables]
    for stage in ("connections", "deliveries", "checks"):
        keep(session.get_one(Workspace, demo_id), replace(state, stage=stage, events=0))
        session.commit()
        assert service.prepare(session, demo_id)
    assert [count(session, table) for table in tables] == before


def test_usage_goes_on_after_the_rows_that_are_there(session: Session, demo: Workspace) -> None:
    state = state_of(demo)
    assert state is not None
    before = count(session, UsageRecord)
    keep(demo, replace(state, stage="usage", done=FEW, of=FEW))
    session.commit()
    assert service.prepare(session, demo.id)
    assert count(session, UsageRecord) == before


def test_two_workers_never_fill_it_together(session: Session, owner: User, workspace: Workspace) -> None:
    made = service.create(session, user=owner, events=FEW)
    session.commit()
    assert claim(session, made.id, stages=("connections",)) is not None
    assert not service.prepare(session, made.id)
    assert service.unfinished(session) == ([], [])


def test_the_button_makes_one_workspace_and_switches_into_it(client: FlaskClient, session: Session) -> None:
    for _ in range(2):
        assert client.post("/demo").location == "/"
    made = session.scalars(select(Workspace).where(Workspace.is_demo)).all()
    assert [one.name for one in made] == ["Sample agency"]
    page = client.get("/").text
    assert "<h1>Sample agency</h1>" in page
    assert "Preparing sample data … 0 %" in page
    assert 'id="sample-progress"' in client.get("/demo/progress").text
    assert service.unfinished(session) == ([made[0].id], [])


def test_the_page_is_told_to_come_again_when_all_is_there(client: FlaskClient, session: Session, owner: User) -> None:
    client.post("/demo")
    made = session.scalars(select(Workspace).where(Workspace.is_demo)).one()
    state, made_id = state_of(made), made.id
    assert state is not None
    keep(made, replace(state, events=0))
    session.commit()
    assert jobs.prepare(made_id)
    assert client.get("/demo/progress").headers["HX-Redirect"] == "/"
    page = client.get("/").text
    assert "needs reconnecting" in page
    assert "Sandbox figures" in page
    assert page.count("<h1") == 1
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_viewer_may_look_around_but_a_stranger_sees_no_demo_of_others(
    sign_in: SignIn, people: People, session: Session, workspace: Workspace
) -> None:
    viewer = sign_in(people.member(workspace, Role.VIEWER))
    assert viewer.post("/demo").status_code == 303
    eve = people.user("eve@example.com")
    people.workspace(eve, "Elsewhere")
    stranger = sign_in(eve)
    assert stranger.get("/demo/progress").status_code == 404
    assert stranger.get("/demo/remove").status_code == 404
    assert stranger.post("/demo/remove").status_code == 404


def test_nobody_makes_sample_data_without_signing_in(app: Flask) -> None:
    answer = app.test_client().post("/demo")
    assert answer.status_code in (302, 303, 401, 403)


def test_removing_it_is_confirmed_and_leaves_nothing_behind(
    client: FlaskClient, session: Session, workspace: Workspace, demo: Workspace
) -> None:
    client.post("/demo")
    demo_id = demo.id
    assert "can’t be brought back" in client.get("/demo/remove").text
    assert client.post("/demo/remove").status_code == 303
    assert "Northwind" in client.get("/").text
    assert service.unfinished(session) == ([], [demo_id])
    session.commit()
    assert jobs.clear(demo_id)
    session.expire_all()
    for table in (Instance, WebhookEvent, WebhookEffect, UsageRecord, UsageRollup, IntegrationError, ConnectionTest):
        assert count(session, table, table.workspace_id == demo_id) == 0
    assert session.get(Workspace, demo_id) is None
    assert session.get(Workspace, workspace.id) is not None


def test_only_the_owner_of_the_demo_removes_it_and_no_other_workspace_goes_this_way(
    client: FlaskClient, sign_in: SignIn, people: People, demo: Workspace, workspace: Workspace, session: Session
) -> None:
    assert client.post("/workspaces/switch", data={"workspace": workspace.id}).status_code == 303
    assert client.post("/demo/remove").status_code == 404
    member = sign_in(people.member(demo, Role.MANAGER))
    assert member.post("/demo/remove").status_code == 403
    assert session.get(Workspace, workspace.id) is not None


def test_filling_stops_when_the_workspace_is_removed_meanwhile(
    session: Session, owner: User, workspace: Workspace
) -> None:
    made = service.create(session, user=owner, events=FEW)
    session.commit()

    def remove_now(words: str, percent: int) -> None:
        if percent >= 20:
            service.remove(session, workspace=session.get_one(Workspace, made.id))
            session.commit()

    assert not service.prepare(session, made.id, remove_now)
    assert count(session, Membership, Membership.workspace_id == made.id) == 0


def test_the_same_seed_tells_the_same_story(session: Session, people: People) -> None:
    def types(workspace_id: str) -> list[str]:
        rows = select(WebhookEvent.type).where(WebhookEvent.workspace_id == workspace_id)
        return list(session.scalars(rows.order_by(WebhookEvent.sequence)))

    first = prepared(session, people.user("one@example.com"), seed=3).id
    second = prepared(session, people.user("two@example.com"), seed=3).id
    assert types(first) == types(second) != []


def test_the_command_prints_how_to_sign_in(app: Flask, monkeypatch: pytest.MonkeyPatch, session: Session) -> None:
    monkeypatch.setattr(command, "create_app", lambda: app)
    answer = CliRunner().invoke(command.demo, ["--events", "50", "--days", "3"])
    assert answer.exit_code == 0, answer.output
    email = re.search(r"E-mail\s+(\S+)", answer.output)
    assert email is not None
    assert re.search(r"Password\s+\S{12,}", answer.output)
    made = user_by_email(session, email[1])
    assert made is not None
    assert not made.is_admin
    found = service.of_person(session, made.id)
    state = state_of(found) if found else None
    assert state is not None
    assert state.ready
