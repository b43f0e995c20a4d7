"""Files of a post: LinkedIn is asked for a place, the bytes go there, and the place's URN goes into the post.

Images and documents go in one piece, videos in the pieces that LinkedIn names, each confirmed by its ETag.
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/images-api, …/videos-api,
…/documents-api

Nothing is visible before the post itself, so that an upload whose answer is lost is simply done anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from providers.kit.contract import Connection
from providers.kit.errors import OutcomeUnknown, Unavailable
from providers.kit.http import Answer, Retry
from providers.kit.vocabulary.social import Media, MediaKind

from .client import Client
from .errors import error_from
from .shapes import count, json_object, mapping, objects, text, unreadable

_SECONDS = 120.0
"""For one piece: a large file takes longer than a question."""

_PLACES = {MediaKind.IMAGE: "image", MediaKind.GIF: "image", MediaKind.VIDEO: "video", MediaKind.DOCUMENT: "document"}


class Uploads:
    """Puts files where LinkedIn wants them."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self._connection = connection
        self._client = client

    def upload(self, owner: str, media: Media) -> str:
        """The URN of the file, owned by the author of the post. Raises ProviderError; never OutcomeUnknown."""
        try:
            return self._video(owner, media) if media.kind is MediaKind.VIDEO else self._whole(owner, media)
        except OutcomeUnknown as error:
            raise Unavailable(
                "LinkedIn did not confirm that the file arrived. Nothing was published.",
                fix="Try again in a few minutes.",
                code=error.code,
                status=error.status,
                detail=error.detail,
            ) from error

    def _whole(self, owner: str, media: Media) -> str:
        name = _PLACES[media.kind]
        place = self._begin(f"{name}s", {"owner": owner})
        urn = _urn(place, name)
        self._put(text(place.get("uploadUrl")), media.content)
        return urn

    def _video(self, owner: str, media: Media) -> str:
        size = len(media.content)
        place = self._begin(
            "videos",
            {"owner": owner, "fileSizeBytes": size, "uploadCaptions": False, "uploadThumbnail": False},
        )
        urn = _urn(place, "video")
        parts = []
        for first, last, address in _pieces(place, size):
            tag = self._put(address, media.content[first : last + 1]).headers.get("ETag")
            if not tag:
                raise unreadable("a piece of the video was taken without an ETag")
            parts.append(tag)
        finish = {"video": urn, "uploadToken": text(place.get("uploadToken")), "uploadedPartIds": parts}
        self._client.media_action("videos", "finalizeUpload", {"finalizeUploadRequest": finish})
        return urn

    def _begin(self, kind: str, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = self._client.media_action(kind, "initializeUpload", {"initializeUploadRequest": wanted})
        return mapping(json_object(answer).get("value"))

    def _put(self, address: str, content: bytes) -> Answer:
        """Sends bytes to where LinkedIn says. The token goes along only to LinkedIn's own hosts."""
        if host_of(address) == "":
            raise unreadable("no address to upload to")
        token = self._client.access.token().access_token
        headers = {"Content-Type": "application/octet-stream"}
        if is_own_host(address):
            headers["Authorization"] = f"Bearer {token}"
        answer: Answer = self._client.access.plain_door.bound(secrets=(token,)).request(
            "PUT",
            self._connection.address(address),
            operation="upload file",
            data=content,
            headers=headers,
            retry=Retry.SAFE,
            timeout=_SECONDS,
            expect=(429,),
        )
        if not answer.ok:
            raise error_from(answer)
        return answer


def is_own_host(address: str) -> bool:
    """Whether an address is LinkedIn's, by an encrypted way."""
    host = host_of(address)
    return address.startswith("https://") and (host == "linkedin.com" or host.endswith(".linkedin.com"))


def host_of(address: str) -> str:
    """The host of an address, "" for what is none. A name before an @ or after a backslash fools nobody."""
    try:
        parts = urlsplit(address)
        return "" if "@" in parts.netloc or "\\" in address else (parts.hostname or "")
    except ValueError:
        return ""


def _urn(place: Mapping[str, Any], name: str) -> str:
    urn = text(place.get(name))
    if not urn.startswith(f"urn:li:{name}:"):
        raise unreadable(f"no urn of the {name}")
    return urn


def _pieces(place: Mapping[str, Any], size: int) -> list[tuple[int, int, str]]:
    """(first byte, last byte, address) of each piece, in order. Raises UnexpectedResponse where one is missing."""
    pieces = []
    expected = 0
    for one in objects(place.get("uploadInstructions")):
        first, last, address = count(one.get("firstByte")), count(one.get("lastByte")), text(one.get("uploadUrl"))
        if first is None or last is None or first != expected or not first <= last < size:
            raise unreadable("the pieces of the video do not fit together")
        pieces.append((first, last, address))
        expected = last + 1
    if expected != size:
        raise unreadable("the pieces of the video do not cover it")
    return pieces
