"""Believable deliveries for the sandbox: every event type, varied by seed, signed as the vendor signs."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.kit.contract import InboundRequest
from providers.kit.errors import InvalidRequest

from .webhooks import EVENT_TYPES

_PEOPLE = (
    ("Ada", "Lovelace"),
    ("Grace", "Hopper"),
    ("Alan", "Turing"),
    ("Katherine", "Johnson"),
    ("Edsger", "Dijkstra"),
    ("Hedy", "Lamarr"),
    ("Tim", "Berners-Lee"),
    ("Radia", "Perlman"),
)
_SUBJECTS = (
    "Your invoice",
    "Welcome aboard",
    "Reset your password",
    "Your order is on its way",
    "Spring news",
    "Your appointment on Friday",
    "A receipt for your payment",
)
_BOUNCES = (
    ("Permanent", "NoEmail", "550 5.1.1 user unknown", "The recipient's address does not exist."),
    ("Transient", "MailboxFull", "452 4.2.2 mailbox full", "The recipient's mailbox is full."),
    ("Permanent", "General", "550 5.0.0 rejected", "The recipient's e-mail provider sent a hard bounce message."),
    ("Transient", "ContentRejected", "554 5.7.1 content rejected", "The recipient's provider refused the content."),
)
_DOMAIN = "example.com"
_AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"


def sample_body(event_type: str, now: datetime, seed: int) -> dict[str, Any]:
    """The JSON of one event; the same for the same arguments. Raises InvalidRequest for an unknown type."""
    if event_type not in {event.type for event in EVENT_TYPES}:
        raise InvalidRequest(f"There is no event “{event_type}”.", field="event_type")
    chance = random.Random(f"{event_type} {seed}")  # noqa: S311 - variety, nothing secret
    created = now - timedelta(seconds=chance.randint(2, 900))
    make = {"email": _email, "contact": _contact, "domain": _domain}[event_type.partition(".")[0]]
    data = make(chance, _iso(created))
    if event_type in _EXTRA:
        data.update(_EXTRA[event_type](chance, _iso(now)))
    return {"type": event_type, "created_at": _iso(now), "data": data}


def sample_request(
    event_type: str, now: datetime, seed: int, sign: Callable[[str, int, bytes], str], url: str
) -> InboundRequest:
    """The delivery of such an event. `sign(id, timestamp, body)` gives the signature header's value."""
    body = json.dumps(sample_body(event_type, now, seed), separators=(",", ":")).encode()
    timestamp = int(now.timestamp())
    digest = hashlib.sha256(f"{event_type} {seed} {now.isoformat()}".encode()).hexdigest()
    delivery_id = f"msg_{digest[:27]}"
    headers = {
        "content-type": "application/json",
        "user-agent": "Svix-Webhooks/1.0 (sandbox)",
        "svix-id": delivery_id,
        "svix-timestamp": str(timestamp),
        "svix-signature": sign(delivery_id, timestamp, body),
    }
    return InboundRequest(method="POST", url=url, headers=headers, query={}, body=body)


def _email(chance: random.Random, created: str) -> dict[str, Any]:
    first, last = chance.choice(_PEOPLE)
    return {
        "email_id": _uuid(chance),
        "created_at": created,
        "from": f"Example Studio <hello@{_DOMAIN}>",
        "to": [f"{first.lower()}.{last.lower()}{chance.randint(1, 99)}@{_DOMAIN}"],
        "subject": chance.choice(_SUBJECTS),
        "tags": {"category": chance.choice(("transactional", "newsletter"))},
    }


def _contact(chance: random.Random, created: str) -> dict[str, Any]:
    first, last = chance.choice(_PEOPLE)
    return {
        "id": _uuid(chance),
        "audience_id": _uuid(chance),
        "segment_ids": [_uuid(chance)],
        "created_at": created,
        "updated_at": created,
        "email": f"{first.lower()}.{last.lower()}{chance.randint(1, 99)}@{_DOMAIN}",
        "first_name": first,
        "last_name": last,
        "unsubscribed": False,
    }


def _domain(chance: random.Random, created: str) -> dict[str, Any]:
    status = chance.choice(("verified", "pending", "partially_verified", "failed"))
    record_status = "verified" if status == "verified" else "pending"
    return {
        "id": _uuid(chance),
        "name": f"{chance.choice(('news', 'mail', 'shop'))}.{_DOMAIN}",
        "status": status,
        "created_at": created,
        "region": "eu-west-1",
        "records": [
            {
                "record": "SPF",
                "name": "send",
                "type": "TXT",
                "ttl": "Auto",
                "status": record_status,
                "value": "v=spf1 include:amazonses.com ~all",
            }
        ],
    }


def _bounce(chance: random.Random, now: str) -> dict[str, Any]:
    kind, sub_type, code, message = chance.choice(_BOUNCES)
    return {"bounce": {"type": kind, "subType": sub_type, "diagnosticCode": [f"smtp; {code}"], "message": message}}


def _click(chance: random.Random, now: str) -> dict[str, Any]:
    link = f"https://www.{_DOMAIN}/{chance.choice(('invoice', 'offers', 'account', 'help'))}"
    address = f"192.0.2.{chance.randint(1, 254)}"
    return {"click": {"ipAddress": address, "link": link, "timestamp": now, "userAgent": _AGENT}}


def _failure(chance: random.Random, now: str) -> dict[str, Any]:
    return {"failed": {"reason": chance.choice(("reached_daily_quota", "domain_not_verified"))}}


def _suppression(chance: random.Random, now: str) -> dict[str, Any]:
    reason = chance.choice(("previous_bounce", "previous_complaint"))
    message = "The address is on the account's suppression list."
    return {
        "suppressed": {"type": "OnAccountSuppressionList", "reason": reason, "diagnosticCode": [], "message": message}
    }


def _incoming(chance: random.Random, now: str) -> dict[str, Any]:
    first, last = chance.choice(_PEOPLE)
    return {
        "from": f"{first} {last} <{first.lower()}@{_DOMAIN}>",
        "to": [f"support@{_DOMAIN}"],
        "message_id": f"<{_uuid(chance)}@{_DOMAIN}>",
        "bcc": [],
        "cc": [],
        "attachments": [],
    }


def _unsubscribe(chance: random.Random, now: str) -> dict[str, Any]:
    return {"unsubscribed": chance.random() < 0.5, "updated_at": now}


_EXTRA: dict[str, Callable[[random.Random, str], dict[str, Any]]] = {
    "email.bounced": _bounce,
    "email.clicked": _click,
    "email.failed": _failure,
    "email.suppressed": _suppression,
    "email.received": _incoming,
    "contact.updated": _unsubscribe,
}


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
