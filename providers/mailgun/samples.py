"""Believable deliveries for the sandbox: every event type, varied by seed, signed as the vendor signs."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from providers.kit.contract import InboundRequest
from providers.kit.errors import InvalidRequest
from providers.kit.signatures import sign_hmac

from .webhooks import EVENT_TYPES

DOMAIN = "mg.example.com"
_PEOPLE = ("ada.lovelace", "grace.hopper", "alan.turing", "katherine.johnson", "hedy.lamarr", "radia.perlman")
_SUBJECTS = ("Your invoice", "Welcome aboard", "Reset your password", "Your order is on its way", "Spring news")
_BOUNCES = (
    ("bounce", 550, "5.1.1", "5.1.1 The email account that you tried to reach does not exist"),
    ("bounce", 552, "5.2.2", "5.2.2 The mailbox is full"),
    ("suppress-bounce", 605, "", "Not delivering to previously bounced address"),
    ("old", 602, "", "Too old"),
)
_DELAYS = (
    ("greylisted", 450, "4.7.1", "Recipient address rejected: Greylisted"),
    ("generic", 498, "", "No MX for example.com"),
)
_AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"


def sample_request(event_type: str, secret: str, now: datetime, seed: int, url: str) -> InboundRequest:
    """The same for the same arguments. Raises InvalidRequest for an event type that Mailgun does not have."""
    if event_type not in {one.type for one in EVENT_TYPES}:
        raise InvalidRequest(f"There is no event “{event_type[:60]}”.", field="event_type")
    chance = random.Random(f"{event_type} {seed}")  # noqa: S311 - variety, nothing secret
    token = hashlib.sha256(f"{event_type} {seed} {now.isoformat()}".encode()).hexdigest()[:50]
    timestamp = str(int(now.timestamp()))
    signature = sign_hmac((timestamp + token).encode(), secret)
    event = sample_event(event_type, now, chance)
    event["id"] = hashlib.sha256(f"id {event_type} {seed} {now.isoformat()}".encode()).hexdigest()[:22]
    body = {"signature": {"token": token, "timestamp": timestamp, "signature": signature}, "event-data": event}
    return InboundRequest(
        method="POST",
        url=url,
        headers={"content-type": "application/json", "user-agent": "Go-http-client/1.1 (sandbox)"},
        query={},
        body=json.dumps(body, separators=(",", ":")).encode(),
    )


def sample_event(event_type: str, now: datetime, chance: random.Random) -> dict[str, Any]:
    at = now - timedelta(seconds=chance.randint(1, 240))
    recipient = f"{chance.choice(_PEOPLE)}{chance.randint(1, 99)}@example.com"
    number = chance.randint(10**9, 10**10 - 1)
    event: dict[str, Any] = {
        "event": event_type,
        "timestamp": at.timestamp(),
        "log-level": "info",
        "recipient": recipient,
        "recipient-domain": "example.com",
        "tags": [chance.choice(("transactional", "newsletter"))],
        "user-variables": {},
        "flags": {"is-routed": False, "is-authenticated": True, "is-system-test": False, "is-test-mode": False},
        "message": {
            "headers": {
                "to": recipient,
                "from": f"Example Studio <hello@{DOMAIN}>",
                "subject": chance.choice(_SUBJECTS),
                "message-id": f"{at:%Y%m%d%H%M%S}.{number}@{DOMAIN}",
            },
            "attachments": [],
            "size": chance.randint(800, 60_000),
        },
    }
    make = _EXTRA.get(event_type)
    return event | make(chance) if make else event


def _delivery(chance: random.Random) -> dict[str, Any]:
    return {
        "delivery-status": {
            "code": 250,
            "message": "OK",
            "description": "",
            "attempt-no": 1,
            "mx-host": "mx.example.com",
            "tls": True,
        }
    }


def _failure(chance: random.Random, severity: str, kinds: tuple[tuple[str, int, str, str], ...]) -> dict[str, Any]:
    reason, code, enhanced, message = chance.choice(kinds)
    status: dict[str, Any] = {"code": code, "message": message, "description": "", "attempt-no": 1}
    if enhanced:
        status["enhanced-code"] = enhanced
    if severity == "temporary":
        status["retry-seconds"] = 600
    level = "warn" if severity == "temporary" else "error"
    return {"event": "failed", "severity": severity, "reason": reason, "log-level": level, "delivery-status": status}


def _reader(chance: random.Random) -> dict[str, Any]:
    return {
        "ip": f"192.0.2.{chance.randint(1, 254)}",
        "geolocation": {"country": "DE", "region": "BE", "city": "Berlin"},
        "client-info": {
            "client-type": "browser",
            "client-os": "macOS",
            "device-type": "desktop",
            "client-name": "Safari",
            "user-agent": _AGENT,
        },
    }


def _click(chance: random.Random) -> dict[str, Any]:
    return {**_reader(chance), "url": f"https://www.example.com/{chance.choice(('invoice', 'offers', 'account'))}"}


_EXTRA: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "delivered": _delivery,
    "temporary_fail": lambda chance: _failure(chance, "temporary", _DELAYS),
    "permanent_fail": lambda chance: _failure(chance, "permanent", _BOUNCES),
    "opened": _reader,
    "clicked": _click,
    "unsubscribed": _reader,
}
