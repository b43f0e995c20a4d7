"""Believable deliveries for the sandbox: every event type, varied by seed, signed as HubSpot signs (version 3)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from providers.kit.contract import InboundRequest
from providers.kit.errors import InvalidRequest

from .webhooks import EVENT_TYPES, TIME_HEADER, V3_HEADER, sign_v3

PORTAL_ID = 12_345_678
APP_ID = 7_100_001
_TYPE_IDS = ("0-1", "0-2", "0-3")
_TO = {"contact": "company", "company": "contact", "deal": "contact", "object": "contact"}
_CHANGES = {
    "contact": (
        ("lifecyclestage", "customer"),
        ("lifecyclestage", "lead"),
        ("email", "ada@example.com"),
        ("phone", "+1 555 0100"),
        ("jobtitle", "Head of Sales"),
    ),
    "company": (("name", "Lovelace Instruments"), ("domain", "lovelace.example"), ("phone", "+1 555 0101")),
    "deal": (
        ("dealstage", "closedwon"),
        ("dealstage", "contractsent"),
        ("dealstage", "closedlost"),
        ("amount", "1200"),
        ("closedate", "2026-12-31"),
    ),
}


def sample_request(event_type: str, secret: str, now: datetime, seed: int, url: str) -> InboundRequest:
    """Raises InvalidRequest for an event type that HubSpot does not have. Its address is signed with it."""
    body = orjson.dumps([sample_event(event_type, now, seed)])
    milliseconds = int(now.timestamp() * 1000)
    headers = {
        "content-type": "application/json",
        "user-agent": "HubSpot Connect 2.0 (sandbox)",
        TIME_HEADER: str(milliseconds),
        V3_HEADER: sign_v3(secret, method="POST", url=url, body=body, milliseconds=milliseconds),
    }
    return InboundRequest(method="POST", url=url, headers=headers, query={}, body=body)


def sample_event(event_type: str, now: datetime, seed: int) -> dict[str, Any]:
    """One event; the same for the same arguments. Raises InvalidRequest for an unknown type."""
    if event_type not in {one.type for one in EVENT_TYPES}:
        raise InvalidRequest(f"There is no event “{event_type}”.", field="event_type")
    chance = random.Random(f"{event_type} {seed} {now.isoformat()}")  # noqa: S311 - variety, nothing secret
    family, _, what = event_type.partition(".")
    event = {
        "eventId": chance.randint(1_000_000_000, 4_294_967_295),
        "subscriptionId": 5_100_000 + [one.type for one in EVENT_TYPES].index(event_type),
        "portalId": PORTAL_ID,
        "appId": APP_ID,
        "occurredAt": int(now.timestamp() * 1000) - chance.randint(500, 60_000),
        "subscriptionType": event_type,
        "attemptNumber": 0,
        "changeSource": chance.choice(("CRM_UI", "FORM", "INTEGRATION", "IMPORT")),
    }
    type_id = chance.choice(_TYPE_IDS)
    if family == "object":
        event["objectTypeId"] = type_id
        family = {"0-1": "contact", "0-2": "company", "0-3": "deal"}[type_id]
    return event | _DETAILS[what](chance, family)


def _object(chance: random.Random, family: str) -> dict[str, Any]:
    return {"objectId": _id(chance)}


def _creation(chance: random.Random, family: str) -> dict[str, Any]:
    return {"objectId": _id(chance), "changeFlag": "NEW"}


def _deletion(chance: random.Random, family: str) -> dict[str, Any]:
    return {"objectId": _id(chance), "changeFlag": "DELETED"}


def _change(chance: random.Random, family: str) -> dict[str, Any]:
    name, value = chance.choice(_CHANGES[family])
    return {"objectId": _id(chance), "propertyName": name, "propertyValue": value}


def _merge(chance: random.Random, family: str) -> dict[str, Any]:
    primary = _id(chance)
    others = [_id(chance) for _ in range(chance.randint(1, 2))]
    return {
        "objectId": primary,
        "primaryObjectId": primary,
        "mergedObjectIds": others,
        "newObjectId": primary,
        "numberOfPropertiesMoved": chance.randint(1, 9),
    }


def _association(chance: random.Random, family: str) -> dict[str, Any]:
    other = _TO[family]
    return {
        "associationType": f"{family}_TO_{other}".upper(),
        "fromObjectId": _id(chance),
        "toObjectId": _id(chance),
        "associationRemoved": chance.random() < 0.3,
        "isPrimaryAssociation": False,
    }


_DETAILS: dict[str, Callable[[random.Random, str], dict[str, Any]]] = {
    "creation": _creation,
    "propertyChange": _change,
    "deletion": _deletion,
    "privacyDeletion": _object,
    "merge": _merge,
    "restore": _object,
    "associationChange": _association,
}


def _id(chance: random.Random) -> int:
    return chance.randint(101, 999_999)
