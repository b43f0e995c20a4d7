"""Every verb of the provider once, on its stand-in. Shared tests and the coverage page import the two names below."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from providers.kit.steps import run_steps
from providers.kit.testing import Bench
from providers.kit.vocabulary.crm import ContactValues, CrmObject

# Documented by the vendor, but not in the description that these tests are held against:
#   jobs/ingest…                     https://developer.salesforce.com/docs/platform/api-asynch/guide/bulk-api-2-0-ingest.html
#   composite/sobjects/{kind}/{field} https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-upsert.html
UNDESCRIBED: frozenset[str] = frozenset(
    {
        "POST /services/data/v67.0/jobs/ingest",
        "PUT /services/data/v67.0/jobs/ingest/{id}/batches",
        "PATCH /services/data/v67.0/jobs/ingest/{id}",
        "GET /services/data/v67.0/jobs/ingest/{id}",
        "GET /services/data/v67.0/jobs/ingest/{id}/{results}",
        "PATCH /services/data/v67.0/composite/sobjects/{kind}/{field}",
    }
)


def undescribed(method: str, path: str) -> bool:
    """Whether the call is one of those that are documented elsewhere."""
    parts = path.split("/")
    if parts[4:6] == ["jobs", "ingest"]:
        return True
    return method == "PATCH" and parts[4:6] == ["composite", "sobjects"] and len(parts) == 8


def exercise(bench: Bench) -> None:
    crm: Any = bench.open()
    assert crm.identify().name == "Example Studio"
    for test in crm.manifest.tests:
        outcomes = list(run_steps(crm.steps(test.id, {"email": "hub-test@example.com", "last_name": "Contact"})))
        assert {str(one.status) for _, one in outcomes} <= {"passed", "skipped"}, outcomes
    _contacts(crm)
    _changes(bench, crm)
    _companies_and_leads(crm)
    _deals(crm)
    _many(bench, crm)
    _describing(crm)


def _contacts(crm: Any) -> None:
    first = crm.contacts(limit=2)
    second = crm.contacts(cursor=first.next_cursor, limit=2)
    assert [one.first_name for one in (*first.items, *second.items)] == ["Ada", "Charles", "Mary"]
    assert second.next_cursor == ""
    assert first.items[0].company_name == "Analytical Engines"
    values = ContactValues(
        email="o'hara@example.com", first_name="Scarlett", last_name="O'Hara", company_name="Tara", title="\\ CEO"
    )
    made = crm.create_contact(values)
    assert (made.last_name, made.company_name, made.title) == ("O'Hara", "Tara", "\\ CEO")
    assert crm.contact(made.id) == made
    assert [one.id for one in crm.search_contacts("o'hara@example.com")] == [made.id]
    changed = crm.update_contact(made.id, ContactValues(title="Owner", phone="", company_name="analytical engines"))
    assert (changed.title, changed.company_name) == ("Owner", "Analytical Engines")
    outcomes = crm.upsert_contacts(
        [
            ContactValues(key="known", email="ADA@example.com", title="Countess"),
            ContactValues(key="new", email="emmy@example.com", last_name="Noether", company_name="Göttingen"),
            ContactValues(key="bad", email="nobody@example.com"),
            ContactValues(key="again", email="emmy@example.com", title="Professor"),
            ContactValues(key="blank"),
        ]
    )
    assert [(one.key, one.ok, one.created) for one in outcomes] == [
        ("known", True, False),
        ("new", True, True),
        ("bad", False, None),
        ("again", True, False),
        ("blank", False, None),
    ]
    assert (outcomes[2].field, outcomes[4].field) == ("last_name", "email")
    assert outcomes[1].id == outcomes[3].id
    single = [ContactValues(key="s", external_id="shop-1", last_name="Curie")]
    created, updated = (crm.upsert_contacts(single, by="Shop_Id__c")[0] for _ in range(2))
    assert (created.created, updated.created, created.id) == (True, False, updated.id)
    several = [ContactValues(external_id=f"shop-{number}", last_name="Curie") for number in (1, 2, 3)]
    assert [one.created for one in crm.upsert_contacts(several, by="Shop_Id__c")] == [False, True, True]
    crm.archive_contact(made.id)
    deleted = crm.client.delete_many([outcomes[1].id])
    assert [one.problem for one in deleted] == [None]


def _changes(bench: Bench, crm: Any) -> None:
    for changed in (crm.changed_contacts, crm.changed_companies, crm.changed_leads, crm.changed_deals):
        seen, cursor, pages = [], "", 0
        while True:
            page = changed(cursor, limit=1)
            seen += [one.id for one in page.items]
            cursor, pages = page.cursor, pages + 1
            if not page.more:
                break
        assert len(seen) == len(set(seen))
        assert pages >= len(seen) >= 1
    bench.moment += timedelta(hours=1)
    caught_up = crm.changed_contacts(crm.changed_contacts(limit=1000).cursor)
    assert not caught_up.items
    gone = crm.create_contact(ContactValues(last_name="Gone"))
    kept = crm.create_contact(ContactValues(last_name="Kept"))
    crm.archive_contact(gone.id)
    news = crm.changed_contacts(caught_up.cursor)
    assert ([one.id for one in news.items], news.removed_ids) == ([kept.id], (gone.id,))


def _companies_and_leads(crm: Any) -> None:
    company = crm.create_company(name="Shop", domain="https://www.shop.example/start", more={"Industry": "Retail"})
    assert (company.domain, company.more["Industry"]) == ("shop.example", "Retail")
    lead = crm.create_lead(last_name="Byron", company_name="Newstead", first_name="George", email="byron@example.com")
    assert (lead.status, lead.converted) == ("Open - Not Contacted", False)
    for pages in (crm.companies, crm.leads):
        first = pages(limit=1)
        assert first.next_cursor
        assert pages(cursor=first.next_cursor, limit=1).items[0].id != first.items[0].id


def _deals(crm: Any) -> None:
    stages = crm.pipelines()[0].stages
    assert [one.probability for one in stages if one.won] == [1.0]
    ada = crm.contacts(limit=1).items[0]
    deal = crm.create_deal(
        name="Notes",
        stage_id="Prospecting",
        amount=Decimal("12.10"),
        close_date=date(2026, 12, 24),
        contact_id=ada.id,
        company_id=ada.company_id,
        owner_id=ada.owner_id,
    )
    assert (deal.amount, deal.close_date, deal.closed) == (Decimal("12.1"), date(2026, 12, 24), False)
    assert crm.linked(CrmObject.DEAL, deal.id, CrmObject.CONTACT) == (ada.id,)
    plain = crm.create_deal(name="Plain", stage_id="Prospecting")
    won = crm.move_deal(plain.id, "Closed Won")
    assert (won.closed, won.won) == (True, True)
    assert crm.deal(plain.id) == won
    crm.link(CrmObject.CONTACT, ada.id, CrmObject.DEAL, plain.id)
    crm.link(CrmObject.DEAL, plain.id, CrmObject.COMPANY, ada.company_id)
    crm.link(CrmObject.COMPANY, ada.company_id, CrmObject.CONTACT, ada.id)
    assert plain.id in crm.linked(CrmObject.CONTACT, ada.id, CrmObject.DEAL)
    assert crm.linked(CrmObject.DEAL, plain.id, CrmObject.COMPANY) == (ada.company_id,)
    assert ada.id in crm.linked(CrmObject.COMPANY, ada.company_id, CrmObject.CONTACT)
    first = crm.deals(limit=2)
    assert crm.deals(cursor=first.next_cursor, limit=2).items


def _many(bench: Bench, crm: Any) -> None:
    """More than Salesforce gives in one page, and more than collections are meant for."""
    rows = [
        ContactValues(key=str(one), external_id=f"bulk-{one}", last_name="Doe", email=f"doe{one}@example.com")
        for one in range(2_001)
    ]
    rows[7] = replace(rows[7], email="no address")
    outcomes = crm.upsert_contacts(rows, by="Shop_Id__c")
    assert [one.key for one in outcomes if not one.ok] == ["7"]
    assert (outcomes[7].field, outcomes[0].created) == ("email", True)
    crm.upsert_contacts([replace(one, title="Known") for one in rows])
    again = crm.contacts(limit=3_000)
    assert sum(one.title == "Known" for one in again.items) == 2_000
    assert any("/query/" in str(call.url) for call in bench.transport.calls), "no next page was asked for"


def _describing(crm: Any) -> None:
    for what in CrmObject:
        fields = {one.name: one for one in crm.fields_of(what)}
        assert fields["Id"].read_only
    assert {one.name: one for one in crm.fields_of(CrmObject.CONTACT)}["LastName"].required
    assert [one.active for one in crm.owners()] == [False, True]
    calls = crm.allowances()[0]
    assert (calls.limit, calls.remaining < calls.limit) == (15_000, True)
