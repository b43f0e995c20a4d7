"""Believable deliveries for the sandbox: every event type, varied by seed, signed as X signs.

Shapes: https://docs.x.com/x-api/activity/event-payloads
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.kit.contract import InboundRequest
from providers.kit.errors import InvalidRequest

from .events import EVENT_TYPES
from .webhooks import SIGNATURE_HEADER, sign_delivery

ACCOUNT = {"id": "1445880548472328192", "username": "ExampleStudio", "name": "Example Studio"}
"""The account that the sandbox is connected to."""

_PEOPLE = (
    ("Ada Lovelace", "ada_example"),
    ("Grace Hopper", "grace_example"),
    ("Alan Turing", "alan_example"),
    ("Katherine Johnson", "kj_example"),
    ("Radia Perlman", "radia_example"),
)
_POSTS = ("New in the shop: blue chairs", "We open at nine tomorrow", "Our autumn catalogue is here ☕")
_WORDS = (
    "Do you ship to Norway?",
    "This is lovely!",
    "When do you open on Saturday?",
    "Thank you for the quick help",
)


def sample_request(event_type: str, secret: str, now: datetime, seed: int, url: str) -> InboundRequest:
    """The delivery of such an event. Raises InvalidRequest for a type that X does not have."""
    if event_type not in {one.type for one in EVENT_TYPES}:
        raise InvalidRequest(f"There is no event “{event_type[:60]}”.", field="event_type")
    chance = random.Random(f"{event_type} {seed}")  # noqa: S311 - variety, nothing secret
    data: dict[str, Any] = {
        "event_uuid": str(2_080_000_000_000_000_000 + chance.randrange(10**15)),
        "filter": {"user_id": ACCOUNT["id"]},
        "event_type": event_type,
        "tag": event_type,
        **_PAYLOADS[event_type](chance, now),
    }
    body = json.dumps({"data": data}, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"content-type": "application/json", SIGNATURE_HEADER: sign_delivery(body, secret)}
    return InboundRequest(method="POST", url=url, headers=headers, query={}, body=body)


def _made(chance: random.Random, now: datetime) -> str:
    return (now - timedelta(seconds=chance.randint(1, 20))).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _id(chance: random.Random) -> str:
    return str(2_090_000_000_000_000_000 + chance.randrange(10**15))


def _other(chance: random.Random) -> dict[str, str]:
    name, username = chance.choice(_PEOPLE)
    return {"id": str(1_500_000_000_000_000_000 + chance.randrange(10**12)), "username": username, "name": name}


def _post(
    by_us: bool, words: tuple[str, ...], prefix: str = ""
) -> Callable[[random.Random, datetime], dict[str, Any]]:
    def make(chance: random.Random, now: datetime) -> dict[str, Any]:
        author = ACCOUNT if by_us else _other(chance)
        post_id = _id(chance)
        payload = {
            "id": post_id,
            "text": prefix + chance.choice(words),
            "author_id": author["id"],
            "created_at": _made(chance, now),
            "conversation_id": post_id,
            "edit_history_tweet_ids": [post_id],
        }
        return {"payload": payload, "includes": {"users": [author]}}

    return make


def _deleted(chance: random.Random, now: datetime) -> dict[str, Any]:
    return {"payload": {"id": _id(chance), "author_id": ACCOUNT["id"]}, "includes": {"users": [{"data": ACCOUNT}]}}


def _liked(chance: random.Random, now: datetime) -> dict[str, Any]:
    payload = {
        "id": f"{chance.getrandbits(128):032x}",
        "created_at": _made(chance, now),
        "timestamp_ms": str(int(now.timestamp() * 1000)),
        "liked_tweet_author_id": ACCOUNT["id"],
        "liked_tweet_id": _id(chance),
    }
    return {"payload": payload, "includes": {"users": [ACCOUNT]}}


def _followed(chance: random.Random, now: datetime) -> dict[str, Any]:
    return {"payload": {"source": {"data": _other(chance)}, "target": {"data": ACCOUNT}}}


def _message(by_us: bool) -> Callable[[random.Random, datetime], dict[str, Any]]:
    def make(chance: random.Random, now: datetime) -> dict[str, Any]:
        other = _other(chance)
        sender, recipient = (ACCOUNT, other) if by_us else (other, ACCOUNT)
        event = {
            "type": "message_create",
            "id": _id(chance),
            "created_timestamp": str(int(now.timestamp() * 1000)),
            "message_create": {
                "target": {"recipient_id": recipient["id"]},
                "sender_id": sender["id"],
                "message_data": {"text": chance.choice(_WORDS)},
            },
        }
        users = {one["id"]: {"data": one} for one in (sender, recipient)}
        return {"payload": {"direct_message_events": [event], "users": users}}

    return make


def _changed(before: str, after: str) -> Callable[[random.Random, datetime], dict[str, Any]]:
    return lambda chance, now: {"payload": {"before": before, "after": after}}


def _revoked(chance: random.Random, now: datetime) -> dict[str, Any]:
    payload = {"date_time": now.astimezone(UTC).isoformat(), "user_id": ACCOUNT["id"], "app_id": "29820954"}
    return {"payload": payload, "filter": {}}


_PICTURES = "https://pbs.twimg.com/profile_images"
_PAYLOADS: dict[str, Callable[[random.Random, datetime], dict[str, Any]]] = {
    "post.create": _post(True, _POSTS),
    "post.delete": _deleted,
    "post.mention.create": _post(False, _WORDS, "@ExampleStudio "),
    "post.reply.create": _post(False, _WORDS, "@ExampleStudio "),
    "post.quote.create": _post(False, _WORDS),
    "post.repost.create": _post(False, _POSTS, "RT @ExampleStudio: "),
    "like.create": _liked,
    "follow.follow": _followed,
    "follow.unfollow": _followed,
    "dm.received": _message(by_us=False),
    "dm.sent": _message(by_us=True),
    "profile.update.bio": _changed("Chairs and tables", "Chairs, tables and lamps"),
    "profile.update.screenname": _changed("Example", "Example Studio"),
    "profile.update.handle": _changed("ExampleShop", "ExampleStudio"),
    "profile.update.profile_picture": _changed(f"{_PICTURES}/1/old.jpg", f"{_PICTURES}/1/new.jpg"),
    "oauth.revoke": _revoked,
}
