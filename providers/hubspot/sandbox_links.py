"""The stand-in's associations."""

from __future__ import annotations

from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_objects import Records
from .sandbox_seed import link, unlink
from .sandbox_store import COMPANIES, CONTACTS, DEALS, Reply, State, invalid, json_object, kind_of, stamp

_TYPES = {
    (CONTACTS, COMPANIES): 279,
    (COMPANIES, CONTACTS): 280,
    (DEALS, CONTACTS): 3,
    (CONTACTS, DEALS): 4,
    (DEALS, COMPANIES): 341,
    (COMPANIES, DEALS): 342,
}
_DEFINED = "HUBSPOT_DEFINED"


def associate_default(
    state: State, request: SandboxRequest, now: int, name: str, record_id: str, to_name: str, to_id: str
) -> Reply:
    kind, to_kind = kind_of(name), kind_of(to_name)
    _linked(state, now, (kind, record_id), (to_kind, to_id))
    results = [_spec(kind, record_id, to_kind, to_id), _spec(to_kind, to_id, kind, record_id)]
    moments = {"startedAt": stamp(now), "completedAt": stamp(now)}
    return Reply(200, {"status": "COMPLETE", "results": results, **moments})


def associate(
    state: State, request: SandboxRequest, now: int, name: str, record_id: str, to_name: str, to_id: str
) -> Reply:
    kind, to_kind = kind_of(name), kind_of(to_name)
    _linked(state, now, (kind, record_id), (to_kind, to_id))
    return Reply(
        201,
        {
            "fromObjectTypeId": kind,
            "fromObjectId": record_id,
            "toObjectTypeId": to_kind,
            "toObjectId": to_id,
            "labels": [],
        },
    )


def dissociate(
    state: State, request: SandboxRequest, now: int, name: str, record_id: str, to_name: str, to_id: str
) -> Reply:
    unlink(state, (kind_of(name), record_id), (kind_of(to_name), to_id))
    return Reply(204)


def list_associations(
    state: State, request: SandboxRequest, now: int, name: str, record_id: str, to_name: str
) -> Reply:
    kind, to_kind = kind_of(name), kind_of(to_name)
    Records(state, kind, now).find(record_id)
    limit, after = request.query.get("limit", ["500"])[-1], request.query.get("after", ["0"])[-1]
    if not limit.isdecimal() or not 1 <= int(limit) <= 500 or not after.isdecimal():
        raise invalid("Invalid paging")
    ids = sorted(state["links"].get(f"{kind}:{record_id}", {}).get(to_kind, []), key=int)
    listed = [one for one in ids if int(one) > int(after)]
    body: dict[str, Any] = {"results": [_listed(kind, to_kind, one) for one in listed[: int(limit)]]}
    if len(listed) > int(limit):
        body["paging"] = {"next": {"after": listed[int(limit) - 1]}}
    return Reply(200, body)


def batch_associate_default(state: State, request: SandboxRequest, now: int, name: str, to_name: str) -> Reply:
    kind, to_kind = kind_of(name), kind_of(to_name)
    results = []
    for row in json_object(request).get("inputs") or ():
        try:
            one, other = str(row["from"]["id"]), str(row["to"]["id"])
        except (KeyError, TypeError):
            raise invalid("Some required fields were not set: [from, to]") from None
        _linked(state, now, (kind, one), (to_kind, other))
        results.append(_spec(kind, one, to_kind, other))
    moments = {"startedAt": stamp(now), "completedAt": stamp(now)}
    return Reply(200, {"status": "COMPLETE", "results": results, **moments})


def _linked(state: State, now: int, one: tuple[str, str], other: tuple[str, str]) -> None:
    if one[0] == other[0] or (one[0], other[0]) not in _TYPES:
        raise invalid(f"There is no default association between {one[0]} and {other[0]}")
    for kind, record_id in (one, other):
        Records(state, kind, now).find(record_id)
    link(state, one, other)
    people = dict((one, other))
    if people.keys() == {CONTACTS, COMPANIES}:
        contact = Records(state, CONTACTS, now).find(people[CONTACTS])
        contact["properties"]["associatedcompanyid"] = people[COMPANIES]
        state[CONTACTS][people[CONTACTS]] = contact


def _spec(kind: str, record_id: str, to_kind: str, to_id: str) -> dict[str, Any]:
    spec = {"associationCategory": _DEFINED, "associationTypeId": _TYPES[(kind, to_kind)]}
    return {"from": {"id": record_id}, "to": {"id": to_id}, "associationSpec": spec}


def _listed(kind: str, to_kind: str, to_id: str) -> dict[str, Any]:
    types = [{"category": _DEFINED, "typeId": _TYPES.get((kind, to_kind), 0), "label": ""}]
    return {"toObjectId": to_id, "associationTypes": types}
