"""Runs one stored test, line by line. For a job: commits for itself, and holds no transaction while it calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from providers.kit.contract import Account, Provider, Step, StepStatus
from providers.kit.errors import ProviderError
from providers.kit.metering import CallRecord
from webapp.catalog.service import manifest_of
from webapp.connection_tests import lease, outcome
from webapp.connection_tests.lease import Claim, Heartbeat, LeaseLost
from webapp.connection_tests.lines import ERROR, Line, Ran, from_stored, pending, report, run_lines, total
from webapp.connection_tests.models import ConnectionTest
from webapp.connection_tests.service import default_inputs, unsealed_input
from webapp.core.clock import now
from webapp.core.crypto import CannotDecrypt
from webapp.core.errors import ProductError
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.instances.opening import open_configuration, open_provider
from webapp.outbound.service import rules_of

MAX_ATTEMPTS = 3


class CannotBegin(Exception):
    """The test could not be begun; the line says why. `error` is what a provider said, for health."""

    def __init__(self, line: Line, error: ProviderError | None = None) -> None:
        super().__init__(line.message)
        self.line = line
        self.error = error


@dataclass(frozen=True, kw_only=True)
class Opened:
    provider: Provider
    steps: Sequence[Step]
    meter: outcome.Meter | None

    @property
    def secrets(self) -> tuple[str, ...]:
        names = [one.name for one in self.provider.manifest.fields if one.secret]
        return tuple(self.provider.configuration[one] for one in names if self.provider.configuration.get(one))


def run(row_id: str) -> None:
    """Runs a test if it still needs to be run; a second call while it runs does nothing."""
    session = db.session()
    held = lease.claim(session, row_id)
    if held is None:
        return
    try:
        _run(session, held)
    except LeaseLost:
        session.rollback()


def _run(session: Session, held: Claim) -> None:
    row = session.get(ConnectionTest, held.row_id, populate_existing=True)
    if row is None:
        raise LeaseLost
    before = [from_stored(one) for one in row.steps]
    interrupted = _interrupted(row, before, held)
    if interrupted is not None:
        _finish(session, held, interrupted, [], None)
        return
    try:
        opened = _open(session, row)
    except CannotBegin as error:
        _finish(session, held, [error.line], [], None)
        return
    lines = pending(opened.steps)
    lease.save(session, held, steps=[one.stored() for one in lines], started_at=row.started_at or now())
    session.commit()

    def start(index: int) -> None:
        lines[index] = Line(name=lines[index].name, label=lines[index].label, status=StepStatus.RUNNING.value)
        _save_lines(session, held, lines, opened.meter)

    def end(index: int, ran: Ran) -> None:
        lines[index] = ran.line
        _save_lines(session, held, lines, opened.meter)

    with Heartbeat(db.engine, held):
        ran = run_lines(opened.steps, secrets=opened.secrets, on_start=start, on_end=end)
    _finish(session, held, lines, ran, opened.meter)


def _save_lines(session: Session, held: Claim, lines: Sequence[Line], meter: outcome.Meter | None) -> None:
    lease.save(session, held, steps=[one.stored() for one in lines])
    if meter is not None:
        meter.flush(session)
    session.commit()


def _interrupted(row: ConnectionTest, before: Sequence[Line], held: Claim) -> list[Line] | None:
    """What to show when a worker died at it and it may not simply be run again; None to (re-)run it.

    A test that only looks is run again from its first line; one that changes data is not: it may have been done.
    """
    if held.attempt > MAX_ATTEMPTS:
        said = "We could not finish this test: it was interrupted again and again."
        line = Line(name="run", label="Test run", status=ERROR, message=said, fix="Tell whoever runs this server.")
        return [*before, line]
    definition = manifest_of(row.provider_id).test(row.test_id)
    if held.attempt == 1 or not definition.changes_data or not any(_begun(one) for one in before):
        return None
    words = "We were interrupted in this line. It may have been done."
    fix = "Look at the service whether it was done before you run the test again."
    return [
        Line(name=one.name, label=one.label, status=ERROR, message=words, fix=fix)
        if one.status == StepStatus.RUNNING
        else one
        for one in before
    ]


def _begun(line: Line) -> bool:
    return line.status != StepStatus.PENDING


def _open(session: Session, row: ConnectionTest) -> Opened:
    """Opens the provider and asks for its lines. Raises CannotBegin, with words, for whatever is in the way."""
    try:
        return _opened(session, row)
    except CannotDecrypt:
        fix = "Enter the key again. If this happens to every connection, ask a site admin to look at ENCRYPTION_KEYS."
        line = _cannot("The stored key can't be opened.", fix)
    except ProductError as error:
        line = _cannot(str(error), error.fix)
    except ProviderError as error:
        line = _cannot(str(error), error.fix, error.fix_url)
    except Exception as error:
        reference = report(error, "a connection test could not begin", (), provider=row.provider_id)
        said = "Something unexpected happened before the first line."
        fix = f"Try again. If it happens again, tell whoever runs this server. Reference: {reference}."
        line = Line(name="begin", label="Test begun", status=ERROR, message=said, fix=fix)
    raise CannotBegin(line)


def _opened(session: Session, row: ConnectionTest) -> Opened:
    private: dict[str, Any] = unsealed_input(session, row)
    values = private.get("configuration") or {}
    meter = None
    if row.instance_id is not None:
        instance = session.get_one(Instance, row.instance_id)
        meter = outcome.Meter(instance)
        provider = open_provider(session, instance, meter=meter, overrides=values)
    else:
        provider = open_configuration(
            row.provider_id,
            environment=row.environment,
            configuration=values,
            meter=_nobody,
            reach=rules_of(session, row.workspace_id),
        )
    inputs = private.get("inputs") or default_inputs(provider.manifest.test(row.test_id))
    session.commit()
    return Opened(provider=provider, steps=tuple(provider.steps(row.test_id, inputs)), meter=meter)


def _nobody(call: CallRecord) -> None:
    """Calls of a configuration that is stored nowhere belong to no connection."""


def _cannot(message: str, fix: str, fix_url: str = "") -> Line:
    return Line(
        name="begin", label="Test begun", status=StepStatus.FAILED.value, message=message, fix=fix, fix_url=fix_url
    )


def _finish(
    session: Session, held: Claim, lines: Sequence[Line], ran: Sequence[Ran], meter: outcome.Meter | None
) -> None:
    """Saves the end and what it means, in one transaction; forgets what was only needed for the run."""
    row = session.get(ConnectionTest, held.row_id, populate_existing=True)
    if row is None:
        raise LeaseLost
    shown = list(lines)
    overridden = bool(row.sealed_input) and bool(unsealed_configuration(session, row))
    instance = session.get(Instance, row.instance_id) if row.instance_id else None
    if instance is not None and meter is not None and not overridden:
        session.refresh(instance)
        decides = outcome.is_connection_test(row.test_id, row.provider_id)
        verdict = outcome.apply(session, instance, ran, meter=meter, decides_health=decides)
        if verdict.line is not None:
            shown.append(verdict.line)
    elif meter is not None:
        meter.flush(session)
    account = next((one.outcome.account for one in ran if one.outcome.account is not None), None)
    status, message = total(shown)
    lease.save(
        session,
        held,
        status=status,
        message=message,
        steps=[one.stored() for one in shown],
        account=account_data(account),
        sealed_input="",
        started_at=row.started_at or now(),
        finished_at=now(),
        lease_until=None,
    )
    session.commit()


def unsealed_configuration(session: Session, row: ConnectionTest) -> dict[str, Any]:
    """Values that stood in for stored ones: what such a run finds says nothing about the connection as it is."""
    try:
        return unsealed_input(session, row).get("configuration") or {}
    except CannotDecrypt:
        return {}


def account_data(account: Account | None) -> dict[str, Any] | None:
    if account is None:
        return None
    return {"id": account.id, "name": account.name, "detail": account.detail, "url": account.url}
