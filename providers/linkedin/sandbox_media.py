"""The stand-in's images, documents and videos: a place is asked for, bytes are put there, videos are finished."""

from __future__ import annotations

import hashlib
from typing import Any

from .sandbox_people import MEMBER_URN, may_post_as
from .sandbox_store import Call, Refusal, Reply, denied, invalid, next_number, remember

UPLOAD_HOST = "https://www.linkedin.com"
PIECE = 4 * 1024 * 1024
"""Bytes of one piece of a video, as LinkedIn cuts them."""


def start_image(call: Call) -> Reply:
    return _start_whole(call, "image")


def start_document(call: Call) -> Reply:
    return _start_whole(call, "document")


def start_video(call: Call) -> Reply:
    if call.query("action") == "finalizeUpload":
        return _finish_video(call)
    wanted = _wanted(call)
    size = wanted.get("fileSizeBytes")
    if not isinstance(size, int) or size < 1:
        raise invalid("initializeUploadRequest/fileSizeBytes", "must be the size of the file")
    urn = _place(call, "video", str(wanted["owner"]), size)
    pieces = [(first, min(first + PIECE, size) - 1) for first in range(0, size, PIECE)]
    token = f"sandbox-{urn.rpartition(':')[2]}"
    call.state["media"][urn]["token"] = token
    value = {
        "uploadUrlsExpireAt": call.milliseconds() + 86_400_000,
        "video": urn,
        "uploadInstructions": [
            {"uploadUrl": _address(call, urn, first, last), "firstByte": first, "lastByte": last}
            for first, last in pieces
        ],
        "uploadToken": token,
    }
    return Reply(body={"value": value})


def put(call: Call, key: str) -> Reply:
    """Takes the bytes. No token is needed: the address itself is the permission."""
    upload = call.state["uploads"].get(key)
    if upload is None:
        raise Refusal(404, "NOT_FOUND", "There is no such upload")
    body = call.request.body
    if not body or (upload["size"] and len(body) != upload["size"]):
        raise Refusal(400, "ILLEGAL_ARGUMENT", "The bytes do not fit the upload")
    tag = "/sandbox/" + hashlib.sha256(body).hexdigest()[:32]
    media = call.state["media"][upload["urn"]]
    media["parts"].append(tag)
    if media["kind"] != "video":
        media["status"] = "AVAILABLE"
    return Reply(status=201, headers={"etag": tag})


def get_image(call: Call, urn: str) -> Reply:
    found = call.state["media"].get(urn)
    if found is None or found["kind"] != "image":
        raise Refusal(404, "NOT_FOUND", "Could not find entity")
    return Reply(body={"id": urn, "owner": found["owner"], "status": found["status"]})


def check_ready(call: Call, urn: Any, owner: str) -> None:
    """Whether a file may stand in a post of this author. Raises Refusal 400."""
    found = call.state["media"].get(urn) if isinstance(urn, str) else None
    if found is None or found["owner"] != owner:
        raise invalid("content/media/id", "is not a file of the author")
    if found["status"] != "AVAILABLE":
        raise invalid("content/media/id", "has not been uploaded")


def _start_whole(call: Call, kind: str) -> Reply:
    if call.query("action") != "initializeUpload":
        raise Refusal(400, "ILLEGAL_ARGUMENT", "The action is not known")
    urn = _place(call, kind, str(_wanted(call)["owner"]), 0)
    expires = call.milliseconds() + 86_400_000
    return Reply(body={"value": {"uploadUrlExpiresAt": expires, "uploadUrl": _address(call, urn, 0, -1), kind: urn}})


def _finish_video(call: Call) -> Reply:
    wanted = call.json().get("finalizeUploadRequest")
    wanted = wanted if isinstance(wanted, dict) else {}
    media = call.state["media"].get(wanted.get("video"))
    if media is None or media["kind"] != "video":
        raise Refusal(404, "NOT_FOUND", "Could not find entity")
    if wanted.get("uploadToken") != media["token"] or wanted.get("uploadedPartIds") != media["parts"]:
        raise invalid("finalizeUploadRequest/uploadedPartIds", "are not those of this upload")
    media["status"] = "AVAILABLE"
    return Reply(body={})


def _wanted(call: Call) -> dict[str, Any]:
    wanted = call.json().get("initializeUploadRequest")
    owner = wanted.get("owner") if isinstance(wanted, dict) else None
    if not isinstance(wanted, dict) or not isinstance(owner, str):
        raise invalid("initializeUploadRequest/owner", "is required")
    if owner == MEMBER_URN:
        call.need("w_member_social")
    else:
        call.need("w_organization_social")
        if not may_post_as(owner):
            raise denied("upload for this owner")
    return wanted


def _place(call: Call, kind: str, owner: str, size: int) -> str:
    urn = f"urn:li:{kind}:C4E10AQ{next_number(call.state)}"
    media = {"kind": kind, "owner": owner, "status": "WAITING_UPLOAD", "parts": [], "size": size}
    remember(call.state["media"], urn, media)
    return urn


def _address(call: Call, urn: str, first: int, last: int) -> str:
    key = f"{urn.rpartition(':')[2]}-{first}"
    remember(call.state["uploads"], key, {"urn": urn, "size": last - first + 1})
    return f"{UPLOAD_HOST}/dms-uploads/sandbox/{key}?ca=vector&cn=uploads"
