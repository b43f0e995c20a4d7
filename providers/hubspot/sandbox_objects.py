"""The stand-in's records, one at a time: list, create, read, change, archive, merge, erase."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_catalog import UNIQUE, choices_of, defined, read_only
from .sandbox_generated import FIRST_ID, Generated
from .sandbox_seed import STAGES, link
from .sandbox_store import (
    CONTACTS,
    DEALS,
    DEFAULTS,
    Refusal,
    Reply,
    State,
    Stored,
    gone,
    invalid,
    json_object,
    kind_of,
    next_id,
    not_valid,
    shown,
    text_values,
    wanted,
)

MAX_LIST = 100
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_LINK_TYPES = {3: "contacts", 4: "deals", 5: "companies", 341: "companies", 1: "companies", 279: "companies"}


class Records:
    """The records of one kind, generated ones included. Raises Refusal as HubSpot would refuse."""

    def __init__(self, state: State, kind: str, now: int) -> None:
        self.state = state
        self.kind = kind
        self.now = now
        self.stored: dict[str, Stored] = state[kind]
        self.generated = Generated(state if kind == CONTACTS else {}, now)

    def find(self, record_id: str, *, archived: bool = False) -> Stored:
        found = self.stored.get(record_id)
        if found is None:
            number = self.generated.number_of(record_id)
            found = None if number is None else self.generated.get(number)
        if found is None or (found["archived"] is not None) is not archived:
            raise gone(record_id)
        return found

    def by_unique(self, name: str, value: str) -> str | None:
        """The id of the record whose e-mail address (or other unique property) this is."""
        if name == "hs_object_id":
            return value if value in self.stored or self.generated.number_of(value) is not None else None
        sought = value.lower() if name == "email" else value
        for record_id, one in self.stored.items():
            if one["archived"] is None and one["properties"].get(name) == sought:
                return record_id
        number = self.generated.number_with_email(sought) if name == "email" else None
        return None if number is None else str(FIRST_ID + number)

    def create(self, properties: Mapping[str, str]) -> str:
        values = self.checked(properties, own_id="")
        record_id = next_id(self.state)
        kept = {name: value for name, value in values.items() if value}
        if self.kind == CONTACTS:
            kept.setdefault("lifecyclestage", "lead")
        self.stored[record_id] = {"properties": kept, "created": self.now, "updated": self.now, "archived": None}
        return record_id

    def change(self, record_id: str, properties: Mapping[str, str]) -> None:
        """Values that are empty texts empty their property, as they do at HubSpot."""
        found = self.find(record_id)
        values = self.checked(properties, own_id=record_id)
        for name, value in values.items():
            if value:
                found["properties"][name] = value
            else:
                found["properties"].pop(name, None)
        found["updated"] = self.now
        self.stored[record_id] = found

    def archive(self, record_id: str) -> None:
        """What is not there is fine."""
        try:
            found = self.find(record_id)
        except Refusal:
            return
        found["archived"] = self.now
        self.stored[record_id] = found

    def checked(self, properties: Mapping[str, str], *, own_id: str) -> dict[str, str]:
        """The values as they are kept, with what follows from them."""
        known, values = defined(self.state, self.kind), dict(properties)
        for name, value in values.items():
            if name not in known:
                raise not_valid(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
            if read_only(name):
                raise not_valid(name, "READ_ONLY_VALUE", f'"{name}" is a read only property')
            if choices_of(name) and value and value not in choices_of(name):
                raise not_valid(name, "INVALID_OPTION", f"{value[:60]} was not one of the allowed options")
            if known[name][1] == "number" and value and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
                raise not_valid(name, "INVALID_INTEGER", f"{value[:60]} was not a valid number.")
        if values.get("email"):
            values["email"] = self._email(values["email"], own_id)
        if self.kind == DEALS:
            values |= _stage(values)
        return values

    def _email(self, email: str, own_id: str) -> str:
        if not _EMAIL.fullmatch(email):
            raise not_valid("email", "INVALID_EMAIL", f"Email address {email[:60]} is invalid")
        other = self.by_unique("email", email)
        if other and other != own_id:
            raise Refusal(409, "CONFLICT", f"Contact already exists. Existing ID: {other}")
        return email.lower()

    def shown(self, record_id: str, asked: list[str] | None = None) -> dict[str, Any]:
        stored = self.stored.get(record_id) or self.find(record_id)
        return shown(self.kind, record_id, stored, asked or ())

    def after(self, last: int, *, archived: bool) -> Iterator[tuple[int, Stored | None]]:
        """(id, the stored record or None for a generated one) in the order of ids."""
        ids = sorted(int(one) for one, found in self.stored.items() if (found["archived"] is not None) is archived)
        for one in (one for one in ids if last < one < FIRST_ID):
            yield one, self.stored[str(one)]
        late = [one for one in ids if one >= FIRST_ID and one > last]
        low = max(0, last + 1 - FIRST_ID)
        numbers = iter(()) if archived else self.generated.numbers(low, self.generated.count)
        for number in numbers:
            while late and late[0] < FIRST_ID + number:
                yield late[0], self.stored[str(late.pop(0))]
            yield FIRST_ID + number, None
        for one in late:
            yield one, self.stored[str(one)]


def _stage(values: Mapping[str, str]) -> dict[str, str]:
    """What a deal's stage decides. Raises Refusal for a stage that there is not."""
    stage = values.get("dealstage")
    if not stage:
        return {}
    for pipeline, stages in STAGES.items():
        for name, _, probability, closed in stages:
            if name == stage and values.get("pipeline", pipeline) == pipeline:
                won = closed and probability == "1.0"
                return {
                    "pipeline": pipeline,
                    "hs_is_closed": "true" if closed else "false",
                    "hs_is_closed_won": "true" if won else "false",
                }
    raise not_valid("dealstage", "INVALID_OPTION", f"{stage[:60]} was not one of the allowed options")


# ------------------------------------------------------------------------------------------------ handlers


def list_records(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    kind, query = kind_of(name), request.query
    limit, after = query.get("limit", ["10"])[-1], query.get("after", ["0"])[-1]
    if not limit.isdecimal() or not 1 <= int(limit) <= MAX_LIST:
        raise invalid(f"The limit must be between 1 and {MAX_LIST}")
    if not after.isdecimal() or len(after) > 18:
        raise invalid("Invalid paging: after")
    records, asked = Records(state, kind, now), wanted(query)
    archived = query.get("archived", ["false"])[-1] == "true"
    names = frozenset({*DEFAULTS[kind], *asked})
    results: list[dict[str, Any]] = []
    for record_id, stored in records.after(int(after), archived=archived):
        if len(results) == int(limit):
            return Reply(200, {"results": results, "paging": {"next": {"after": results[-1]["id"]}}})
        results.append(
            records.generated.shown(record_id - FIRST_ID, names)
            if stored is None
            else shown(kind, str(record_id), stored, asked)
        )
    return Reply(200, {"results": results})


def create_record(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    kind, body = kind_of(name), json_object(request)
    records = Records(state, kind, now)
    properties = text_values(body.get("properties"))
    links = _links(state, body.get("associations"), now)
    record_id = records.create(properties)
    for to_kind, to_id in links:
        link(state, (kind, record_id), (to_kind, to_id))
    return Reply(201, records.shown(record_id, list(properties)))


def get_record(state: State, request: SandboxRequest, now: int, name: str, record_id: str) -> Reply:
    records = Records(state, kind_of(name), now)
    found = _identified(records, record_id, request.query)
    archived = request.query.get("archived", ["false"])[-1] == "true"
    return Reply(200, shown(records.kind, found, records.find(found, archived=archived), wanted(request.query)))


def update_record(state: State, request: SandboxRequest, now: int, name: str, record_id: str) -> Reply:
    records, body = Records(state, kind_of(name), now), json_object(request)
    found = _identified(records, record_id, request.query)
    properties = text_values(body.get("properties"))
    records.change(found, properties)
    answer = records.shown(found, list(properties))
    answer["properties"] = {
        key: value for key, value in answer["properties"].items() if key in properties or key.endswith("date")
    }
    return Reply(200, answer)


def archive_record(state: State, request: SandboxRequest, now: int, name: str, record_id: str) -> Reply:
    Records(state, kind_of(name), now).archive(record_id)
    return Reply(204)


def merge_records(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    records, body = Records(state, kind_of(name), now), json_object(request)
    primary, other = str(body.get("primaryObjectId")), str(body.get("objectIdToMerge"))
    kept, merged = records.find(primary), records.find(other)
    missing = {key: value for key, value in merged["properties"].items() if key not in kept["properties"]}
    kept["properties"].update(missing)
    kept["updated"] = now
    records.stored[primary] = kept
    records.archive(other)
    return Reply(200, records.shown(primary))


def erase_record(state: State, request: SandboxRequest, now: int, name: str) -> Reply:
    records, body = Records(state, kind_of(name), now), json_object(request)
    value, unique = str(body.get("objectId")), str(body.get("idProperty") or "hs_object_id")
    found = records.by_unique(unique, value)
    if found:
        records.stored.pop(found, None)
    return Reply(204)


def _identified(records: Records, value: str, query: Mapping[str, list[str]]) -> str:
    """The id of a record that is named by its id or, with `idProperty`, by a unique property."""
    unique = query.get("idProperty", [""])[-1]
    if not unique:
        return value
    if unique != "email" and unique not in UNIQUE:
        raise invalid(f"{unique[:60]} is not a unique property")
    found = records.by_unique(unique, value)
    if found is None:
        raise gone(value)
    return found


def _links(state: State, associations: Any, now: int) -> list[tuple[str, str]]:
    """The records that a new one is to be linked with; all must be there."""
    found = []
    for one in associations if isinstance(associations, list) else ():
        try:
            to_id, type_id = str(one["to"]["id"]), one["types"][0]["associationTypeId"]
        except (KeyError, TypeError, IndexError):
            raise invalid("Some required fields were not set: [to, types]") from None
        to_kind = _LINK_TYPES.get(type_id)
        if to_kind is None:
            raise invalid(f"Unknown association type {type_id}"[:100])
        Records(state, to_kind, now).find(to_id)
        found.append((to_kind, to_id))
    return found
