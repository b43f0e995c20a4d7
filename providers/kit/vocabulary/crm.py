"""Customers and sales: contacts, companies, leads, deals with stages, and how changes are followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from providers.kit.vocabulary.pages import Page


class CrmObject(StrEnum):
    CONTACT = "contact"
    COMPANY = "company"
    LEAD = "lead"
    DEAL = "deal"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A person. `more` holds the vendor's further fields by the vendor's own names, unknown ones included."""

    id: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    title: str = ""
    company_id: str = ""
    company_name: str = ""
    owner_id: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    archived: bool = False
    url: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Company:
    id: str
    name: str = ""
    domain: str = ""
    phone: str = ""
    owner_id: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    url: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Lead:
    """A person or company that may become a customer. `status` is the vendor's word."""

    id: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    company_name: str = ""
    status: str = ""
    owner_id: str = ""
    converted: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
    url: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Deal:
    """A sale that may happen. `amount` in whole units of `currency` (ISO 4217; "" where the vendor has only one)."""

    id: str
    name: str = ""
    amount: Decimal | None = None
    currency: str = ""
    pipeline_id: str = ""
    stage_id: str = ""
    close_date: date | None = None
    owner_id: str = ""
    closed: bool = False
    won: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
    url: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """`probability` is 0 to 1; None where the vendor does not say."""

    id: str
    name: str
    probability: float | None = None
    closed: bool = False
    won: bool = False


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    id: str
    name: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, kw_only=True)
class Owner:
    id: str
    name: str
    email: str = ""
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class CrmField:
    """A field of the vendor's object, for mapping. `type`: text, number, date, datetime, boolean, choice,
    e-mail, phone, url, reference, other."""

    name: str
    label: str
    type: str
    required: bool = False
    read_only: bool = False
    custom: bool = False
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ContactValues:
    """What to write. None leaves a field as it is; so does "": a blank never overwrites. `more` by vendor names.

    `key` is the caller's stable id for this row: results are told by it. `external_id` is for upserts by a field of
    the vendor's that holds our id.
    """

    key: str = ""
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    title: str | None = None
    company_name: str | None = None
    owner_id: str | None = None
    external_id: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Written:
    """What became of one row of a batch: an id, or what was wrong. `created` None where the vendor does not say."""

    key: str
    id: str = ""
    created: bool | None = None
    problem: str = ""
    field: str = ""

    @property
    def ok(self) -> bool:
        return bool(self.id) and not self.problem


@dataclass(frozen=True, kw_only=True)
class Changes:
    """One page of what changed. `cursor` goes into the next call, also weeks later; it is complete in itself.

    `more` False: all caught up; ask again from `cursor` next time. Rows may come twice (a lookback of seconds covers
    late-indexed rows), never too few.
    """

    items: tuple[Any, ...]
    cursor: str
    more: bool
    removed_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """One limit of the vendor's and what is left of it. `resets_at` None where it is not told."""

    name: str
    limit: int
    remaining: int
    resets_at: datetime | None = None


@runtime_checkable
class SyncsContacts(Protocol):
    """Raises ProviderError."""

    def contacts(self, *, cursor: str = "", limit: int = 100) -> Page[Contact]: ...

    def contact(self, contact_id: str) -> Contact: ...

    def search_contacts(self, text: str, *, limit: int = 20) -> tuple[Contact, ...]: ...

    def create_contact(self, values: ContactValues) -> Contact:
        """Raises InvalidRequest(field="email") when one of this address exists; `code` is then its id."""
        ...

    def update_contact(self, contact_id: str, values: ContactValues) -> Contact: ...

    def upsert_contacts(self, rows: Sequence[ContactValues], *, by: str = "email") -> tuple[Written, ...]:
        """Creates or updates; `by` is "email" or the vendor's name of an external-id field. In the order of `rows`,
        one result each: a bad row does not stop the others."""
        ...

    def archive_contact(self, contact_id: str) -> None: ...

    def changed_contacts(self, cursor: str = "", *, limit: int = 100) -> Changes:
        """Oldest change first. "" begins at the very beginning."""
        ...


@runtime_checkable
class KeepsCompanies(Protocol):
    def companies(self, *, cursor: str = "", limit: int = 100) -> Page[Company]: ...

    def create_company(self, *, name: str, domain: str = "", more: Mapping[str, Any] | None = None) -> Company: ...

    def changed_companies(self, cursor: str = "", *, limit: int = 100) -> Changes: ...


@runtime_checkable
class KeepsLeads(Protocol):
    def leads(self, *, cursor: str = "", limit: int = 100) -> Page[Lead]: ...

    def create_lead(
        self,
        *,
        last_name: str,
        company_name: str,
        first_name: str = "",
        email: str = "",
        more: Mapping[str, Any] | None = None,
    ) -> Lead: ...

    def changed_leads(self, cursor: str = "", *, limit: int = 100) -> Changes: ...


@runtime_checkable
class TracksDeals(Protocol):
    def pipelines(self) -> tuple[Pipeline, ...]: ...

    def deals(self, *, cursor: str = "", limit: int = 100) -> Page[Deal]: ...

    def deal(self, deal_id: str) -> Deal: ...

    def create_deal(
        self,
        *,
        name: str,
        stage_id: str,
        pipeline_id: str = "",
        amount: Decimal | None = None,
        close_date: date | None = None,
        contact_id: str = "",
        company_id: str = "",
        owner_id: str = "",
    ) -> Deal: ...

    def move_deal(self, deal_id: str, stage_id: str) -> Deal: ...

    def changed_deals(self, cursor: str = "", *, limit: int = 100) -> Changes: ...


@runtime_checkable
class DescribesFields(Protocol):
    def fields_of(self, what: CrmObject) -> tuple[CrmField, ...]: ...

    def owners(self) -> tuple[Owner, ...]: ...


@runtime_checkable
class LinksRecords(Protocol):
    def link(self, from_object: CrmObject, from_id: str, to_object: CrmObject, to_id: str) -> None: ...

    def linked(self, from_object: CrmObject, from_id: str, to_object: CrmObject) -> tuple[str, ...]: ...


@runtime_checkable
class ShowsAllowances(Protocol):
    def allowances(self) -> tuple[Allowance, ...]: ...
