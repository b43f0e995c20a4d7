"""HubSpot: what the hub can do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from providers.kit.contract import Account, Activity, InboundEvent, InboundRequest, Provider, Step
from providers.kit.errors import InvalidRequest, ProviderError, Unsupported
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
    Owner,
    Pipeline,
    Written,
)
from providers.kit.vocabulary.pages import Page

from . import catalog, records, samples, sentences, webhooks
from .access import with_scopes
from .account import account_of, allowances_of
from .changes import Followed, changes
from .checks import Checks
from .client import SEARCH_LIMIT, Client
from .create_checks import CreateChecks
from .errors import error_from
from .manifest import CONNECTION_TEST, CREATE_TEST, MANIFEST, WEBHOOK_TEST
from .records import COMPANIES, CONTACTS, DEALS, company_of, contact_of, deal_of
from .upserts import upsert
from .values import contact_properties, midnight, properties

_KINDS = {CrmObject.CONTACT: CONTACTS, CrmObject.COMPANY: COMPANIES, CrmObject.DEAL: DEALS}
_DEAL_TO_CONTACT, _DEAL_TO_COMPANY = 3, 5
"""HubSpot's own association types, as its SDK has them (`hubspot.crm.association_type`)."""

_CONTACT_CHANGES = Followed(
    kind=CONTACTS, changed="lastmodifieddate", properties=records.CONTACT_PROPERTIES, parse=contact_of
)
_COMPANY_CHANGES = Followed(
    kind=COMPANIES, changed="hs_lastmodifieddate", properties=records.COMPANY_PROPERTIES, parse=company_of
)
_DEAL_CHANGES = Followed(kind=DEALS, changed="hs_lastmodifieddate", properties=records.DEAL_PROPERTIES, parse=deal_of)


class HubSpot(Provider):
    """Contacts, companies and deals of one account, what describes them, and what changed."""

    manifest = MANIFEST

    @cached_property
    def client(self) -> Client:
        return Client(self.connection)

    def finish_sign_in(self, token: Token) -> Token:
        return with_scopes(token)

    def identify(self) -> Account:
        answer = self.client.details()
        if not answer.ok:
            raise error_from(answer)
        return account_of(answer)

    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:
        checks = Checks(self.connection, self.client)
        create = CreateChecks(checks, inputs, create=self.create_contact, read=self.contact)
        tests: dict[str, Callable[[], Sequence[Step]]] = {
            CONNECTION_TEST: checks.steps,
            CREATE_TEST: create.steps,
            WEBHOOK_TEST: checks.webhooks.steps,
        }
        return tests[test_id]()

    # ---------------------------------------------------------------------------------------- SyncsContacts

    def contacts(self, *, cursor: str = "", limit: int = 100) -> Page[Contact]:
        """In the order of ids, at most 100 a page."""
        page = self.client.page(CONTACTS, properties=records.CONTACT_PROPERTIES, cursor=cursor, limit=limit)
        return Page(items=tuple(contact_of(one) for one in page.items), next_cursor=page.next_cursor)

    def contact(self, contact_id: str) -> Contact:
        return contact_of(self.client.record(CONTACTS, contact_id, properties=records.CONTACT_PROPERTIES))

    def search_contacts(self, text: str, *, limit: int = 20) -> tuple[Contact, ...]:
        """By name, e-mail address, phone or company, as HubSpot searches."""
        found = self.client.search(
            CONTACTS,
            {
                "query": text,
                "limit": max(1, min(limit, SEARCH_LIMIT)),
                "properties": list(records.CONTACT_PROPERTIES),
            },
        )
        return tuple(contact_of(one) for one in found.items)

    def create_contact(self, values: ContactValues) -> Contact:
        written = contact_properties(values)
        if not written:
            raise InvalidRequest("There is nothing to write: all values are blank.", field="email")
        made = self.client.create(CONTACTS, written)
        return contact_of({**made, "properties": {**written, **records.properties_of(made)}})

    def update_contact(self, contact_id: str, values: ContactValues) -> Contact:
        """Writes what is not blank; with nothing to write it only reads."""
        written = contact_properties(values)
        if not written:
            return self.contact(contact_id)
        made = self.client.update(CONTACTS, contact_id, written)
        try:
            return self.contact(contact_id)  # the answer to a change has only the changed properties
        except ProviderError:
            return contact_of({**made, "properties": {**written, **records.properties_of(made)}})

    def upsert_contacts(self, rows: Sequence[ContactValues], *, by: str = "email") -> tuple[Written, ...]:
        return upsert(self.client, rows, by=by)

    def archive_contact(self, contact_id: str) -> None:
        """Puts the contact into HubSpot's recycle bin; one that is not there is fine with HubSpot."""
        self.client.archive(CONTACTS, contact_id)

    def changed_contacts(self, cursor: str = "", *, limit: int = 100) -> Changes:
        return changes(self.client, _CONTACT_CHANGES, cursor, limit=limit, now=self.connection.now())

    # --------------------------------------------------------------------------------------- KeepsCompanies

    def companies(self, *, cursor: str = "", limit: int = 100) -> Page[Company]:
        page = self.client.page(COMPANIES, properties=records.COMPANY_PROPERTIES, cursor=cursor, limit=limit)
        return Page(items=tuple(company_of(one) for one in page.items), next_cursor=page.next_cursor)

    def create_company(self, *, name: str, domain: str = "", more: Mapping[str, Any] | None = None) -> Company:
        written = {**properties(more or {}), **properties({"name": name, "domain": domain})}
        made = self.client.create(COMPANIES, written)
        return company_of({**made, "properties": {**written, **records.properties_of(made)}})

    def changed_companies(self, cursor: str = "", *, limit: int = 100) -> Changes:
        return changes(self.client, _COMPANY_CHANGES, cursor, limit=limit, now=self.connection.now())

    # ------------------------------------------------------------------------------------------- TracksDeals

    def pipelines(self) -> tuple[Pipeline, ...]:
        return catalog.pipelines_of(self.client.pipelines(DEALS))

    def deals(self, *, cursor: str = "", limit: int = 100) -> Page[Deal]:
        page = self.client.page(DEALS, properties=records.DEAL_PROPERTIES, cursor=cursor, limit=limit)
        return Page(items=tuple(deal_of(one) for one in page.items), next_cursor=page.next_cursor)

    def deal(self, deal_id: str) -> Deal:
        return deal_of(self.client.record(DEALS, deal_id, properties=records.DEAL_PROPERTIES))

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
        """The deal and its links are made in one call. Without a pipeline, the one that has the stage is taken."""
        pipeline = catalog.pipeline_with(self.pipelines(), stage_id, pipeline_id)
        written = properties(
            {
                "dealname": name,
                "dealstage": stage_id,
                "pipeline": pipeline.id,
                "amount": amount,
                "closedate": midnight(close_date) if close_date else None,
                "hubspot_owner_id": owner_id,
            }
        )
        links = [
            {
                "to": {"id": record_id},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}],
            }
            for record_id, type_id in ((contact_id, _DEAL_TO_CONTACT), (company_id, _DEAL_TO_COMPANY))
            if record_id
        ]
        made = self.client.create(DEALS, written, links)
        return deal_of({**made, "properties": {**written, **records.properties_of(made)}})

    def move_deal(self, deal_id: str, stage_id: str) -> Deal:
        """To a stage of the same pipeline, or of another one, which is then the deal's."""
        before = self.deal(deal_id)
        found = self.pipelines()
        same = [one for one in found if one.id == before.pipeline_id and any(s.id == stage_id for s in one.stages)]
        pipeline = same[0] if same else catalog.pipeline_with(found, stage_id)
        made = self.client.update(DEALS, deal_id, {"dealstage": stage_id, "pipeline": pipeline.id})
        try:
            return self.deal(deal_id)
        except ProviderError:
            return deal_of(made)

    def changed_deals(self, cursor: str = "", *, limit: int = 100) -> Changes:
        return changes(self.client, _DEAL_CHANGES, cursor, limit=limit, now=self.connection.now())

    # ------------------------------------------------------------- DescribesFields, LinksRecords, ShowsAllowances

    def fields_of(self, what: CrmObject) -> tuple[CrmField, ...]:
        """Hidden properties are left out."""
        found = (
            catalog.field_of(one) for one in self.client.properties(_kind(what)) if one.get("hidden") is not True
        )
        return tuple(one for one in found if one)

    def owners(self) -> tuple[Owner, ...]:
        """Those who have left come last, as not active."""
        everyone = (*self.client.owners(), *self.client.owners(archived=True))
        known: dict[str, Owner] = {}
        for one in everyone:
            owner = catalog.owner_of(one)
            if owner:
                known.setdefault(owner.id, owner)
        return tuple(known.values())

    def link(self, from_object: CrmObject, from_id: str, to_object: CrmObject, to_id: str) -> None:
        self.client.associate(_kind(from_object), from_id, _kind(to_object), to_id)

    def linked(self, from_object: CrmObject, from_id: str, to_object: CrmObject) -> tuple[str, ...]:
        return tuple(self.client.associated(_kind(from_object), from_id, _kind(to_object)))

    def allowances(self) -> tuple[Allowance, ...]:
        answer = self.client.details()
        if not answer.ok:
            raise error_from(answer)
        return allowances_of(answer, self.connection.now())

    # -------------------------------------------------------------------------- ReceivesWebhooks, MakesSamples

    @staticmethod
    def verify(request: InboundRequest, secrets: Sequence[str], now: datetime) -> None:
        webhooks.verify_delivery(request, secrets, now)

    @staticmethod
    def read(request: InboundRequest) -> tuple[InboundEvent, ...]:
        return webhooks.read_delivery(request)

    @staticmethod
    def describe(event: InboundEvent) -> Activity:
        return sentences.describe_event(event)

    @staticmethod
    def sample_delivery(event_type: str, secret: str, now: datetime, seed: int, url: str = "") -> InboundRequest:
        """Raises InvalidRequest for an event type that HubSpot does not have."""
        return samples.sample_request(event_type, secret, now, seed, url)


def _kind(what: CrmObject) -> str:
    """Raises Unsupported."""
    kind = _KINDS.get(what)
    if kind is None:
        raise Unsupported(
            "HubSpot's lead records are not reached from here.",
            fix="Use contacts: HubSpot keeps a new lead as a contact with the lifecycle stage “lead”.",
        )
    return kind
