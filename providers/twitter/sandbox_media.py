"""The stand-in's uploads. Bytes are counted and dropped; videos need a look or two until they are ready.

A file that begins with the word "broken" fails while it is prepared, as one that X cannot read does.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.parser import BytesParser
from typing import Any

from providers.kit.sandbox import SandboxRequest

from .answers import mapping, text
from .sandbox_store import Answer, Refusal, State, invalid, json_object, missing, next_id, one_of, remember

BROKEN = b"broken"
_LASTS = timedelta(hours=24)
_MAX_BYTES = {"tweet_image": 5 * 1024 * 1024, "tweet_gif": 15 * 1024 * 1024, "tweet_video": 8 * 1024**3}
_ALT_TEXT = 1000


def initialize(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    category, size = body.get("media_category"), body.get("total_bytes")
    if category not in _MAX_BYTES or not isinstance(size, int) or size < 1:
        raise invalid("media_category and total_bytes are required.")
    if size > _MAX_BYTES[category]:
        raise invalid(f"File size exceeds {_MAX_BYTES[category]} bytes.")
    media_id = next_id(state)
    kept = {"category": category, "type": body.get("media_type"), "total": size, "parts": {}, "state": "open"}
    remember(state["media"], media_id, kept)
    return 200, {"data": {"id": media_id, "media_key": f"3_{media_id}", "expires_after_secs": 86400}}


def append(state: State, request: SandboxRequest, now: datetime, media_id: str) -> Answer:
    media = _found(state, media_id)
    parts = _multipart(request)
    index = parts.get("segment_index", b"").decode("ascii", "replace").strip()
    if not index.isdecimal() or int(index) > 999 or not parts.get("media"):
        raise invalid("segment_index (0 to 999) and media are required.")
    media["parts"][index] = len(parts["media"])
    if index == "0":
        media["broken"] = parts["media"].startswith(BROKEN)
    return 200, {"data": {"expires_at": int((now + _LASTS).timestamp())}}


def finalize(state: State, request: SandboxRequest, now: datetime, media_id: str) -> Answer:
    media = _found(state, media_id)
    indexes = sorted(int(one) for one in media["parts"])
    if indexes != list(range(len(indexes))) or sum(media["parts"].values()) != media["total"]:
        raise invalid("Segments do not add up to provided total file size.")
    media["state"] = "succeeded" if media["category"] == "tweet_image" and not media.get("broken") else "pending"
    return 200, {"data": _shown(media_id, media)}


def status(state: State, request: SandboxRequest, now: datetime) -> Answer:
    media_id = one_of(request.query, "media_id")
    media = _found(state, media_id)
    if media["state"] == "in_progress":
        media["state"] = "failed" if media.get("broken") else "succeeded"
    elif media["state"] == "pending":
        media["state"] = "in_progress"
    return 200, {"data": _shown(media_id, media)}


def describe(state: State, request: SandboxRequest, now: datetime) -> Answer:
    body = json_object(request)
    media_id = text(body.get("id"))
    words = text(mapping(mapping(body.get("metadata")).get("alt_text")).get("text"))
    if not 1 <= len(words) <= _ALT_TEXT:
        raise invalid(f"alt_text.text must have 1 to {_ALT_TEXT} characters.")
    _found(state, media_id)["alt_text"] = words
    return 200, {"data": {"id": media_id, "associated_metadata": {"alt_text": {"text": words}}}}


def _found(state: State, media_id: str) -> dict[str, Any]:
    media: dict[str, Any] | None = state["media"].get(media_id)
    if media is None:
        raise missing("media", media_id)
    return media


def _shown(media_id: str, media: dict[str, Any]) -> dict[str, Any]:
    shown = {"id": media_id, "media_key": f"3_{media_id}", "size": media["total"], "expires_after_secs": 86400}
    if media["category"] == "tweet_image" and not media.get("broken"):
        return shown
    percent = {"pending": 0, "in_progress": 50, "succeeded": 100, "failed": 0}[media["state"]]
    info: dict[str, Any] = {"state": media["state"], "progress_percent": percent}
    if media["state"] in ("pending", "in_progress"):
        info["check_after_secs"] = 0  # the stand-in is ready at the next look
    return {**shown, "processing_info": info}


def _multipart(request: SandboxRequest) -> dict[str, bytes]:
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise Refusal(400, "Invalid Request", "multipart/form-data is required.", kind="invalid-request")
    message = BytesParser().parsebytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + request.body)
    found: dict[str, bytes] = {}
    for one in message.get_payload() if message.is_multipart() else ():
        name = one.get_param("name", header="content-disposition")  # type: ignore[union-attr]  # parts are messages
        content = one.get_payload(decode=True)  # type: ignore[union-attr]
        if isinstance(name, str) and isinstance(content, bytes):
            found[name] = content
    return found
