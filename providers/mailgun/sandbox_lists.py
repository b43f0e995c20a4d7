"""The stand-in's templates, routes and suppressions. Each function answers (status, body)."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import (
    Answer,
    Form,
    Refusal,
    State,
    argument,
    form_of,
    json_of,
    limit_of,
    next_id,
    pivot_page,
    remember,
    stamp,
)

MAX_TEMPLATES = 100
MAX_VERSIONS = 40
_SHOWN = ("name", "description", "createdAt", "createdBy", "id")

# ----------------------------------------------------------------------------------------------- templates


def list_templates(state: State, request: SandboxRequest, now: datetime, domain: str) -> Answer:
    items = [_head(one) for one in state["templates"].values()]
    chosen, paging = pivot_page(request, items, key="name", pivot="p", largest=100)
    return 200, {"items": chosen, "paging": paging}


def create_template(state: State, request: SandboxRequest, now: datetime, domain: str) -> Answer:
    form = form_of(request)
    name = form.one("name").lower()
    if not name:
        raise Refusal(400, "name parameter is missing")
    if name in state["templates"]:
        raise Refusal(409, f"template with name '{name}' already exists")
    if len(state["templates"]) >= MAX_TEMPLATES:
        raise Refusal(400, f"the limit of {MAX_TEMPLATES} templates is reached")
    template: dict[str, Any] = {
        "name": name,
        "description": form.one("description"),
        "createdAt": stamp(now),
        "createdBy": form.one("createdBy"),
        "id": next_id(state, 32),
        "versions": [],
    }
    shown = _head(template)
    if form.one("template"):
        shown["version"] = _new_version(state, template, form, now, active=True)
    remember(state["templates"], name, template)
    return 200, {"message": "template has been stored", "template": shown}


def get_template(state: State, request: SandboxRequest, now: datetime, domain: str, name: str) -> Answer:
    template = _template(state, name)
    shown = _head(template)
    active = next((one for one in template["versions"] if one["active"]), None)
    if argument(request, "active") == "yes" and active is not None:
        shown["version"] = active
    return 200, {"template": shown}


def delete_template(state: State, request: SandboxRequest, now: datetime, domain: str, name: str) -> Answer:
    del state["templates"][_template(state, name)["name"]]
    return 200, {"message": "template has been deleted", "template": {"name": name}}


def list_versions(state: State, request: SandboxRequest, now: datetime, domain: str, name: str) -> Answer:
    template = _template(state, name)
    items = [{**one, "template": ""} for one in template["versions"]]
    chosen, paging = pivot_page(request, items, key="tag", pivot="p", largest=100)
    return 200, {"template": {**_head(template), "versions": chosen}, "paging": paging}


def create_version(state: State, request: SandboxRequest, now: datetime, domain: str, name: str) -> Answer:
    template, form = _template(state, name), form_of(request)
    for field in ("template", "tag"):
        if not form.one(field):
            raise Refusal(400, f"{field} parameter is missing")
    active = form.one("active") == "yes" or not template["versions"]
    version = _new_version(state, template, form, now, active=active)
    return 200, {
        "message": "new version of the template has been stored",
        "template": {**_head(template), "version": version},
    }


def get_version(state: State, request: SandboxRequest, now: datetime, domain: str, name: str, tag: str) -> Answer:
    template = _template(state, name)
    return 200, {"template": {**_head(template), "version": _version(template, tag)}}


def change_version(state: State, request: SandboxRequest, now: datetime, domain: str, name: str, tag: str) -> Answer:
    template, form = _template(state, name), form_of(request)
    version = _version(template, tag)
    version.update({field: form.one(field) for field in ("template", "comment") if field in form})
    if "headers" in form:
        version["headers"] = _headers(form)
    if form.one("active") == "yes":
        for one in template["versions"]:
            one["active"] = one is version
    return 200, {
        "message": "version has been updated",
        "template": {"name": template["name"], "version": {"tag": tag}},
    }


def _new_version(
    state: State, template: dict[str, Any], form: Form, now: datetime, *, active: bool
) -> dict[str, Any]:
    tag = form.one("tag") or "initial"
    if any(one["tag"] == tag for one in template["versions"]):
        raise Refusal(409, f"version with tag '{tag}' already exists")
    if len(template["versions"]) >= MAX_VERSIONS:
        raise Refusal(400, f"the limit of {MAX_VERSIONS} versions is reached")
    version = {
        "tag": tag,
        "template": form.one("template"),
        "engine": "handlebars",
        "mjml": "",
        "createdAt": stamp(now),
        "comment": form.one("comment"),
        "active": active,
        "id": next_id(state, 32),
        "headers": _headers(form),
    }
    if active:
        for one in template["versions"]:
            one["active"] = False
    template["versions"].append(version)
    return version


def _headers(form: Form) -> dict[str, str]:
    try:
        found = json.loads(form.one("headers", "{}"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refusal(400, "headers parameter is not a valid JSON object")
    return {str(name): str(value) for name, value in found.items()}


def _template(state: State, name: str) -> dict[str, Any]:
    found: dict[str, Any] | None = state["templates"].get(name.lower())
    if found is None:
        raise Refusal(404, "template not found")
    return found


def _version(template: dict[str, Any], tag: str) -> dict[str, Any]:
    for one in template["versions"]:
        if one["tag"] == tag:
            found: dict[str, Any] = one
            return found
    raise Refusal(404, "template version not found")


def _head(template: dict[str, Any]) -> dict[str, Any]:
    return {name: template[name] for name in _SHOWN}


# -------------------------------------------------------------------------------------------------- routes


def list_routes(state: State, request: SandboxRequest, now: datetime) -> Answer:
    limit, raw = limit_of(request, 100, 1000), argument(request, "skip", "0")
    skip = int(raw) if raw.isdecimal() else 0
    found = sorted(state["routes"].values(), key=lambda one: one["priority"])
    return 200, {"total_count": len(found), "items": found[skip : skip + limit]}


def create_route(state: State, request: SandboxRequest, now: datetime) -> Answer:
    form = form_of(request)
    if not re.match(r"(?:match_recipient|match_header|catch_all)\(.*\)", form.one("expression")):
        raise Refusal(400, "Parameter 'expression' is not a valid routing expression")
    if not form.get("action"):
        raise Refusal(400, "Parameter 'action' is missing")
    route = {
        "id": next_id(state, 24),
        "priority": int(form.one("priority", "0") or 0),
        "description": form.one("description"),
        "expression": form.one("expression"),
        "actions": form["action"],
        "created_at": stamp(now),
    }
    remember(state["routes"], str(route["id"]), route)
    return 200, {"message": "Route has been created", "route": route}


def delete_route(state: State, request: SandboxRequest, now: datetime, route_id: str) -> Answer:
    if state["routes"].pop(route_id, None) is None:
        raise Refusal(404, "Route not found")
    return 200, {"message": "Route has been deleted", "id": route_id}


def match_route(state: State, request: SandboxRequest, now: datetime) -> Answer:
    """The first by priority whose rule takes the address."""
    address = argument(request, "address")
    for route in sorted(state["routes"].values(), key=lambda one: one["priority"]):
        if _takes(route["expression"], address):
            return 200, {"route": route}
    raise Refusal(404, "Route not found")


def _takes(expression: str, address: str) -> bool:
    if expression.startswith("catch_all"):
        return True
    found = re.match(r"""match_recipient\(\s*["'](.*)["']\s*\)""", expression)
    try:
        return bool(found and re.fullmatch(found[1], address))
    except re.error:
        return False


# -------------------------------------------------------------------------------------------- suppressions


def list_suppressed(state: State, request: SandboxRequest, now: datetime, domain: str, kind: str) -> Answer:
    items = list(state["suppressions"][kind].values())
    term = argument(request, "term").lower()
    items = [one for one in items if one["address"].startswith(term)]
    chosen, paging = pivot_page(request, items, key="address", pivot="address", largest=1000)
    return 200, {"items": chosen, "paging": paging}


def add_suppressed(state: State, request: SandboxRequest, now: datetime, domain: str, kind: str) -> Answer:
    body = json_of(request)
    entries = body if isinstance(body, list) else [body]
    if len(entries) > 1000:
        raise Refusal(400, "Batch size should be less than 1000")
    if not all(isinstance(one, dict) and str(one.get("address", "")).count("@") == 1 for one in entries):
        raise Refusal(400, "Address is not valid")
    for one in entries:
        entry: dict[str, Any] = {"address": str(one["address"]).lower(), "created_at": stamp(now)}
        if kind == "bounces":
            entry |= {"code": str(one.get("code", "550")), "error": str(one.get("error", ""))}
        if kind == "unsubscribes":
            entry |= {"tags": one.get("tags") or ["*"]}
        remember(state["suppressions"][kind], entry["address"], entry)
    return 200, {"message": f"{len(entries)} addresses have been added to the {kind} table"}


def delete_suppressed(
    state: State, request: SandboxRequest, now: datetime, domain: str, kind: str, address: str
) -> Answer:
    if state["suppressions"][kind].pop(address.lower(), None) is None:
        raise Refusal(404, f"Address not found in {kind} table")
    return 200, {"message": "Bounced addresses for this domain have been removed", "address": address}
