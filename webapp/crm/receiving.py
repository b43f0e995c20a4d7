"""What came from a vendor, into the contacts: plainly, or merged with edits that were made here.

All in the caller's transaction, so that the place in the vendor's list moves with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from providers.kit.vocabulary.crm import Contact
from webapp.crm import store
from webapp.crm.merging import CRM, FIELDS, Merged, merge
from webapp.crm.models import CrmContact, CrmHistory, CrmOutbox
from webapp.instances.models import Instance

REMOVED = "This contact was removed in the CRM, so your edit could not be sent."
RESTORE = "Restore the contact there, or take your edit back."


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a connection is synced. `settled` False: it is read for the first time, and there is nothing to compare."""

    both: bool = False
    wins: str = CRM
    settled: bool = True


def take_in(session: Session, instance: Instance, contacts: Sequence[Contact], at: datetime, way: Way) -> None:
    """Stores a page: of one that comes twice the later counts, and an older state that comes late changes nothing."""
    if not way.settled and not way.both:
        store.upsert(session, instance, contacts, at)
        return
    arriving = {one.id: one for one in contacts if one.id}
    known = _known(session, instance.id, list(arriving))
    plain, happened = [], []
    for remote_id, one in arriving.items():
        row = known.get(remote_id)
        if row is None:
            plain.append(one)
        elif _late(one, row):
            continue
        elif row.base is not None:
            merged(session, session.get_one(CrmContact, row.id, populate_existing=True), one, at, wins=way.wins)
        else:
            one = _kept_where_blank(one, row) if way.both else one
            plain.append(one)
            happened += _received(row, one, at)
    store.upsert(session, instance, plain, at)
    if happened:
        session.execute(insert(CrmHistory), happened)


def merged(session: Session, row: CrmContact, one: Contact, at: datetime, *, wins: str) -> Merged:
    """Brings a contact with edits made here together with the vendor's state, and ends what need not be sent."""
    here, base, there = values_of(row), row.base or {}, values_there(one)
    found = merge(base, here, there, wins=wins)
    note(session, row.id, "conflict", at, [[c.field, c.here, c.there, c.won] for c in found.conflicts])
    lost = {c.field for c in found.conflicts if c.won == CRM}
    taken = [[n, here[n], v] for n, v in found.values.items() if v != here[n] and n not in lost]
    note(session, row.id, "received", at, taken)
    if row.archived and not one.archived:
        session.add(CrmHistory(contact_id=row.id, kind="restored", at=at))
    store.put(row, found.values)
    follow(row, one, at)
    row.base = {name: there[name] for name in found.send} or None
    _outgoing(session, row, [[n, common, there[n]] for n, common in base.items() if here[n] == there[n]], at)
    session.flush()
    return found


def _outgoing(session: Session, row: CrmContact, there_already: list[list[str]], at: datetime) -> None:
    """What the vendor was asked for without an answer, and turns out to have, was sent."""
    known = session.get(CrmOutbox, row.id, with_for_update=True, populate_existing=True)
    if known is None:
        return
    arrived = known.asked and bool(there_already)
    if arrived:
        note(session, row.id, "sent", at, there_already, known.actor)
    if row.base is None and known.status in ("waiting", "failed"):
        known.status, known.asked, known.ended_at = "sent" if arrived else "settled", False, at
        known.message = known.fix = known.fix_url = ""


def archive(session: Session, instance_id: str, remote_ids: Sequence[str], at: datetime) -> int:
    """Marks those that are gone at the vendor; they leave the list, and their page says so. Edits that waited can't
    be sent any more, and say why. Returns how many."""
    if not remote_ids:
        return 0
    where = (CrmContact.instance_id == instance_id, CrmContact.remote_id.in_(remote_ids), ~CrmContact.archived)
    gone = list(session.scalars(select(CrmContact.id).where(*where).with_for_update()))
    if not gone:
        return 0
    session.execute(
        update(CrmContact)
        .where(CrmContact.id.in_(gone))
        .values(archived=True, synced_at=at)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(CrmOutbox)
        .where(CrmOutbox.contact_id.in_(gone), CrmOutbox.status == "waiting")
        .values(
            status="failed", message=REMOVED, fix="Restore the contact there, or take your edit back.", ended_at=at
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(insert(CrmHistory), [_event(one, "removed", at) for one in gone])
    return len(gone)


def values_of(row: Any) -> dict[str, str]:
    return {name: getattr(row, name) for name in FIELDS}


def values_there(one: Contact) -> dict[str, str]:
    """A vendor's contact by our fields."""
    named = {name: getattr(one, "company_name" if name == "company" else name) for name in FIELDS}
    return {name: value.replace("\x00", "") for name, value in named.items()}


def follow(row: CrmContact, one: Contact, at: datetime) -> None:
    """What is only ever read."""
    row.owner, row.url, row.more = one.owner_id or row.owner, one.url or row.url, dict(one.more) or row.more
    row.archived, row.synced_at = one.archived, at
    row.remote_created_at = one.created_at or row.remote_created_at
    row.remote_updated_at = one.updated_at or row.remote_updated_at


def note(
    session: Session, contact_id: int, kind: str, at: datetime, changes: list[list[str]], actor: str = ""
) -> None:
    """Adds to the contact's history, when there is something to say."""
    if changes:
        session.add(CrmHistory(contact_id=contact_id, kind=kind, at=at, changes=changes, actor=actor[:200]))


def _known(session: Session, instance_id: str, remote_ids: list[str]) -> dict[str, Any]:
    """Those that are here, locked until the commit: an edit made meanwhile waits."""
    columns = (getattr(CrmContact, name) for name in FIELDS)
    found = session.execute(
        select(CrmContact.id, CrmContact.remote_id, CrmContact.base, CrmContact.archived,
               CrmContact.remote_updated_at, *columns)
        .where(CrmContact.instance_id == instance_id, CrmContact.remote_id.in_(remote_ids))
        .order_by(CrmContact.id)
        .with_for_update()
    )  # fmt: skip
    return {one.remote_id: one for one in found}


def _late(one: Contact, row: Any) -> bool:
    known = row.remote_updated_at
    return one.updated_at is not None and known is not None and one.updated_at < known


def _kept_where_blank(one: Contact, row: Any) -> Contact:
    there = values_there(one)
    kept = {name: getattr(row, name) for name, value in there.items() if not value and getattr(row, name)}
    if not kept:
        return one
    return replace(one, **{"company_name" if name == "company" else name: value for name, value in kept.items()})


def _received(row: Any, one: Contact, at: datetime) -> list[dict[str, Any]]:
    """Own writes that come back, and rows that come twice, differ in nothing and leave no trace."""
    there = values_there(one)
    changes = [[name, getattr(row, name), there[name]] for name in FIELDS if getattr(row, name) != there[name]]
    events = [_event(row.id, "received", at, changes)] if changes else []
    if row.archived != one.archived:
        events.append(_event(row.id, "removed" if one.archived else "restored", at))
    return events


def _event(contact_id: int, kind: str, at: datetime, changes: list[list[str]] | None = None) -> dict[str, Any]:
    return {"contact_id": contact_id, "kind": kind, "at": at, "actor": "", "changes": changes or []}
