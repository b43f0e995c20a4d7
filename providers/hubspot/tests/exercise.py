"""Every verb of the provider, once round, on its sandbox: for the shared test and the generated page of coverage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from providers.kit.contract import StepStatus
from providers.kit.errors import InvalidRequest, NotFoundAtVendor, ProviderError
from providers.kit.steps import run_steps
from providers.kit.testing import Bench
from providers.kit.vocabulary.crm import Changes, ContactValues, CrmObject
from providers.kit.vocabulary.pages import Page

from ..manifest import CONNECTION_TEST, CREATE_TEST, WEBHOOK_TEST
from ..provider import HubSpot

UNDESCRIBED: frozenset[str] = frozenset({"POST /oauth/v2/private-apps/get/access-token-info"})
"""What a private app's token may do: documented at https://developers.hubspot.com/docs/api/private-apps, and not in
the description that is made from the official SDK."""


def undescribed(method: str, path: str) -> bool:
    return f"{method} {path}" in UNDESCRIBED


def exercise(bench: Bench) -> None:
    hubspot = cast(HubSpot, bench.open())
    assert hubspot.identify().id == "12345678"
    assert {one.name for one in hubspot.allowances()} == {"Calls today", "Calls at once"}
    _contacts(hubspot)
    _upserts(hubspot)
    _companies(hubspot)
    _deals(hubspot)
    _descriptions(hubspot)
    _changes(bench, hubspot)
    _tests(hubspot)


def _contacts(hubspot: HubSpot) -> None:
    everyone = pages(hubspot.contacts, limit=50)
    assert len(everyone) == 120
    assert len({one.id for one in everyone}) == 120
    values = ContactValues(email="new@example.com", first_name="New", more={"favourite_colour": "red"})
    made = hubspot.create_contact(values)
    assert (made.email, made.more["favourite_colour"]) == ("new@example.com", "red")
    assert _refused(InvalidRequest, lambda: hubspot.create_contact(values)).code == made.id
    changed = hubspot.update_contact(made.id, ContactValues(last_name="Comer", first_name=""))
    assert (changed.first_name, changed.last_name) == ("New", "Comer")
    assert hubspot.update_contact(made.id, ContactValues(phone=" ")) == changed
    assert [one.id for one in hubspot.search_contacts("new@example.com")] == [made.id]
    hubspot.archive_contact(made.id)
    _refused(NotFoundAtVendor, lambda: hubspot.contact(made.id))


def _refused(kind: type[ProviderError], call: Callable[[], object]) -> ProviderError:
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def _upserts(hubspot: HubSpot) -> None:
    rows = [ContactValues(key=str(n), email=f"row{n}@example.com", first_name="Row") for n in range(120)]
    bad = ContactValues(key="bad", email="row121@example.com", more={"nope": "x"})
    written = hubspot.upsert_contacts([*rows, bad])
    assert [one.key for one in written] == [*(str(n) for n in range(120)), "bad"]
    assert [one.key for one in written if not one.ok] == ["bad"]
    assert written[-1].field == "nope"
    again = hubspot.upsert_contacts([ContactValues(key="a", external_id="x-1", first_name="Ext")], by="external_ref")
    assert again[0].created is True


def _companies(hubspot: HubSpot) -> None:
    assert len(pages(hubspot.companies, limit=5)) == 12
    made = hubspot.create_company(name="Tailor & Sons", domain="tailor.example", more={"city": "Bonn"})
    contact = hubspot.contacts(limit=1).items[0]
    hubspot.link(CrmObject.CONTACT, contact.id, CrmObject.COMPANY, made.id)
    assert made.id in hubspot.linked(CrmObject.CONTACT, contact.id, CrmObject.COMPANY)
    assert hubspot.linked(CrmObject.COMPANY, made.id, CrmObject.CONTACT) == (contact.id,)


def _deals(hubspot: HubSpot) -> None:
    sales = hubspot.pipelines()[0]
    assert [stage.won for stage in sales.stages if stage.closed] == [True, False]
    assert len(pages(hubspot.deals, limit=10)) == 24
    contact, company = hubspot.contacts(limit=1).items[0], hubspot.companies(limit=1).items[0]
    deal = hubspot.create_deal(
        name="Poster",
        stage_id=sales.stages[0].id,
        amount=Decimal("1200.50"),
        close_date=date(2026, 12, 31),
        contact_id=contact.id,
        company_id=company.id,
        owner_id="7001",
    )
    assert (deal.amount, deal.close_date, deal.pipeline_id) == (Decimal("1200.50"), date(2026, 12, 31), sales.id)
    assert hubspot.linked(CrmObject.DEAL, deal.id, CrmObject.CONTACT) == (contact.id,)
    assert hubspot.linked(CrmObject.DEAL, deal.id, CrmObject.COMPANY) == (company.id,)
    won = hubspot.move_deal(deal.id, "closedwon")
    assert (won.closed, won.won) == (True, True)


def _descriptions(hubspot: HubSpot) -> None:
    fields = {one.name: one for one in hubspot.fields_of(CrmObject.CONTACT)}
    assert fields["email"].type == "e-mail"
    assert fields["favourite_colour"].custom
    assert fields["hs_object_id"].read_only
    assert any(one.name == "dealstage" and one.choices for one in hubspot.fields_of(CrmObject.DEAL))
    assert hubspot.fields_of(CrmObject.COMPANY)
    assert [one.active for one in hubspot.owners()] == [True, True, True, False]


def _changes(bench: Bench, hubspot: HubSpot) -> None:
    contacts, cursor = follow(hubspot.changed_contacts)
    assert {one.id for one in pages(hubspot.contacts)} == {one.id for one in contacts}
    assert len({one.id for one in follow(hubspot.changed_companies)[0]}) == 13
    assert len({one.id for one in follow(hubspot.changed_deals)[0]}) == 25
    bench.moment += timedelta(hours=1)
    changed = hubspot.update_contact("101", ContactValues(first_name="Zoe"))
    hubspot.archive_contact("102")
    later, removed = [], []
    more = True
    while more:
        found = hubspot.changed_contacts(cursor)
        later += found.items
        removed += found.removed_ids
        cursor, more = found.cursor, found.more
    assert changed in later
    assert "102" in removed


def _tests(hubspot: HubSpot) -> None:
    contact = {"email": "user@example.com", "firstname": "John", "lastname": "Doe"}
    for test_id, inputs in ((CONNECTION_TEST, {}), (CREATE_TEST, {"contact": contact})):
        outcomes = [outcome for _, outcome in run_steps(hubspot.steps(test_id, inputs))]
        assert all(one.status in (StepStatus.PASSED, StepStatus.SKIPPED) for one in outcomes), outcomes
    assert [outcome for _, outcome in run_steps(hubspot.steps(WEBHOOK_TEST, {}))]


def pages(verb: Callable[..., Page[Any]], **options: Any) -> list[Any]:
    """Everything of a list."""
    found: list[Any] = []
    cursor = ""
    while True:
        page = verb(cursor=cursor, **options)
        found += page.items
        cursor = page.next_cursor
        if not cursor:
            return found


def follow(verb: Callable[..., Changes], cursor: str = "", *, limit: int = 100) -> tuple[list[Any], str]:
    """Everything that changed since a place, and the place after it."""
    found: list[Any] = []
    while True:
        changes = verb(cursor, limit=limit)
        found += changes.items
        cursor = changes.cursor
        if not changes.more:
            return found, cursor
