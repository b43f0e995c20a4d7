"""The stand-in's broadcasts: draft, scheduled, sent. What is due leaves when somebody looks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from providers.kit.sandbox import SandboxRequest

from . import sandbox_emails as emails
from .sandbox_store import Refusal, find, json_object, next_id, page, remember, require, stamp

Answer = tuple[int, dict[str, Any]]
State = dict[str, Any]

_CONTENT = ("name", "segment_id", "from", "subject", "reply_to", "preview_text", "html", "text", "topic_id")
_LISTED = ("id", "name", "segment_id", "status", "created_at", "scheduled_at", "sent_at", "topic_id")


def list_broadcasts(state: State, request: SandboxRequest, now: datetime) -> Answer:
    _send_what_is_due(state, now)
    listed = page(list(state["broadcasts"].values()), request.query)
    listed["data"] = [{key: one[key] for key in _LISTED if key in one} for one in listed["data"]]
    return 200, listed


def create_broadcast(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    body.setdefault("segment_id", body.get("audience_id"))
    require(body, "segment_id", "from", "subject")
    _check(state, body)
    if "scheduled_at" in body and not body.get("send"):
        raise Refusal(422, "validation_error", "The `scheduled_at` field needs `send` to be true.")
    broadcast = {
        "object": "broadcast",
        "id": next_id(state, "broadcast"),
        "name": "Untitled",
        **{key: body[key] for key in _CONTENT if body.get(key) is not None},
        "status": "draft",
        "created_at": stamp(now),
    }
    remember(state["broadcasts"], broadcast["id"], broadcast)
    if body.get("send"):
        _start(state, broadcast, body.get("scheduled_at"), now)
    return 201, {"object": "broadcast", "id": broadcast["id"]}


def get_broadcast(state: State, request: SandboxRequest, now: datetime, broadcast_id: str) -> Answer:
    _send_what_is_due(state, now)
    return 200, find(state["broadcasts"], broadcast_id, "Broadcast")


def update_broadcast(state: State, request: SandboxRequest, now: datetime, broadcast_id: str) -> Answer:
    found, body = _in_status(state, broadcast_id, now, "draft"), json_object(request)
    _check(state, body)
    found.update({key: body[key] for key in _CONTENT if body.get(key) is not None})
    return 200, {"object": "broadcast", "id": broadcast_id}


def delete_broadcast(state: State, request: SandboxRequest, now: datetime, broadcast_id: str) -> Answer:
    _in_status(state, broadcast_id, now, "draft")
    del state["broadcasts"][broadcast_id]
    return 200, {"object": "broadcast", "id": broadcast_id, "deleted": True}


def send_broadcast(state: State, request: SandboxRequest, now: datetime, broadcast_id: str) -> Answer:
    found = _in_status(state, broadcast_id, now, "draft")
    _start(state, found, json_object(request).get("scheduled_at"), now)
    return 200, {"id": broadcast_id}


def cancel_broadcast(state: State, request: SandboxRequest, now: datetime, broadcast_id: str) -> Answer:
    """A scheduled one becomes a draft again."""
    found = _in_status(state, broadcast_id, now, "scheduled")
    found["status"] = "draft"
    del found["scheduled_at"]
    return 200, {"object": "broadcast", "id": broadcast_id}


def _check(state: State, body: dict[str, Any]) -> None:
    if body.get("segment_id"):
        find(state["segments"], str(body["segment_id"]), "Segment")
    if body.get("topic_id"):
        find(state["topics"], str(body["topic_id"]), "Topic")
    if body.get("from"):
        emails.check_sender(state, str(body["from"]))


def _in_status(state: State, broadcast_id: str, now: datetime, status: str) -> dict[str, Any]:
    _send_what_is_due(state, now)
    found = find(state["broadcasts"], broadcast_id, "Broadcast")
    if found["status"] != status:
        raise Refusal(403, "validation_error", f"This is only possible while a broadcast is {status}.")
    return found


def _start(state: State, broadcast: dict[str, Any], scheduled_at: Any, now: datetime) -> None:
    if not broadcast.get("html") and not broadcast.get("text"):
        raise Refusal(422, "missing_required_field", "Missing `html` or `text` field.")
    if scheduled_at:
        broadcast.update(status="scheduled", scheduled_at=emails.schedule(scheduled_at, now))
    else:
        _deliver(state, broadcast, now)


def _send_what_is_due(state: State, now: datetime) -> None:
    for one in state["broadcasts"].values():
        if one["status"] == "scheduled" and emails.is_due(one["scheduled_at"], now):
            _deliver(state, one, now)


def _deliver(state: State, broadcast: dict[str, Any], now: datetime) -> None:
    """One e-mail for each contact of the segment who has not unsubscribed."""
    for contact in list(state["contacts"].values()):
        if broadcast["segment_id"] in contact["segments"] and not contact["unsubscribed"]:
            message: dict[str, Any] = {
                key: broadcast[key] for key in ("from", "subject", "html", "text") if key in broadcast
            }
            emails.keep(state, {**message, "to": [contact["email"]]}, now)
    broadcast.update(status="sent", sent_at=stamp(now))
