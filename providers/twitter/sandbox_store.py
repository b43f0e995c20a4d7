"""What the stand-in's parts share: X's error shapes, keys, ids, times, pages and what is there at the start."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .samples import ACCOUNT

State = dict[str, Any]
Answer = tuple[int, dict[str, Any]]

MAX_KEPT = 500
"""Objects kept of each kind; the oldest are dropped so that a sandbox left running stays small."""

PROBLEMS = "https://api.x.com/2/problems"
OTHER = {"id": "1500000000000000001", "username": "ada_example", "name": "Ada Lovelace"}
"""Somebody else, who answers."""
USERS = {one["id"]: one for one in (ACCOUNT, OTHER)}

_FIRST_ID = 1_990_000_000_000_000_000
_TOKEN_PREFIX = "sandboxpage"  # a place in a list, not a secret


class Refusal(Exception):
    """An error answer: a problem, or the old shape where `code` is given."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        kind: str = "",
        code: int = 0,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.kind = kind
        self.code = code
        self.headers = dict(headers or {})
        self.more = more

    def body(self) -> dict[str, Any]:
        if self.code:
            return {"errors": [{"code": self.code, "message": self.detail}]}
        kind = f"{PROBLEMS}/{self.kind}" if self.kind else "about:blank"
        return {"title": self.title, "detail": self.detail, "type": kind, "status": self.status, **self.more}


def unauthorized() -> Refusal:
    return Refusal(401, "Unauthorized", "Unauthorized")


def forbidden(detail: str) -> Refusal:
    return Refusal(403, "Forbidden", detail)


def invalid(detail: str, **more: Any) -> Refusal:
    return Refusal(400, "Invalid Request", detail, kind="invalid-request", **more)


def missing(kind: str, object_id: str) -> Refusal:
    return Refusal(
        404,
        "Not Found Error",
        f"Could not find {kind} with id: [{object_id[:40]}].",
        kind="resource-not-found",
        resource_type=kind,
        resource_id=object_id[:40],
    )


def next_id(state: State) -> str:
    """A number that grows, as X's are; the same sequence in every fresh sandbox."""
    state["counter"] = state.get("counter", 0) + 1
    return str(_FIRST_ID + state["counter"])


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def read_stamp(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise invalid(f"The time [{value[:40]}] is not a valid RFC 3339 date-time.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def remember(items: dict[str, Any], object_id: str, item: Any) -> None:
    items[object_id] = item
    while len(items) > MAX_KEPT:
        del items[next(iter(items))]


def json_object(request: SandboxRequest) -> dict[str, Any]:
    """The body as an object. Raises Refusal 400 for anything else."""
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise invalid("The request body is not a JSON object.")
    return body


def one_of(query: Mapping[str, list[str]], name: str, default: str = "") -> str:
    return query.get(name, [default])[-1]


def names_in(query: Mapping[str, list[str]], name: str) -> set[str]:
    return {one for one in one_of(query, name).split(",") if one}


def page(
    items: Sequence[dict[str, Any]],
    query: Mapping[str, list[str]],
    *,
    smallest: int,
    largest: int,
    default: int,
    token_name: str = "pagination_token",  # a parameter's name
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """(the items of this page, `meta`). `items` are newest first and have growing numbers as ids."""
    raw = one_of(query, "max_results", str(default))
    if not raw.isdecimal() or not smallest <= int(raw) <= largest:
        raise invalid(
            f"The `max_results` query parameter value [{raw[:20]}] is not between {smallest} and {largest}."
        )
    token = one_of(query, token_name)
    if token:
        if not token.startswith(_TOKEN_PREFIX) or not token[len(_TOKEN_PREFIX) :].isdecimal():
            raise invalid(f"The `{token_name}` query parameter value is not valid.")
        items = [one for one in items if int(one["id"]) < int(token[len(_TOKEN_PREFIX) :])]
    chosen = list(items[: int(raw)])
    meta: dict[str, Any] = {"result_count": len(chosen)}
    if chosen:
        meta |= {"newest_id": chosen[0]["id"], "oldest_id": chosen[-1]["id"]}
    if len(items) > len(chosen):
        meta["next_token"] = f"{_TOKEN_PREFIX}{chosen[-1]['id']}"
    return chosen, meta


_AT_FIRST = (
    ("We are on X now. Say hello!", 40, 5210, 61, 12, 4),
    ("Our spring catalogue is here", 26, 3900, 44, 9, 3),
    ("How a chair is made, in four steps", 19, 8120, 120, 31, 11),
    ("New in the shop: blue chairs", 12, 2740, 25, 4, 2),
    ("We open at nine on Saturday", 6, 1530, 12, 1, 1),
    ("Thank you for 2,000 followers ☕", 3, 4480, 87, 6, 5),
    ("Ask us anything about oak", 1, 990, 14, 2, 3),
)


def seed(state: State, now: datetime) -> None:
    """An account with some posts, and replies to the newest one. A state that has posts is left as it is."""
    if "posts" in state:
        return
    for name in ("posts", "media", "webhooks", "subscriptions", "tokens", "codes", "windows"):
        state.setdefault(name, {})
    state.setdefault("refresh_tokens", {})
    newest = ""
    for words, days, views, likes, reposts, replies in _AT_FIRST:
        metrics = {"impression_count": views, "like_count": likes, "repost_count": reposts, "reply_count": replies}
        newest = add_post(state, ACCOUNT["id"], words, now - timedelta(days=days), metrics=metrics)["id"]
    for number in range(1, 13):
        words = f"@{ACCOUNT['username']} Question {number}: do you ship to Norway?"
        add_post(state, OTHER["id"], words, now - timedelta(hours=20, minutes=-number), reply_to=newest)


def add_post(
    state: State,
    author_id: str,
    words: str,
    made: datetime,
    *,
    reply_to: str = "",
    metrics: Mapping[str, int] | None = None,
    entities: Mapping[str, Any] | None = None,
    written: str = "",
    post_id: str = "",
) -> dict[str, Any]:
    post_id = post_id or next_id(state)
    parent = state["posts"].get(reply_to, {})
    post = {
        "id": post_id,
        "text": words,
        "written": written or words,
        "author_id": author_id,
        "created_at": stamp(made),
        "conversation_id": parent.get("conversation_id", post_id),
        "reply_to": reply_to,
        "entities": dict(entities or {}),
        "metrics": {
            **dict.fromkeys(("repost_count", "reply_count", "like_count", "quote_count", "bookmark_count"), 0),
            "impression_count": 0,
            **(metrics or {}),
        },
    }
    if parent and not metrics:
        parent["metrics"]["reply_count"] += 1
    remember(state["posts"], post_id, post)
    return post
