"""The stand-in's mail: send, batch ids, cancel and pause. Nothing is ever delivered anywhere."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_lists import LISTS
from .sandbox_store import Answer, Refusal, State, find, json_object, next_token, remember

MAX_RECIPIENTS = 1000
MAX_PERSONALIZATIONS = 1000
_MAX_BYTES = 30 * 1024 * 1024
_AHEAD = timedelta(hours=72)
_ADDRESS = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,255}")
_OUTCOMES = {"bounced": "bounces", "blocked": "blocks", "spam": "spam_reports", "invalid": "invalid_emails"}
"""What becomes of mail to an address that begins so (`bounced@…`): it lands on that list."""

_IDENTITY = (
    "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved. "
    "Visit https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ to see the Sender Identity "
    "requirements"
)


def send(state: State, request: SandboxRequest, now: datetime) -> Answer:
    if len(request.body) > _MAX_BYTES * 4 // 3:
        raise Refusal(413, "content too large")
    body = json_object(request)
    people = _check(state, body, now)
    settings = body.get("mail_settings")
    if isinstance(settings, dict) and (settings.get("sandbox_mode") or {}).get("enable") is True:
        return 200, None
    _check_identity(state, body)
    number = next_token(state, "message")
    remember(
        state["mail"],
        number,
        {
            "at": int(body.get("send_at") or now.timestamp()),
            "batch_id": body.get("batch_id", ""),
            "categories": body.get("categories", []),
            "counts": _deliver(state, people, now, scheduled="send_at" in body),
            "body": {name: value for name, value in body.items() if name != "attachments"},
        },
    )
    return 202, None, {"X-Message-Id": number}


def create_batch(state: State, request: SandboxRequest, now: datetime) -> Answer:
    batch_id = next_token(state, "batch", 32).replace("-", "x").replace("_", "y")
    remember(state["batches"], batch_id, True)
    return 201, {"batch_id": batch_id}


def get_batch(state: State, request: SandboxRequest, now: datetime, batch_id: str) -> Answer:
    if batch_id not in state["batches"]:
        raise Refusal(400, "invalid batch id")
    return 200, {"batch_id": batch_id}


def list_scheduled(state: State, request: SandboxRequest, now: datetime) -> Answer:
    return 200, [{"batch_id": one, "status": status} for one, status in state["scheduled"].items()]


def get_scheduled(state: State, request: SandboxRequest, now: datetime, batch_id: str) -> Answer:
    status = state["scheduled"].get(batch_id)
    return 200, [{"batch_id": batch_id, "status": status}] if status else []


def create_scheduled(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    batch_id, status = str(body.get("batch_id", "")), _status(body)
    if batch_id not in state["batches"]:
        raise Refusal(400, "invalid batch id", "batch_id")
    if batch_id in state["scheduled"]:
        raise Refusal(400, "a status for this batch id exists already", "batch_id")
    remember(state["scheduled"], batch_id, status)
    return 201, {"batch_id": batch_id, "status": status}


def update_scheduled(state: State, request: SandboxRequest, now: datetime, batch_id: str) -> Answer:
    find(state["scheduled"], batch_id, "batch id not found")
    state["scheduled"][batch_id] = _status(json_object(request))
    return 204, None


def delete_scheduled(state: State, request: SandboxRequest, now: datetime, batch_id: str) -> Answer:
    find(state["scheduled"], batch_id, "batch id not found")
    del state["scheduled"][batch_id]
    return 204, None


def _status(body: dict[str, Any]) -> str:
    status = body.get("status")
    if status not in ("cancel", "pause"):
        raise Refusal(400, "status must be one of cancel, pause", "status")
    return str(status)


# ------------------------------------------------------------------------------------------------ checks


def _check(state: State, body: dict[str, Any], now: datetime) -> list[str]:
    """The recipients of a message that may be sent. Raises Refusal."""
    people = _people(body.get("personalizations"))
    sender = body.get("from")
    _address(sender, "from.email")
    template = body.get("template_id")
    subjects = [one.get("subject") for one in body["personalizations"]]
    if not template:
        if not body.get("subject") and not all(subjects):
            raise Refusal(
                400,
                "The subject is required. You can get around this requirement by using a template "
                "with a subject defined or if every personalization has a subject defined.",
                "subject",
            )
        _check_content(body.get("content"))
    elif template not in state["templates"]:
        raise Refusal(
            400, "The template_id must be a valid GUID, you provided a template that does not exist.", "template_id"
        )
    elif not any(one["active"] for one in state["templates"][template]["versions"]):
        raise Refusal(400, "The template has no active version.", "template_id")
    _check_rest(state, body, now)
    return people


def _people(listed: Any) -> list[str]:
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_PERSONALIZATIONS:
        raise Refusal(
            400,
            "The personalizations field is required and must have at least one personalization.",
            "personalizations",
        )
    people: list[str] = []
    for number, one in enumerate(listed):
        if not isinstance(one, dict) or not isinstance(one.get("to"), list) or not one["to"]:
            raise Refusal(
                400,
                "The to array is required for all personalization objects, and must have at least "
                "one email object with a valid email address.",
                f"personalizations.{number}.to",
            )
        own = [
            _address(person, f"personalizations.{number}.{name}").lower()
            for name in ("to", "cc", "bcc")
            for person in one.get(name) or []
        ]
        if len(set(own)) != len(own):
            raise Refusal(
                400,
                "Each email address in the personalization block should be unique between to, cc, and bcc.",
                f"personalizations.{number}",
            )
        people += own
    if len(people) > MAX_RECIPIENTS:
        raise Refusal(400, f"The total number of recipients must be at most {MAX_RECIPIENTS}.", "personalizations")
    return people


def _address(person: Any, field: str) -> str:
    email = person.get("email") if isinstance(person, dict) else None
    if not isinstance(email, str) or not _ADDRESS.fullmatch(email):
        raise Refusal(400, "Does not contain a valid address.", field)
    return email


def _check_content(content: Any) -> None:
    listed = content if isinstance(content, list) else []
    if not listed or not all(isinstance(one, dict) and one.get("value") and one.get("type") for one in listed):
        raise Refusal(400, "The content value must be a string at least one character in length.", "content.0.value")
    types = [one["type"] for one in listed]
    if "text/plain" in types and types[0] != "text/plain":
        raise Refusal(
            400, "If present, text/plain and text/html may only be provided once, and in this order.", "content"
        )


def _check_rest(state: State, body: dict[str, Any], now: datetime) -> None:
    for number, one in enumerate(body.get("attachments") or []):
        try:
            base64.b64decode(one["content"], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise Refusal(
                400, "The attachment content must be base64 encoded.", f"attachments.{number}.content"
            ) from None
    if len(body.get("categories") or []) > 10:
        raise Refusal(400, "The maximum number of categories is 10.", "categories")
    if "asm" in body and str((body["asm"] or {}).get("group_id")) not in state["groups"]:
        raise Refusal(400, "The unsubscribe group does not exist.", "asm.group_id")
    if "send_at" in body:
        moment = body["send_at"]
        if not isinstance(moment, int) or datetime.fromtimestamp(moment, UTC) - now > _AHEAD:
            raise Refusal(400, "You can't schedule more than 72 hours in advance.", "send_at")
    if body.get("batch_id") and body["batch_id"] not in state["batches"]:
        raise Refusal(400, "invalid batch id", "batch_id")


def _check_identity(state: State, body: dict[str, Any]) -> None:
    sender = body["from"]["email"].lower()
    singles = {one["from_email"].lower() for one in state["senders"].values() if one["verified"]}
    domains = {one["domain"] for one in state["domains"].values() if one["valid"]}
    if sender not in singles and sender.rpartition("@")[2] not in domains:
        raise Refusal(403, _IDENTITY, "from")


# --------------------------------------------------------------------------------------------- delivering


def _deliver(state: State, people: list[str], now: datetime, *, scheduled: bool) -> dict[str, int]:
    """The figures that this mail makes; recipients on a list are dropped, telling addresses land on one."""
    counts = {"requests": len(people), "processed": 0, "delivered": 0}
    for email in people:
        dropped = next((metric for name, metric in _DROPS.items() if email in state["lists"][name]), "")
        kind = _OUTCOMES.get(email.partition("@")[0], "")
        if dropped:
            counts[dropped] = counts.get(dropped, 0) + 1
            continue
        counts["processed"] += 1
        if kind and not scheduled:
            counts[kind] = counts.get(kind, 0) + 1
            state["lists"][kind][email] = LISTS[kind](email, int(now.timestamp()))
        if kind not in ("bounces", "blocks", "invalid_emails") or scheduled:
            counts["delivered"] += 1
    state["credits"] = max(0, state["credits"] - counts["processed"])
    return counts


_DROPS = {
    "bounces": "bounce_drops",
    "unsubscribes": "unsubscribe_drops",
    "spam_reports": "spam_report_drops",
    "invalid_emails": "invalid_emails",
}
