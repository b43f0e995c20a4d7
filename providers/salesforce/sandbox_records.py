"""The stand-in's records: asked for, described, and written one by one."""

from __future__ import annotations

import re
from typing import Any

from .sandbox_schema import FIELDS, PREFIXES, STAGES
from .sandbox_soql import answer, chosen, parse, sosl
from .sandbox_store import Call, Refusal, State, keep, new_id, stamp

Answer = tuple[int, Any]

MAX_PAGE = 2_000
_RIGHTS = ("queryable", "createable", "updateable", "deletable")
_READ_ONLY_KINDS = frozenset({"OpportunityStage", "Organization", "User"})
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def rights_on(profile: str, kind: str) -> frozenset[str]:
    """What the profile's user may do with a kind of record."""
    if profile == "no_leads" and kind == "Lead":
        return frozenset()
    if profile == "read_only" or kind in _READ_ONLY_KINDS:
        return frozenset({"queryable"})
    return frozenset(_RIGHTS)


def allowed(call: Call, kind: str, right: str) -> None:
    """Raises Refusal as Salesforce does: what may not be seen does not exist."""
    rights = rights_on(call.profile, kind)
    if kind not in FIELDS or not rights:
        missing_in_path = right != "queryable" or "/sobjects" in call.path
        status, code = (404, "NOT_FOUND") if missing_in_path else (400, "INVALID_TYPE")
        words = (
            "The requested resource does not exist" if missing_in_path else f"sObject type '{kind}' is not supported."
        )
        raise Refusal(status, code, words)
    if right not in rights:
        raise Refusal(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", [kind])


# ---------------------------------------------------------------------------------------------- questions


def query(state: State, call: Call, *, deleted: bool = False) -> Answer:
    question = parse(call.one("q"))
    allowed(call, question.kind, "queryable")
    found = answer(state, question, deleted=deleted)
    if question.counts:
        return 200, {"totalSize": len(found), "done": True, "records": []}
    size = re.fullmatch(r"batchSize=(\d+)", call.headers.get("sforce-query-options", ""))
    batch = min(MAX_PAGE, max(200, int(size[1]))) if size else MAX_PAGE
    kept = {
        "kind": question.kind,
        "fields": list(question.fields),
        "ids": [one["Id"] for one in found],
        "batch": batch,
    }
    return 200, _page(state, call, kept, "", 0)


def query_all(state: State, call: Call) -> Answer:
    return query(state, call, deleted=True)


def query_more(state: State, call: Call, locator: str) -> Answer:
    name, _, start = locator.rpartition("-")
    kept = state["locators"].get(name)
    if kept is None or not start.isdecimal():
        raise Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return 200, _page(state, call, kept, name, int(start))


def _page(state: State, call: Call, kept: dict[str, Any], name: str, start: int) -> dict[str, Any]:
    ids, end = kept["ids"], start + kept["batch"]
    records = state["records"][kept["kind"]]
    rows = [
        chosen(state, kept["fields"], kept["kind"], records[one], call.version)
        for one in ids[start:end]
        if one in records
    ]
    page: dict[str, Any] = {"totalSize": len(ids), "done": end >= len(ids), "records": rows}
    if end < len(ids):
        if not name:
            name = new_id(state, "01g")
            state["locators"][name] = kept
            while len(state["locators"]) > 10:
                del state["locators"][next(iter(state["locators"]))]
        page["nextRecordsUrl"] = f"/services/data/{call.version}/query/{name}-{end}"
    return page


def search(state: State, call: Call) -> Answer:
    words, kind, fields, limit = sosl(call.one("q"))
    allowed(call, kind, "queryable")
    wanted = words.lower()
    found = [
        one
        for one in state["records"][kind].values()
        if not one["IsDeleted"]
        and any(isinstance(value, str) and _begins(value.lower(), wanted) for value in one.values())
    ]
    return 200, {"searchRecords": [chosen(state, fields, kind, one, call.version) for one in found[:limit]]}


def _begins(value: str, wanted: str) -> bool:
    return value.startswith(wanted) or f" {wanted}" in value


# ------------------------------------------------------------------------------------------ descriptions


def objects(state: State, call: Call) -> Answer:
    kinds = [_brief(call, kind) for kind in FIELDS if rights_on(call.profile, kind)]
    return 200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": kinds}


def info(state: State, call: Call, kind: str) -> Answer:
    allowed(call, kind, "queryable")
    return 200, {"objectDescribe": _brief(call, kind), "recentItems": []}


def describe(state: State, call: Call, kind: str) -> Answer:
    allowed(call, kind, "queryable")
    return 200, _brief(call, kind) | {"fields": list(FIELDS[kind].values()), "recordTypeInfos": []}


def _brief(call: Call, kind: str) -> dict[str, Any]:
    rights = rights_on(call.profile, kind)
    return {
        "name": kind,
        "label": kind,
        "keyPrefix": PREFIXES[kind],
        "custom": False,
        **{right: right in rights for right in _RIGHTS},
        "urls": {"sobject": f"/services/data/{call.version}/sobjects/{kind}"},
    }


# ------------------------------------------------------------------------------------------ one by one


def create(state: State, call: Call, kind: str) -> Answer:
    allowed(call, kind, "createable")
    return 201, {"id": make(state, call, kind, call.object()), "success": True, "errors": []}


def read(state: State, call: Call, kind: str, identity: str) -> Answer:
    allowed(call, kind, "queryable")
    found = find(state, kind, identity)
    names = [one.strip() for one in call.one("fields").split(",") if one.strip()] or list(FIELDS[kind])
    for name in names:
        if name not in FIELDS[kind]:
            raise Refusal(400, "INVALID_FIELD", f"No such column '{name}' on entity '{kind}'.")
    return 200, chosen(state, names, kind, found, call.version)


def update(state: State, call: Call, kind: str, identity: str) -> Answer:
    allowed(call, kind, "updateable")
    change(state, call, kind, identity, call.object())
    return 204, None


def delete(state: State, call: Call, kind: str, identity: str) -> Answer:
    allowed(call, kind, "deletable")
    remove(state, call, kind, identity)
    return 204, None


def read_by_field(state: State, call: Call, kind: str, field: str, value: str) -> Answer:
    allowed(call, kind, "queryable")
    found = by_field(state, kind, field, value)
    if not found:
        raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
    if len(found) > 1:
        return 300, [f"/services/data/{call.version}/sobjects/{kind}/{one}" for one in found]
    return read(state, call, kind, found[0])


def upsert(state: State, call: Call, kind: str, field: str, value: str) -> Answer:
    allowed(call, kind, "updateable")
    found = by_field(state, kind, field, value)
    body = call.object()
    if len(found) > 1:
        return 300, [f"/services/data/{call.version}/sobjects/{kind}/{one}" for one in found]
    if found:
        change(state, call, kind, found[0], body)
        # Since version 46 an update is told with 200; before it was 204 without a body.
        told = {"id": found[0], "success": True, "errors": [], "created": False}
        return (200, told) if call.version >= "v46.0" else (204, None)
    made = make(state, call, kind, body | {field: value})
    return 201, {"id": made, "success": True, "errors": [], "created": True}


def by_field(state: State, kind: str, field: str, value: str) -> list[str]:
    known = FIELDS[kind].get(field)
    if known is None or not known["idLookup"]:
        raise Refusal(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {field}")
    kept = state["records"][kind].values()
    return [
        one["Id"] for one in kept if not one["IsDeleted"] and str(one[field] or "").lower() == value.lower() and value
    ]


def find(state: State, kind: str, identity: str) -> dict[str, Any]:
    kept: dict[str, Any] = state["records"][kind]
    full = (
        next((one for one in kept if one == identity or one[:15] == identity), None)
        if identity not in kept
        else identity
    )
    if full is None:
        raise Refusal(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible")
    found: dict[str, Any] = kept[full]
    if found["IsDeleted"]:
        raise Refusal(404, "ENTITY_IS_DELETED", "entity is deleted")
    return found


def make(state: State, call: Call, kind: str, body: dict[str, Any]) -> str:
    values = _values(state, kind, body, "createable")
    required = [one["name"] for one in FIELDS[kind].values() if not one["nillable"] and one["createable"]]
    missing = [one for one in required if values.get(one) in (None, "") and FIELDS[kind][one]["type"] != "boolean"]
    if missing:
        raise Refusal(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
    return keep(state, kind, call.now, **_derived(state, kind, _defaults(state, kind) | values))


def change(state: State, call: Call, kind: str, identity: str, body: dict[str, Any]) -> None:
    found = find(state, kind, identity)
    values = _values(state, kind, body, "updateable")
    for name, value in values.items():
        if value in (None, "") and not FIELDS[kind][name]["nillable"]:
            raise Refusal(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{name}]", [name])
    now = stamp(call.now)
    found.update(_derived(state, kind, {**found, **values}), SystemModstamp=now, LastModifiedDate=now)


def remove(state: State, call: Call, kind: str, identity: str) -> None:
    found = find(state, kind, identity)
    found.update(IsDeleted=True, SystemModstamp=stamp(call.now))


def _values(state: State, kind: str, body: dict[str, Any], right: str) -> dict[str, Any]:
    values = {}
    for name, value in body.items():
        if name in ("attributes", "id", "Id"):
            continue
        field = FIELDS[kind].get(name)
        if field is None:
            raise Refusal(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {kind}")
        if not field[right]:
            words = f"Unable to create/update fields: {name}. Please check the security settings of this field"
            raise Refusal(400, "INVALID_FIELD_FOR_INSERT_UPDATE", words, [name])
        values[name] = _fitting(state, field, value)
    return values


def _fitting(state: State, field: dict[str, Any], value: Any) -> Any:
    name, type_ = field["name"], field["type"]
    if value is None or value == "":
        return None
    if type_ == "email" and not _ADDRESS.fullmatch(str(value)):
        raise Refusal(400, "INVALID_EMAIL_ADDRESS", f"{name}: invalid email address: {value}", [name])
    if type_ == "reference":
        known = any(str(value) in state["records"][kind] for kind in field["referenceTo"])
        if not known:
            raise Refusal(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [name])
    if field["length"] and len(str(value)) > field["length"]:
        words = f"{name}: data value too large: (max length={field['length']})"
        raise Refusal(400, "STRING_TOO_LONG", words, [name])
    if type_ == "date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
        raise Refusal(400, "JSON_PARSER_ERROR", f"Cannot deserialize instance of date from {value}", [name])
    if type_ == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if type_ in ("int", "currency", "percent"):
        try:
            return value if isinstance(value, int | float) else float(value)
        except (TypeError, ValueError):
            raise Refusal(400, "JSON_PARSER_ERROR", f"Cannot deserialize instance of {type_}", [name]) from None
    return str(value)


def _defaults(state: State, kind: str) -> dict[str, Any]:
    owner = {"OwnerId": next(iter(state["records"]["User"]))} if "OwnerId" in FIELDS[kind] else {}
    flags = {one["name"]: False for one in FIELDS[kind].values() if one["type"] == "boolean"}
    return owner | flags | ({"Status": "Open - Not Contacted"} if kind == "Lead" else {})


def _derived(state: State, kind: str, values: dict[str, Any]) -> dict[str, Any]:
    """Fields that Salesforce works out itself."""
    if kind in ("Contact", "Lead"):
        values["Name"] = " ".join(str(values[one]) for one in ("FirstName", "LastName") if values.get(one))
    if kind == "Opportunity":
        stage = next((one for one in STAGES if one[0] == values.get("StageName")), None)
        if stage:
            values |= {"Probability": stage[1], "IsClosed": stage[2], "IsWon": stage[3]}
    return values
