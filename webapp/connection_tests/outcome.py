"""What a finished check means for its connection: whose account it is, how well it is, which errors are over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from providers.kit.contract import Account, StepStatus
from providers.kit.errors import ProviderError
from providers.kit.metering import CallRecord
from webapp.audit.service import record
from webapp.connection_tests.health import Finding, Health, HealthState, Signal, after, next_check_in, signal_of
from webapp.connection_tests.lines import Line, Ran
from webapp.core.clock import now
from webapp.instances.lifecycle import account_conflict
from webapp.instances.models import Instance
from webapp.usage.service import RECOVERS, CallMeter, ErrorFact, fail, resolve

CONNECTION_TEST = "connection"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the connection said to the account that the lines found: a failed line, or none."""

    line: Line | None
    signal: Signal


class Meter:
    """A `CallMeter` that also knows which failures it has counted, so that a line does not count them again."""

    def __init__(self, instance: Instance) -> None:
        self._calls = CallMeter(instance)
        self.categories: set[str] = set()

    def __call__(self, call: CallRecord) -> None:
        if call.error_category:
            self.categories.add(call.error_category)
        self._calls(call)

    def flush(self, session: Session) -> int:
        return self._calls.flush(session)


def is_connection_test(test_id: str, provider_id: str) -> bool:
    return test_id == f"{provider_id}-{CONNECTION_TEST}"


def apply(session: Session, instance: Instance, ran: Sequence[Ran], *, meter: Meter, decides_health: bool) -> Verdict:
    """Writes down what a check found. Only the connection test decides on health: that a sample payment was refused
    says nothing about the connection. The caller commits."""
    meter.flush(session)
    for one in ran:
        _count(session, instance, one, meter)
    signal = signal_of(one.outcome for one in ran)
    account = next((one.outcome.account for one in ran if one.outcome.account is not None), None)
    line = _recognise(session, instance, account) if account is not None else None
    if line is not None:
        signal = Signal(finding=Finding.REFUSED, words=f"{line.message} {line.fix}"[:500])
    elif signal.finding in (Finding.GOOD, Finding.WARNED):
        resolve(session, instance.id, (*RECOVERS, "permission") if decides_health else RECOVERS)
    if decides_health:
        set_health(session, instance, signal, at=now())
    session.flush()
    return Verdict(line=line, signal=signal)


def _count(session: Session, instance: Instance, one: Ran, meter: Meter) -> None:
    error = one.outcome.error
    if one.outcome.status is not StepStatus.FAILED or not isinstance(error, ProviderError):
        return
    if error.category in meter.categories:
        return
    fact = ErrorFact(
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
    fail(session, fact)


def _recognise(session: Session, instance: Instance, account: Account) -> Line | None:
    """Notes whose account it is. A line that fails for an account that is connected already, or is another one."""
    first = account_conflict(session, instance, account)
    if first is not None:
        return _same_account(first)
    known = instance.account_id
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
    try:
        with session.begin_nested():
            instance.account_id = account.id[:200]
            instance.account_name = account.name[:200]
            instance.account_detail = account.detail[:300]
    except IntegrityError:  # somebody connected the same account at this very moment
        session.refresh(instance)
        first = account_conflict(session, instance, account)
        return _same_account(first) if first is not None else None
    return None


def _same_account(first: Instance) -> Line:
    return Line(
        name="account",
        label="Account not connected yet",
        status=StepStatus.FAILED.value,
        message=f"This account is connected here already, as “{first.name}”.",
        fix="Use that connection, or remove it before you connect the account again.",
        fix_url=f"/integrations/{first.id}",
    )


def set_health(session: Session, instance: Instance, signal: Signal, *, at: datetime) -> HealthState:
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
        record(
            session,
            "instance.health_changed",
            object_kind="instance",
            object_id=instance.id,
            object_name=instance.name,
            workspace_id=instance.workspace_id,
            details={"before": before.health.value, "after": state.health.value},
        )
    return state
