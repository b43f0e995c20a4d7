"""Salesforce: what the hub can do with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from providers.kit.contract import Account, OAuthSettings, Provider, Step
from providers.kit.errors import InvalidConfiguration, InvalidRequest
from providers.kit.tokens import Token
from providers.kit.vocabulary.crm import (
    Allowance,
    Changes,
    Company,
    Contact,
    ContactValues,
    CrmField,
    CrmObject,
    Deal,
    Lead,
    Owner,
    Pipeline,
    Written,
)
from providers.kit.vocabulary.pages import Page

from . import soql
from .checks import ConnectionChecks, ContactChecks, organisation
from .client import Client, Record
from .deals import PIPELINE, Deals
from .describing import allowances_of, fields_of, owners_of
from .manifest import CONNECTION_TEST, CONTACT_TEST, MANIFEST
from .reading import Reader
from .records import KINDS, company_of, contact_of, deal_of, lead_of
from .sign_in import Session, checked, oauth_settings
from .writing import ContactWriter


class Salesforce(Provider):
    """Keeps contacts, companies, leads and deals; describes fields; links records; shows what is left of limits."""

    manifest = MANIFEST

    @classmethod
    def oauth(cls, configuration: Mapping[str, str]) -> OAuthSettings | None:
        """Where this account signs in, by the field `login_host`."""
        try:
            return oauth_settings(configuration)
        except InvalidConfiguration:  # My Domain is chosen but not entered yet
            return cls.manifest.oauth

    def finish_sign_in(self, token: Token) -> Token:
        return checked(token, self.configuration.get("client_secret", ""))

    @cached_property
    def session(self) -> Session:
        return Session(self.connection)

    @cached_property
    def client(self) -> Client:
        return Client(self.session)

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self.client, self.connection.now)

    @cached_property
    def _writer(self) -> ContactWriter:
        return ContactWriter(self.client, time.sleep)

    @cached_property
    def _deals(self) -> Deals:
        return Deals(self.client, self.connection.now)

    def identify(self) -> Account:
        return organisation(self.client, self.session)

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        tests: dict[str, Callable[[], Sequence[Step]]] = {
            CONNECTION_TEST: ConnectionChecks(self.client, self.session).steps,
            CONTACT_TEST: ContactChecks(self, inputs).steps,
        }
        return tests[test_id]()

    # ------------------------------------------------------------------------------------------ contacts

    def contacts(self, *, cursor: str = "", limit: int = 100) -> Page[Contact]:
        return self._reader.page("Contact", cursor, limit, self._contact)

    def contact(self, contact_id: str) -> Contact:
        return self._contact(self._reader.one("Contact", contact_id))

    def search_contacts(self, text: str, *, limit: int = 20) -> tuple[Contact, ...]:
        """Words that begin with `text`, in all fields. New contacts are found after a minute or so."""
        if len(text.strip()) < 2:  # Salesforce refuses to look for a single letter
            return ()
        found = self.client.search(soql.find(text, "Contact", limit=limit))
        ids = [str(one.get("Id")) for one in found if one.get("Id")]
        return tuple(self._contact(one) for one in self._reader.several("Contact", ids))

    def create_contact(self, values: ContactValues) -> Contact:
        """Raises InvalidRequest(field="email") when one of this address exists; `code` is then its id."""
        return self.contact(self._writer.create(values))

    def update_contact(self, contact_id: str, values: ContactValues) -> Contact:
        self._writer.update(contact_id, values)
        return self.contact(contact_id)

    def upsert_contacts(self, rows: Sequence[ContactValues], *, by: str = "email") -> tuple[Written, ...]:
        """Creates or updates; `by` is "email" or an external-id field such as `Shop_Id__c`. Many go as a bulk job."""
        return self._writer.upsert(rows, by) if rows else ()

    def archive_contact(self, contact_id: str) -> None:
        """Into Salesforce's Recycle Bin, where it stays for 15 days."""
        self.client.delete("Contact", soql.record_id(contact_id))

    def changed_contacts(self, cursor: str = "", *, limit: int = 100) -> Changes:
        return self._reader.changes("Contact", cursor, limit, self._contact)

    # ------------------------------------------------------------------------------- companies and leads

    def companies(self, *, cursor: str = "", limit: int = 100) -> Page[Company]:
        return self._reader.page("Account", cursor, limit, self._company)

    def create_company(self, *, name: str, domain: str = "", more: Mapping[str, Any] | None = None) -> Company:
        values = _own(more) | {"Name": name} | ({"Website": domain} if domain else {})
        return self._company(self._reader.one("Account", self.client.create("Account", values)))

    def changed_companies(self, cursor: str = "", *, limit: int = 100) -> Changes:
        return self._reader.changes("Account", cursor, limit, self._company)

    def leads(self, *, cursor: str = "", limit: int = 100) -> Page[Lead]:
        return self._reader.page("Lead", cursor, limit, self._lead)

    def create_lead(
        self,
        *,
        last_name: str,
        company_name: str,
        first_name: str = "",
        email: str = "",
        more: Mapping[str, Any] | None = None,
    ) -> Lead:
        """Salesforce insists on a last name and a company."""
        for value, field, words in (
            (last_name, "last_name", "a last name"),
            (company_name, "company_name", "a company"),
        ):
            if not value.strip():
                raise InvalidRequest(f"A lead needs {words}.", field=field, fix="Enter it and try again.")
        ours = {"LastName": last_name, "Company": company_name, "FirstName": first_name, "Email": email}
        values = _own(more) | {name: value for name, value in ours.items() if value}
        return self._lead(self._reader.one("Lead", self.client.create("Lead", values)))

    def changed_leads(self, cursor: str = "", *, limit: int = 100) -> Changes:
        return self._reader.changes("Lead", cursor, limit, self._lead)

    # --------------------------------------------------------------------------------------------- deals

    def pipelines(self) -> tuple[Pipeline, ...]:
        return (self._deals.pipeline(),)

    def deals(self, *, cursor: str = "", limit: int = 100) -> Page[Deal]:
        return self._reader.page("Opportunity", cursor, limit, self._deal)

    def deal(self, deal_id: str) -> Deal:
        return self._deal(self._reader.one("Opportunity", deal_id))

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
    ) -> Deal:
        """Salesforce insists on a close date: 30 days from now where none is given."""
        if pipeline_id not in ("", PIPELINE):
            raise InvalidRequest(
                "Salesforce has one pipeline.", field="pipeline_id", fix=f"Leave it out, or use “{PIPELINE}”."
            )
        made = self._deals.create(
            name,
            stage_id,
            amount=amount,
            close_date=close_date,
            contact_id=contact_id,
            company_id=company_id,
            owner_id=owner_id,
        )
        return self.deal(made)

    def move_deal(self, deal_id: str, stage_id: str) -> Deal:
        self._deals.move(deal_id, stage_id)
        return self.deal(deal_id)

    def changed_deals(self, cursor: str = "", *, limit: int = 100) -> Changes:
        return self._reader.changes("Opportunity", cursor, limit, self._deal)

    # --------------------------------------------------------------------------- fields, links and limits

    def fields_of(self, what: CrmObject) -> tuple[CrmField, ...]:
        return fields_of(self.client, KINDS[what])

    def owners(self) -> tuple[Owner, ...]:
        return owners_of(self.client)

    def link(self, from_object: CrmObject, from_id: str, to_object: CrmObject, to_id: str) -> None:
        self._deals.link(from_object, from_id, to_object, to_id)

    def linked(self, from_object: CrmObject, from_id: str, to_object: CrmObject) -> tuple[str, ...]:
        return self._deals.linked(from_object, from_id, to_object)

    def allowances(self) -> tuple[Allowance, ...]:
        return allowances_of(self.client)

    def _contact(self, found: Record) -> Contact:
        return contact_of(found, self.session.home())

    def _company(self, found: Record) -> Company:
        return company_of(found, self.session.home())

    def _lead(self, found: Record) -> Lead:
        return lead_of(found, self.session.home())

    def _deal(self, found: Record) -> Deal:
        return deal_of(found, self.session.home(), PIPELINE)


def _own(more: Mapping[str, Any] | None) -> dict[str, Any]:
    """Values by Salesforce's own names, blanks left out. Raises InvalidRequest for a name that cannot be one."""
    return {soql.name(name): value for name, value in (more or {}).items() if value not in (None, "")}
