"""What the verbs promise beyond the plain run: nothing is doubled, hidden, or smuggled into a question."""

from __future__ import annotations

from typing import Any

import pytest

from providers.kit import errors
from providers.kit.capabilities import ChecksConnection, ReceivesWebhooks
from providers.kit.faults import Fault, set_fault
from providers.kit.testing import Bench
from providers.kit.transport import NoAnswer
from providers.kit.vocabulary import crm as words

from .. import soql
from ..describing import calls_left
from ..provider import Salesforce
from ..records import asked_fields, decimal_of, domain_of, moment_of
from ..sandbox_store import seed

NASTY = "x' OR Id != '' \\ %_ \n {drop} \u0000"


@pytest.fixture
def crm(bench: Bench) -> Any:
    return bench.open()


def lose_answers(bench: Bench, method: str, part: str) -> None:
    """Such calls are sent, and their answers are lost."""
    inner = bench.transport.exchange

    def exchange(request: Any, limits: Any) -> Any:
        response = inner(request, limits)
        if request.method == method and part in request.path_url:
            raise NoAnswer("No answer came.", code="timeout")
        return response

    bench.transport.exchange = exchange  # type: ignore[method-assign]


def test_it_can_do_what_it_should() -> None:
    for capability in (
        ChecksConnection,
        words.SyncsContacts,
        words.KeepsCompanies,
        words.KeepsLeads,
        words.TracksDeals,
        words.DescribesFields,
        words.LinksRecords,
        words.ShowsAllowances,
    ):
        assert issubclass(Salesforce, capability)
    assert not issubclass(Salesforce, ReceivesWebhooks)
    assert "unsigned" in Salesforce.manifest.unsupported["ReceivesWebhooks"]


# ------------------------------------------------------------------------------------------ nothing doubled


def test_a_contact_with_a_known_address_is_refused_with_its_id(crm: Any) -> None:
    ada = crm.contacts(limit=1).items[0]
    with pytest.raises(errors.InvalidRequest) as caught:
        crm.create_contact(words.ContactValues(email="ADA@example.com", last_name="L"))
    assert (caught.value.field, caught.value.code) == ("email", ada.id)


def test_a_lost_answer_to_a_creation_is_not_asked_again(bench: Bench, crm: Any) -> None:
    lose_answers(bench, "POST", "/sobjects/Contact")
    with pytest.raises(errors.OutcomeUnknown):
        crm.create_contact(words.ContactValues(email="n@example.com", last_name="N"))
    assert sum(call.method == "POST" and "sobjects" in call.path_url for call in bench.transport.calls) == 1


def test_a_lost_answer_to_a_batch_is_told_for_each_of_its_rows(bench: Bench, crm: Any) -> None:
    lose_answers(bench, "POST", "/composite/sobjects")
    rows = [words.ContactValues(email=f"{one}@example.com", last_name="N") for one in "abc"]
    assert all("It may have been done" in one.problem for one in crm.upsert_contacts(rows))


def test_what_was_written_before_a_failure_is_told(bench: Bench, crm: Any) -> None:
    inner, seen = bench.transport.exchange, []

    def exchange(request: Any, limits: Any) -> Any:
        if request.method == "POST" and "/composite/sobjects" in request.path_url:
            seen.append(request)
            if len(seen) == 2:
                set_fault(bench.state.read(), Fault.RATE_LIMIT)
        return inner(request, limits)

    bench.transport.exchange = exchange  # type: ignore[method-assign]
    rows = [words.ContactValues(email=f"n{number}@example.com", last_name="N") for number in range(250)]
    outcomes = crm.upsert_contacts(rows)
    assert [one.ok for one in outcomes] == [True] * 200 + [False] * 50
    assert "used up" in outcomes[-1].problem


def test_several_contacts_of_one_address_are_not_guessed_between(bench: Bench, crm: Any) -> None:
    for _ in range(2):
        crm.client.create("Contact", {"LastName": "Twin", "Email": "twin@example.com"})
    outcome = crm.upsert_contacts([words.ContactValues(email="twin@example.com", title="X")])[0]
    assert "Several" in outcome.problem
    for one in bench.state.read()["records"]["Contact"].values():
        one["Shop_Id__c"] = "same"
    outcome = crm.upsert_contacts([words.ContactValues(external_id="same", title="X")], by="Shop_Id__c")[0]
    assert (outcome.ok, outcome.problem) == (False, "Several records have this value.")


def test_an_upsert_that_tells_no_id_is_looked_up(bench: Bench, crm: Any) -> None:
    """Older versions answer 204 without a body."""
    row = words.ContactValues(external_id="s", last_name="N")
    made = crm.upsert_contacts([row], by="Shop_Id__c")[0]
    inner = bench.transport.exchange

    def exchange(request: Any, limits: Any) -> Any:
        response = inner(request, limits)
        if request.method == "PATCH":
            response.status_code, response._content = 204, b""
        return response

    bench.transport.exchange = exchange  # type: ignore[method-assign]
    again = crm.upsert_contacts([row], by="Shop_Id__c")[0]
    assert (again.id, again.created) == (made.id, False)


def test_a_deal_and_its_contact_are_made_both_or_neither(crm: Any) -> None:
    before = crm.deals(limit=50)
    with pytest.raises(errors.NotFoundAtVendor):
        crm.create_deal(name="D", stage_id="Prospecting", contact_id="003000000000000AAA")
    assert crm.deals(limit=50) == before


def test_a_blank_never_overwrites(crm: Any) -> None:
    ada = crm.contacts(limit=1).items[0]
    blank = words.ContactValues(first_name="", last_name=None, email="", more={"Department": ""})
    assert crm.update_contact(ada.id, blank) == ada


# -------------------------------------------------------------------------------------- nothing smuggled in


def test_a_value_cannot_change_the_question(crm: Any) -> None:
    assert crm.search_contacts(NASTY) == ()
    made = crm.create_contact(words.ContactValues(email="n@example.com", last_name="N", company_name=NASTY.strip()))
    assert made.company_name
    assert crm.upsert_contacts([words.ContactValues(external_id="a/b?c'd", last_name="N")], by="Shop_Id__c")[0].ok
    assert soql.quoted("O'Hara\\\n") == "'O\\'Hara\\\\\\n'"


@pytest.mark.parametrize("value", ["", "1", "x" * 16, "003' OR Id != '", "../Account/001000000000000"])
def test_what_is_no_id_is_never_sent(bench: Bench, crm: Any, value: str) -> None:
    for ask in (crm.contact, crm.deal, crm.archive_contact):
        with pytest.raises(errors.InvalidRequest):
            ask(value)
    assert not any(call.method == "DELETE" for call in bench.transport.calls)


@pytest.mark.parametrize("name", ["Shop Id", "Id FROM User", "x" * 81, "", "a.b.c"])
def test_what_is_no_field_is_never_sent(crm: Any, name: str) -> None:
    with pytest.raises(errors.InvalidRequest):
        crm.upsert_contacts([words.ContactValues(external_id="1")], by=name)
    with pytest.raises(errors.InvalidRequest):
        crm.create_contact(words.ContactValues(last_name="N", more={name: 1}))


@pytest.mark.parametrize("cursor", ["nonsense", "2026-11-23T12:00:00Z|1' OR", "|"])
def test_a_position_that_is_not_ours_is_refused(crm: Any, cursor: str) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        crm.changed_contacts(cursor)
    assert caught.value.field == "cursor"


def test_a_next_page_elsewhere_is_not_followed(bench: Bench, crm: Any) -> None:
    inner = bench.transport.exchange

    def exchange(request: Any, limits: Any) -> Any:
        response = inner(request, limits)
        if "/query" in request.path_url:
            response._content = b'{"done":false,"records":[],"totalSize":1,"nextRecordsUrl":"https://evil.example/x"}'
        return response

    bench.transport.description = None
    bench.transport.exchange = exchange  # type: ignore[method-assign]
    with pytest.raises(errors.UnexpectedResponse):
        crm.owners()
    assert not any("evil" in str(call.url) for call in bench.transport.calls)


# ------------------------------------------------------------------------------------------- nothing hidden


def test_changes_of_the_same_moment_are_told_one_after_the_other(bench: Bench, crm: Any) -> None:
    seed(bench.state.read(), bench.moment)
    seen, cursor = [], ""
    for _ in range(3):
        page = crm.changed_contacts(cursor, limit=1)
        seen.append(page.items[0].first_name)
        cursor = page.cursor
    assert (seen, page.more) == (["Ada", "Charles", "Mary"], False)
    again = crm.changed_contacts(cursor, limit=10)
    assert [one.first_name for one in again.items] == seen, "what is younger than the lookback is told again"


def test_a_field_that_the_user_may_not_see_is_not_asked_for(crm: Any) -> None:
    described = [one for one in crm.client.fields("Contact") if one["name"] not in ("Email", "AccountId")]
    asked = asked_fields("Contact", described)
    assert "Email" not in asked
    assert "Account.Name" not in asked
    assert "Shop_Id__c" in asked
    many = [{"name": f"Field_{number:04}__c", "type": "string"} for number in range(1_000)]
    assert len(", ".join(asked_fields("Contact", [*described, *many]))) < 7_000


def test_own_fields_are_kept_by_their_own_names(crm: Any) -> None:
    made = crm.create_contact(words.ContactValues(last_name="N", more={"Favourite_Colour__c": "Red"}))
    assert made.more["Favourite_Colour__c"] == "Red"
    choices = {one.name: one.choices for one in crm.fields_of(words.CrmObject.CONTACT)}
    assert ("Red", "Red") in choices["Favourite_Colour__c"]


def test_an_unknown_stage_is_refused_before_salesforce_takes_it(crm: Any) -> None:
    deal = crm.deals(limit=1).items[0]
    with pytest.raises(errors.InvalidRequest) as caught:
        crm.move_deal(deal.id, "Nonsense")
    assert "Closed Won" in caught.value.fix
    with pytest.raises(errors.InvalidRequest):
        crm.create_deal(name="D", stage_id="Prospecting", pipeline_id="other")


def test_records_that_salesforce_does_not_link_are_unsupported(crm: Any) -> None:
    lead, contact = crm.leads().items[0], crm.contacts(limit=1).items[0]
    with pytest.raises(errors.Unsupported):
        crm.link(words.CrmObject.LEAD, lead.id, words.CrmObject.COMPANY, contact.company_id)
    with pytest.raises(errors.Unsupported):
        crm.linked(words.CrmObject.CONTACT, contact.id, words.CrmObject.LEAD)


def test_the_newer_of_two_counts_of_calls_is_shown(bench: Bench, crm: Any) -> None:
    crm.identify()
    left = calls_left(crm.client)
    assert left is not None
    assert left.remaining == 15_000 - bench.state.read()["calls"]


@pytest.mark.parametrize(
    ("website", "domain"),
    [("https://www.shop.example/a", "shop.example"), ("Shop.example", "shop.example"), ("", ""), ("http://", "")],
)
def test_a_website_becomes_a_domain(website: str, domain: str) -> None:
    assert domain_of(website) == domain


def test_odd_values_are_nothing() -> None:
    assert moment_of("yesterday") is None
    assert decimal_of(True) is None
    assert decimal_of("NaN") is None
    moment = moment_of("2023-11-20T08:03:40.000+0000")
    assert moment is not None
    assert soql.moment(moment) == "2023-11-20T08:03:40.000Z"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.BAD_KEY, errors.AuthenticationFailed),
        (Fault.MISSING_PERMISSION, errors.PermissionMissing),
        (Fault.RATE_LIMIT, errors.QuotaExceeded),
        (Fault.GARBAGE, errors.UnexpectedResponse),
    ],
)
@pytest.mark.parametrize("signed_in", [False, True])
def test_each_fault_of_the_stand_in_ends_as_the_right_error(
    bench: Bench, crm: Any, fault: Fault, expected: type[Exception], signed_in: bool
) -> None:
    bench.transport.strict = False
    bench.transport.description = None
    if signed_in:
        crm.identify()
    set_fault(bench.state.read(), fault, None if fault is Fault.BAD_KEY else 1)
    with pytest.raises(expected):
        crm.contacts()
