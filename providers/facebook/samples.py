"""Believable deliveries for the sandbox: every event type, varied by seed, signed as Facebook signs."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from providers.kit.contract import InboundRequest
from providers.kit.errors import InvalidRequest

from .signed_request import sign_request
from .webhooks import DEAUTHORIZE, EVENT_TYPES, FORM, SIGNATURE, sign_delivery

PAGE = "102030405060708"
_PEOPLE = ("Ada Example", "Grace Sample", "Alan Beispiel", "Zoë Müller")
_REMARKS = ("Do you also deliver?", "That looks great!", "When do you open on Sunday?", "Schön, bis morgen!")
_POSTS = ("Our new opening hours", "Fresh bread from seven o'clock", "Thank you for 1,000 followers")


def sample_request(event_type: str, secret: str, now: datetime, seed: int, url: str) -> InboundRequest:
    """A signed delivery of one event, the same for the same arguments. Raises InvalidRequest for an unknown type."""
    if event_type not in {one.type for one in EVENT_TYPES}:
        raise InvalidRequest(f"Facebook has no event “{event_type}”.", field="event_type")
    chance = random.Random(f"{event_type} {seed} {now.isoformat()}")  # noqa: S311 - variety, nothing secret
    happened = int((now - timedelta(seconds=chance.randint(2, 300))).timestamp())
    if event_type == DEAUTHORIZE:
        said = {"user_id": str(_number(chance)), "issued_at": happened, "expires": happened + 3600}
        form = urlencode({"signed_request": sign_request(said, secret)}).encode()
        return InboundRequest(method="POST", url=url, headers={"content-type": FORM}, query={}, body=form)
    entry: dict[str, Any] = {"id": PAGE, "time": happened}
    if event_type == "messages":
        entry["messaging"] = [_message(chance, happened)]
    else:
        entry["changes"] = [{"field": event_type, "value": _value(event_type, chance, happened)}]
    raw = json.dumps({"object": "page", "entry": [entry]}, separators=(",", ":")).encode()  # \uXXXX, as Facebook
    headers = {"content-type": "application/json", SIGNATURE: sign_delivery(raw, secret)}
    return InboundRequest(method="POST", url=url, headers=headers, query={}, body=raw)


def _value(event_type: str, chance: random.Random, happened: int) -> dict[str, Any]:
    person = {"id": str(_number(chance)), "name": chance.choice(_PEOPLE)}
    post = f"{PAGE}_{_number(chance)}"
    if event_type == "leadgen":
        return {
            "leadgen_id": str(_number(chance)),
            "page_id": PAGE,
            "form_id": str(_number(chance)),
            "created_time": happened,
        }
    if event_type == "ratings":
        return {
            "reviewer_id": person["id"],
            "reviewer_name": person["name"],
            "recommendation_type": chance.choice(("POSITIVE", "NEGATIVE")),
            "review_text": chance.choice(_REMARKS),
            "item": "rating",
            "verb": "add",
            "created_time": happened,
        }
    made = {"from": person, "post_id": post, "verb": "add", "created_time": happened}
    if event_type == "mention":
        return {**made, "item": "post", "message": chance.choice(_REMARKS)}
    kind = chance.choice(("comment", "reaction", "status"))
    if kind == "reaction":
        return {**made, "item": kind, "reaction_type": chance.choice(("like", "love", "wow")), "parent_id": post}
    if kind == "comment":
        number = f"{post.partition('_')[2]}_{_number(chance)}"
        return {**made, "item": kind, "comment_id": number, "parent_id": post, "message": chance.choice(_REMARKS)}
    return {**made, "item": kind, "published": 1, "message": chance.choice(_POSTS)}


def _message(chance: random.Random, happened: int) -> dict[str, Any]:
    return {
        "sender": {"id": str(_number(chance))},
        "recipient": {"id": PAGE},
        "timestamp": happened * 1000,
        "message": {"mid": f"m_{chance.getrandbits(64):016x}", "text": chance.choice(_REMARKS)},
    }


def _number(chance: random.Random) -> int:
    return chance.randint(10**14, 10**15)
