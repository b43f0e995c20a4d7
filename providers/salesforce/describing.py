"""What an organisation's records look like, who owns them, and what is left of its limits."""

from __future__ import annotations

import re

from providers.kit.vocabulary.crm import Allowance, CrmField, Owner

from . import soql
from .client import Client, Record, rows
from .records import text

CALLS = "DailyApiRequests"

_TYPES = {
    **dict.fromkeys(("string", "textarea", "id", "encryptedstring", "anyType"), "text"),
    **dict.fromkeys(("int", "long", "double", "currency", "percent"), "number"),
    **dict.fromkeys(("picklist", "multipicklist", "combobox"), "choice"),
    "date": "date",
    "datetime": "datetime",
    "boolean": "boolean",
    "email": "e-mail",
    "phone": "phone",
    "url": "url",
    "reference": "reference",
}
"""Field types in our words: https://developer.salesforce.com/docs/platform/object-reference/guide/field-types.html"""

_NAMES = {
    CALLS: "API calls in 24 hours",
    "DailyBulkApiBatches": "Bulk API batches in 24 hours",
    "DailyBulkV2QueryJobs": "Bulk API queries in 24 hours",
    "DataStorageMB": "Storage for records (MB)",
    "FileStorageMB": "Storage for files (MB)",
    "DailyAsyncApexExecutions": "Automations in 24 hours",
    "DailyWorkflowEmails": "E-mails by automations in 24 hours",
    "MassEmail": "Mass e-mails in 24 hours",
    "SingleEmail": "Single e-mails in 24 hours",
}


def fields_of(client: Client, kind: str) -> tuple[CrmField, ...]:
    """The fields that the user may see, in Salesforce's order."""
    return tuple(_field(one) for one in client.fields(kind) if text(one, "name"))


def owners_of(client: Client) -> tuple[Owner, ...]:
    """The people who can own records, those who left included."""
    asked = soql.select(
        ("Id", "Name", "Email", "IsActive"), "User", where="UserType = 'Standard'", order="Name ASC, Id ASC"
    )
    return tuple(
        Owner(
            id=text(one, "Id"), name=text(one, "Name"), email=text(one, "Email"), active=one.get("IsActive") is True
        )
        for one in client.query(asked)
    )


def allowances_of(client: Client) -> tuple[Allowance, ...]:
    """Every limit that Salesforce tells, those that matter here first. All are rolling, so that none has a reset."""
    told = client.limits()
    found = {name: numbers for name, one in told.items() if (numbers := _numbers(one))}
    if CALLS in found and client.usage and client.usage.limit == found[CALLS][0]:
        # The list is some minutes old, the header of its own answer is not.
        limit, remaining = found[CALLS]
        found[CALLS] = limit, min(remaining, max(0, limit - client.usage.used))
    first = [name for name in _NAMES if name in found]
    rest = sorted(name for name in found if name not in _NAMES)
    return tuple(
        Allowance(name=_NAMES.get(name) or _spaced(name), limit=found[name][0], remaining=found[name][1])
        for name in (*first, *rest)
    )


def calls_left(client: Client) -> Allowance | None:
    """API calls of the last 24 hours, None where Salesforce does not tell."""
    return next((one for one in allowances_of(client) if one.name == _NAMES[CALLS]), None)


def _field(one: Record) -> CrmField:
    can_write = one.get("createable") is True or one.get("updateable") is True
    needed = one.get("nillable") is False and one.get("createable") is True
    return CrmField(
        name=text(one, "name"),
        label=text(one, "label") or text(one, "name"),
        type=_TYPES.get(text(one, "type"), "other"),
        required=needed and one.get("defaultedOnCreate") is not True,
        read_only=not can_write,
        custom=one.get("custom") is True,
        choices=tuple(
            (text(choice, "value"), text(choice, "label") or text(choice, "value"))
            for choice in rows(one.get("picklistValues"))
            if choice.get("active") is not False and text(choice, "value")
        ),
    )


def _numbers(one: object) -> tuple[int, int] | None:
    if not isinstance(one, dict):
        return None
    limit, remaining = one.get("Max"), one.get("Remaining")
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in (limit, remaining))
    return (int(str(limit)), int(str(remaining))) if whole and int(str(limit)) > 0 else None


def _spaced(name: str) -> str:
    """`HourlyODataCallout` as words."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
