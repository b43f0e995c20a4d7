"""Publishing on a Page: files first, where nobody sees them, then the one call that makes the post.

https://developers.facebook.com/docs/pages-api/posts, …/docs/graph-api/reference/page/photos (`source` in a
multipart form) and …/docs/video-api/guides/publishing (start, transfer, finish on the video host).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers.kit.errors import InvalidRequest, OutcomeUnknown, ProviderError
from providers.kit.vocabulary.social import Media, MediaKind, PostDraft, PublishedPost

from . import drafts
from .access import VIDEO_HOST
from .accounts import POST, Accounts, FacebookPage
from .client import Client
from .fields import VERSION
from .shapes import count, text, unreadable

_UPLOAD_SECONDS = 60.0
_MAX_PIECES = 2000


def post_address(post_id: str) -> str:
    return f"https://www.facebook.com/{post_id}"


class Publishing:
    """Raises ProviderError; OutcomeUnknown only where the post may be there."""

    def __init__(self, client: Client, accounts: Accounts) -> None:
        self._client = client
        self._accounts = accounts

    def publish(self, draft: PostDraft) -> PublishedPost:
        for problem in drafts.problems(draft):
            raise InvalidRequest(problem.message, field=problem.field, fix="Change the post, then try again.")
        now = self._client.access.connection.now()
        timing = drafts.schedule(draft, now)
        token, page = self._accounts.token_for(draft.destination_id)
        if any(one.kind is MediaKind.VIDEO for one in draft.media):
            post_id = self._video(draft, page, token, timing)
        else:
            post_id = self._feed(draft, page, token, timing)
        return PublishedPost(
            id=post_id,
            url=post_address(post_id),
            text=drafts.message(draft),
            destination_id=page.id,
            published_at=None if timing else now,
            scheduled_for=draft.publish_at,
        )

    def unpublished(self, page: FacebookPage, words: str) -> str:
        """A post that nobody but the Page's own people can find: for the test. Gives its id."""
        return self._post(page, page.token, {"message": words, "published": "false"})

    def delete(self, post_id: str, token: str) -> None:
        self._client.delete(post_id, "delete post", token=token, permission=POST)

    # ------------------------------------------------------------------------------------------- texts, links, photos

    def _feed(self, draft: PostDraft, page: FacebookPage, token: str, timing: Mapping[str, Any]) -> str:
        form: dict[str, Any] = {**timing}
        if drafts.message(draft):
            form["message"] = drafts.message(draft)
        if draft.media:
            photos = [self._photo(one, page, token, scheduled=bool(timing)) for one in draft.media]
            form["attached_media"] = json.dumps([{"media_fbid": one} for one in photos])
        elif draft.link:
            form["link"] = draft.link
        return self._post(page, token, form)

    def _post(self, page: FacebookPage, token: str, form: Mapping[str, Any]) -> str:
        made = self._client.post(f"{page.id}/feed", "publish post", token=token, permission=POST, form=form)
        if not text(made.get("id")):
            raise _unnamed()
        return text(made["id"])

    def _photo(self, media: Media, page: FacebookPage, token: str, *, scheduled: bool) -> str:
        form = {"published": "false"}
        if scheduled:  # else Facebook deletes what is not used within a day
            form["temporary"] = "true"
        if media.alt_text:
            form["alt_text_custom"] = media.alt_text
        made = self._client.prepare(
            f"{page.id}/photos",
            "upload photo",
            token=token,
            permission=POST,
            form=form,
            files={"source": (media.filename, media.content, media.content_type)},
            timeout=_UPLOAD_SECONDS,
        )
        if not text(made.get("id")):
            raise unreadable("no photo id")
        return text(made["id"])

    # --------------------------------------------------------------------------------------------------------- videos

    def _video(self, draft: PostDraft, page: FacebookPage, token: str, timing: Mapping[str, Any]) -> str:
        video = draft.media[0]
        address = self._client.access.connection.address(f"{VIDEO_HOST}/{VERSION}/{page.id}/videos")
        started = self._client.prepare(
            address,
            "upload video",
            token=token,
            permission=POST,
            form={"upload_phase": "start", "file_size": len(video.content)},
        )
        session, number = text(started.get("upload_session_id")), text(started.get("video_id"))
        if not (session and number):
            raise unreadable("no upload session")
        self._transfer(video, address, token, session, started)
        form = {"upload_phase": "finish", "upload_session_id": session, **timing}
        form |= {name: words for name, words in _words(draft, video).items() if words}
        done = self._client.post(address, "publish video", token=token, permission=POST, form=form)
        if done.get("success") is not True:
            raise _unnamed()
        return self._post_of(number, token)

    def _transfer(self, video: Media, address: str, token: str, session: str, told: Mapping[str, Any]) -> None:
        """Sends the pieces that Facebook asks for, until it asks for none. Nobody sees anything yet."""
        for _ in range(_MAX_PIECES):
            start, end = count(told.get("start_offset")), count(told.get("end_offset"))
            if start is None or end is None or not 0 <= start <= end <= len(video.content):
                raise unreadable("offsets")
            if start == end:
                return
            told = self._client.prepare(
                address,
                "upload video",
                token=token,
                permission=POST,
                form={"upload_phase": "transfer", "upload_session_id": session, "start_offset": start},
                files={"video_file_chunk": (video.filename, video.content[start:end], "application/octet-stream")},
                timeout=_UPLOAD_SECONDS,
            )
        raise unreadable("too many pieces")

    def _post_of(self, video_id: str, token: str) -> str:
        """The post that shows the video. Facebook makes it while it works on the video: until then, the video."""
        try:
            told = self._client.get(video_id, "read video", token=token, params={"fields": "id,post_id,from"})
        except ProviderError:
            return video_id
        post_id, page_id = text(told.get("post_id")), _owner(told)
        return f"{page_id}_{post_id}" if page_id and post_id and "_" not in post_id else post_id or video_id


def _owner(told: Mapping[str, Any]) -> str:
    sender = told.get("from")
    return text(sender.get("id")) if isinstance(sender, Mapping) else ""


def _words(draft: PostDraft, video: Media) -> dict[str, str]:
    return {"description": drafts.message(draft), "title": video.title}


def _unnamed() -> OutcomeUnknown:
    return OutcomeUnknown(
        "Facebook took the post without saying its id.", fix="Look at the Page: the post is most likely there."
    )
