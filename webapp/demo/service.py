"""Verbs on sample data: make it, fill it, remove it. `create` and `remove` leave the commit to the caller; `prepare`
and `clear` are for jobs and commands and commit step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.audit.service import record
from webapp.core.clock import now
from webapp.core.errors import NotFound
from webapp.core.queue import ring
from webapp.demo import connections, deliveries, history
from webapp.demo.state import REMOVING, STAGES, DemoState, Gone, advance, claim, keep, state_of
from webapp.usage.models import IntegrationError, LatencyHistogram, UsageRecord, UsageRollup
from webapp.workspaces import service as workspaces
from webapp.workspaces.models import Membership, Workspace

NAME = "Sample agency"
EVENTS, DAYS = 20_000, 30
JOB, CLEAR_JOB = "jobs.demo.prepare", "jobs.demo.clear"
_BATCH = 5_000

Told = Callable[[str, int], None]
"""What is told on the way: words, and how many percent are done."""


def create(
    session: Session,
    *,
    user: User,
    events: int = EVENTS,
    days: int = DAYS,
    seed: int = 1,
    time_zone: str = "UTC",
    ring_for_it: bool = True,
) -> Workspace:
    """The person's demo workspace: the one they have, else a new one that a job fills (without `ring_for_it`: that
    the caller fills with `prepare`)."""
    there = of_person(session, user.id)
    if there is not None:
        return there
    workspace = workspaces.create_workspace(session, name=NAME, owner=user, time_zone=time_zone, is_demo=True)
    keep(workspace, DemoState(events=events, days=days, seed=seed, until=now().isoformat()))
    session.flush()
    if ring_for_it:
        ring(session, JOB, workspace.id)
    return workspace


def of_person(session: Session, user_id: str) -> Workspace | None:
    """The demo workspace a person belongs to, if any."""
    return session.scalar(
        select(Workspace)
        .join(Membership, Membership.workspace_id == Workspace.id)
        .where(Membership.user_id == user_id, Workspace.is_demo)
        .order_by(Workspace.created_at)
        .limit(1)
    )


def prepare(session: Session, workspace_id: str, tell: Told | None = None) -> bool:
    """Fills a demo workspace from where it is to the end. A second call while one works does nothing; one after a
    crash goes on. True when it is ready now."""
    state = claim(session, workspace_id, stages=STAGES[:-1])
    if state is None:
        return False

    def step(stage: str, done: int, of: int) -> None:
        advance(session, workspace_id, stage=stage, done=done, of=of)
        session.commit()
        if tell is not None:
            at = replace(state, stage=stage, done=done, of=of)
            tell(at.words, at.percent)

    try:
        _go_on(session, workspace_id, state, step)
    except Gone:
        return False
    return True


def _go_on(session: Session, workspace_id: str, state: DemoState, step: Callable[[str, int, int], None]) -> None:
    """Every stage from the one it stopped in; each finds out by itself what it has done already."""
    first = STAGES.index(state.stage)
    if first <= STAGES.index("connections"):
        connections.make(session, workspace_id, lambda done, of: step("connections", done, of))
    if first <= STAGES.index("deliveries"):
        deliveries.send(session, workspace_id, state, lambda done, of: step("deliveries", done, of))
    if first <= STAGES.index("checks"):
        connections.check(session, workspace_id, lambda done, of: step("checks", done, of))
    if first <= STAGES.index("usage"):
        written = state.done if state.stage == "usage" else 0
        history.write(session, workspace_id, state, written, lambda done, of: step("usage", done, of))
    step("troubles", 0, 1)
    connections.make_trouble(session, workspace_id)
    history.settle(session, workspace_id)
    step("ready", 1, 1)


def remove(session: Session, *, workspace: Workspace) -> None:
    """Takes a demo workspace from everybody's list at once; a job removes what is in it. Raises NotFound for any
    other workspace."""
    state = state_of(workspace)
    if state is None:
        raise NotFound
    keep(workspace, replace(state, stage=REMOVING, done=0, of=1, lease_until=""))
    session.execute(delete(Membership).where(Membership.workspace_id == workspace.id))
    record(session, "demo.removed", object_kind="workspace", object_id=workspace.id, object_name=workspace.name)
    ring(session, CLEAR_JOB, workspace.id)


def clear(session: Session, workspace_id: str) -> bool:
    """Removes a demo workspace that was taken from the list, with all that is in it. False when there is none."""
    if claim(session, workspace_id, stages=(REMOVING,)) is None:
        return False
    rows = select(UsageRecord.id).where(UsageRecord.workspace_id == workspace_id).limit(_BATCH)
    while ids := session.scalars(rows).all():
        session.execute(delete(UsageRecord).where(UsageRecord.id.in_(ids)))
        session.commit()
    for table in (UsageRollup, LatencyHistogram, IntegrationError):
        session.execute(delete(table).where(table.workspace_id == workspace_id))
        session.commit()
    session.execute(delete(Workspace).where(Workspace.id == workspace_id, Workspace.is_demo))
    session.commit()
    return True


def unfinished(session: Session) -> tuple[list[str], list[str]]:
    """(to prepare, to clear): workspaces whose bell was lost or whose worker died."""
    found = [(one.id, state_of(one)) for one in session.scalars(select(Workspace).where(Workspace.is_demo))]
    waiting = [(one, state) for one, state in found if state is not None and not state.ready and not state.leased]
    return (
        [one for one, state in waiting if not state.removing],
        [one for one, state in waiting if state.removing],
    )
