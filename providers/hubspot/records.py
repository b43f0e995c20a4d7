"""HubSpot's records as ours. A record is {"id", "properties", "createdAt", "updatedAt", "archived", "url"};
property values are texts or null, whatever their type is. Odd values are read as missing, never raised about.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from providers.kit.errors import UnexpectedResponse
from providers.kit.vocabulary.crm import Company, Contact, Deal

CONTACTS, COMPANIES, DEALS = "contacts", "companies", "deals"

CONTACT_PROPERTIES = (
    "email",
    "firstname",
    "lastname",
    "phone",
    "jobtitle",
    "company",
    "associatedcompanyid",
    "hubspot_owner_id",
    "lifecyclestage",
    "createdate",
    "lastmodifieddate",
)
COMPANY_PROPERTIES = ("name", "domain", "phone", "hubspot_owner_id", "industry", "createdate", "hs_lastmodifieddate")
DEAL_PROPERTIES = (
    "dealname",
    "amount",
    "deal_currency_code",
    "pipeline",
    "dealstage",
    "closedate",
    "hubspot_owner_id",
    "hs_is_closed",
    "hs_is_closed_won",
    "createdate",
    "hs_lastmodifieddate",
)
_ID = "hs_object_id"
_OF_CONTACT = frozenset({*CONTACT_PROPERTIES, _ID}) - {"lifecyclestage"}
_OF_COMPANY = frozenset({*COMPANY_PROPERTIES, _ID}) - {"industry"}
_OF_DEAL = frozenset({*DEAL_PROPERTIES, _ID})
_LARGEST_AMOUNT = Decimal(10) ** 15
_MAX_TEXT = 60


def contact_of(record: Mapping[str, Any]) -> Contact:
    """Raises UnexpectedResponse for a record without an id."""
    values = properties_of(record)
    return Contact(
        id=id_of(record),
        email=_text(values, "email"),
        first_name=_text(values, "firstname"),
        last_name=_text(values, "lastname"),
        phone=_text(values, "phone"),
        title=_text(values, "jobtitle"),
        company_id=_text(values, "associatedcompanyid"),
        company_name=_text(values, "company"),
        owner_id=_text(values, "hubspot_owner_id"),
        created_at=_moment(record, "createdAt"),
        updated_at=changed_at(record, "lastmodifieddate"),
        archived=record.get("archived") is True,
        url=_url(record),
        more=_more(values, _OF_CONTACT),
    )


def company_of(record: Mapping[str, Any]) -> Company:
    """Raises UnexpectedResponse for a record without an id."""
    values = properties_of(record)
    return Company(
        id=id_of(record),
        name=_text(values, "name"),
        domain=_text(values, "domain"),
        phone=_text(values, "phone"),
        owner_id=_text(values, "hubspot_owner_id"),
        created_at=_moment(record, "createdAt"),
        updated_at=changed_at(record, "hs_lastmodifieddate"),
        url=_url(record),
        more=_more(values, _OF_COMPANY),
    )


def deal_of(record: Mapping[str, Any]) -> Deal:
    """Raises UnexpectedResponse for a record without an id."""
    values = properties_of(record)
    return Deal(
        id=id_of(record),
        name=_text(values, "dealname"),
        amount=_amount(_text(values, "amount")),
        currency=_text(values, "deal_currency_code").upper(),
        pipeline_id=_text(values, "pipeline"),
        stage_id=_text(values, "dealstage"),
        close_date=_date(_text(values, "closedate")),
        owner_id=_text(values, "hubspot_owner_id"),
        closed=_text(values, "hs_is_closed") == "true",
        won=_text(values, "hs_is_closed_won") == "true",
        created_at=_moment(record, "createdAt"),
        updated_at=changed_at(record, "hs_lastmodifieddate"),
        url=_url(record),
        more=_more(values, _OF_DEAL),
    )


def id_of(record: Mapping[str, Any]) -> str:
    """Raises UnexpectedResponse."""
    found = record.get("id")
    if isinstance(found, str) and found:
        return found
    raise UnexpectedResponse(
        "HubSpot sent a record without an id.", fix="Try again in a few minutes.", code="shape", detail="no id"
    )


def properties_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    found = record.get("properties")
    return found if isinstance(found, dict) else {}


def changed_at(record: Mapping[str, Any], name: str) -> datetime | None:
    """When it was last changed, by the property that the search index sorts by."""
    return moment_of(properties_of(record).get(name)) or _moment(record, "updatedAt")


def moment_of(value: Any) -> datetime | None:
    """A moment as HubSpot writes it (ISO 8601, or milliseconds since 1970) in UTC; None for anything else."""
    if not isinstance(value, str) or not value or len(value) > _MAX_TEXT:
        return None
    try:
        if value.isdecimal():
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _moment(record: Mapping[str, Any], name: str) -> datetime | None:
    return moment_of(record.get(name))


def _date(value: str) -> date | None:
    """The day that was meant: HubSpot keeps midnight UTC of it."""
    moment = moment_of(value)
    return moment.date() if moment else None


def _amount(value: str) -> Decimal | None:
    try:
        amount = Decimal(value) if 0 < len(value) <= _MAX_TEXT else None
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() and abs(amount) < _LARGEST_AMOUNT else None


def _text(values: Mapping[str, Any], name: str) -> str:
    found = values.get(name)
    return found if isinstance(found, str) else ""


def _url(record: Mapping[str, Any]) -> str:
    found = record.get("url")
    return found if isinstance(found, str) and found.startswith("https://") else ""


def _more(values: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in known and value is not None}
