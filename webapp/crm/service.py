"""Verbs: read what changed in a connection's CRM, and ask for it. `creating` makes contacts there, `editing` and
`sending` change them.

`sync` is for a job: it commits for itself, and holds no transaction while it calls.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from providers.kit.errors import InvalidRequest, ProviderError
from providers.kit.vocabulary.crm import Changes, SyncsContacts
from webapp.catalog import service as catalog
from webapp.connection_tests.outcome import Meter
from webapp.core import queue
from webapp.core.clock import now
from webapp.core.errors import Conflict
from webapp.crm import leases, receiving
from webapp.crm.ahead import Ahead, Source
from webapp.crm.failing import failure_of
from webapp.crm.leases import Lease, LeaseLost
from webapp.crm.models import CrmContact, CrmHistory, CrmSync
from webapp.instances.models import Instance
from webapp.instances.opening import open_provider
from webapp.usage.prepared import dialect_of, into
from webapp.usage.service import CallFact, ErrorFact, append, fail

JOB = "jobs.crm.sync"
CONTACT = "contact"
EVERY = timedelta(minutes=15)
PAGE = 200
SECONDS = 120.0
"""One job ends well before the queue would stop it, and leaves the rest to the next one."""

HISTORY_KEPT = timedelta(days=365)

_BOOK_EVERY = 1.0
"""Seconds between two entries of calls into usage: each page's own would cost as much as a third of its rows."""


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What one run did. `more`: not caught up yet. `failed` has the words of what stopped it, "" for nothing."""

    pages: int = 0
    records: int = 0
    removed: int = 0
    more: bool = False
    failed: str = ""


def syncs_contacts(provider_id: str) -> bool:
    return provider_id in catalog.registry() and issubclass(catalog.provider_class(provider_id), SyncsContacts)


def crm_providers() -> tuple[str, ...]:
    return tuple(one.id for one in catalog.registry() if issubclass(one.provider, SyncsContacts))


# --------------------------------------------------------------------------------------------------- asking


def request_sync(session: Session, instance: Instance) -> None:
    """Reads this connection as soon as a worker is free; asking again while it is read changes nothing. Raises
    Conflict."""
    if instance.status != "active" or not syncs_contacts(instance.provider_id):
        raise Conflict("This connection is not read now.", fix="Resume it, or finish connecting it, first.")
    moment = now()
    begin(session, instance.id)
    session.execute(
        update(CrmSync)
        .where(
            CrmSync.instance_id == instance.id,
            CrmSync.object == CONTACT,
            or_(CrmSync.lease_until.is_(None), CrmSync.lease_until < moment),
        )
        .values(status="running", due_at=moment)
        .execution_options(synchronize_session=False)
    )
    queue.ring(session, JOB, instance.id)


def due(session: Session, limit: int = 500) -> list[str]:
    """Connections to read now: new ones, those whose time has come, those whose worker is gone. Only reads."""
    moment = now()
    query = (
        select(Instance.id)
        .outerjoin(CrmSync, (CrmSync.instance_id == Instance.id) & (CrmSync.object == CONTACT))
        .where(
            Instance.provider_id.in_(crm_providers()),
            Instance.status == "active",
            Instance.deleted_at.is_(None),
            or_(CrmSync.instance_id.is_(None), CrmSync.due_at <= moment),
            or_(CrmSync.lease_until.is_(None), CrmSync.lease_until < moment),
        )
        .order_by(CrmSync.due_at)
        .limit(limit)
    )
    return list(session.scalars(query))


def begin(session: Session, instance_id: str) -> None:
    """The row that says how far this connection was read."""
    values = {"instance_id": instance_id, "object": CONTACT, "due_at": now()}
    session.execute(into(dialect_of(session), CrmSync).values(values).on_conflict_do_nothing())


# -------------------------------------------------------------------------------------------------- reading


def sync(session: Session, instance_id: str, *, seconds: float = SECONDS) -> Synced | None:
    """Reads page by page what changed, from where the last run stopped. None when there is nothing to do: the
    connection is gone or paused, or another worker reads it."""
    instance = session.get(Instance, instance_id)
    if instance is None or instance.deleted_at is not None or instance.status != "active":
        return None
    begin(session, instance_id)
    held = leases.claim(session, instance_id, CONTACT)
    session.commit()
    if held is None:
        return None
    try:
        return _Run(session, instance_id, held, seconds).whole()
    except LeaseLost:
        session.rollback()
        return None


class _Run:
    """One worker's turn with one connection."""

    def __init__(self, session: Session, instance_id: str, held: Lease, seconds: float) -> None:
        self.session = session
        self.held = held
        self.ends = time.monotonic() + seconds
        self.began = now()
        self.clock = time.perf_counter()
        self.booked = time.monotonic()
        self.instance = session.get_one(Instance, instance_id)
        self.row = session.get_one(CrmSync, (instance_id, CONTACT), populate_existing=True)
        self.meter = Meter(self.instance)
        self.pages = self.records = self.removed = 0
        self.cursor, self.failures = self.row.cursor, self.row.failures
        self.way = receiving.Way(
            both=self.row.direction == "both", wins=self.row.wins, settled=self.row.finished_at is not None
        )
        # A round that was interrupted goes on counting; a new one begins at nothing.
        fresh = self.row.started_at is None
        self.counted = (0, 0, 0) if fresh else (self.row.pages, self.row.records, self.row.removed)
        self.started_at = self.row.started_at or self.began

    def whole(self) -> Synced:
        try:
            with closing(Ahead(self._open(), PAGE)) as ahead:
                more = self._pages(ahead)
        except LeaseLost:
            raise
        except Exception as error:
            self.session.rollback()
            return self._failed(error)
        self._finish(more)
        return Synced(pages=self.pages, records=self.records, removed=self.removed, more=more)

    def _open(self) -> Source:
        provider = open_provider(self.session, self.instance, meter=self.meter)
        assert isinstance(provider, SyncsContacts)
        self.session.expunge(self.instance)  # read from now on without a transaction, also after a commit
        self.session.expunge(self.row)
        self.session.commit()
        return provider

    def _pages(self, ahead: Ahead) -> bool:
        """Reads until all is caught up (False) or the time is over (True)."""
        while True:
            changes = ahead.page_after(self.cursor)
            stuck = changes.more and changes.cursor == self.cursor
            over = time.monotonic() > self.ends
            if changes.more and not stuck and not over:
                ahead.begin(changes.cursor)
            self._save(changes)
            if not changes.more:
                return False
            if stuck:
                raise ProviderError(
                    "The service sent the same page again and again.", fix="It is tried again in a while."
                )
            if over:
                return True

    def _save(self, changes: Changes) -> None:
        """The page and the place after it, in one transaction."""
        moment = now()
        receiving.take_in(self.session, self.instance, changes.items, moment, self.way)
        self.removed += receiving.archive(self.session, self.instance.id, changes.removed_ids, moment)
        self.pages += 1
        self.records += len(changes.items)
        leases.save(self.session, self.held, cursor=changes.cursor, **self._counts())
        if time.monotonic() - self.booked > _BOOK_EVERY:
            self.meter.flush(self.session)
            self.booked = time.monotonic()
        self.session.commit()
        self.cursor = changes.cursor

    def _counts(self) -> dict[str, object]:
        pages, records, removed = self.counted
        return {
            "pages": pages + self.pages,
            "records": records + self.records,
            "removed": removed + self.removed,
            "started_at": self.started_at,
        }

    def _finish(self, more: bool) -> None:
        """The end of a round, or of this worker's turn."""
        moment = now()
        values: dict[str, object] = {"lease": None, "lease_until": None, "failures": 0, **_NO_ERROR}
        if more:
            values |= {"status": "running", "due_at": moment}
            queue.ring(self.session, JOB, self.instance.id)
        else:
            values |= {
                "status": "idle",
                "due_at": moment + EVERY,
                "started_at": None,
                "finished_at": moment,
                "contacts": count(self.session, self.instance.id),
            }
        leases.save(self.session, self.held, **values)
        self.meter.flush(self.session)
        append(self.session, [self._fact("")])
        self.session.commit()

    def _failed(self, error: Exception) -> Synced:
        """Keeps what was read, says in words what stopped it, and when it goes on."""
        moment = now()
        found = failure_of(error, failures=self.failures)
        values = found.values(moment) | {"lease": None, "lease_until": None, "failures": self.failures + 1}
        if isinstance(error, InvalidRequest) and error.field == "cursor" and self.cursor:
            values |= {"cursor": "", "due_at": moment}  # rows come twice then, and none is missed
        leases.save(self.session, self.held, **values)
        self.meter.flush(self.session)
        append(self.session, [self._fact(found.category)])
        if found.category not in self.meter.categories:
            fail(self.session, self._error(found.category, found.message, found.fix, found.fix_url))
        self.session.commit()
        return Synced(pages=self.pages, records=self.records, removed=self.removed, more=True, failed=found.message)

    def _fact(self, category: str) -> CallFact:
        return CallFact(
            at_ms=int(self.began.timestamp() * 1000),
            workspace_id=self.instance.workspace_id,
            provider_id=self.instance.provider_id,
            instance_id=self.instance.id,
            environment=self.instance.environment,
            kind="sync",
            operation="contacts",
            ok=not category,
            error_category=category,
            latency_us=round((time.perf_counter() - self.clock) * 1_000_000),
            items=self.records + self.removed,
        )

    def _error(self, category: str, message: str, fix: str, fix_url: str) -> ErrorFact:
        return ErrorFact(
            workspace_id=self.instance.workspace_id,
            instance_id=self.instance.id,
            provider_id=self.instance.provider_id,
            environment=self.instance.environment,
            category=category,
            cause="sync contacts",
            message=message,
            fix=fix,
            fix_url=fix_url,
        )


_NO_ERROR = {"error": "", "error_fix": "", "error_fix_url": "", "error_category": ""}


def count(session: Session, instance_id: str) -> int:
    """Contacts of one connection that are not archived."""
    query = select(func.count()).where(CrmContact.instance_id == instance_id, ~CrmContact.archived)
    return session.scalar(query) or 0


def forget_old_history(session: Session) -> int:
    """Removes what happened to contacts more than a year ago, in short transactions. Commits. Returns how many."""
    gone, before = 0, now() - HISTORY_KEPT
    while True:
        ids = list(session.scalars(select(CrmHistory.id).where(CrmHistory.at < before).limit(500)))
        session.execute(delete(CrmHistory).where(CrmHistory.id.in_(ids)))
        session.commit()
        gone += len(ids)
        if len(ids) < 500:
            return gone
