"""Sends edits to the vendor: looks first, writes the difference, and takes the vendor's answer as what is common.

The outbox row is the truth and its lease says who works on it. A job that runs twice, or dies after the vendor was
asked, writes nothing a second time: whoever comes next looks first, and finds the values there. Commits for itself,
and holds no transaction while it calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from providers.kit.errors import NotFoundAtVendor, OutcomeUnknown, ProviderError, RateLimited, Unavailable
from providers.kit.vocabulary.crm import Contact, ContactValues, SyncsContacts
from webapp.core import queue
from webapp.core.clock import now
from webapp.core.identifiers import new_id
from webapp.crm import receiving, store
from webapp.crm.editing import BOTH, SEND
from webapp.crm.failing import failure_of
from webapp.crm.models import CrmContact, CrmOutbox, CrmSync
from webapp.crm.service import CONTACT
from webapp.instances.models import Instance
from webapp.instances.opening import open_provider
from webapp.usage.service import CallMeter

LEASE = timedelta(minutes=3)
"""Longer than a look and a write may take, with the door's own tries."""

LOOK_AFTER = timedelta(minutes=1)
_UNKNOWN = "We sent it and got no answer, so nobody knows yet whether it arrived."
_LOOKING = "We look in the CRM before we send anything again."
_LASTING = ("invalid_request", "permission", "configuration", "authentication", "not_found", "unsupported", "policy")
"""What does not become good by asking again."""


class Overtaken(Exception):
    """Another worker has this row now."""


@dataclass(frozen=True, kw_only=True)
class _Held:
    contact_id: int
    instance_id: str
    remote_id: str
    token: str
    attempts: int
    wins: str
    actor: str


def due(session: Session, limit: int = 500) -> list[int]:
    """Contacts to send now: those whose bell was lost, whose time has come, whose worker is gone. Only reads."""
    query = (
        select(CrmOutbox.contact_id)
        .join(Instance, Instance.id == CrmOutbox.instance_id)
        .where(_claimable(), Instance.status == "active", Instance.deleted_at.is_(None))
        .order_by(CrmOutbox.due_at)
        .limit(limit)
    )
    return list(session.scalars(query))


def send(session: Session, contact_id: int) -> str:
    """Sends one contact's edits. Returns what became of it: sent, settled, waiting, failed; "" when there was nothing
    to do or another worker does it."""
    held = _claim(session, contact_id)
    if held is None:
        return ""
    instance = session.get_one(Instance, held.instance_id)
    meter, wrote = CallMeter(instance), False
    try:
        provider = open_provider(session, instance, meter=meter)
        assert isinstance(provider, SyncsContacts)
        session.commit()
        there = provider.contact(held.remote_id)
        wanted = _look(session, held, there)
        if not wanted or there.archived:
            return _close(session, held, meter, there)
        wrote = True
        written = provider.update_contact(held.remote_id, _to_write(contact_id, wanted))
        return _arrived(session, held, meter, wanted, written, there)
    except Overtaken:
        session.rollback()
        return ""
    except Exception as error:
        session.rollback()
        return _not_sent(session, held, meter, error, wrote=wrote)


def _claimable() -> Any:
    moment = now()
    return or_(
        (CrmOutbox.status == "waiting") & (CrmOutbox.due_at <= moment),
        (CrmOutbox.status == "sending") & (CrmOutbox.lease_until < moment),
    )


def _claim(session: Session, contact_id: int) -> _Held | None:
    """Takes the row, committed before anybody is asked."""
    token = new_id("lea")
    found = session.execute(
        select(CrmContact.instance_id, CrmContact.remote_id, CrmSync.wins)
        .join(CrmSync, (CrmSync.instance_id == CrmContact.instance_id) & (CrmSync.object == CONTACT))
        .join(Instance, Instance.id == CrmContact.instance_id)
        .where(
            CrmContact.id == contact_id,
            CrmSync.direction == BOTH,
            Instance.status == "active",
            Instance.deleted_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        session.rollback()
        return None
    taken = session.execute(
        update(CrmOutbox)
        .where(CrmOutbox.contact_id == contact_id, _claimable())
        .values(status="sending", lease=token, lease_until=now() + LEASE, attempts=CrmOutbox.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result has it
        session.rollback()
        return None
    row = session.get_one(CrmOutbox, contact_id, populate_existing=True)
    held = _Held(contact_id=contact_id, instance_id=found.instance_id, remote_id=found.remote_id, token=token,
                 attempts=row.attempts, wins=found.wins, actor=row.actor)  # fmt: skip
    session.commit()
    return held


def _look(session: Session, held: _Held, there: Contact) -> dict[str, str]:
    """Brings the vendor's state of this moment together with ours, and says what is left to write."""
    row = _locked(session, held)
    found = receiving.merged(session, row, there, now(), wins=held.wins)
    _save(session, held, asked=bool(found.send))
    session.commit()
    return found.send


def _to_write(contact_id: int, wanted: Mapping[str, str]) -> ContactValues:
    named: dict[str, Any] = {"company_name" if name == "company" else name: value for name, value in wanted.items()}
    return ContactValues(key=str(contact_id), **named)


def _close(session: Session, held: _Held, meter: CallMeter, there: Contact) -> str:
    """Nothing is left to write: the CRM has it, its own change won, or the contact is gone there."""
    status = "failed" if there.archived else "sent"
    words = {"message": receiving.REMOVED, "fix": receiving.RESTORE} if there.archived else {}
    _end(session, held, meter, status, **words)
    return status


def _arrived(
    session: Session, held: _Held, meter: CallMeter, wanted: dict[str, str], written: Contact, before: Contact
) -> str:
    """The vendor's answer is what both sides have from now on; what was edited meanwhile is sent next."""
    moment, row = now(), _locked(session, held)
    here, base = receiving.values_of(row), dict(row.base or {})
    answer, old = receiving.values_there(written), receiving.values_there(before)
    kept: dict[str, str] = {}
    for name, value in wanted.items():
        now_there = answer[name] or value
        if here[name] != value and name in base:
            base[name] = now_there
        else:
            base.pop(name, None)
            kept[name] = now_there
    kept |= {n: v for n, v in answer.items() if n not in wanted and n not in base and v}
    store.put(row, kept)
    receiving.follow(row, written, moment)
    row.base = base or None
    receiving.note(
        session, row.id, "sent", moment, [[n, old[n], answer[n] or v] for n, v in wanted.items()], held.actor
    )
    _end(session, held, meter, "waiting" if base else "sent")
    return "waiting" if base else "sent"


def _not_sent(session: Session, held: _Held, meter: CallMeter, error: Exception, *, wrote: bool) -> str:
    """`wrote`: the vendor was asked to write in this turn; before that, what is known of earlier turns stays."""
    moment = now()
    found = failure_of(error, failures=held.attempts - 1, doing="sending an edit")
    lasting = isinstance(error, ProviderError) and found.category in _LASTING
    words: dict[str, Any] = {"message": found.message[:500], "fix": found.fix[:500], "fix_url": found.fix_url[:500]}
    if wrote:
        words["asked"] = not (lasting or isinstance(error, Unavailable | RateLimited))
    try:
        if isinstance(error, OutcomeUnknown):
            words |= {"message": _UNKNOWN, "fix": _LOOKING, "fix_url": ""}
            _end(session, held, meter, "waiting", due_at=moment + LOOK_AFTER, **words)
        elif isinstance(error, NotFoundAtVendor):
            receiving.archive(session, held.instance_id, [held.remote_id], moment)
            _end(session, held, meter, "failed", asked=False, message=receiving.REMOVED, fix=receiving.RESTORE)
        elif lasting:
            row = _locked(session, held)
            changes = [[name, common, getattr(row, name)] for name, common in (row.base or {}).items()]
            receiving.note(session, held.contact_id, "refused", moment, changes)
            _end(session, held, meter, "failed", **words)
        else:
            _end(session, held, meter, "waiting", due_at=moment + found.again_in, **words)
    except Overtaken:
        session.rollback()
        return ""
    return "failed" if lasting else "waiting"


def _locked(session: Session, held: _Held) -> CrmContact:
    return session.get_one(CrmContact, held.contact_id, with_for_update=True, populate_existing=True)


def _end(session: Session, held: _Held, meter: CallMeter, status: str, **values: Any) -> None:
    """The end of this worker's turn, committed."""
    done: dict[str, Any] = {
        "message": "",
        "fix": "",
        "fix_url": "",
        "ended_at": None if status == "waiting" else now(),
    }
    if status == "sent":
        done |= {"asked": False, "attempts": 0}
    if status == "waiting" and "message" not in values:  # edited again meanwhile
        done |= {"asked": False, "attempts": 0, "due_at": now()}
        queue.ring(session, SEND, held.contact_id)
    _save(session, held, **{**done, **values, "status": status, "lease": None, "lease_until": None})
    meter.flush(session)
    session.commit()


def _save(session: Session, held: _Held, **values: Any) -> None:
    """Changes the row while the lease is held. Raises Overtaken."""
    session.flush()
    result = session.execute(
        update(CrmOutbox)
        .where(CrmOutbox.contact_id == held.contact_id, CrmOutbox.lease == held.token)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if not result.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result has it
        session.rollback()
        raise Overtaken
