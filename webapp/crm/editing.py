"""Verbs of people: edit a contact, take an edit back, try again, choose which way a connection is synced.

The caller commits. Nothing here calls anybody: `webapp.crm.sending` does, from a job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from webapp.audit.service import record
from webapp.core import queue
from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.crm import receiving, store
from webapp.crm.merging import CRM, FIELDS, HUB
from webapp.crm.models import CrmContact, CrmOutbox, CrmSync
from webapp.crm.service import CONTACT, begin, syncs_contacts
from webapp.instances.models import Instance
from webapp.instances.reach import refuse_if_some_barred

SEND = "jobs.crm.send"
READ, BOTH = "read", "both"
_OPEN = ("waiting", "failed")


@dataclass(frozen=True, kw_only=True)
class Edited:
    """`changed`: fields with a new value. `left`: fields that were emptied, which changes nothing."""

    changed: tuple[str, ...]
    left: tuple[str, ...]


def contact_of(session: Session, *, workspace_id: str, contact_id: int) -> CrmContact:
    """Locked until the end of the transaction. Raises NotFound, also for another workspace's."""
    found = session.scalar(
        select(CrmContact)
        .join(Instance, Instance.id == CrmContact.instance_id)
        .where(CrmContact.id == contact_id, CrmContact.workspace_id == workspace_id, Instance.deleted_at.is_(None))
        .with_for_update(of=CrmContact)
        .execution_options(populate_existing=True)
    )
    if found is None:
        refuse_if_some_barred()
        raise NotFound
    return found


def edit(
    session: Session,
    row: CrmContact,
    *,
    typed: Mapping[str, str],
    seen: Mapping[str, str] | None = None,
    actor_name: str,
) -> Edited:
    """Changes a contact here and has it sent. `seen`: the values the person began from; only what differs from them
    is an edit, and one that somebody else changed meanwhile is refused. Raises Invalid, Conflict."""
    require_editable(session, row)
    here = receiving.values_of(row)
    began = here if seen is None else {name: seen.get(name, here[name]) for name in FIELDS}
    wanted = {name: value.strip() for name, value in typed.items() if value.strip() != began[name]}
    left = tuple(name for name, value in wanted.items() if not value and here[name])
    wanted = {name: value for name, value in wanted.items() if value and value != here[name]}
    overtaken = {name: _OVERTAKEN.format(here[name]) for name in wanted if here[name] != began[name]}
    if overtaken:
        raise Invalid("This contact was changed while you were editing it.", fields=overtaken)
    if not wanted:
        return Edited(changed=(), left=left)
    moment, known = now(), _outgoing(session, row)
    base = dict(row.base or {})
    for name in wanted:
        base.setdefault(name, here[name])
    if known.status != "sending" and not known.asked:
        # What was typed back to the common value is no edit any more.
        base = {name: common for name, common in base.items() if wanted.get(name, here[name]) != common}
    store.put(row, wanted)
    row.base = base or None
    receiving.note(session, row.id, "edited", moment, [[n, here[n], v] for n, v in wanted.items()], actor_name)
    _queue(session, row, known, actor_name=actor_name)
    _record(session, "contact.edited", row, fields=sorted(wanted))
    return Edited(changed=tuple(wanted), left=left)


def _outgoing(session: Session, row: CrmContact) -> CrmOutbox:
    known = session.get(CrmOutbox, row.id, with_for_update=True, populate_existing=True)
    if known is None:
        known = CrmOutbox(contact_id=row.id, instance_id=row.instance_id, status="settled", asked=False)
        session.add(known)
    return known


def _queue(session: Session, row: CrmContact, known: CrmOutbox, *, actor_name: str) -> None:
    moment = now()
    known.actor, known.edited_at = actor_name[:200], moment
    if known.status != "sending":  # whoever sends now looks again when it is done
        known.status = "waiting" if row.base else "settled"
        known.due_at, known.attempts, known.ended_at = moment, 0, None if row.base else moment
        known.message = known.fix = known.fix_url = ""
    if row.base:
        queue.ring(session, SEND, row.id)


def take_back(session: Session, row: CrmContact, *, actor_name: str) -> None:
    """Drops an edit that was not sent: the last common values stand again. Raises Conflict."""
    known = session.get(CrmOutbox, row.id, with_for_update=True, populate_existing=True)
    if row.base is None or known is None or known.status not in _OPEN:
        raise Conflict("There is no edit to take back.", fix="Look again: it is being sent, or was sent meanwhile.")
    if known.asked:
        raise Conflict(
            "The CRM was asked and gave no answer, so it may have this edit.",
            fix="Wait until we have looked, or look in the CRM.",
        )
    moment, here = now(), receiving.values_of(row)
    receiving.note(session, row.id, "taken_back", moment, [[n, here[n], v] for n, v in row.base.items()], actor_name)
    store.put(row, row.base)
    row.base = None
    known.status, known.ended_at, known.message, known.fix, known.fix_url = "settled", moment, "", "", ""
    _record(session, "contact.edit_taken_back", row)


def try_again(session: Session, row: CrmContact) -> None:
    """Sends what could not be sent, as soon as a worker is free. Raises Conflict."""
    known = session.get(CrmOutbox, row.id, with_for_update=True, populate_existing=True)
    if row.base is None or known is None or known.status not in _OPEN:
        raise Conflict("There is nothing to send.")
    require_editable(session, row)
    known.status, known.due_at, known.attempts, known.ended_at = "waiting", now(), 0, None
    known.message = known.fix = known.fix_url = ""
    queue.ring(session, SEND, row.id)


def set_way(session: Session, instance: Instance, *, direction: str, wins: str, actor_name: str) -> int:
    """Which way this connection is synced, and whose value is kept where both changed. Back to "read", edits that
    wait are taken back; returns how many. Raises Invalid, Conflict."""
    if direction not in (READ, BOTH) or wins not in (HUB, CRM):
        raise Invalid("Choose one of each.")
    if not syncs_contacts(instance.provider_id):
        raise Conflict("This connection has no contacts.")
    begin(session, instance.id)
    if direction == READ and session.scalar(
        select(CrmOutbox.contact_id)
        .where(CrmOutbox.instance_id == instance.id, CrmOutbox.ended_at.is_(None), _underway())
        .limit(1)
    ):
        raise Conflict("An edit is being sent at this moment.", fix="Try again in a minute.")
    session.execute(
        update(CrmSync)
        .where(CrmSync.instance_id == instance.id, CrmSync.object == CONTACT)
        .values(direction=direction, wins=wins)
        .execution_options(synchronize_session=False)
    )
    taken = 0
    if direction == READ:
        waiting = select(CrmOutbox.contact_id).where(
            CrmOutbox.instance_id == instance.id, CrmOutbox.status.in_(_OPEN)
        )
        for contact_id in list(session.scalars(waiting)):
            row = contact_of(session, workspace_id=instance.workspace_id, contact_id=contact_id)
            if row.base is not None:
                take_back(session, row, actor_name=actor_name)
                taken += 1
    record(
        session,
        "contacts.way_chosen",
        object_kind="instance",
        object_id=instance.id,
        object_name=instance.name,
        workspace_id=instance.workspace_id,
        details={"direction": direction, "wins": wins},
    )
    return taken


def _underway() -> ColumnElement[bool]:
    return (CrmOutbox.status == "sending") | ((CrmOutbox.status == "waiting") & CrmOutbox.asked)


def require_editable(session: Session, row: CrmContact) -> None:
    """Raises Conflict with what to do."""
    if row.archived:
        raise Conflict("This contact was removed in the CRM.", fix="Restore it there first.")
    direction = session.scalar(
        select(CrmSync.direction).where(CrmSync.instance_id == row.instance_id, CrmSync.object == CONTACT)
    )
    if direction != BOTH:
        raise Conflict(
            "This connection is read only, so contacts can't be changed here.",
            fix="Let changes go both ways on the page Sync settings of the connection, or change it in the CRM.",
        )


def _record(session: Session, action: str, row: CrmContact, **details: object) -> None:
    record(
        session,
        action,
        object_kind="contact",
        object_id=str(row.id),
        object_name=row.name[:120],
        workspace_id=row.workspace_id,
        details=details,
    )


_OVERTAKEN = "It was changed to “{}” meanwhile. Save again to put yours in its place."
