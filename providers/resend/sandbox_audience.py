"""The stand-in's templates and contacts. Each function answers (status, body)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import find, json_object, next_id, page, remember, require, stamp

Answer = tuple[int, dict[str, Any]]
State = dict[str, Any]


# ----------------------------------------------------------------------------------------------- templates


def list_templates(state: State, request: SandboxRequest, now: datetime) -> Answer:
    listed = page(list(state["templates"].values()), request.query)
    shown = ("id", "name", "status", "published_at", "created_at", "updated_at", "alias")
    listed["data"] = [{key: one[key] for key in shown if key in one} for one in listed["data"]]
    return 200, listed


def create_template(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    require(body, "name", "html")
    template_id = next_id(state, "template")
    template: dict[str, Any] = {
        "object": "template",
        "id": template_id,
        **{key: body[key] for key in ("name", "alias", "from", "subject", "reply_to", "html", "text") if key in body},
        "created_at": stamp(now),
        "updated_at": stamp(now),
        "status": "draft",
        "published_at": None,
        "has_unpublished_versions": True,
    }
    remember(state["templates"], template_id, template)
    return 201, {"id": template_id, "object": "template"}


def get_template(state: State, request: SandboxRequest, now: datetime, template_id: str) -> Answer:
    return 200, find(state["templates"], template_id, "Template")


def publish_template(state: State, request: SandboxRequest, now: datetime, template_id: str) -> Answer:
    template = find(state["templates"], template_id, "Template")
    template.update(status="published", published_at=stamp(now), has_unpublished_versions=False)
    return 200, {"id": template_id, "object": "template"}


def delete_template(state: State, request: SandboxRequest, now: datetime, template_id: str) -> Answer:
    find(state["templates"], template_id, "Template")
    del state["templates"][template_id]
    return 200, {"object": "template", "id": template_id, "deleted": True}


# ------------------------------------------------------------------------------------------------ contacts


def list_contacts(state: State, request: SandboxRequest, now: datetime) -> Answer:
    listed = page(list(state["contacts"].values()), request.query)
    listed["data"] = [
        {key: value for key, value in one.items() if key not in ("object", "properties")} for one in listed["data"]
    ]
    return 200, listed


def create_contact(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    require(body, "email")
    contact_id = next_id(state, "contact")
    contact = {
        "object": "contact",
        "id": contact_id,
        "email": str(body["email"]),
        "first_name": str(body.get("first_name", "")),
        "last_name": str(body.get("last_name", "")),
        "created_at": stamp(now),
        "unsubscribed": bool(body.get("unsubscribed", False)),
        "properties": body.get("properties", {}),
    }
    remember(state["contacts"], contact_id, contact)
    return 201, {"object": "contact", "id": contact_id}


def get_contact(state: State, request: SandboxRequest, now: datetime, contact: str) -> Answer:
    return 200, _contact(state, contact)


def update_contact(state: State, request: SandboxRequest, now: datetime, contact: str) -> Answer:
    found, body = _contact(state, contact), json_object(request)
    for key in ("email", "first_name", "last_name", "unsubscribed", "properties"):
        if key in body:
            found[key] = body[key]
    return 200, {"object": "contact", "id": found["id"]}


def delete_contact(state: State, request: SandboxRequest, now: datetime, contact: str) -> Answer:
    found = _contact(state, contact)
    del state["contacts"][found["id"]]
    return 200, {"object": "contact", "id": found["id"], "deleted": True}


def _contact(state: State, contact: str) -> dict[str, Any]:
    """By id or by e-mail address, as the vendor allows both."""
    by_email = {one["email"]: one for one in state["contacts"].values()}
    return by_email[contact] if contact in by_email else find(state["contacts"], contact, "Contact")
