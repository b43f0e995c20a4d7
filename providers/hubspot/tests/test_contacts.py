"""What is written, and what is never overwritten."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from providers.kit.errors import InvalidRequest, NotFoundAtVendor, PermissionMissing, Unsupported
from providers.kit.testing import Bench
from providers.kit.vocabulary.crm import ContactValues, CrmObject

from ..provider import HubSpot
from ..sandbox_access import READ_ONLY_TOKEN
from ..values import contact_properties, text_of
from .exercise import pages


def test_blanks_are_never_sent() -> None:
    values = ContactValues(
        email="a@example.com", first_name="", last_name=None, phone="  ", more={"city": "", "x": None}
    )
    assert contact_properties(values) == {"email": "a@example.com"}


def test_a_blank_leaves_what_is_there(hubspot: HubSpot) -> None:
    before = hubspot.contact("101")
    after = hubspot.update_contact("101", ContactValues(first_name="", last_name="Byron", more={"company": ""}))
    assert (after.first_name, after.company_name, after.last_name) == (
        before.first_name,
        before.company_name,
        "Byron",
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (7, "7"),
        (1.5, "1.5"),
        (Decimal("1E+3"), "1000"),
        (date(2026, 12, 31), "2026-12-31"),
        (datetime(2026, 12, 31, 8, tzinfo=UTC), "2026-12-31T08:00:00.000Z"),
        (["a", "b"], "a;b"),
        ({"b", "a"}, "a;b"),
        (None, ""),
    ],
)
def test_values_are_written_as_hubspots_texts(value: Any, text: str) -> None:
    assert text_of(value, "x") == text


def test_a_value_that_is_no_single_value_is_refused_before_it_is_sent(bench: Bench) -> None:
    with pytest.raises(InvalidRequest) as refused:
        bench.open().create_contact(ContactValues(email="a@example.com", more={"x": {"a": 1}}))
    assert refused.value.field == "x"
    assert bench.transport.calls == []


def test_an_update_with_nothing_to_write_writes_nothing(bench: Bench) -> None:
    bench.open().update_contact("101", ContactValues())
    assert [call.method for call in bench.transport.calls] == ["GET"]


def test_an_address_that_is_there_is_told_with_its_id(hubspot: HubSpot) -> None:
    email = hubspot.contact("105").email
    with pytest.raises(InvalidRequest) as refused:
        hubspot.create_contact(ContactValues(email=email.upper()))
    assert (refused.value.field, refused.value.code, refused.value.status) == ("email", "105", 409)


def test_refusals_name_the_property(hubspot: HubSpot) -> None:
    for more, field in (({"nope": "x"}, "nope"), ({"favourite_colour": "pink"}, "favourite_colour")):
        with pytest.raises(InvalidRequest) as refused:
            hubspot.update_contact("101", ContactValues(more=more))
        assert refused.value.field == field


def test_a_token_that_may_only_read_is_told_which_scope_it_lacks(bench: Bench) -> None:
    with pytest.raises(PermissionMissing) as refused:
        bench.open({"access_token": READ_ONLY_TOKEN}).create_contact(ContactValues(email="a@example.com"))
    assert refused.value.permission == "crm.objects.contacts.write"


def test_an_id_with_a_slash_stays_one_part_of_the_address(bench: Bench) -> None:
    with pytest.raises(NotFoundAtVendor):
        bench.open().contact("1/associations/contacts")
    assert "1%2Fassociations%2Fcontacts" in (bench.transport.calls[-1].url or "")


def test_lists_come_in_the_order_of_ids_and_archived_ones_are_left_out(hubspot: HubSpot) -> None:
    hubspot.archive_contact("110")
    hubspot.archive_contact("110")
    ids = [int(one.id) for one in pages(hubspot.contacts, limit=33)]
    assert ids == sorted(ids)
    assert 110 not in ids
    assert len(ids) == 119


def test_unknown_properties_are_kept(hubspot: HubSpot) -> None:
    made = hubspot.create_contact(ContactValues(email="x@example.com", more={"favourite_colour": "blue"}))
    assert made.more["favourite_colour"] == "blue"
    assert "lifecyclestage" in hubspot.contact(made.id).more


def test_a_record_leads_to_its_page(hubspot: HubSpot) -> None:
    assert hubspot.contact("101").url == "https://app.hubspot.com/contacts/12345678/record/0-1/101"


def test_leads_are_said_to_be_elsewhere(hubspot: HubSpot) -> None:
    for call in (
        lambda: hubspot.fields_of(CrmObject.LEAD),
        lambda: hubspot.linked(CrmObject.LEAD, "1", CrmObject.CONTACT),
    ):
        with pytest.raises(Unsupported):
            call()
    assert {"KeepsLeads", "RegistersWebhooks"} <= HubSpot.manifest.unsupported.keys()


def test_a_deal_finds_its_pipeline_by_its_stage(hubspot: HubSpot) -> None:
    made = hubspot.create_deal(name="Renewal", stage_id="75101")
    assert made.pipeline_id == "75001"
    moved = hubspot.move_deal(made.id, "contractsent")
    assert (moved.pipeline_id, moved.stage_id) == ("default", "contractsent")
    for stage, pipeline in (("nope", ""), ("75101", "default")):
        with pytest.raises(InvalidRequest) as refused:
            hubspot.create_deal(name="x", stage_id=stage, pipeline_id=pipeline)
        assert refused.value.field == "stage_id"


def test_a_deal_and_its_links_are_made_in_one_call(bench: Bench) -> None:
    bench.open().create_deal(name="Shop", stage_id="contractsent", contact_id="101", company_id="501")
    (posted,) = [call for call in bench.transport.calls if call.method == "POST"]
    assert len(json.loads(posted.body or b"")["associations"]) == 2


def test_a_company_page_by_page(hubspot: HubSpot) -> None:
    assert len(pages(hubspot.companies, limit=5)) == 12
    assert hubspot.create_company(name="Solo").domain == ""


def test_linked_records_come_from_all_pages(hubspot: HubSpot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.hubspot.client.LIST_LIMIT", 3)
    assert len(hubspot.linked(CrmObject.COMPANY, "501", CrmObject.CONTACT)) == 10
