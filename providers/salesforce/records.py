"""Salesforce's records in our words, and which fields of theirs we ask for.

Times are written `2026-11-23T12:00:00.000+0000`, dates `2026-11-23`. A field that the user may not see is left out of
the question: asking for it would fail the whole query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from providers.kit.vocabulary.crm import Company, Contact, CrmObject, Deal, Lead

from .client import Record

KINDS = {
    CrmObject.CONTACT: "Contact",
    CrmObject.COMPANY: "Account",
    CrmObject.LEAD: "Lead",
    CrmObject.DEAL: "Opportunity",
}

_COMMON = ("Id", "OwnerId", "CreatedDate", "SystemModstamp", "IsDeleted", "CurrencyIsoCode", "Description")
_ADDRESS = ("Street", "City", "State", "PostalCode", "Country")
_WANTED: dict[str, tuple[str, ...]] = {
    "Contact": (
        *("Email", "FirstName", "LastName", "Phone", "Title", "AccountId", "Salutation", "MobilePhone", "Department"),
        *(f"Mailing{one}" for one in _ADDRESS),
        *("LeadSource", "HasOptedOutOfEmail", "DoNotCall"),
    ),
    "Account": (
        *("Name", "Website", "Phone", "Type", "Industry", "NumberOfEmployees", "AnnualRevenue"),
        *(f"Billing{one}" for one in _ADDRESS),
    ),
    "Lead": (
        *("Email", "FirstName", "LastName", "Company", "Status", "IsConverted", "Phone", "Title", "Website"),
        *("LeadSource", "Industry", "Rating", "ConvertedContactId", "ConvertedAccountId", "ConvertedOpportunityId"),
        *_ADDRESS,
    ),
    "Opportunity": (
        *("Name", "Amount", "StageName", "CloseDate", "IsClosed", "IsWon", "AccountId", "Probability", "Type"),
        *("NextStep", "LeadSource"),
    ),
}
_UNASKED_TYPES = frozenset({"address", "location", "base64", "complexvalue"})
_MAX_OWN_FIELDS = 6_000
"""Letters of an organisation's own fields in one question: an address holds 16,384 in all."""


def asked_fields(kind: str, described: Sequence[Record]) -> tuple[str, ...]:
    """The fields to ask for: ours that the user may see, the account's name, and the organisation's own."""
    types = {str(one.get("name")): str(one.get("type")) for one in described}
    fields = ["Id", *(name for name in (*_COMMON[1:], *_WANTED[kind]) if name in types)]
    if kind == "Contact" and "AccountId" in types:
        fields.append("Account.Name")
    length = 0
    for name in sorted(name for name, type_ in types.items() if name.endswith("__c") and type_ not in _UNASKED_TYPES):
        length += len(name) + 2
        if length > _MAX_OWN_FIELDS:
            break
        fields.append(name)
    return tuple(fields)


def contact_of(found: Record, home: str) -> Contact:
    account = found.get("Account")
    return Contact(
        id=text(found, "Id"),
        email=text(found, "Email"),
        first_name=text(found, "FirstName"),
        last_name=text(found, "LastName"),
        phone=text(found, "Phone"),
        title=text(found, "Title"),
        company_id=text(found, "AccountId"),
        company_name=text(account, "Name") if isinstance(account, Mapping) else "",
        owner_id=text(found, "OwnerId"),
        created_at=moment_of(found.get("CreatedDate")),
        updated_at=moment_of(found.get("SystemModstamp")),
        archived=found.get("IsDeleted") is True,
        url=_url(found, home),
        more=_more(found, "Email FirstName LastName Phone Title AccountId Account"),
    )


def company_of(found: Record, home: str) -> Company:
    return Company(
        id=text(found, "Id"),
        name=text(found, "Name"),
        domain=domain_of(text(found, "Website")),
        phone=text(found, "Phone"),
        owner_id=text(found, "OwnerId"),
        created_at=moment_of(found.get("CreatedDate")),
        updated_at=moment_of(found.get("SystemModstamp")),
        url=_url(found, home),
        more=_more(found, "Name Phone"),
    )


def lead_of(found: Record, home: str) -> Lead:
    return Lead(
        id=text(found, "Id"),
        email=text(found, "Email"),
        first_name=text(found, "FirstName"),
        last_name=text(found, "LastName"),
        company_name=text(found, "Company"),
        status=text(found, "Status"),
        owner_id=text(found, "OwnerId"),
        converted=found.get("IsConverted") is True,
        created_at=moment_of(found.get("CreatedDate")),
        updated_at=moment_of(found.get("SystemModstamp")),
        url=_url(found, home),
        more=_more(found, "Email FirstName LastName Company Status IsConverted"),
    )


def deal_of(found: Record, home: str, pipeline: str) -> Deal:
    """A deal of the one `pipeline`. The currency is only told where the organisation has several."""
    return Deal(
        id=text(found, "Id"),
        name=text(found, "Name"),
        amount=decimal_of(found.get("Amount")),
        currency=text(found, "CurrencyIsoCode"),
        pipeline_id=pipeline,
        stage_id=text(found, "StageName"),
        close_date=date_of(found.get("CloseDate")),
        owner_id=text(found, "OwnerId"),
        closed=found.get("IsClosed") is True,
        won=found.get("IsWon") is True,
        created_at=moment_of(found.get("CreatedDate")),
        updated_at=moment_of(found.get("SystemModstamp")),
        url=_url(found, home),
        more=_more(found, "Name Amount CurrencyIsoCode StageName CloseDate IsClosed IsWon"),
    )


def text(found: Record, name: str) -> str:
    """A text, "" where there is none or something else."""
    value = found.get(name)
    return value if isinstance(value, str) else ""


def moment_of(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def date_of(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def decimal_of(value: object) -> Decimal | None:
    """An amount, through its shortest text, so that 12.1 stays 12.1."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def domain_of(website: str) -> str:
    """`example.com` of `https://www.example.com/about`."""
    host = website.strip().lower()
    host = host.partition("://")[2] if "://" in host else host
    return host.split("/")[0].split("?")[0].removeprefix("www.")


def _url(found: Record, home: str) -> str:
    identity = text(found, "Id")
    return f"{home}/{identity}" if identity else ""


def _more(found: Record, ours: str) -> dict[str, Any]:
    """What our words have no place for, by Salesforce's own names."""
    known = {"attributes", "Id", "OwnerId", "CreatedDate", "SystemModstamp", "IsDeleted", *ours.split()}
    return {name: value for name, value in found.items() if name not in known}
