"""/api/contacts: people in connected CRMs."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy.orm import Session

from providers.kit.vocabulary.crm import ContactValues
from webapp.api import contact_models as models
from webapp.api.errors import at_pointers
from webapp.api.operations import Answer, operation
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.permissions import actor
from webapp.crm import creating, editing, queries
from webapp.crm.queries import ContactDetail, Filters
from webapp.crm.timeline import Outgoing
from webapp.extensions import db
from webapp.instances.service import instance_of

TAG = "Contacts"
BASE = "/api/contacts"
UNKNOWN = {404: "This workspace has no such contact."}
_ID = {"id": "The `id` of the contact."}
_POINTERS = {"company": "/companyName", "company_name": "/companyName",
             "first_name": "/firstName", "last_name": "/lastName"}  # fmt: skip


@operation(
    "GET",
    "",
    base=BASE,
    tag=TAG,
    action="contacts.view",
    query=models.ContactQuery,
    answers={200: (models.Contacts, "Contacts in the order of their names.")},
    problems={404: "This workspace has no such connection."},
)
def list_contacts(query: models.ContactQuery) -> Answer:
    """List contacts

    Live people only, unless an environment or a connection is named.
    """
    session, workspace_id = db.session(), actor().workspace_id
    environment: str = query.environment or "live"
    if query.instance_id:
        instance = instance_of(session, workspace_id=workspace_id, instance_id=query.instance_id)
        if query.environment not in (None, instance.environment):
            raise NotFound
        environment = instance.environment
    filters = Filters(
        environment=environment, instance_id=query.instance_id or "", text=query.search, removed=query.removed
    )
    found, following = queries.whole_page(session, workspace_id, filters, cursor=query.cursor, limit=query.limit)
    return Answer(document=models.Contacts(contacts=[_contact(one) for one in found], next_cursor=following or None))


@operation(
    "GET",
    "/<id>",
    base=BASE,
    tag=TAG,
    action="contacts.view",
    answers={200: (models.ContactAnswer, "The contact.")},
    problems=UNKNOWN,
    parameters=_ID,
)
def show_contact(id: str) -> Answer:
    """Show a contact"""
    return Answer(document=_answer(db.session(), _number(id)))


@operation(
    "POST",
    "",
    base=BASE,
    tag=TAG,
    action="contacts.create",
    body=models.NewContact,
    answers={201: (models.ContactAnswer, "It is created in the CRM.")},
    problems={
        404: "This workspace has no such connection.",
        409: "The connection can't take contacts now, or the CRM gave no answer and may have it: look before you "
        "send it with another key.",
    },
)
def create_contact(body: models.NewContact) -> Answer:
    """Create a contact

    It is created in the connection's CRM, which is asked at once. With a `key` it is created once at most, however
    often the call is made.
    """
    session, workspace_id = db.session(), actor().workspace_id
    instance = instance_of(session, workspace_id=workspace_id, instance_id=body.instance_id)
    key = body.key or secrets.token_urlsafe(24)
    values: dict[str, Any] = {name: value.strip() for name, value in _sent(body).items() if value.strip()}
    try:
        made = creating.create_contact(session, instance, key=key, values=ContactValues(key=key, **values))
    except Invalid as error:
        raise at_pointers(error, _POINTERS) from error
    if made.status != "created" or made.contact_id is None:
        raise Conflict(made.message or "The CRM is still being asked.", fix=made.fix or "Look again in a moment.")
    return Answer(document=_answer(session, made.contact_id), status=201)


@operation(
    "PATCH",
    "/<id>",
    base=BASE,
    tag=TAG,
    action="contacts.edit",
    body=models.ContactChange,
    answers={200: (models.ContactAnswer, "The contact as it is now; `state` tells whether the CRM has it yet.")},
    problems={**UNKNOWN, 409: "The connection is read only, or the contact is gone in the CRM."},
    parameters=_ID,
)
def change_contact(id: str, body: models.ContactChange) -> Answer:
    """Change a contact

    What is left out stays, and so does what is sent empty: a blank never takes the place of a value. The change is
    sent to the CRM within a minute, and made there once, however often the call is made.
    """
    session, who = db.session(), actor()
    row = editing.contact_of(session, workspace_id=who.workspace_id, contact_id=_number(id))
    sent = _sent(body)
    if "company_name" in sent:
        sent["company"] = sent.pop("company_name")
    try:
        editing.edit(session, row, typed=sent, actor_name=who.name)
    except Invalid as error:
        raise at_pointers(error, _POINTERS) from error
    number = row.id
    session.commit()
    return Answer(document=_answer(session, number))


def _sent(body: models.ContactChange) -> dict[str, str]:
    found = {name: getattr(body, name) for name in models.ContactChange.model_fields}
    return {name: value for name, value in found.items() if value is not None}


def _number(id: str) -> int:
    if not (id.isascii() and id.isdigit() and len(id) <= 18):
        raise NotFound
    return int(id)


def _answer(session: Session, contact_id: int) -> models.ContactAnswer:
    return models.ContactAnswer(contact=_contact(queries.detail(session, actor().workspace_id, contact_id)))


def _contact(one: ContactDetail) -> models.Contact:
    return models.Contact.of(
        id=str(one.id),
        instance_id=one.instance_id,
        environment=one.environment,
        remote_id=one.remote_id,
        email=one.email,
        first_name=one.first_name,
        last_name=one.last_name,
        phone=one.phone,
        title=one.title,
        company_name=one.company,
        owner_id=one.owner,
        url=one.url,
        removed=one.archived,
        state=_state(one.outgoing),
        message=one.outgoing.message,
        fix=one.outgoing.fix,
        created_at=one.created_at,
        updated_at=one.updated_at,
        synced_at=one.synced_at,
    )


def _state(out: Outgoing) -> str:
    return "in_sync" if out.state in ("none", "sent", "settled") else out.state
