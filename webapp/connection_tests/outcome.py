"""What a finished check means for its connection: whose account it is, how well it is, which errors are over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from providers.kit.contract import Account, Environment, StepStatus
from providers.kit.errors import ProviderError
from providers.kit.metering import CallRecord
from webapp.connection_tests.health import Finding, Health, HealthState, Signal, after, next_check_in, signal_of
from webapp.connection_tests.lines import Line, Ran
from webapp.core.clock import now
from webapp.instances.lifecycle import account_conflict
from webapp.instances.models import Instance
from webapp.usage.service import RECOVERS, CallMeter, ErrorFact, fail, resolve

CONNECTION_TEST = "connection"
Owners = dict[tuple[str, str, str, str], Instance]
"""(workspace, provider, environment, account id) → the connection that has it."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a check means. `line` is a failed line about the account, or None; `over`: categories of errors that are
    proven to be over; `failures`: what the meter has not counted."""

    line: Line | None
    over: tuple[str, ...]
    failures: tuple[ErrorFact, ...]


class Meter(CallMeter):
    """A `CallMeter` that also knows which failures it has seen, so that a line does not count them again."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self.categories: set[str] = set()

    def __call__(self, record: CallRecord) -> None:
        if record.error_category:
            self.categories.add(record.error_category)
        super().__call__(record)


def is_connection_test(test_id: str, provider_id: str) -> bool:
    return test_id == f"{provider_id}-{CONNECTION_TEST}"


def apply(session: Session, instance: Instance, ran: Sequence[Ran], *, meter: Meter, decides_health: bool) -> Verdict:
    """Writes down what one check found. The caller commits."""
    meter.flush(session)
    verdict = judge(session, instance, ran, counted=meter.categories, decides_health=decides_health)
    for failure in verdict.failures:
        fail(session, failure)
    if verdict.over:
        resolve(session, instance.id, verdict.over)
    session.flush()
    return verdict


def judge(
    session: Session,
    instance: Instance,
    ran: Sequence[Ran],
    *,
    counted: Collection[str],
    decides_health: bool,
    owners: Owners | None = None,
) -> Verdict:
    """Notes account and health on the row. Only the connection test decides on health: that a sample payment was
    refused says nothing about the connection. `counted`: error categories the meter has. `owners`: which connections
    have the accounts in question, known by whoever judges many (`owners_of`), else asked for."""
    signal = signal_of(one.outcome for one in ran)
    account = next((one.outcome.account for one in ran if one.outcome.account is not None), None)
    line = _recognise(session, instance, account, owners) if account is not None else None
    over: tuple[str, ...] = ()
    if line is not None:
        signal = Signal(finding=Finding.REFUSED, words=f"{line.message} {line.fix}"[:500])
    elif signal.finding in (Finding.GOOD, Finding.WARNED):
        over = (*RECOVERS, "permission") if decides_health else RECOVERS
    if decides_health:
        set_health(instance, signal, at=now())
    failures = tuple(fact for one in ran if (fact := _failure(instance, one, counted)) is not None)
    return Verdict(line=line, over=over, failures=failures)


def _failure(instance: Instance, one: Ran, counted: Collection[str]) -> ErrorFact | None:
    error = one.outcome.error
    if one.outcome.status is not StepStatus.FAILED or not isinstance(error, ProviderError):
        return None
    if error.category in counted:
        return None
    return ErrorFact(
        workspace_id=instance.workspace_id,
        instance_id=instance.id,
        provider_id=instance.provider_id,
        environment=instance.environment,
        category=error.category,
        cause=one.line.name,
        message=one.line.message,
        fix=one.line.fix,
        fix_url=one.line.fix_url,
    )


def _recognise(session: Session, instance: Instance, account: Account, owners: Owners | None) -> Line | None:
    """Notes whose account it is. A line that fails for an account that is connected already, or is another one."""
    if not account.certain:
        if not instance.account_id:
            instance.account_name, instance.account_detail = account.name[:200], account.detail[:300]
        return None
    known = instance.account_id
    if known == account.id[:200] and instance.account_name == account.name[:200]:
        return None
    first = account_conflict(session, instance, account) if owners is None else _owner(owners, instance, account)
    if first is not None:
        return _same_account(first)
    if known and known != account.id[:200] and instance.status != "draft":
        return Line(
            name="account",
            label="Same account as before",
            status=StepStatus.FAILED.value,
            message=f"This key opens another account ({account.name or account.id}) than before "
            f"({instance.account_name or known}).",
            fix="Enter a key of the account that this connection is for, or make a new connection.",
            fix_url=f"/integrations/{instance.id}",
        )
    if owners is not None:
        owners[_place(instance, account)] = instance
        _note_account(instance, account)
        return None
    try:
        with session.begin_nested():
            _note_account(instance, account)
    except IntegrityError:  # somebody connected the same account at this very moment
        session.refresh(instance)
        first = account_conflict(session, instance, account)
        return _same_account(first) if first is not None else None
    return None


def _note_account(instance: Instance, account: Account) -> None:
    instance.account_id, instance.account_name = account.id[:200], account.name[:200]
    instance.account_detail = account.detail[:300]


def _place(instance: Instance, account: Account) -> tuple[str, str, str, str]:
    return (instance.workspace_id, instance.provider_id, instance.environment, account.id[:200])


def _owner(owners: Owners, instance: Instance, account: Account) -> Instance | None:
    found = owners.get(_place(instance, account))
    return None if found is instance or instance.environment == Environment.SANDBOX else found


def owners_of(session: Session, instances: Sequence[Instance], accounts: Collection[str]) -> Owners:
    """The connections that have these accounts, in one query. `judge` adds to it what it recognises."""
    query = select(Instance).where(
        Instance.workspace_id.in_({one.workspace_id for one in instances}),
        Instance.account_id.in_({one[:200] for one in accounts}),
        Instance.deleted_at.is_(None),
    )
    return {
        (one.workspace_id, one.provider_id, one.environment, one.account_id or ""): one
        for one in session.scalars(query)
    }


def _same_account(first: Instance) -> Line:
    return Line(
        name="account",
        label="Account not connected yet",
        status=StepStatus.FAILED.value,
        message=f"This account is connected here already, as “{first.name}”.",
        fix="Use that connection, or remove it before you connect the account again.",
        fix_url=f"/integrations/{first.id}",
    )


def set_health(instance: Instance, signal: Signal, *, at: datetime) -> HealthState:
    """Moves the connection's health on by one check and says when to look again."""
    before = HealthState(
        health=Health(instance.health),
        reason=instance.health_reason,
        failures=instance.health_failures,
        blips=instance.health_blips,
    )
    state = after(before, signal)
    instance.health, instance.health_reason = state.health.value, state.reason
    instance.health_failures, instance.health_blips = state.failures, state.blips
    instance.last_checked_at = at
    if instance.status == "active":
        instance.next_check_at = at + next_check_in(state)
    if state.health is not before.health:
        instance.health_changed_at = at
    return state
