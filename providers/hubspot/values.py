"""What is written, as HubSpot wants it: texts by property name. A blank never overwrites.

HubSpot empties a property that is sent as "" (https://developers.hubspot.com/docs/api-reference/2026-03/crm/objects/
contacts/batch/update-contacts), so blanks are left out before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.crm import ContactValues

_NAMES = {
    "email": "email",
    "first_name": "firstname",
    "last_name": "lastname",
    "phone": "phone",
    "title": "jobtitle",
    "company_name": "company",
    "owner_id": "hubspot_owner_id",
}


def contact_properties(values: ContactValues) -> dict[str, str]:
    """Only what is to be written; our own fields win over the same property in `more`. Raises InvalidRequest."""
    ours = {name: getattr(values, field) for field, name in _NAMES.items()}
    return {**properties(values.more), **properties(ours)}


def properties(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as HubSpot's texts, without blanks. Raises InvalidRequest for a value that is no single value."""
    written = {name: text_of(value, name) for name, value in values.items()}
    return {name: text for name, text in written.items() if text.strip()}


def text_of(value: Any, name: str) -> str:
    """A value as HubSpot writes its type: numbers plain, dates ISO, several choices with ";" between."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case int() | float():
            return repr(value)
        case datetime():
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case list() | tuple() | set() | frozenset():
            parts = [
                text_of(one, name)
                for one in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)
            ]
            return ";".join(part for part in parts if part)
    raise InvalidRequest(
        f"“{name}” cannot be written to HubSpot: it is not a text, a number, a date or a list of choices.",
        field=name,
        fix="Give one plain value for each property.",
    )


def midnight(day: date) -> str:
    """A day as HubSpot keeps it."""
    return f"{day.isoformat()}T00:00:00Z"
