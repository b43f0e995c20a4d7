"""The stand-in's e-mails: send, batch, schedule, cancel. Nothing is ever delivered anywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .sandbox_store import Refusal, find, json_body, json_object, next_id, page, remember, require, stamp
from .sandbox_suppressions import held_back
from .sandbox_templates import rendered

Answer = tuple[int, dict[str, Any]]
State = dict[str, Any]

MAX_RECIPIENTS = 50
MAX_BATCH = 100
_SCHEDULE_AHEAD = timedelta(days=30)
_KEY_KEPT = timedelta(hours=24)
_TEST_OUTCOMES = {
    "bounced@resend.dev": "bounced",
    "complained@resend.dev": "complained",
    "suppressed@resend.dev": "suppressed",
}
"""The vendor's own test recipients and what becomes of an e-mail to them."""


def send_email(state: State, request: SandboxRequest, now: datetime) -> Answer:
    return _once(state, request, now, lambda: {"id": _accept(state, json_object(request), now)})


def send_batch(state: State, request: SandboxRequest, now: datetime) -> Answer:
    def send_all() -> dict[str, Any]:
        messages = json_body(request)
        if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_BATCH:
            raise Refusal(422, "validation_error", f"A batch holds 1 to {MAX_BATCH} e-mails.")
        for message in messages:
            _check(state, message, now)
            if "attachments" in message or "scheduled_at" in message:
                raise Refusal(422, "validation_error", "`attachments` and `scheduled_at` can not be used in a batch.")
        return {"data": [{"id": _accept(state, message, now)} for message in messages]}

    return _once(state, request, now, send_all)


def list_emails(state: State, request: SandboxRequest, now: datetime) -> Answer:
    return 200, page([shown(one, now) for one in state["emails"].values()], request.query)


def get_email(state: State, request: SandboxRequest, now: datetime, email_id: str) -> Answer:
    return 200, shown(find(state["emails"], email_id, "Email"), now)


def update_email(state: State, request: SandboxRequest, now: datetime, email_id: str) -> Answer:
    email = _scheduled(state, email_id, now)
    body = json_object(request)
    require(body, "scheduled_at")
    email["scheduled_at"] = schedule(body["scheduled_at"], now)
    return 200, {"object": "email", "id": email_id, "scheduled_at": email["scheduled_at"]}


def cancel_email(state: State, request: SandboxRequest, now: datetime, email_id: str) -> Answer:
    email = _scheduled(state, email_id, now)
    email["last_event"] = "canceled"
    return 200, shown(email, now)


def _once(state: State, request: SandboxRequest, now: datetime, act: Callable[[], dict[str, Any]]) -> Answer:
    """Runs `act` once per Idempotency-Key in 24 hours; the same key with another body is refused."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return 200, act()
    if not 1 <= len(key) <= 256:
        raise Refusal(400, "invalid_idempotency_key", "The key must be between 1-256 chars.")
    known = state["idempotency"]
    for old in [name for name, one in known.items() if now - datetime.fromisoformat(one["at"]) > _KEY_KEPT]:
        del known[old]
    name, digest = f"{request.path} {key}", hashlib.sha256(request.body).hexdigest()
    if name not in known:
        remember(known, name, {"digest": digest, "answer": act(), "at": now.isoformat()})
    elif known[name]["digest"] != digest:
        message = "Same idempotency key used with a different request payload."
        raise Refusal(409, "invalid_idempotent_request", message)
    return 200, known[name]["answer"]


def _accept(state: State, message: dict[str, Any], now: datetime) -> str:
    recipients = _check(state, message, now)
    if message.get("template") is not None:
        parts = rendered(state, message["template"])
        message = {**parts, **{key: value for key, value in message.items() if key not in ("html", "text")}}
        message["subject"] = message.get("subject") or parts["subject"]
    return keep(state, {**message, "to": recipients}, now)


def keep(state: State, message: dict[str, Any], now: datetime) -> str:
    """Keeps an e-mail that may be sent; one to an address that is held back is not delivered."""
    recipients = message["to"]
    first = parseaddr(recipients[0])[1].lower()
    email_id = next_id(state, "email")
    email = {
        "object": "email",
        "id": email_id,
        "message_id": f"<{email_id}@sandbox.invalid>",
        "to": recipients,
        "from": message["from"],
        "created_at": stamp(now),
        "subject": message["subject"],
        "html": message.get("html", ""),
        "text": message.get("text", ""),
        **{name: _as_list(message.get(name)) for name in ("bcc", "cc", "reply_to")},
        **{name: message[name] for name in ("tags", "headers", "topic_id") if message.get(name)},
        "last_event": "suppressed" if held_back(state, first) else _TEST_OUTCOMES.get(first, "delivered"),
    }
    if "scheduled_at" in message:
        email.update(scheduled_at=schedule(message["scheduled_at"], now), last_event="scheduled")
    remember(state["emails"], email_id, email)
    _count(state, now, len(recipients) + len(email["cc"]) + len(email["bcc"]))
    return email_id


def _check(state: State, message: Any, now: datetime) -> list[str]:
    """The recipients of a message that may be sent. Raises Refusal."""
    if not isinstance(message, dict):
        raise Refusal(422, "validation_error", "Each e-mail must be a JSON object.")
    require(message, "from", "to")
    recipients = _as_list(message["to"])
    if len(recipients) > MAX_RECIPIENTS:
        raise Refusal(422, "validation_error", f"The `to` field accepts at most {MAX_RECIPIENTS} addresses.")
    for address in recipients:
        if "@" not in parseaddr(str(address))[1]:
            message_text = "Invalid `to` field. Use `email@example.com` or `Name <email@example.com>`."
            raise Refusal(422, "validation_error", message_text)
    _check_content(state, message)
    check_sender(state, str(message["from"]))
    if "scheduled_at" in message:
        schedule(message["scheduled_at"], now)
    return recipients


def _check_content(state: State, message: dict[str, Any]) -> None:
    _check_extras(state, message)
    if message.get("template") is None:
        require(message, "subject")
        if not message.get("html") and not message.get("text"):
            raise Refusal(422, "missing_required_field", "Missing `html` or `text` field.")
        return
    if message.get("html") or message.get("text"):
        raise Refusal(422, "validation_error", "A template can not be combined with `html` or `text`.")
    parts = rendered(state, message["template"])
    require({"subject": message.get("subject") or parts["subject"]}, "subject")


def _check_extras(state: State, message: dict[str, Any]) -> None:
    if message.get("topic_id"):
        find(state["topics"], str(message["topic_id"]), "Topic")
    attachments = message.get("attachments") or []
    if not isinstance(attachments, list):
        raise Refusal(422, "invalid_attachment", "The `attachments` field must be a list.")
    for one in attachments:
        given = one if isinstance(one, dict) else {}
        if not (given.get("content") or given.get("path")):
            raise Refusal(422, "invalid_attachment", "Attachment must have either a `content` or `path`.")


def check_sender(state: State, sender: str) -> None:
    address = parseaddr(sender)[1].lower()
    if "@" not in address:
        raise Refusal(422, "invalid_from_address", "Invalid `from` field. Use `Name <email@example.com>`.")
    domain = address.rpartition("@")[2]
    verified = {one["name"] for one in state["domains"].values() if one["status"] == "verified"}
    if domain not in verified:
        hint = "Please, add and verify your domain on https://resend.com/domains"
        raise Refusal(403, "validation_error", f"The {domain} domain is not verified. {hint}")


def schedule(value: Any, now: datetime) -> str:
    """ISO 8601 is checked; other words ("in 1 hour") are accepted as they are, as the vendor does."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment - now > _SCHEDULE_AHEAD:
        raise Refusal(422, "validation_error", "The `scheduled_at` field can be at most 30 days ahead.")
    return moment.isoformat()


def _scheduled(state: State, email_id: str, now: datetime) -> dict[str, Any]:
    email = find(state["emails"], email_id, "Email")
    if shown(email, now)["last_event"] != "scheduled":
        raise Refusal(422, "validation_error", "Only a scheduled e-mail can be changed or canceled.")
    return email


def shown(email: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The e-mail as it stands now: one whose scheduled moment has passed counts as delivered."""
    made = json.loads(json.dumps(email))
    if made["last_event"] == "scheduled":
        made["last_event"] = "delivered" if is_due(made["scheduled_at"], now) else "scheduled"
    return dict(made)


def is_due(scheduled_at: str, now: datetime) -> bool:
    """Words ("in 1 hour") are never due here."""
    try:
        return datetime.fromisoformat(scheduled_at) <= now
    except ValueError:
        return False


def _as_list(value: Any) -> list[str]:
    if not value:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _count(state: State, now: datetime, emails: int) -> None:
    """Counts what was used today and this month, as the quota headers report it."""
    for period in (now.strftime("%Y-%m-%d"), now.strftime("%Y-%m")):
        used = state.setdefault("used", {})
        used[period] = used.get(period, 0) + emails
