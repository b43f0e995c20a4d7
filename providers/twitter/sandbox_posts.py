"""The stand-in's account and posts: create, delete, list, look up, search. Nothing is published anywhere."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .answers import identifier, mapping
from .samples import ACCOUNT
from .sandbox_store import (
    PROBLEMS,
    USERS,
    Answer,
    State,
    add_post,
    forbidden,
    invalid,
    json_object,
    missing,
    names_in,
    next_id,
    one_of,
    page,
    read_stamp,
)
from .weight import MAX_LENGTH, links_in, measure

EMAIL = "hello@example.com"
_SEARCH_REACHES = timedelta(days=7)
_OWN_FIGURES_LAST = timedelta(days=30)
_QUERY = re.compile(r"(in_reply_to_tweet_id|conversation_id):([0-9]{1,19})")


def me(state: State, request: SandboxRequest, now: datetime) -> Answer:
    wanted = names_in(request.query, "user.fields")
    more: dict[str, Any] = {
        "created_at": "2021-10-06T22:34:51.000Z",
        "profile_image_url": "https://pbs.twimg.com/profile_images/1/example_normal.jpg",
        "protected": False,
        "verified_type": "none",
        "public_metrics": {
            "followers_count": 2041,
            "following_count": 180,
            "post_count": sum(one["author_id"] == ACCOUNT["id"] for one in state["posts"].values()),
            "listed_count": 12,
        },
        "confirmed_email": EMAIL,
    }
    if "users.email" not in request.headers.get("x-sandbox-scopes", ""):
        del more["confirmed_email"]
    return 200, {"data": {**ACCOUNT, **{name: value for name, value in more.items() if name in wanted}}}


def create(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    words, media_ids = _checked(state, body)
    reply_to = mapping(body.get("reply")).get("in_reply_to_tweet_id", "")
    if reply_to and reply_to not in state["posts"]:
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    if any(one["author_id"] == ACCOUNT["id"] and one["written"] == words for one in state["posts"].values() if words):
        raise forbidden("You are not allowed to create a Tweet with duplicate content.")
    post_id = next_id(state)
    shown, urls = _shortened(state, words)
    if media_ids:
        kind = "photo" if state["media"][media_ids[0]]["category"] == "tweet_image" else "video"
        short = _short_link(state)
        own = f"https://x.com/{ACCOUNT['username']}/status/{post_id}/{kind}/1"
        shown = f"{shown} {short}".strip()
        urls.append({"start": 0, "end": len(short), "url": short, "expanded_url": own, "display_url": "pic.x.com"})
    post = add_post(
        state,
        ACCOUNT["id"],
        shown,
        now,
        reply_to=reply_to,
        entities={"urls": urls} if urls else {},
        written=words,
        post_id=post_id,
    )
    return 201, {"data": {"id": post_id, "text": post["text"], "edit_history_post_ids": [post_id]}}


def delete(state: State, request: SandboxRequest, now: datetime, post_id: str) -> Answer:
    post = state["posts"].get(post_id)
    if post is None:
        raise missing("tweet", post_id)
    if post["author_id"] != ACCOUNT["id"]:
        raise forbidden("You are not authorized to delete this Tweet.")
    del state["posts"][post_id]
    return 200, {"data": {"deleted": True}}


def timeline(state: State, request: SandboxRequest, now: datetime, user_id: str) -> Answer:
    if user_id not in USERS:
        problem = missing("user", user_id).body()
        return 200, {"errors": [{name: value for name, value in problem.items() if name != "status"}]}
    start = one_of(request.query, "start_time")
    since = read_stamp(start) if start else datetime.min.replace(tzinfo=UTC)
    found = [
        one for one in _newest_first(state) if one["author_id"] == user_id and read_stamp(one["created_at"]) >= since
    ]
    chosen, meta = page(found, request.query, smallest=5, largest=100, default=10)
    return 200, _listed(chosen, meta, request)


def lookup(state: State, request: SandboxRequest, now: datetime) -> Answer:
    """Posts that are gone, and figures that are not ours to see, come as `errors` beside the others."""
    ids = [one for one in one_of(request.query, "ids").split(",") if one]
    if not 1 <= len(ids) <= 100 or not all(identifier(one) for one in ids):
        raise invalid("The `ids` query parameter must hold 1 to 100 numbers.")
    data, errors = [], []
    for post_id in ids:
        post = state["posts"].get(post_id)
        if post is None:
            problem = missing("tweet", post_id).body()
            errors.append({name: value for name, value in problem.items() if name != "status"})
        elif "non_public_metrics" in names_in(request.query, "post.fields") and not _own_figures(post, now):
            errors.append(_not_for_us(post_id))
        else:
            data.append(_shown(post, request))
    return 200, {**({"data": data} if data else {}), **({"errors": errors} if errors else {})}


def search(state: State, request: SandboxRequest, now: datetime) -> Answer:
    query = one_of(request.query, "query")
    found = _QUERY.fullmatch(query.strip())
    if found is None:
        raise invalid("There were errors processing your request: the stand-in knows replies and conversations only.")
    name = {"in_reply_to_tweet_id": "reply_to", "conversation_id": "conversation_id"}[found[1]]
    hits = [
        one
        for one in _newest_first(state)
        if one[name] == found[2] and now - read_stamp(one["created_at"]) <= _SEARCH_REACHES
    ]
    chosen, meta = page(hits, request.query, smallest=10, largest=100, default=10, token_name="next_token")
    return 200, _listed(chosen, meta, request)


def _checked(state: State, body: dict[str, Any]) -> tuple[str, list[str]]:
    """(text, media ids) of a post that may be made. Raises Refusal."""
    words, media = body.get("text", ""), mapping(body.get("media"))
    media_ids = media.get("media_ids") or []
    if not isinstance(words, str) or not isinstance(media_ids, list) or (not words.strip() and not media_ids):
        raise invalid("Requires one of text or media.")
    if measure(words) > MAX_LENGTH:
        raise forbidden("Your Tweet text is too long.")
    for one in media_ids:
        if state["media"].get(one, {}).get("state") != "succeeded":
            raise invalid("Your media IDs are invalid.")
    moving = [one for one in media_ids if state["media"][one]["category"] != "tweet_image"]
    if len(media_ids) > 4 or (moving and len(media_ids) > 1):
        raise invalid("You may attach up to 4 photos, 1 animated GIF or 1 video in a Tweet. Media IDs are invalid.")
    return words, media_ids


def _shortened(state: State, words: str) -> tuple[str, list[dict[str, Any]]]:
    """The text as X keeps it: each link a short one, marks as entities; and what the links stand for."""
    urls: list[dict[str, Any]] = []
    pieces, at = [], 0
    for link in links_in(words):
        short = _short_link(state)
        pieces += [html.escape(words[at : link.start], quote=False), short]
        whole = link.url if "://" in link.url else f"http://{link.url}"
        urls.append({"start": link.start, "end": link.end, "url": short, "expanded_url": whole})
        at = link.end
    return "".join([*pieces, html.escape(words[at:], quote=False)]), urls


def _short_link(state: State) -> str:
    state["links"] = state.get("links", 0) + 1
    return f"https://t.co/sandbox{state['links']:04d}"


def _newest_first(state: State) -> list[dict[str, Any]]:
    return sorted(state["posts"].values(), key=lambda one: int(one["id"]), reverse=True)


def _own_figures(post: dict[str, Any], now: datetime) -> bool:
    return post["author_id"] == ACCOUNT["id"] and now - read_stamp(post["created_at"]) <= _OWN_FIGURES_LAST


def _not_for_us(post_id: str) -> dict[str, Any]:
    return {
        "title": "Field Authorization Error",
        "detail": f"Sorry, you are not authorized to access 'non_public_metrics' on the Tweet with id [{post_id}].",
        "type": f"{PROBLEMS}/not-authorized-for-field",
        "resource_type": "tweet",
        "resource_id": post_id,
        "section": "data",
        "field": "non_public_metrics",
    }


def _listed(chosen: list[dict[str, Any]], meta: dict[str, Any], request: SandboxRequest) -> dict[str, Any]:
    body: dict[str, Any] = {"meta": meta}
    if chosen:
        body["data"] = [_shown(one, request) for one in chosen]
    if "author_id" in names_in(request.query, "expansions"):
        body["includes"] = {"users": [USERS[one] for one in dict.fromkeys(post["author_id"] for post in chosen)]}
    return body


def _shown(post: dict[str, Any], request: SandboxRequest) -> dict[str, Any]:
    wanted = names_in(request.query, "post.fields")
    expanded = names_in(request.query, "expansions")
    shown = {"id": post["id"], "text": post["text"], "edit_history_post_ids": [post["id"]]}
    shown |= {name: post[name] for name in ("created_at", "conversation_id") if name in wanted}
    if "author_id" in expanded:
        shown["author_id"] = post["author_id"]
    if "entities" in wanted and post["entities"]:
        shown["entities"] = post["entities"]
    if "referenced_posts" in expanded and post["reply_to"]:
        shown["referenced_posts"] = [{"type": "replied_to", "id": post["reply_to"]}]
    if "public_metrics" in wanted:
        shown["public_metrics"] = post["metrics"]
    if "non_public_metrics" in wanted:
        views = post["metrics"]["impression_count"]
        shown["non_public_metrics"] = {
            "impression_count": views,
            "url_link_clicks": views // 50,
            "user_profile_clicks": views // 80,
            "engagements": views // 20,
        }
    return shown
