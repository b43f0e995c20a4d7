"""Believable deliveries for the sandbox: every event type, varied by seed, in the shape of the vendor's reference
(https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event)."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from providers.kit.contract import InboundRequest
from providers.kit.errors import InvalidRequest

from .sandbox_keys import sign
from .webhooks import EVENT_TYPES, SIGNATURE_HEADER, TIMESTAMP_HEADER

_PEOPLE = ("ada.lovelace", "grace.hopper", "alan.turing", "katherine.johnson", "edsger.dijkstra", "radia.perlman")
_CATEGORIES = (["receipts"], ["newsletter", "spring"], ["account"], ["newsletter"])
_AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_BOUNCES = (
    ("bounce", "5.1.1", "550 5.1.1 The e-mail account that you tried to reach does not exist.", "Invalid Address"),
    ("bounce", "5.2.2", "552 5.2.2 The mailbox is full and takes no more e-mail.", "Mailbox Unavailable"),
    ("blocked", "5.7.1", "554 5.7.1 The sending address has a poor reputation.", "Reputation"),
)
_DROPS = ("Bounced Address", "Unsubscribed Address", "Spam Reporting Address", "Invalid")


def sample_event(event_type: str, now: datetime, seed: int) -> dict[str, Any]:
    """One event; the same for the same arguments. Raises InvalidRequest for an unknown type."""
    if event_type not in {one.type for one in EVENT_TYPES}:
        raise InvalidRequest(f"There is no event “{event_type}”.", field="event_type")
    chance = random.Random(f"{event_type} {seed}")  # noqa: S311 - variety, nothing secret
    number = _token(chance)
    event = {
        "email": f"{chance.choice(_PEOPLE)}{chance.randint(1, 99)}@example.com",
        "timestamp": int(now.timestamp()) - chance.randint(2, 600),
        "event": event_type,
        "category": chance.choice(_CATEGORIES),
        "sg_event_id": _token(chance),
        "sg_message_id": f"{number}.recvd-sandbox-{chance.randint(1000, 9999)}-1-{chance.randint(10, 99)}.0",
    }
    if event_type in _EXTRA:
        event |= _EXTRA[event_type](chance)
    return event


def sample_request(event_type: str, now: datetime, seed: int, key: str, url: str) -> InboundRequest:
    """A delivery of one event, signed for the sandbox's public `key`. Like SendGrid's, its body ends in CR LF."""
    body = json.dumps([sample_event(event_type, now, seed)], separators=(",", ":")).encode() + b"\r\n"
    timestamp = str(int(now.timestamp()))
    headers = {
        "content-type": "application/json",
        "user-agent": "SendGrid Event API (sandbox)",
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: sign(timestamp, body, key),
    }
    return InboundRequest(method="POST", url=url, headers=headers, query={}, body=body)


def _token(chance: random.Random) -> str:
    return base64.urlsafe_b64encode(chance.randbytes(16)).decode().rstrip("=")


def _smtp(chance: random.Random) -> dict[str, Any]:
    return {"smtp-id": f"<{_token(chance)}@geopod-ismtpd-sandbox>"}


def _delivery(chance: random.Random) -> dict[str, Any]:
    return {**_smtp(chance), "response": "250 OK", "tls": 1, "ip": _ip(chance)}


def _deferral(chance: random.Random) -> dict[str, Any]:
    return {**_smtp(chance), "response": "451 4.3.0 Try again later", "attempt": str(chance.randint(1, 5))}


def _bounce(chance: random.Random) -> dict[str, Any]:
    kind, status, reason, classification = chance.choice(_BOUNCES)
    return {
        **_smtp(chance),
        "type": kind,
        "status": status,
        "reason": reason,
        "bounce_classification": classification,
        "tls": 1,
        "ip": _ip(chance),
    }


def _drop(chance: random.Random) -> dict[str, Any]:
    return {**_smtp(chance), "reason": chance.choice(_DROPS), "status": "5.0.0"}


def _look(chance: random.Random) -> dict[str, Any]:
    return {"useragent": _AGENT, "ip": _ip(chance), "sg_machine_open": False, "sg_content_type": "html"}


def _follow(chance: random.Random) -> dict[str, Any]:
    page = chance.choice(("invoice", "offers", "account", "help"))
    return {
        "useragent": _AGENT,
        "ip": _ip(chance),
        "url": f"https://www.example.com/{page}",
        "url_offset": {"index": 0, "type": "html"},
    }


def _group(chance: random.Random) -> dict[str, Any]:
    return {**_follow(chance), "asm_group_id": chance.choice((12345, 12346))}


def _ip(chance: random.Random) -> str:
    return f"192.0.2.{chance.randint(1, 254)}"


_EXTRA: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "processed": _smtp,
    "delivered": _delivery,
    "deferred": _deferral,
    "bounce": _bounce,
    "dropped": _drop,
    "open": _look,
    "click": _follow,
    "group_unsubscribe": _group,
    "group_resubscribe": _group,
}
