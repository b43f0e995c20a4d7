"""The stand-in's account, properties, pipelines and owners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_seed import LIFECYCLE, OWNERS, PIPELINES, STAGES
from .sandbox_store import (
    COMPANIES,
    CONTACTS,
    DEALS,
    PORTAL_ID,
    Refusal,
    Reply,
    State,
    invalid,
    json_object,
    kind_of,
    stamp,
)

_LONG_AGO = 1_577_836_800_000
_STRING, _NUMBER, _TIME, _CHOICE, _BOOL = "string", "number", "datetime", "enumeration", "bool"
_WIDGETS = {_STRING: "text", _NUMBER: "number", _TIME: "date", _CHOICE: "select", _BOOL: "booleancheckbox"}
_READ_ONLY = frozenset(
    {
        "createdate",
        "lastmodifieddate",
        "hs_lastmodifieddate",
        "hs_object_id",
        "hs_is_closed",
        "hs_is_closed_won",
        "associatedcompanyid",
    }
)
_COMMON = {"hs_object_id": ("Record ID", _NUMBER), "createdate": ("Create date", _TIME)}
_OWNER = {"hubspot_owner_id": ("Owner", _CHOICE)}
_DEFINED: dict[str, dict[str, tuple[str, str]]] = {
    CONTACTS: {
        "email": ("Email", _STRING),
        "firstname": ("First name", _STRING),
        "lastname": ("Last name", _STRING),
        "phone": ("Phone number", _STRING),
        "jobtitle": ("Job title", _STRING),
        "company": ("Company name", _STRING),
        "website": ("Website URL", _STRING),
        "city": ("City", _STRING),
        "lifecyclestage": ("Lifecycle stage", _CHOICE),
        "associatedcompanyid": ("Primary associated company ID", _NUMBER),
        "lastmodifieddate": ("Last modified date", _TIME),
        "hs_email_optout": ("Unsubscribed from all email", _BOOL),
        **_OWNER,
        **_COMMON,
    },
    COMPANIES: {
        "name": ("Company name", _STRING),
        "domain": ("Company domain name", _STRING),
        "phone": ("Phone number", _STRING),
        "city": ("City", _STRING),
        "industry": ("Industry", _CHOICE),
        "hs_lastmodifieddate": ("Last modified date", _TIME),
        **_OWNER,
        **_COMMON,
    },
    DEALS: {
        "dealname": ("Deal name", _STRING),
        "amount": ("Amount", _NUMBER),
        "deal_currency_code": ("Currency", _CHOICE),
        "pipeline": ("Pipeline", _CHOICE),
        "dealstage": ("Deal stage", _CHOICE),
        "closedate": ("Close date", _TIME),
        "hs_is_closed": ("Is deal closed?", _BOOL),
        "hs_is_closed_won": ("Is closed won", _BOOL),
        "hs_lastmodifieddate": ("Last modified date", _TIME),
        **_OWNER,
        **_COMMON,
    },
}
_CUSTOM = {
    CONTACTS: {"external_ref": ("External reference", _STRING), "favourite_colour": ("Favourite colour", _CHOICE)},
    COMPANIES: {"external_ref": ("External reference", _STRING)},
    DEALS: {"external_ref": ("External reference", _STRING)},
}
UNIQUE = frozenset({"external_ref"})
_CHOICES = {
    "lifecyclestage": LIFECYCLE,
    "favourite_colour": ("red", "green", "blue"),
    "deal_currency_code": ("EUR", "USD"),
    "industry": ("RETAIL", "COMPUTER_SOFTWARE"),
}


def defined(state: State, kind: str) -> dict[str, tuple[str, str]]:
    """Label and type of every property by name: HubSpot's, the seeded custom ones, those made since."""
    made = {name: (one["label"], one["type"]) for name, one in state["properties"].get(kind, {}).items()}
    return {**_DEFINED[kind], **_CUSTOM[kind], **made}


def read_only(name: str) -> bool:
    return name in _READ_ONLY


def choices_of(name: str) -> tuple[str, ...]:
    """The values that a choice allows; () where any text will do."""
    return _CHOICES.get(name, ())


# ------------------------------------------------------------------------------------------------- properties


def list_properties(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    kind = kind_of(name)
    return Reply(200, {"results": [_property(state, kind, one) for one in defined(state, kind)]})


def get_property(state: State, request: SandboxRequest, now: int, name: str, property_name: str) -> Reply:
    kind = kind_of(name)
    if property_name not in defined(state, kind):
        raise Refusal(404, "OBJECT_NOT_FOUND", f"Property {property_name[:60]} does not exist")
    return Reply(200, _property(state, kind, property_name))


def create_property(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    kind, body = kind_of(name), json_object(request)
    wanted = body.get("name")
    if not isinstance(wanted, str) or not wanted:
        raise invalid("Some required fields were not set: [name]")
    if wanted in defined(state, kind):
        raise Refusal(409, "OBJECT_ALREADY_EXISTS", f"Property named '{wanted[:60]}' already exists.")
    made = {"label": str(body.get("label") or wanted), "type": str(body.get("type") or _STRING)}
    state["properties"].setdefault(kind, {})[wanted] = made
    return Reply(201, _property(state, kind, wanted))


def delete_property(state: State, request: SandboxRequest, now: int, name: str, property_name: str) -> Reply:
    state["properties"].get(kind_of(name), {}).pop(property_name, None)
    return Reply(204)


def _property(state: State, kind: str, name: str) -> dict[str, Any]:
    label, type_ = defined(state, kind)[name]
    stages = [(one[0], one[1]) for stage in STAGES.values() for one in stage] if name == "dealstage" else []
    pairs = stages or [(one, one.capitalize()) for one in choices_of(name)]
    options = [
        {"label": text, "value": value, "displayOrder": n, "hidden": False} for n, (value, text) in enumerate(pairs)
    ]
    fixed = read_only(name)
    return {
        "name": name,
        "label": label,
        "type": type_,
        "fieldType": "phonenumber" if name == "phone" else _WIDGETS.get(type_, "text"),
        "description": "",
        "groupName": f"{kind}information",
        "options": options,
        "displayOrder": -1,
        "calculated": name in ("hs_is_closed", "hs_is_closed_won"),
        "externalOptions": name == "hubspot_owner_id",
        "hasUniqueValue": name in UNIQUE,
        "hidden": False,
        "hubspotDefined": name in _DEFINED[kind],
        "formField": not fixed,
        "modificationMetadata": {"archivable": not fixed, "readOnlyDefinition": fixed, "readOnlyValue": fixed},
    }


# ---------------------------------------------------------------------------------------- pipelines, owners


def list_pipelines(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    listed = [_pipeline(one) for one in PIPELINES] if kind_of(name) == DEALS else []
    return Reply(200, {"results": listed})


def get_pipeline(state: State, request: SandboxRequest, now: int, name: str, pipeline_id: str) -> Reply:
    if kind_of(name) != DEALS or pipeline_id not in PIPELINES:
        raise Refusal(404, "OBJECT_NOT_FOUND", f"Pipeline {pipeline_id[:40]} does not exist")
    return Reply(200, _pipeline(pipeline_id))


def _pipeline(pipeline_id: str) -> dict[str, Any]:
    stages = [
        {
            "id": stage,
            "label": label,
            "displayOrder": n,
            "metadata": {"isClosed": "true" if closed else "false", "probability": probability},
            "archived": False,
            "createdAt": stamp(_LONG_AGO),
            "updatedAt": stamp(_LONG_AGO),
        }
        for n, (stage, label, probability, closed) in enumerate(STAGES[pipeline_id])
    ]
    return {
        "id": pipeline_id,
        "label": PIPELINES[pipeline_id],
        "displayOrder": list(PIPELINES).index(pipeline_id),
        "stages": stages,
        "archived": False,
        "createdAt": stamp(_LONG_AGO),
        "updatedAt": stamp(_LONG_AGO),
    }


def list_owners(state: State, request: SandboxRequest, now: int) -> Reply:
    archived = request.query.get("archived", ["false"])[-1] == "true"
    after, limit = request.query.get("after", ["0"])[-1], request.query.get("limit", ["100"])[-1]
    if not after.isdecimal() or not limit.isdecimal() or not 1 <= int(limit) <= 500:
        raise invalid("Invalid paging")
    found = [one for one in OWNERS if one["archived"] is archived]
    start, count = int(after), int(limit)
    body: dict[str, Any] = {"results": [_owner(one) for one in found[start : start + count]]}
    if start + count < len(found):
        body["paging"] = {"next": {"after": str(start + count)}}
    return Reply(200, body)


def get_owner(state: State, request: SandboxRequest, now: int, owner_id: str) -> Reply:
    for one in OWNERS:
        if one["id"] == owner_id:
            return Reply(200, _owner(one))
    raise Refusal(404, "OBJECT_NOT_FOUND", f"resource not found: owner {owner_id[:40]}")


def _owner(owner: Mapping[str, Any]) -> dict[str, Any]:
    moments = {"createdAt": stamp(_LONG_AGO), "updatedAt": stamp(_LONG_AGO)}
    return {**owner, "type": "PERSON", "userId": int(owner["id"]) + 90_000, **moments}


def details(state: State, request: SandboxRequest, now: int) -> Reply:
    return Reply(
        200,
        {
            "portalId": PORTAL_ID,
            "accountType": "DEVELOPER_TEST",
            "timeZone": "Europe/Berlin",
            "companyCurrency": "EUR",
            "additionalCurrencies": ["USD"],
            "utcOffset": "+01:00",
            "utcOffsetMilliseconds": 3_600_000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        },
    )
