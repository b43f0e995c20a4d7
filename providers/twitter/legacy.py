"""Deliveries of the Account Activity API, rewritten as the Activity API would send them.

`{"for_user_id", "<what>_events": [...], "users"}`: https://docs.x.com/x-api/account-activity/introduction
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .answers import identifier, mapping, objects, text
from .events import REVOKED

Rewritten = tuple[str, dict[str, Any]]
"""(a key that is the same when it is sent again, or "", and the event in the new form)."""


def rewritten(body: Mapping[str, Any]) -> Iterator[Rewritten]:
    """Every event of a delivery; none for a body that is of another kind."""
    account = identifier(body.get("for_user_id"))
    revoked = mapping(mapping(body.get("user_event")).get("revoke"))
    if revoked:
        yield _revoked(revoked)
    for name, kind_of in _KINDS.items():
        for item in objects(body.get(name)):
            kind, event = kind_of(item, account), {**item, **_present(item)}
            event_id = identifier(event.get("id"))
            yield (
                f"{kind}-{event_id}" if event_id else "",
                {
                    "event_type": kind,
                    "filter": {"user_id": account},
                    "payload": event,
                    "includes": {"users": list(_people(body, item))},
                },
            )


def _revoked(revoked: Mapping[str, Any]) -> Rewritten:
    user = identifier(mapping(revoked.get("source")).get("user_id"))
    payload = {"date_time": revoked.get("date_time"), "user_id": user}
    return f"{REVOKED}-{user}-{text(revoked.get('date_time'))}", {
        "event_type": REVOKED,
        "filter": {"user_id": user},
        "payload": payload,
    }


def _present(item: Mapping[str, Any]) -> dict[str, Any]:
    """The new API's names for what the old one calls otherwise."""
    status, user = mapping(item.get("status")), mapping(item.get("user"))
    found = {
        "id": identifier(item.get("id_str")) or identifier(status.get("id")) or identifier(item.get("id")),
        "author_id": identifier(user.get("id_str")) or identifier(status.get("user_id")),
        "created_at": item.get("timestamp_ms") or item.get("created_timestamp"),
    }
    if "message_create" in item:
        found["direct_message_events"] = [dict(item)]
    return {name: value for name, value in found.items() if value}


def _people(body: Mapping[str, Any], item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in (*mapping(body.get("users")).values(), item.get("user"), item.get("source"), item.get("target")):
        person = mapping(one)
        found = identifier(person.get("id_str")) or identifier(person.get("id"))
        if found:
            yield {"id": found, "username": text(person.get("screen_name")), "name": text(person.get("name"))}


def _post(item: Mapping[str, Any], account: str) -> str:
    if "retweeted_status" in item:
        return "post.repost.create"
    if identifier(mapping(item.get("user")).get("id_str")) == account:
        return "post.create"
    if identifier(item.get("in_reply_to_user_id_str")) == account:
        return "post.reply.create"
    return "post.quote.create" if "quoted_status" in item else "post.mention.create"


def _follow(item: Mapping[str, Any], account: str) -> str:
    return "follow.unfollow" if item.get("type") == "unfollow" else "follow.follow"


def _message(item: Mapping[str, Any], account: str) -> str:
    sender = identifier(mapping(item.get("message_create")).get("sender_id"))
    return "dm.sent" if sender and sender == account else "dm.received"


def _always(kind: str) -> Callable[[Mapping[str, Any], str], str]:
    return lambda item, account: kind


_KINDS: dict[str, Callable[[Mapping[str, Any], str], str]] = {
    "tweet_create_events": _post,
    "tweet_delete_events": _always("post.delete"),
    "favorite_events": _always("like.create"),
    "follow_events": _follow,
    "direct_message_events": _message,
    "direct_message_indicate_typing_events": _always("dm.indicate_typing"),
    "direct_message_mark_read_events": _always("dm.read"),
    "block_events": _always("block.block"),
    "mute_events": _always("mute.mute"),
}
