"""Reading contacts: every one once, from where it stopped, whatever happens in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from flask import has_app_context
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jobs import crm as jobs
from providers.kit.errors import (
    AuthenticationFailed,
    InvalidRequest,
    RateLimited,
    Unavailable,
)
from providers.kit.vocabulary.crm import Changes, Contact
from tests.webapp.crm.conftest import change_state
from webapp.core.clock import now
from webapp.core.errors import Conflict
from webapp.crm import leases, service, store
from webapp.crm.models import CrmContact, CrmSync
from webapp.extensions import db
from webapp.instances import faults
from webapp.instances.models import Instance
from webapp.usage.models import IntegrationError, UsageRecord

Page = Changes | BaseException


def person(number: int, **values: Any) -> Contact:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    kept = {"email": f"p{number}@example.com", "first_name": f"P{number}", "updated_at": at, **values}
    return Contact(id=str(number), **kept)


def pages(*numbers: range) -> list[Page]:
    """One page for each range; the cursor is how many pages were given."""
    last = len(numbers) - 1
    return [
        Changes(items=tuple(map(person, each)), cursor=f"after {place}", more=place < last)
        for place, each in enumerate(numbers)
    ]


class Source:
    """A CRM that answers with these pages by the cursor it is asked with, and remembers what it was asked."""

    def __init__(self, *given: Page) -> None:
        self.given: Iterator[Page] = iter(given)
        self.asked: list[str] = []

    def changed_contacts(self, cursor: str = "", *, limit: int = 100) -> Changes:
        assert not has_app_context(), "calls are made in a thread of their own, which has no session"
        self.asked.append(cursor)
        page = next(self.given)
        if isinstance(page, BaseException):
            raise page
        return page


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Source]:
    """Puts a scripted CRM in the place of the stand-in."""

    def use(*given: Page) -> Source:
        made = Source(*given)
        monkeypatch.setattr(
            "webapp.crm.service._Run._open", lambda run: (run.session.expunge_all(), run.session.commit(), made)[2]
        )
        return made

    return use


def row(session: Session, instance: Instance) -> CrmSync:
    session.rollback()
    found = session.get_one(CrmSync, (instance.id, "contact"), populate_existing=True)
    session.expunge(found)
    session.rollback()
    return found


def ids(session: Session, *, archived: bool = False) -> list[str]:
    session.rollback()
    found = sorted(session.scalars(select(CrmContact.remote_id).where(CrmContact.archived == archived)), key=int)
    session.rollback()
    return found


def run_out(session: Session) -> None:
    """Lets the lease of a worker that died run out."""
    session.execute(update(CrmSync).values(lease_until=now() - timedelta(seconds=1)))
    session.commit()


def test_the_sandbox_s_people_are_all_read_and_reading_again_adds_none(session: Session, instance: Instance) -> None:
    assert jobs.sync(instance.id) == 120
    before = ids(session)
    jobs.sync(instance.id)
    assert len(before) == 120
    assert ids(session) == before
    known = row(session, instance)
    assert (known.status, known.error, known.contacts, known.lease) == ("idle", "", 120, None)


def test_a_large_account_is_read_whole_and_the_stand_in_s_memory_stays_small(
    session: Session, connect: Callable[..., Instance]
) -> None:
    large = connect(generated=1_500, generated_per_ms=7)
    jobs.sync(large.id)
    assert len(set(ids(session))) == len(ids(session)) == 1_620
    state = change_state(large)
    assert len(orjson.dumps(state)) < 150_000


def test_a_worker_killed_after_any_page_is_followed_by_one_that_goes_on_at_that_page(
    session: Session, instance: Instance, source: Callable[..., Source]
) -> None:
    everything = pages(range(10), range(10, 20), range(20, 30), range(30, 40))
    source(*everything[:2], KeyboardInterrupt())  # ends the process's turn without any of our own clearing up
    with pytest.raises(KeyboardInterrupt):
        service.sync(session, instance.id)
    assert len(ids(session)) == 20
    run_out(session)
    rest = source(*everything[2:])
    service.sync(session, instance.id)
    assert rest.asked == ["after 1", "after 2"]
    assert ids(session) == [str(number) for number in range(40)]
    assert (row(session, instance).pages, row(session, instance).records) == (4, 40)


def test_a_page_and_the_place_after_it_are_kept_together_or_not_at_all(
    session: Session, instance: Instance, source: Callable[..., Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    source(*pages(range(3), range(3, 6)))
    saved = leases.save

    def broken(*args: Any, **values: Any) -> None:
        if values.get("cursor") == "after 1":
            raise KeyboardInterrupt
        saved(*args, **values)

    monkeypatch.setattr(leases, "save", broken)
    with pytest.raises(KeyboardInterrupt):
        service.sync(session, instance.id)
    assert ids(session) == ["0", "1", "2"]
    assert row(session, instance).cursor == "after 0"


def test_only_one_worker_reads_a_connection(
    session: Session, instance: Instance, source: Callable[..., Source]
) -> None:
    source(*pages(range(3), range(3, 6))[:1], KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        service.sync(session, instance.id)
    session.rollback()
    assert service.sync(session, instance.id) is None
    assert service.due(session) == []


def test_a_worker_that_was_taken_for_dead_saves_nothing_more(
    session: Session, instance: Instance, source: Callable[..., Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = source(*pages(range(3), range(3, 6)))
    asked, db_engine, taken, store_page = slow.changed_contacts, db.engine, threading.Event(), leases.save

    def later(*args: Any, **values: Any) -> None:
        if values.get("cursor") == "after 1":
            assert taken.is_set()
        store_page(*args, **values)

    def overtaken(cursor: str = "", *, limit: int = 100) -> Changes:
        if cursor:
            with db_engine.begin() as connection:
                connection.execute(update(CrmSync).values(lease="another worker's"))
                taken.set()
        return asked(cursor, limit=limit)

    monkeypatch.setattr(slow, "changed_contacts", overtaken)
    monkeypatch.setattr(leases, "save", later)
    assert service.sync(session, instance.id) is None
    assert ids(session) == ["0", "1", "2"]
    assert row(session, instance).lease == "another worker's"


def test_what_comes_twice_is_there_once_and_the_newest_state_wins(
    session: Session, instance: Instance, source: Callable[..., Source]
) -> None:
    later, earlier = datetime(2026, 5, 2, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    first = (person(1, first_name="Old"), person(1, first_name="New", updated_at=later))
    second = (person(1, first_name="Late", updated_at=earlier),)
    source(Changes(items=first, cursor="a", more=True), Changes(items=second, cursor="b", more=False))
    service.sync(session, instance.id)
    session.rollback()
    assert session.scalars(select(CrmContact.first_name)).all() == ["New"]


def test_who_is_removed_at_the_vendor_is_archived_here_and_comes_back_when_restored(
    session: Session, instance: Instance, source: Callable[..., Source]
) -> None:
    source(Changes(items=(person(1), person(2)), cursor="a", more=False))
    service.sync(session, instance.id)
    source(Changes(items=(), cursor="b", more=False, removed_ids=("2", "never seen")))
    service.sync(session, instance.id)
    assert (ids(session), ids(session, archived=True)) == (["1"], ["2"])
    assert row(session, instance).contacts == 1
    source(Changes(items=(person(2, updated_at=now()),), cursor="c", more=False))
    service.sync(session, instance.id)
    assert ids(session) == ["1", "2"]


@pytest.mark.parametrize(
    ("error", "status", "least", "most"),
    [
        (AuthenticationFailed("The key was refused.", fix="Put in a new one."), "failed", 3000, 4000),
        (Unavailable("The service is down.", fix="It is tried again."), "failed", 30, 90),
        (RateLimited("Too many calls.", retry_after=300), "idle", 290, 310),
    ],
)
def test_what_stops_it_is_said_in_the_provider_s_words_with_the_time_of_the_next_try(
    session: Session,
    instance: Instance,
    source: Callable[..., Source],
    error: Any,
    status: str,
    least: int,
    most: int,
) -> None:
    source(pages(range(3), range(3, 6))[0], error)
    done = service.sync(session, instance.id)
    known = row(session, instance)
    assert done is not None
    assert done.failed == known.error == str(error)
    assert (known.status, known.error_fix, known.error_category) == (status, error.fix, error.category)
    assert least < (known.due_at - now()).total_seconds() < most
    assert ids(session) == ["0", "1", "2"]
    assert (known.cursor, known.lease) == ("after 0", None)
    source(Changes(items=(), cursor="z", more=False))
    service.sync(session, instance.id)
    assert (row(session, instance).status, row(session, instance).error) == ("idle", "")


def test_a_fault_of_the_stand_in_becomes_words_and_one_error_in_monitoring(
    session: Session, instance: Instance
) -> None:
    faults.choose(session, instance, "bad_key")
    jobs.sync(instance.id)
    known = row(session, instance)
    assert (known.status, known.error_category) == ("failed", "authentication")
    assert known.error_fix
    found = session.scalars(select(IntegrationError.category)).all()
    assert found == ["authentication"]


def test_an_error_nobody_foresaw_shows_a_reference_and_no_detail(
    session: Session, instance: Instance, source: Callable[..., Source]
) -> None:
    source(ValueError("secret inside"))
    service.sync(session, instance.id)
    known = row(session, instance)
    assert "secret" not in known.error + known.error_fix
    assert "Reference: ref_" in known.error_fix


def test_a_place_that_the_provider_cannot_read_any_more_means_to_begin_anew(
    session: Session, instance: Instance, source: Callable[..., Source]
) -> None:
    source(*pages(range(3)))
    service.sync(session, instance.id)
    source(InvalidRequest("The place cannot be read.", field="cursor"))
    service.sync(session, instance.id)
    assert row(session, instance).cursor == ""
    again = source(*pages(range(4)))
    service.sync(session, instance.id)
    assert again.asked == [""]
    assert ids(session) == ["0", "1", "2", "3"]


def test_the_next_page_is_asked_for_before_the_one_before_it_is_stored_and_never_more_than_one(
    session: Session, instance: Instance, source: Callable[..., Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = source(*pages(range(3), range(3, 6), range(6, 9)))
    stored, asked_for = store.upsert, threading.Condition()
    seen: list[int] = []
    answer = given.changed_contacts

    def asked(cursor: str = "", *, limit: int = 100) -> Changes:
        with asked_for:
            found = answer(cursor, limit=limit)
            asked_for.notify_all()
        return found

    def upsert(*args: Any) -> None:
        with asked_for:
            asked_for.wait_for(lambda: len(given.asked) == min(len(seen) + 2, 3), timeout=5)
        seen.append(len(given.asked))
        stored(*args)

    monkeypatch.setattr(given, "changed_contacts", asked)
    monkeypatch.setattr(store, "upsert", upsert)
    service.sync(session, instance.id)
    assert seen == [2, 3, 3]
    assert ids(session) == [str(number) for number in range(9)]


def test_the_same_page_again_and_again_ends_in_words_and_not_in_a_loop(
    session: Session, instance: Instance, source: Callable[..., Source]
) -> None:
    stuck = Changes(items=(person(1),), cursor="here", more=True)
    source(stuck, stuck, stuck)
    service.sync(session, instance.id)
    assert row(session, instance).status == "failed"


def test_a_long_round_is_left_to_the_next_job(
    session: Session, instance: Instance, source: Callable[..., Source]
) -> None:
    source(*pages(range(3), range(3, 6)))
    done = service.sync(session, instance.id, seconds=-1)
    assert done is not None
    assert (done.pages, done.more) == (1, True)
    assert row(session, instance).status == "running"
    session.rollback()
    assert service.due(session) == [instance.id]


def test_each_run_counts_as_one_data_sync_with_its_records(session: Session, instance: Instance) -> None:
    jobs.sync(instance.id)
    session.rollback()
    found = session.execute(select(UsageRecord.items, UsageRecord.ok).where(UsageRecord.kind == "sync")).all()
    assert [tuple(one) for one in found] == [(120, True)]


def test_new_connections_are_due_at_once_and_read_ones_after_fifteen_minutes(
    session: Session, instance: Instance
) -> None:
    session.rollback()
    assert service.due(session) == [instance.id]
    session.rollback()
    jobs.sync(instance.id)
    session.rollback()
    assert service.due(session) == []
    session.rollback()
    wait = row(session, instance).due_at - now()
    assert timedelta(minutes=14) < wait <= timedelta(minutes=15)
    session.execute(update(CrmSync).values(due_at=now()))
    session.commit()
    assert jobs.sync_due() == 1


def test_a_paused_connection_is_not_read(session: Session, instance: Instance) -> None:
    session.execute(update(Instance).values(status="paused"))
    session.commit()
    assert jobs.sync_due() == 0
    assert service.sync(session, instance.id) is None
    with pytest.raises(Conflict):
        service.request_sync(session, session.get_one(Instance, instance.id))


def test_odd_values_of_a_vendor_are_kept(session: Session, instance: Instance) -> None:
    odd = person(1, first_name="A\x00b", phone="x" * 5_000, more={"a": None, "b": {"c": [1]}, "d": "é"})
    store.upsert(session, instance, [odd, Contact(id="", email="nobody@example.com")], now())
    session.commit()
    kept = session.scalars(select(CrmContact)).one()
    assert (kept.first_name, len(kept.phone), kept.more["b"]) == ("Ab", 5_000, {"c": [1]})
    assert kept.remote_updated_at == odd.updated_at
    assert session.scalar(select(func.count()).select_from(CrmContact)) == 1
