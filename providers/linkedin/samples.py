"""Believable deliveries for the sandbox: every event type, varied by seed, signed as LinkedIn signs."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

from providers.kit.contract import InboundRequest
from providers.kit.errors import InvalidRequest

from .webhooks import EVENT_TYPES, LEAD, SIGNATURE, SOCIAL_ACTIONS, sign_delivery

PAGE = "urn:li:organization:5515715"
_POSTS = (
    "We are hiring: two more people for the workshop",
    "Our new opening hours",
    "A look behind the scenes",
    "Thank you for 1,000 followers",
)
_REMARKS = (
    "Congratulations!",
    "Do you also ship abroad?",
    "Where can I apply?",
    "I was there, it was great",
    "Who can I write to about this?",
)
_WITH_WORDS = frozenset({"COMMENT", "ADMIN_COMMENT", "COMMENT_EDIT"})


def sample_request(event_type: str, secret: str, now: datetime, seed: int, url: str) -> InboundRequest:
    """A signed delivery of one event, the same for the same arguments. Raises InvalidRequest for an unknown type."""
    if event_type not in {one.type for one in EVENT_TYPES}:
        raise InvalidRequest(f"LinkedIn has no event “{event_type}”.", field="event_type")
    chance = random.Random(f"{event_type} {seed} {now.isoformat()}")  # noqa: S311 - variety, nothing secret
    happened = int((now - timedelta(seconds=chance.randint(2, 300))).timestamp() * 1000)
    if event_type == LEAD:
        body = _lead(chance, happened)
    else:
        body = {"type": SOCIAL_ACTIONS, "notifications": [_notification(event_type, chance, happened)]}
    raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    headers = {"content-type": "application/json", SIGNATURE: sign_delivery(raw, secret)}
    return InboundRequest(method="POST", url=url, headers=headers, query={}, body=raw)


def _notification(action: str, chance: random.Random, happened: int) -> dict[str, Any]:
    post = _number(chance)
    activity = f"urn:li:activity:{post}"
    found: dict[str, Any] = {
        "notificationId": chance.randint(10**9, 10**10),
        "organizationalEntity": PAGE,
        "action": action,
        "sourcePost": activity,
        "decoratedSourcePost": {
            "entity": f"urn:li:share:{post - 1}",
            "owner": PAGE,
            "text": chance.choice(_POSTS),
            "mediaCategory": "NONE",
        },
        "lastModifiedAt": happened,
        "subscriber": "urn:li:person:782bbtaQ",
    }
    if action in ("SHARE", "SHARE_MENTION"):
        share = f"urn:li:share:{_number(chance)}"
        found["generatedActivity"] = share
        found["decoratedGeneratedActivity"] = {
            "share": {"entity": share, "owner": _person(chance), "text": chance.choice(_REMARKS)}
        }
    elif action != "LIKE":
        number = _number(chance)
        found["generatedActivity"] = f"urn:li:comment:({activity},{number})"
        if action in _WITH_WORDS:
            comment = {"entity": found["generatedActivity"], "object": activity, "text": chance.choice(_REMARKS)}
            owner = PAGE if action == "ADMIN_COMMENT" else _person(chance)
            found["decoratedGeneratedActivity"] = {"comment": {**comment, "owner": owner}}
    return found


def _lead(chance: random.Random, happened: int) -> dict[str, Any]:
    number = chance.randint(1000, 9999)
    return {
        "type": LEAD,
        "leadGenFormResponse": f"urn:li:leadGenFormResponse:{chance.getrandbits(32):08x}-{chance.randint(1, 9)}",
        "leadGenForm": f"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:{number},1)",
        "leadType": "SPONSORED",
        "owner": {"sponsoredAccount": "urn:li:sponsoredAccount:522529623"},
        "associatedEntity": {"sponsoredCreative": "urn:li:sponsoredCreative:2"},
        "leadAction": "CREATED",
        "occurredAt": happened,
    }


def _number(chance: random.Random) -> int:
    return chance.randint(7 * 10**18, 8 * 10**18)


def _person(chance: random.Random) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "urn:li:person:" + "".join(chance.choice(letters) for _ in range(10))
