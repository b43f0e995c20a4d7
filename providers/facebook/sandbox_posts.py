"""The stand-in's posts, photos, videos, comments and figures."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from .sandbox_people import FIRST, PAGES
from .sandbox_store import Call, Refusal, State, gone, next_number, page, remember, stamp

PIECE = 1_000_000
"""How much of a video is asked for at a time."""

_DUPLICATE = 506
_FIGURES = frozenset(
    {"page_media_view", "page_total_media_view_unique", "page_follows", "page_post_engagements", "page_views_total"}
    | {"post_media_view", "post_total_media_view_unique", "post_clicks"}
)
_SEEDS = ("We bake again from Monday", "Our new opening hours", "Thank you for 1,000 followers")
_REMARKS = ("Congratulations!", "Do you also deliver?", "See you on Saturday")


def seed(state: State, now: datetime) -> None:
    if "posts" in state:
        return
    state["posts"], state["comments"] = {}, {}
    for number, words in enumerate(_SEEDS):
        made = stamp(now - timedelta(days=len(_SEEDS) - number))
        post = _keep(state, FIRST, {"message": words, "created_time": made, "is_published": True})
    for remark in _REMARKS:
        _comment(state, post["id"], remark, "Grace Sample", stamp(now))


def _keep(state: State, page_id: str, post: dict[str, Any]) -> dict[str, Any]:
    number = f"{page_id}_{next_number(state)}"
    made = {"id": number, "permalink_url": f"https://www.facebook.com/{number.replace('_', '/posts/')}", **post}
    remember(state["posts"], number, made)
    return made


def _owner(post_id: str) -> str:
    return post_id.partition("_")[0]


# ---------------------------------------------------------------------------------------------------------- posts


def create_post(call: Call, page_id: str) -> Any:
    call.need_page(page_id, "pages_manage_posts")
    if not any(one.endswith("CREATE_CONTENT") for one in PAGES[page_id][1]):
        raise Refusal(200, "(#200) The user hasn't the CREATE_CONTENT task on this Page.", status=403)
    words, link = call.value("message"), call.value("link")
    attached = [one.get("media_fbid") for one in json.loads(call.value("attached_media") or "[]")]
    if not (words or link or attached):
        raise Refusal(100, "(#100) Requires one of the params: message, link, attached_media")
    photos = call.state.setdefault("photos", {})
    if any(one not in photos for one in attached):
        raise Refusal(100, "(#100) The photo is not there.")
    newest: dict[str, Any] = next(
        (one for one in reversed(list(_of(call.state, page_id))) if one["is_published"]), {}
    )
    timing = _timing(call)
    if words and not timing and words == newest.get("message") and not (link or attached):
        raise Refusal(_DUPLICATE, "(#506) Duplicate status message")
    post = {"created_time": call.time(), "is_published": call.value("published") != "false", **timing}
    post |= {"message": words} if words else {}
    shown = [{"url": link, "unshimmed_url": link}] if link else [{"url": photos[one]} for one in attached]
    post |= {"attachments": {"data": shown}} if shown else {}
    return {"id": _keep(call.state, page_id, post)["id"]}


def _timing(call: Call) -> dict[str, Any]:
    told = call.value("scheduled_publish_time")
    if not told:
        return {}
    if not told.isdecimal() or call.value("published") != "false":
        raise Refusal(100, "(#100) You must send published=false and a unix time to schedule.")
    ahead = datetime.fromtimestamp(int(told), UTC) - call.now
    if not timedelta(minutes=10) <= ahead <= timedelta(days=30):
        raise Refusal(100, "(#100) The specified scheduled publish time is invalid.")
    return {"scheduled_publish_time": int(told)}


def list_posts(call: Call, page_id: str) -> Any:
    call.need_page(page_id, "pages_read_engagement")
    return page(call, [one for one in reversed(_of(call.state, page_id)) if one["is_published"]])


def list_scheduled(call: Call, page_id: str) -> Any:
    call.need_page(page_id, "pages_read_engagement")
    return page(call, [one for one in _of(call.state, page_id) if "scheduled_publish_time" in one])


def _of(state: State, page_id: str) -> list[dict[str, Any]]:
    return [one for number, one in state["posts"].items() if _owner(number) == page_id]


def publish_due(state: State, now: datetime) -> None:
    """What was scheduled for until now goes out."""
    for post in state["posts"].values():
        if post.get("scheduled_publish_time", now.timestamp() + 1) <= now.timestamp():
            post["created_time"] = stamp(datetime.fromtimestamp(post.pop("scheduled_publish_time"), UTC))
            post["is_published"] = True


def get_node(call: Call, number: str) -> Any:
    videos = call.state.get("videos", {})
    if number in videos:
        return {"id": number, "from": {"id": videos[number]["page"]}, "post_id": videos[number]["post_id"]}
    if number in PAGES:
        return {"id": number, "name": PAGES[number][0]}
    post = call.state["posts"].get(number)
    if post is None:
        raise gone(number)
    call.need_page(_owner(number), "pages_read_engagement")
    said = len(call.state["comments"].get(number, {}))
    first = post["message"] == _SEEDS[0] if "message" in post else False
    return {
        **post,
        "reactions": {"data": [], "summary": {"total_count": 12 if first else 0}},
        "comments": {"data": [], "summary": {"total_count": said}},
        **({"shares": {"count": 3}} if first else {}),
    }


def delete_node(call: Call, number: str) -> Any:
    if number not in call.state["posts"]:
        raise gone(number)
    call.need_page(_owner(number), "pages_manage_posts")
    del call.state["posts"][number]
    return {"success": True}


# ------------------------------------------------------------------------------------------------ photos and videos


def upload_photo(call: Call, page_id: str) -> Any:
    call.need_page(page_id, "pages_manage_posts")
    if not call.files.get("source") and not call.value("url"):
        raise Refusal(324, "(#324) Requires upload file")
    number = next_number(call.state)
    remember(call.state.setdefault("photos", {}), number, f"https://www.facebook.com/photo/?fbid={number}")
    if call.value("published") == "false":
        return {"id": number}
    post = {"created_time": call.time(), "is_published": True, "message": call.value("message")}
    return {"id": number, "post_id": _keep(call.state, page_id, post)["id"]}


def upload_video(call: Call, page_id: str) -> Any:
    call.need_page(page_id, "pages_manage_posts")
    phase = call.value("upload_phase")
    if phase == "start":
        return _start(call, page_id)
    upload = call.state.get("uploads", {}).get(call.value("upload_session_id"))
    if upload is None or upload["page"] != page_id:
        raise Refusal(6000, "There was a problem uploading your video file.", subcode=1363037)
    if phase == "transfer":
        chunk = call.files.get("video_file_chunk", b"")
        if call.value("start_offset") != str(upload["got"]) or not chunk:
            raise Refusal(6000, "There was a problem uploading your video file.", subcode=1363037)
        upload["got"] = min(upload["got"] + len(chunk), upload["size"])
        return _offsets(upload)
    if phase != "finish" or upload["got"] < upload["size"]:
        raise Refusal(6000, "The video file is not complete.", subcode=1363037)
    words, timing = call.value("description"), _timing(call)
    post = {"created_time": call.time(), "is_published": not timing, "message": words, **timing}
    made = _keep(call.state, page_id, post)
    video = {
        "page": page_id,
        "post_id": made["id"].partition("_")[2],
        "description": words,
        "at": call.time(),
        **timing,
    }
    remember(call.state.setdefault("videos", {}), upload["video"], video)
    del call.state["uploads"][call.value("upload_session_id")]
    return {"success": True}


def _start(call: Call, page_id: str) -> Any:
    size = int(call.value("file_size") or 0)
    if size <= 0:
        raise Refusal(100, "(#100) The parameter file_size is required")
    session, video = next_number(call.state), next_number(call.state)
    upload = {"page": page_id, "size": size, "got": 0, "video": video}
    remember(call.state.setdefault("uploads", {}), session, upload)
    return {"upload_session_id": session, "video_id": video, **_offsets(upload)}


def _offsets(upload: dict[str, Any]) -> dict[str, str]:
    end = min(upload["got"] + PIECE, upload["size"])
    return {"start_offset": str(upload["got"]), "end_offset": str(end)}


def list_videos(call: Call, page_id: str) -> Any:
    call.need_page(page_id, "pages_read_engagement")
    listed = [
        {"id": number, "description": one["description"], "created_time": one["at"], "post_id": one["post_id"]}
        for number, one in reversed(call.state.get("videos", {}).items())
        if one["page"] == page_id
    ]
    return page(call, listed)


# ------------------------------------------------------------------------------------------- comments and figures


def list_comments(call: Call, post_id: str) -> Any:
    if post_id not in call.state["posts"]:
        raise gone(post_id)
    call.need_page(_owner(post_id), "pages_read_user_content")
    return page(call, list(call.state["comments"].get(post_id, {}).values()))


def create_comment(call: Call, post_id: str) -> Any:
    if post_id not in call.state["posts"]:
        raise gone(post_id)
    call.need_page(_owner(post_id), "pages_manage_engagement")
    if not call.value("message"):
        raise Refusal(100, "(#100) The parameter message is required")
    return {"id": _comment(call.state, post_id, call.value("message"), PAGES[_owner(post_id)][0], call.time())}


def _comment(state: State, post_id: str, words: str, author: str, made: str) -> str:
    number = f"{post_id.partition('_')[2]}_{next_number(state)}"
    comment = {"id": number, "message": words, "created_time": made, "from": {"id": "1", "name": author}}
    remember(state["comments"].setdefault(post_id, {}), number, comment)
    return number


def insights(call: Call, number: str) -> Any:
    if number not in PAGES and number not in call.state["posts"]:
        raise gone(number)
    call.need_page(_owner(number), "read_insights")
    period, found = call.value("period"), []
    for name in call.value("metric").split(","):
        if name not in _FIGURES or name.startswith("page_") != (number in PAGES):
            raise Refusal(100, "(#100) The value must be a valid insights metric")
        days = 1 if period == "lifetime" else 7
        values = [
            {"value": _figure(name, day), **({"end_time": call.time()} if days > 1 else {})} for day in range(days)
        ]
        found.append({"id": f"{number}/insights/{name}/{period}", "name": name, "period": period, "values": values})
    return {"data": found}


def _figure(name: str, day: int) -> int:
    return 1204 + day if name == "page_follows" else len(name) * 10 + day
