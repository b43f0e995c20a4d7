"""Pictures and videos: uploaded in parts, waited for, described for people who don't see them.

initialize, append, finalize, then status until `processing_info.state` is `succeeded`; the alternative text goes to
/2/media/metadata: https://docs.x.com/x-api/media/quickstart/media-upload-chunked. Types and sizes:
https://docs.x.com/x-api/media/quickstart/best-practices and https://docs.x.com/x-api/media. Nothing is published by
any of these calls, so that an upload may be begun again whenever it fails.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from providers.kit.errors import InvalidRequest, OutcomeUnknown, Unavailable
from providers.kit.http import Answer, Retry
from providers.kit.vocabulary.social import Media, MediaKind

from .answers import identifier, mapping, text, whole
from .client import Client, part, unreadable
from .manifest import WRITE_MEDIA

PART_BYTES = 4 * 1024 * 1024
LONGEST_WAIT = 240
"""Seconds we wait in all until X has prepared a video."""
_LONGEST_PAUSE = 15
_CATEGORIES = {MediaKind.IMAGE: "tweet_image", MediaKind.GIF: "tweet_gif", MediaKind.VIDEO: "tweet_video"}


class Uploads:
    """Uploads of one account. `pause` waits so many seconds."""

    def __init__(self, client: Client, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._pause = pause

    def upload(self, media: Media) -> str:
        """The id to name in a post. Raises ProviderError; nothing is published."""
        media_id = self._begin(media)
        for index, start in enumerate(range(0, len(media.content), PART_BYTES)):
            self._append(media_id, index, media.content[start : start + PART_BYTES])
        self._wait_until_ready(media_id, self._finish(media_id))
        if media.alt_text:
            self._describe(media_id, media.alt_text)
        return media_id

    def may_upload(self) -> Answer:
        """X's answer to a question about an upload that does not exist: 403 where uploading is not allowed."""
        params = {"command": "STATUS", "media_id": "1"}
        return self._client.answer("GET", "/2/media/upload", "look at upload", params=params)

    def _begin(self, media: Media) -> str:
        body = {
            "media_type": media.content_type,
            "media_category": _CATEGORIES[media.kind],
            "total_bytes": len(media.content),
        }
        data = self._ask("POST", "/2/media/upload/initialize", "begin upload", json=body)
        found = identifier(data.get("id"))
        if not found:
            raise unreadable(detail="no media id")
        return found

    def _append(self, media_id: str, index: int, content: bytes) -> None:
        self._ask(
            "POST",
            f"/2/media/upload/{part(media_id)}/append",
            "upload part",
            form={"segment_index": str(index)},
            files={"media": ("part", content, "application/octet-stream")},
            timeout=120,
        )

    def _finish(self, media_id: str) -> Mapping[str, Any]:
        return self._ask("POST", f"/2/media/upload/{part(media_id)}/finalize", "finish upload", retry=Retry.NONE)

    def _wait_until_ready(self, media_id: str, data: Mapping[str, Any]) -> None:
        """Returns when X has prepared the file; pictures are ready at once and say nothing of it."""
        waited = 0.0
        while (state := text(mapping(data.get("processing_info")).get("state"))) not in ("", "succeeded"):
            if state == "failed":
                raise InvalidRequest(
                    "X could not make use of the picture or video.",
                    field="media",
                    fix="Save it again as JPG, PNG, GIF or MP4 (H.264 with AAC sound) and try once more.",
                    code="processing_failed",
                )
            if waited >= LONGEST_WAIT:
                raise Unavailable(
                    "X is still preparing the video. Nothing was posted.",
                    fix="Try again in a few minutes, or make the video shorter.",
                    code="processing",
                )
            after = whole(mapping(data.get("processing_info")).get("check_after_secs")) or 0
            seconds = float(min(max(after, 0), _LONGEST_PAUSE))
            self._pause(seconds)
            waited += max(seconds, 1.0)
            params = {"command": "STATUS", "media_id": media_id}
            data = self._ask("GET", "/2/media/upload", "look at upload", params=params)

    def _describe(self, media_id: str, words: str) -> None:
        body = {"id": media_id, "metadata": {"alt_text": {"text": words}}}
        self._ask("POST", "/2/media/metadata", "describe media", json=body)

    def _ask(self, method: str, path: str, operation: str, **options: Any) -> Mapping[str, Any]:
        options.setdefault("retry", Retry.SAFE)
        try:
            body = self._client.ask(method, path, operation, scope=WRITE_MEDIA, **options)
        except OutcomeUnknown as error:
            raise Unavailable(
                "X did not answer while the file was uploaded. Nothing was posted.",
                fix="Try again in a few minutes.",
                code=error.code,
                detail=error.detail,
            ) from error
        return mapping(body.get("data"))
