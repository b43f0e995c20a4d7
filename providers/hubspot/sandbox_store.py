"""What the stand-in's parts share: refusals in HubSpot's shape, ids from a counter, times, records as shown.

A stored record is {"properties": {name: text}, "created": ms, "updated": ms, "archived": ms or None}, by id and kind.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from providers.kit.sandbox import SandboxRequest

State = dict[str, Any]
Stored = dict[str, Any]

PORTAL_ID = 12_345_678
CONTACTS, COMPANIES, DEALS = "contacts", "companies", "deals"
KINDS = {
    "contacts": CONTACTS,
    "contact": CONTACTS,
    "0-1": CONTACTS,
    "companies": COMPANIES,
    "company": COMPANIES,
    "0-2": COMPANIES,
    "deals": DEALS,
    "deal": DEALS,
    "0-3": DEALS,
}
TYPE_IDS = {CONTACTS: "0-1", COMPANIES: "0-2", DEALS: "0-3"}
CHANGED = {CONTACTS: "lastmodifieddate", COMPANIES: "hs_lastmodifieddate", DEALS: "hs_lastmodifieddate"}
DEFAULTS = {
    CONTACTS: ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    COMPANIES: ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    DEALS: (
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    ),
}
"""The properties that come back when none are asked for."""

_NAMESPACE = uuid.UUID("5c5a7a30-93b0-4f39-9f0e-6b1d4c2a7e11")
_MAX_BODY_DEPTH_WORDS = "Invalid input JSON on line 1, column 1"


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = None


class Refusal(Exception):
    """An error answer in HubSpot's shape."""

    def __init__(
        self, status: int, category: str, message: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.headers = dict(headers or {})
        self.more = more

    def body(self) -> dict[str, Any]:
        correlation = str(uuid.uuid5(_NAMESPACE, f"{self.category} {self}"))
        return {
            "status": "error",
            "message": str(self),
            "correlationId": correlation,
            "category": self.category,
            **self.more,
        }


def invalid(message: str, **more: Any) -> Refusal:
    return Refusal(400, "VALIDATION_ERROR", message, **more)


def not_valid(name: str, error: str, message: str) -> Refusal:
    """A property value that is refused: the message holds JSON, as HubSpot's does."""
    listed = orjson.dumps([{"isValid": False, "message": message, "error": error, "name": name}]).decode()
    return invalid(f"Property values were not valid: {listed}")


def gone(record_id: str) -> Refusal:
    return Refusal(404, "OBJECT_NOT_FOUND", f"Object not found.  objectId are usually numeric. {record_id[:40]}")


def kind_of(name: str) -> str:
    """contacts, companies or deals. Raises Refusal."""
    kind = KINDS.get(name)
    if kind is None:
        raise invalid(f"Unable to infer object type from: {name[:40]}")
    return kind


def next_id(state: State) -> str:
    state["counter"] = state.get("counter", 1000) + 1
    return str(state["counter"])


def stamp(milliseconds: int) -> str:
    """A moment as HubSpot writes it: 2026-11-23T12:00:00.000Z."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def json_object(request: SandboxRequest) -> dict[str, Any]:
    """The body as an object. Raises Refusal for anything else."""
    try:
        body = orjson.loads(request.body or b"{}")
    except orjson.JSONDecodeError:
        raise invalid(_MAX_BODY_DEPTH_WORDS) from None
    if not isinstance(body, dict):
        raise invalid(_MAX_BODY_DEPTH_WORDS)
    return body


def text_values(values: Any) -> dict[str, str]:
    """Property values as texts; numbers and booleans are taken, too. Raises Refusal."""
    if not isinstance(values, dict):
        raise invalid("Some required fields were not set: [properties]")
    texts = {}
    for name, value in values.items():
        if isinstance(value, bool):
            texts[name] = "true" if value else "false"
        elif value is None:
            texts[name] = ""
        elif isinstance(value, str | int | float):
            texts[name] = str(value)
        else:
            raise invalid(f"Invalid input JSON: the value of {name} is not a text")
    return texts


def wanted(query: Mapping[str, list[str]]) -> list[str]:
    """The properties asked for: repeated, or with commas."""
    return [name for part in query.get("properties", []) for name in part.split(",") if name]


def shown(kind: str, record_id: str, stored: Stored, asked: Iterable[str]) -> dict[str, Any]:
    """A record as HubSpot answers it: only what was asked for; null where a property has no value."""
    values = stored["properties"]
    changed, created = stamp(stored["updated"]), stamp(stored["created"])
    own = {"createdate": created, CHANGED[kind]: changed, "hs_object_id": record_id}
    names = {*DEFAULTS[kind], *asked}
    properties = {name: own.get(name) or values.get(name) or None for name in names}
    record = {
        "id": record_id,
        "properties": properties,
        "createdAt": created,
        "updatedAt": changed,
        "archived": stored["archived"] is not None,
        "url": f"https://app.hubspot.com/contacts/{PORTAL_ID}/record/{TYPE_IDS[kind]}/{record_id}",
    }
    if stored["archived"] is not None:
        record["archivedAt"] = stamp(stored["archived"])
    return record
