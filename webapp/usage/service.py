"""Verbs: write down what happened, what failed and what is well again. The caller commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from providers.kit.metering import CallRecord
from webapp.core.clock import now
from webapp.core.identifiers import new_id
from webapp.outbound import service as outbound
from webapp.outbound.service import Refused
from webapp.usage.causes import cause_of, words_for
from webapp.usage.locks import share_rollups
from webapp.usage.models import IntegrationError, UsageRecord
from webapp.usage.prepared import Prepared, dialect_of, into
from webapp.usage.rollups import add_up
from webapp.usage.tally import Tally
from webapp.usage.zones import zones_of

RECOVERS = ("authentication", "configuration", "quota", "rate_limit", "unavailable", "policy")
"""What a call that works proves to be over."""


@dataclass(frozen=True, kw_only=True)
class CallFact:
    """One call out, delivery in or sync. `at_ms` is milliseconds since 1970 (UTC); `kind`: api_call, webhook, sync.

    `error_category` is "" when `ok`, else a category of `webapp.usage.causes`. `status` is the HTTP status, None
    when there was none. `items` counts what it carried: deliveries of a batch, contacts of a sync.
    """

    at_ms: int
    workspace_id: str
    provider_id: str
    instance_id: str
    environment: str
    kind: str
    operation: str = ""
    ok: bool = True
    status: int | None = None
    error_category: str = ""
    latency_us: int = 0
    items: int = 1


def append(session: Session, facts: Sequence[CallFact]) -> None:
    """Inserts a row for each fact and adds them to the rollups and latency buckets, in the caller's transaction."""
    if not facts:
        return
    share_rollups(session)
    zones = zones_of(session, {fact.workspace_id for fact in facts})
    tally = Tally(zones)
    tally.add(facts)
    _insert(dialect_of(session)).many(
        session,
        [
            (
                fact.at_ms,
                fact.workspace_id,
                fact.provider_id,
                fact.instance_id,
                fact.environment,
                fact.kind,
                fact.operation[:80],
                fact.ok,
                fact.status,
                fact.error_category,
                fact.latency_us,
                fact.items,
            )
            for fact in facts
        ],
    )
    add_up(session, tally)


@cache
def _insert(dialect: str) -> Prepared:
    table = UsageRecord.__table__
    columns = tuple(column.name for column in table.columns if column.name != "id")
    return Prepared(dialect, insert(table), columns)  # type: ignore[arg-type]  # a Table, typed as FromClause


@dataclass(frozen=True, kw_only=True)
class ErrorFact:
    """A failure to be grouped with others of the same instance, category and cause.

    `cause` tells apart what has to be mended apart: an operation, a permission, a field. An empty `message`, `fix`
    or `fix_url` is taken from the catalogue (`webapp.usage.causes`). `detail` is for admins and carries no secret.
    """

    workspace_id: str
    instance_id: str
    provider_id: str
    environment: str
    category: str
    cause: str = ""
    message: str = ""
    fix: str = ""
    fix_url: str = ""
    detail: str = ""
    count: int = 1
    at: datetime = field(default_factory=now)


def fail(session: Session, fact: ErrorFact) -> None:
    """Counts a failure. One that was dealt with and happens again is open again."""
    words = words_for(fact.category)
    insertion = into(dialect_of(session), IntegrationError)
    known, new = IntegrationError.__table__.c, insertion.excluded
    session.execute(
        insertion.on_conflict_do_update(
            index_elements=("instance_id", "category", "cause"),
            set_={
                "count": known["count"] + new["count"],
                "message": new.message,
                "fix": new.fix,
                "fix_url": new.fix_url,
                "detail": new.detail,
                "last_at": new.last_at,
                "resolved_at": None,
            },
        ),
        {
            "id": new_id("err"),
            "workspace_id": fact.workspace_id,
            "instance_id": fact.instance_id,
            "provider_id": fact.provider_id,
            "environment": fact.environment,
            "category": fact.category,
            "cause": fact.cause[:120],
            "message": (fact.message or words.happened)[:500],
            "fix": (fact.fix or words.fix)[:500],
            "fix_url": fact.fix_url[:500],
            "detail": fact.detail,
            "count": fact.count,
            "first_at": fact.at,
            "last_at": fact.at,
        },
    )


def resolve(session: Session, instance_id: str, categories: Iterable[str]) -> int:
    """Closes the open errors of these categories: their cause is gone. Returns how many."""
    result = session.execute(
        update(IntegrationError)
        .where(
            IntegrationError.instance_id == instance_id,
            IntegrationError.category.in_(tuple(categories)),
            IntegrationError.resolved_at.is_(None),
        )
        .values(resolved_at=now())
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def resolve_one(session: Session, *, workspace_id: str, error_id: str) -> IntegrationError | None:
    """Marks one group of failures as dealt with. None when this workspace has no such group."""
    found = session.scalar(
        select(IntegrationError).where(IntegrationError.id == error_id, IntegrationError.workspace_id == workspace_id)
    )
    if found is not None and found.resolved_at is None:
        found.resolved_at = now()
    return found


class Metered(Protocol):
    """What calls are booked to: an instance, or the draft of one."""

    @property
    def id(self) -> str: ...
    @property
    def workspace_id(self) -> str: ...
    @property
    def provider_id(self) -> str: ...
    @property
    def environment(self) -> str: ...


class CallMeter:
    """What a door's `on_call` gets: collects the calls of one instance until `flush` writes them down.

    Reads the instance once, so that no call needs the database; safe to be called from several threads.
    """

    def __init__(self, instance: Metered) -> None:
        self._owner: dict[str, Any] = {
            "workspace_id": instance.workspace_id,
            "provider_id": instance.provider_id,
            "instance_id": instance.id,
            "environment": instance.environment,
        }
        self._records: list[CallRecord] = []
        self._refused: list[Refused] = []

    def __call__(self, record: CallRecord) -> None:
        self._records.append(record)
        if record.refused:
            self._refused.append(self._refusal(record))

    def flush(self, session: Session) -> int:
        """Writes down what was collected: usage, failures by cause, and what a good call proves to be over.

        Returns the number of calls.
        """
        return flush_all(session, [self])

    def take(self) -> tuple[list[CallFact], list[ErrorFact], bool]:
        """What was collected, and whether the last call worked; the meter is empty afterwards."""
        records, self._records = self._records, []
        failures = [self._error(record) for record in records if not record.ok]
        return [self._fact(record) for record in records], failures, bool(records) and records[-1].ok

    def take_refused(self) -> list[Refused]:
        """What the door refused itself since this was last asked."""
        refused, self._refused = self._refused, []
        return refused

    @property
    def instance_id(self) -> str:
        return str(self._owner["instance_id"])

    def _fact(self, record: CallRecord) -> CallFact:
        return CallFact(
            at_ms=int(record.started_at.timestamp() * 1000),
            kind="api_call",
            operation=record.operation,
            ok=record.ok,
            status=record.status,
            error_category=record.error_category,
            latency_us=round(record.latency_ms * 1000),
            **self._owner,
        )

    def _error(self, record: CallRecord) -> ErrorFact:
        return ErrorFact(
            category=record.error_category,
            cause=cause_of(record.error_category, record.operation),
            message=record.refusal,
            detail=f"{record.method} {record.host}: {record.status or 'no answer'}",
            at=record.started_at,
            **self._owner,
        )

    def _refusal(self, record: CallRecord) -> Refused:
        return Refused(
            workspace_id=self._owner["workspace_id"],
            instance_id=self._owner["instance_id"],
            provider_id=self._owner["provider_id"],
            operation=record.operation,
            method=record.method,
            host=record.host,
            code=record.refused,
            reason=record.refusal,
            at=record.started_at,
        )


def flush_all(session: Session, meters: Iterable[CallMeter]) -> int:
    """Writes down what several meters collected, in one batch. Returns the number of calls."""
    facts: list[CallFact] = []
    well: list[str] = []
    for meter in meters:
        calls, failures, ended_well = meter.take()
        outbound.note(session, meter.take_refused())
        facts += calls
        for failure in failures:
            fail(session, failure)
        if ended_well:
            well.append(meter.instance_id)
    append(session, facts)
    for instance_id in troubled(session, well):
        resolve(session, instance_id, RECOVERS)
    return len(facts)


def troubled(session: Session, instance_ids: Sequence[str]) -> set[str]:
    """Those of these instances that have open errors."""
    if not instance_ids:
        return set()
    query = select(IntegrationError.instance_id).where(
        IntegrationError.instance_id.in_(instance_ids), IntegrationError.resolved_at.is_(None)
    )
    return {one for one in session.scalars(query.distinct()) if one}
