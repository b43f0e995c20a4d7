"""The sandbox connections of the sample agency: made, tested in this process, and some of them broken on purpose."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.capabilities import RegistersWebhooks
from providers.kit.contract import Environment
from webapp.catalog import service as catalog
from webapp.connection_tests import runner
from webapp.connection_tests import service as tests
from webapp.connection_tests.models import ConnectionTest
from webapp.demo.story import DRAFT, REFUSED_KEY, Planned, plan
from webapp.instances import secrets
from webapp.instances import service as instances
from webapp.instances.models import Instance
from webapp.usage.service import CallMeter
from webapp.workspaces.models import Membership

Progress = Callable[[int, int], None]
FINISHED = ("passed", "failed", "error")
PATIENCE = 10.0
"""Seconds to wait for a test that another worker was faster to take."""

TRIES_UNTIL_REFUSED = 4


def existing(session: Session, workspace_id: str) -> dict[str, Instance]:
    """The workspace's connections by name."""
    rows = session.scalars(
        select(Instance).where(Instance.workspace_id == workspace_id, Instance.deleted_at.is_(None))
    )
    return {row.name: row for row in rows}


def make(session: Session, workspace_id: str, progress: Progress) -> None:
    """Makes every planned connection that is not there yet, each in transactions of its own."""
    planned = plan(session)
    owner = session.scalar(select(Membership.user_id).where(Membership.workspace_id == workspace_id).limit(1))
    for number, one in enumerate(planned):
        progress(number, len(planned))
        row = existing(session, workspace_id).get(one.name)
        if row is None:
            row = instances.start_draft(
                session,
                workspace_id=workspace_id,
                provider_id=one.provider_id,
                environment=Environment.SANDBOX,
                name=one.name,
                created_by=owner,
            )
        if row.status == "draft" and one.trouble != DRAFT:
            instances.finish(session, row, actor_id=owner)
        session.commit()
        if one.trouble != DRAFT:
            _set_up_deliveries(session, row)


def _set_up_deliveries(session: Session, row: Instance) -> None:
    """Through the stand-in's API where its vendor has one, as the wizard does, but here and now."""
    if row.webhook_registration_id or not issubclass(catalog.provider_class(row.provider_id), RegistersWebhooks):
        return
    row.webhook_status = "requested"
    meter = CallMeter(row)
    session.commit()
    instances.register_webhook(session, row, meter=meter)
    meter.flush(session)
    session.commit()


def check(session: Session, workspace_id: str, progress: Progress) -> None:
    """Runs the connection test of every connection that never had one."""
    rows = _in_use(session, workspace_id)
    for number, row in enumerate(rows):
        progress(number, len(rows))
        tested = session.scalar(select(ConnectionTest.id).where(ConnectionTest.instance_id == row.id).limit(1))
        if tested is None:
            run_test(session, row)


def run_test(session: Session, row: Instance) -> None:
    """One connection test from request to result."""
    asked = tests.request_test(
        session,
        workspace_id=row.workspace_id,
        test_id=f"{row.provider_id}-connection",
        instance=row,
        trigger="wizard",
        requested_by=row.created_by,
    )
    test_id = asked.id
    session.commit()
    runner.run(test_id)
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        status = session.scalar(select(ConnectionTest.status).where(ConnectionTest.id == test_id))
        session.rollback()
        if status in FINISHED:
            return
        time.sleep(0.1)


def make_trouble(session: Session, workspace_id: str) -> None:
    """One connection's key is replaced by one that its stand-in refuses, and the tests find out."""
    there = existing(session, workspace_id)
    for one in plan(session):
        row = there.get(one.name)
        if one.trouble == REFUSED_KEY and row is not None and row.health != "needs_reconnect":
            _spoil(session, row)
            for _ in range(TRIES_UNTIL_REFUSED):
                run_test(session, row)
                session.refresh(row)
                if row.health == "needs_reconnect":
                    break


def _spoil(session: Session, row: Instance) -> None:
    """The last character of the first key becomes another, so that its form stays right."""
    sample = instances.sample_values(row.provider_id)
    stored = secrets.open_current(session, row)
    keys = [one for one in catalog.manifest_of(row.provider_id).fields if one.secret and not one.webhook_secret]
    for field in keys:
        value = sample.get(field.name, "")
        if value and stored.get(field.name) == value:
            wrong = value[:-1] + ("a" if value[-1] != "a" else "b")
            secrets.replace_secret(session, row, field=field, value=wrong, actor_id=row.created_by)
            break
    session.commit()


def _in_use(session: Session, workspace_id: str) -> Sequence[Instance]:
    return [row for row in existing(session, workspace_id).values() if row.status == "active"]


def planned_rows(session: Session, workspace_id: str) -> list[tuple[Planned, Instance]]:
    """The planned connections that were made and are not drafts, in the plan's order."""
    there = existing(session, workspace_id)
    pairs = [(one, there.get(one.name)) for one in plan(session)]
    return [(one, row) for one, row in pairs if row is not None and row.status != "draft"]
