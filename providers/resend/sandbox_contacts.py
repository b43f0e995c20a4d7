"""The stand-in's contacts, the segments they are in, and topics. Each function answers (status, body)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import Refusal, find, json_object, next_id, page, remember, require, stamp

Answer = tuple[int, dict[str, Any]]
State = dict[str, Any]

_HIDDEN = ("object", "properties", "segments")


# ------------------------------------------------------------------------------------------------ contacts


def list_contacts(state: State, request: SandboxRequest, now: datetime, segment_id: str = "") -> Answer:
    """All, or those of a segment: `?segment_id=` or, as the official libraries ask, /segments/{id}/contacts."""
    wanted = segment_id or request.query.get("segment_id", [""])[-1]
    if wanted:
        find(state["segments"], wanted, "Segment")
    listed = page(
        [one for one in state["contacts"].values() if not wanted or wanted in one["segments"]], request.query
    )
    listed["data"] = [{key: value for key, value in one.items() if key not in _HIDDEN} for one in listed["data"]]
    return 200, listed


def create_contact(state: State, request: SandboxRequest, now: datetime) -> Answer:
    """An address that is there already stays one contact."""
    body = json_object(request)
    require(body, "email")
    for segment_id in body.get("segments") or []:
        find(state["segments"], str(segment_id), "Segment")
    known = _by_email(state, str(body["email"]))
    contact = known or add_contact(state, body, now)
    contact["segments"] = list(dict.fromkeys([*contact["segments"], *map(str, body.get("segments") or [])]))
    return 201, {"object": "contact", "id": contact["id"]}


def add_contact(state: State, body: dict[str, Any], now: datetime) -> dict[str, Any]:
    contact: dict[str, Any] = {
        "object": "contact",
        "id": next_id(state, "contact"),
        "email": str(body["email"]),
        "first_name": str(body.get("first_name") or ""),
        "last_name": str(body.get("last_name") or ""),
        "created_at": stamp(now),
        "unsubscribed": bool(body.get("unsubscribed", False)),
        "properties": body.get("properties") or {},
        "segments": [],
    }
    remember(state["contacts"], contact["id"], contact)
    return contact


def get_contact(state: State, request: SandboxRequest, now: datetime, contact: str) -> Answer:
    return 200, {key: value for key, value in _contact(state, contact).items() if key != "segments"}


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
    return _by_email(state, contact) or find(state["contacts"], contact, "Contact")


def _by_email(state: State, email: str) -> dict[str, Any] | None:
    return next((one for one in state["contacts"].values() if one["email"].lower() == email.lower()), None)


# ------------------------------------------------------------------------------------------------ segments


def list_segments(state: State, request: SandboxRequest, now: datetime) -> Answer:
    listed = page(list(state["segments"].values()), request.query)
    listed["data"] = [{key: one[key] for key in ("id", "name", "created_at")} for one in listed["data"]]
    return 200, listed


def create_segment(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    require(body, "name")
    segment = add_segment(state, str(body["name"]), now)
    return 201, {key: segment[key] for key in ("object", "id", "name")}


def add_segment(state: State, name: str, now: datetime) -> dict[str, Any]:
    segment = {"object": "segment", "id": next_id(state, "segment"), "name": name, "created_at": stamp(now)}
    remember(state["segments"], segment["id"], segment)
    return segment


def get_segment(state: State, request: SandboxRequest, now: datetime, segment_id: str) -> Answer:
    return 200, find(state["segments"], segment_id, "Segment")


def delete_segment(state: State, request: SandboxRequest, now: datetime, segment_id: str) -> Answer:
    find(state["segments"], segment_id, "Segment")
    del state["segments"][segment_id]
    for contact in state["contacts"].values():
        contact["segments"] = [one for one in contact["segments"] if one != segment_id]
    return 200, {"object": "segment", "id": segment_id, "deleted": True}


def list_contact_segments(state: State, request: SandboxRequest, now: datetime, contact: str) -> Answer:
    held = [state["segments"][one] for one in _contact(state, contact)["segments"] if one in state["segments"]]
    listed = page(held, request.query)
    listed["data"] = [{key: one[key] for key in ("id", "name", "created_at")} for one in listed["data"]]
    return 200, listed


def add_to_segment(state: State, request: SandboxRequest, now: datetime, contact: str, segment_id: str) -> Answer:
    found = _contact(state, contact)
    find(state["segments"], segment_id, "Segment")
    found["segments"] = list(dict.fromkeys([*found["segments"], segment_id]))
    return 200, {"object": "contact_segment", "contact_id": found["id"], "segment_id": segment_id}


def remove_from_segment(
    state: State, request: SandboxRequest, now: datetime, contact: str, segment_id: str
) -> Answer:
    found = _contact(state, contact)
    if segment_id not in found["segments"]:
        raise Refusal(404, "not_found", "Contact segment not found")
    found["segments"].remove(segment_id)
    answer = {"object": "contact_segment", "contact_id": found["id"], "segment_id": segment_id}
    return 200, {**answer, "deleted": True}


# -------------------------------------------------------------------------------------------------- topics


def list_topics(state: State, request: SandboxRequest, now: datetime) -> Answer:
    listed = page(list(state["topics"].values()), request.query)
    listed["data"] = [{key: value for key, value in one.items() if key != "object"} for one in listed["data"]]
    return 200, listed


def add_topic(state: State, name: str, description: str, now: datetime) -> None:
    topic = {
        "object": "topic",
        "id": next_id(state, "topic"),
        "name": name,
        "description": description,
        "default_subscription": "opt_in",
        "visibility": "public",
        "created_at": stamp(now),
    }
    remember(state["topics"], topic["id"], topic)
