"""Scheduled health checks: many connections in one job, the calls side by side in threads.

The main thread alone uses the database: it claims a batch, opens the providers, ends the transaction, lets the
threads call, and saves what they found. Calls only wait, so threads are cheap; a job for each would not be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from providers.kit.contract import Account, Provider, Step
from providers.kit.errors import ProviderError
from providers.kit.reach import HostRule
from webapp.catalog.models import IntegrationProvider
from webapp.connection_tests import outcome
from webapp.connection_tests.lines import Line, Ran, run_lines, total
from webapp.connection_tests.models import ConnectionTest
from webapp.connection_tests.runner import account_data
from webapp.connection_tests.service import default_inputs
from webapp.core.clock import now
from webapp.core.crypto import CannotDecrypt
from webapp.core.errors import ProductError
from webapp.core.identifiers import new_id
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.instances.opening import Refusal, latest_refusals, open_provider
from webapp.instances.queries import with_secrets
from webapp.outbound.service import rules_of_many
from webapp.usage.service import fail, flush_all, resolve, troubled
from webapp.workspaces.models import WorkspaceKey

log = structlog.get_logger(__name__)
THREADS = 128
BATCH = 256
SAVE = 64
CLAIMED_FOR = timedelta(minutes=5)
PUT_OFF = timedelta(hours=1)
MOST = 20_000


@dataclass(frozen=True, kw_only=True)
class Check:
    """One connection that is ready to be called: nothing of the database in it."""

    instance_id: str
    steps: Sequence[Step]
    secrets: tuple[str, ...]
    meter: outcome.Meter


def check_due(*, threads: int = THREADS, most: int = MOST) -> int:
    """Checks every active connection whose time has come. Commits for itself. Returns how many were checked."""
    session, checked = db.session(), 0
    with ThreadPoolExecutor(threads, thread_name_prefix="health") as pool:
        while checked < most:
            ids = _claim(session)
            if not ids:
                return checked
            checks = _open_all(session, ids)
            pending = {pool.submit(run_lines, one.steps, secrets=one.secrets): one for one in checks}
            for finished in _in_batches(pending):
                _save_all(session, finished)
                session.commit()
                session.expunge_all()  # memory stays flat however many there are
            checked += len(ids)
    return checked


def _in_batches(
    pending: dict[Future[list[Ran]], Check],
) -> Iterator[list[tuple[Check, list[Ran]]]]:
    ended = ((pending[future], future.result()) for future in as_completed(pending))
    while batch := list(islice(ended, SAVE)):
        yield batch


def _claim(session: Session) -> list[str]:
    """Takes those that are due by moving their time on: a second scheduler finds nothing, and what a killed worker
    had taken is due again soon."""
    at = now()
    due = (
        select(Instance.id)
        .where(
            Instance.status == "active",
            Instance.deleted_at.is_(None),
            Instance.next_check_at <= at,
        )
        .order_by(Instance.next_check_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.scalars(due))
    if ids:
        session.execute(
            update(Instance)
            .where(Instance.id.in_(ids))
            .values(next_check_at=at + CLAIMED_FOR)
            .execution_options(synchronize_session=False)
        )
    session.commit()
    return ids


def _open_all(session: Session, ids: list[str]) -> list[Check]:
    rows = with_secrets(session, ids)
    workspaces = {one.workspace_id for one in rows}
    # Held until all are opened: a session forgets rows that nobody holds, and would ask for each again.
    held = [
        *session.scalars(select(IntegrationProvider)),
        *session.scalars(select(WorkspaceKey).where(WorkspaceKey.workspace_id.in_(workspaces))),
    ]
    refusals = latest_refusals(session, ids)
    rules = rules_of_many(session, workspaces)
    opened = (_open(session, row, refusals, rules[row.workspace_id]) for row in rows)
    checks = [one for one in opened if one is not None]
    del held
    session.commit()
    session.expunge_all()
    return checks


def _open(
    session: Session, instance: Instance, refusals: Mapping[str, Refusal], reach: tuple[HostRule, ...]
) -> Check | None:
    """None for what can't be checked now: it is put off, and its health stays what it was."""
    meter = outcome.Meter(instance)
    try:
        provider = open_provider(session, instance, meter=meter, refusals=refusals, reach=reach)
        test_id = f"{instance.provider_id}-{outcome.CONNECTION_TEST}"
        steps = tuple(provider.steps(test_id, default_inputs(provider.manifest.test(test_id))))
    except (ProductError, ProviderError, CannotDecrypt, KeyError) as error:
        log.warning("a connection could not be checked", instance=instance.id, error=type(error).__name__)
        instance.next_check_at = now() + PUT_OFF
        return None
    return Check(instance_id=instance.id, steps=steps, secrets=_secrets(provider), meter=meter)


def _secrets(provider: Provider) -> tuple[str, ...]:
    names = (one.name for one in provider.manifest.fields if one.secret)
    return tuple(value for name in names if (value := provider.configuration.get(name)))


def _save_all(session: Session, finished: Sequence[tuple[Check, list[Ran]]]) -> None:
    """Saves a batch in few statements: what holds for all of it is asked and written once."""
    ids = [check.instance_id for check, _ in finished]
    query = select(Instance).where(Instance.id.in_(ids), Instance.deleted_at.is_(None))
    rows = {row.id: row for row in session.scalars(query)}
    alive = [(rows[check.instance_id], check, ran) for check, ran in finished if check.instance_id in rows]
    flush_all(session, [check.meter for _, check, _ in alive])
    accounts = {found.id for _, _, ran in alive if (found := _account(ran)) is not None}
    owners = outcome.owners_of(session, list(rows.values()), accounts)
    in_trouble = troubled(session, list(rows))
    for instance, check, ran in alive:
        verdict = outcome.judge(
            session, instance, ran, counted=check.meter.categories, decides_health=True, owners=owners
        )
        for failure in verdict.failures:
            fail(session, failure)
        if verdict.over and instance.id in in_trouble:
            resolve(session, instance.id, verdict.over)
        session.add(_history(instance, ran, verdict.line))


def _history(instance: Instance, ran: Sequence[Ran], last: Line | None) -> ConnectionTest:
    ended = now()
    lines = [one.line for one in ran] + ([last] if last is not None else [])
    status, message = total(lines)
    began = ended - timedelta(milliseconds=sum(one.duration_ms or 0 for one in lines))
    return ConnectionTest(
        id=new_id("tst"),
        workspace_id=instance.workspace_id,
        instance_id=instance.id,
        provider_id=instance.provider_id,
        test_id=f"{instance.provider_id}-{outcome.CONNECTION_TEST}",
        environment=instance.environment,
        trigger="schedule",
        status=status,
        message=message,
        steps=[one.stored() for one in lines],
        account=account_data(_account(ran)),
        created_at=began,
        started_at=began,
        finished_at=ended,
        attempts=1,
    )


def _account(ran: Sequence[Ran]) -> Account | None:
    return next((one.outcome.account for one in ran if one.outcome.account is not None), None)
