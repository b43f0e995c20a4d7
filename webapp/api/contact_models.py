"""What the calls about contacts take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from webapp.api.requests import PLAIN_TEXT, Cursor, Id, Limit, Query, Request, Search, Truth
from webapp.api.schemas import Document, EnvironmentName

_SIGN = r"[^@\s\x00-\x1f\x7f]+"
Line = Annotated[str, Field(max_length=500, pattern=PLAIN_TEXT)]
Address = Annotated[str, Field(max_length=254, pattern=rf"^{_SIGN}@{_SIGN}\.{_SIGN}$")]


class ContactQuery(Query):
    instance_id: Id | None = Field(None, description="Only contacts of this connection, of whichever environment.")
    environment: EnvironmentName | None = Field(
        None, description="Without it, and without `instanceId`: `live`. Sandbox people are never mixed with others."
    )
    search: Search = Field("", description="Words in a name, an e-mail address or a company.")
    removed: Truth = Field(False, description="`true`: those that are gone in the CRM, instead of those there.")
    limit: Limit = 50
    cursor: Cursor = ""


class ContactChange(Request):
    email: Address | None = None
    first_name: Line | None = None
    last_name: Line | None = None
    phone: Line | None = None
    title: Line | None = None
    company_name: Line | None = None


class NewContact(ContactChange):
    instance_id: Annotated[str, Field(max_length=60)] = Field(description="The CRM connection that gets the contact.")
    email: Address
    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{20,64}$")] | None = Field(
        None,
        description="Your own key for this contact. Sent again with the same key, nothing is created a second time "
        "and the answer is the first one's.",
    )


ContactState = Literal["in_sync", "waiting", "sending", "checking", "delayed", "failed"]


class Contact(Document):
    id: str
    instance_id: str
    environment: EnvironmentName
    remote_id: str = Field(description="The CRM's own id: what a contact is known by. An address may change.")
    email: str
    first_name: str
    last_name: str
    phone: str
    title: str
    company_name: str
    owner_id: str
    url: str = Field(description="The page in the CRM, where it has one.")
    removed: bool = Field(description="Whether it is gone in the CRM; what was known last is kept here.")
    state: ContactState = Field(
        description="Where changes made here are. `checking`: the CRM gave no answer, and we look before we ask "
        "again. `delayed`: it is tried again by itself. `failed`: somebody has to do something, which `fix` tells."
    )
    message: str = ""
    fix: str = ""
    created_at: datetime | None
    updated_at: datetime | None = Field(description="When it was last changed in the CRM.")
    synced_at: datetime


class Contacts(Document):
    contacts: list[Contact]
    next_cursor: str | None


class ContactAnswer(Document):
    contact: Contact
