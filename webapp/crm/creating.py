"""Making a contact at the vendor, once at most: the form's key is kept before anybody is asked.

Commits for itself, and holds no transaction while it calls.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from providers.kit.errors import InvalidRequest, OutcomeUnknown, ProviderError
from providers.kit.vocabulary.crm import ContactValues, SyncsContacts
from webapp.audit.service import record
from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid
from webapp.crm import store
from webapp.crm.models import CrmContact, CrmCreation
from webapp.crm.service import syncs_contacts
from webapp.instances.models import Instance
from webapp.instances.opening import open_provider
from webapp.usage.service import CallMeter

_ASKING_LASTS = timedelta(minutes=2)
_UNKNOWN = "We asked for this contact to be created and got no answer. It may be there, or not."
_LOOK = "Look in the CRM first, or sync, before you create it again. We will not ask a second time by ourselves."


def create_contact(session: Session, instance: Instance, *, key: str, values: ContactValues) -> CrmCreation:
    """Asks the vendor to create a contact and returns what became of it; with a key that was used before, what became
    of it then. Raises Invalid (the vendor refused these values; nothing was made), Conflict, NotFound, Forbidden."""
    if not syncs_contacts(instance.provider_id) or instance.status != "active":
        raise Conflict("Contacts can't be created in this connection now.", fix="Choose another connection.")
    meter = CallMeter(instance)
    provider = open_provider(session, instance, meter=meter)
    assert isinstance(provider, SyncsContacts)
    asked = _ask_once(session, instance, key)
    if asked is not None:
        return asked
    instance_id = instance.id
    session.commit()
    try:
        contact = provider.create_contact(values)
    except ProviderError as error:
        return _not_made(session, key, error, meter)
    except Exception:
        # The vendor may have been asked: the same form is never sent again.
        session.rollback()
        _end(session, key, status="unknown", message=_UNKNOWN, fix=_LOOK)
        meter.flush(session)
        session.commit()
        raise
    instance = session.get_one(Instance, instance_id)
    store.upsert(session, instance, [contact], now())
    found = session.scalar(
        select(CrmContact.id).where(CrmContact.instance_id == instance_id, CrmContact.remote_id == contact.id)
    )
    _end(session, key, status="created", contact_id=found)
    record(
        session,
        "contact.created",
        object_kind="instance",
        object_id=instance.id,
        object_name=instance.name,
        workspace_id=instance.workspace_id,
    )
    meter.flush(session)
    session.commit()
    return session.get_one(CrmCreation, key, populate_existing=True)


def outcome(session: Session, *, workspace_id: str, key: str) -> CrmCreation | None:
    """What became of a form. One that was interrupted is unknown after a while. Only reads."""
    found = session.scalar(
        select(CrmCreation).where(CrmCreation.key == key, CrmCreation.workspace_id == workspace_id)
    )
    if found is not None and found.status == "asking" and found.created_at < now() - _ASKING_LASTS:
        session.expunge(found)
        found.status, found.message, found.fix = "unknown", _UNKNOWN, _LOOK
    return found


def _ask_once(session: Session, instance: Instance, key: str) -> CrmCreation | None:
    """Takes the key, committed before anybody is asked; else what became of it."""
    known = session.get(CrmCreation, key)
    if known is None:
        session.add(CrmCreation(key=key, workspace_id=instance.workspace_id, instance_id=instance.id))
        try:
            session.flush()
        except IntegrityError:  # the same form, twice at the same moment
            session.rollback()
            known = session.get_one(CrmCreation, key)
    if known is None:
        return None
    if known.workspace_id != instance.workspace_id or known.instance_id != instance.id:
        raise Conflict("This form was used before.", fix="Open a new one.")
    retaken = session.execute(
        update(CrmCreation)
        .where(CrmCreation.key == key, CrmCreation.status == "refused")
        .values(status="asking", message="", fix="", fix_url="", created_at=now())
        .execution_options(synchronize_session=False)
    )
    if retaken.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result has it
        return None
    return known


def _not_made(session: Session, key: str, error: ProviderError, meter: CallMeter) -> CrmCreation:
    """The vendor said no, or nothing. Raises Invalid for a no: nothing was made, and the form may be sent again."""
    unknown = isinstance(error, OutcomeUnknown)
    _end(
        session,
        key,
        status="unknown" if unknown else "refused",
        message=_UNKNOWN if unknown else str(error)[:500],
        fix=_LOOK if unknown else error.fix[:500],
        fix_url=error.fix_url[:500],
    )
    meter.flush(session)
    session.commit()
    if unknown:
        return session.get_one(CrmCreation, key, populate_existing=True)
    field = error.field if isinstance(error, InvalidRequest) else ""
    words = f"{error} {error.fix}".strip()
    raise Invalid(str(error), fields={field: words} if field else None, fix=error.fix) from error


def _end(session: Session, key: str, **values: object) -> None:
    session.execute(
        update(CrmCreation)
        .where(CrmCreation.key == key)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
