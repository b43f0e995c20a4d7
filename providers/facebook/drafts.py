"""What a post may hold on a Page, found without a call.

Text: 63,206 characters (https://ferryman.io/character-limits/facebook, and others; Meta does not state it).
Files: https://docs.getlate.dev/resources/media-guidelines/facebook (10 images of 10 MB each, JPEG, PNG, GIF or WebP;
one MP4 or MOV video). Scheduling, 10 minutes to 30 days ahead: https://developers.facebook.com/docs/pages-api/posts
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.social import Media, MediaKind, PostDraft, PostLimits, PostProblem

MAX_TEXT = 63_206
MAX_IMAGES = 10
SOONEST = timedelta(minutes=10)
LATEST = timedelta(days=30)

LIMITS = PostLimits(
    text_length=MAX_TEXT,
    images=MAX_IMAGES,
    videos=1,
    image_types=("image/jpeg", "image/png", "image/gif", "image/webp"),
    video_types=("video/mp4", "video/quicktime"),
    image_bytes=10_000_000,
    video_bytes=1_000_000_000,
    counting="Each character counts as one.",
)

_IMAGES = (MediaKind.IMAGE, MediaKind.GIF)


def message(draft: PostDraft) -> str:
    """The text as Facebook gets it. A link beside files goes into the text: a post shows files or a link's card."""
    return f"{draft.text.rstrip()}\n\n{draft.link}".lstrip() if draft.link and draft.media else draft.text


def problems(draft: PostDraft) -> tuple[PostProblem, ...]:
    """Everything that would be refused; the time of scheduling is held to the clock only when publishing."""
    found: list[PostProblem] = []
    length = len(message(draft))
    if length > MAX_TEXT:
        words = f"The text is {length - MAX_TEXT:,} characters too long: Facebook takes {MAX_TEXT:,}."
        found.append(PostProblem(field="text", message=words))
    if not (draft.text.strip() or draft.link or draft.media):
        found.append(PostProblem(field="text", message="The post is empty: write a text, or add a link or a file."))
    if draft.link and not _is_web(draft.link):
        found.append(PostProblem(field="link", message="The link must begin with https:// or http://."))
    if draft.reply_to:
        words = "Facebook has no replies as posts: write a comment on the post."
        found.append(PostProblem(field="reply_to", message=words))
    if draft.publish_at and draft.publish_at.tzinfo is None:
        found.append(PostProblem(field="publish_at", message="The time lacks its time zone."))
    return (*found, *_media_problems(draft.media))


def schedule(draft: PostDraft, now: datetime) -> dict[str, str | int]:
    """What makes Facebook keep the post until its time; {} to publish at once. Raises InvalidRequest."""
    if draft.publish_at is None:
        return {}
    ahead = draft.publish_at - now
    if not SOONEST <= ahead <= LATEST:
        raise InvalidRequest(
            "Facebook schedules posts from 10 minutes to 30 days ahead.",
            field="publish_at",
            fix="Choose another time, or publish at once.",
        )
    moment = int(draft.publish_at.astimezone(UTC).timestamp())
    return {"published": "false", "scheduled_publish_time": moment, "unpublished_content_type": "SCHEDULED"}


def _is_web(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.netloc) and not any(one.isspace() for one in link)


def _media_problems(media: Sequence[Media]) -> list[PostProblem]:
    images = sum(one.kind in _IMAGES for one in media)
    videos = sum(one.kind is MediaKind.VIDEO for one in media)
    found = []
    if images and videos:
        found.append("A post on Facebook holds images, or one video, but not both.")
    if videos > 1:
        found.append("A post on Facebook holds at most one video.")
    if images > MAX_IMAGES:
        found.append(f"A post on Facebook holds at most {MAX_IMAGES} images.")
    for one in media:
        found += _file_problems(one)
    return [PostProblem(field="media", message=one) for one in found]


def _file_problems(media: Media) -> list[str]:
    if media.kind is MediaKind.DOCUMENT:
        return [f"“{media.filename}” is a document; Facebook's posts hold images and videos only."]
    image = media.kind in _IMAGES
    types, size = (LIMITS.image_types, LIMITS.image_bytes) if image else (LIMITS.video_types, LIMITS.video_bytes)
    found = []
    if media.content_type.partition(";")[0].strip().lower() not in types:
        formats = "JPEG, PNG, GIF or WebP" if image else "MP4 or MOV"
        found.append(f"“{media.filename}” is of a kind that Facebook does not take here: use {formats}.")
    if not media.content:
        found.append(f"“{media.filename}” is empty.")
    if len(media.content) > size:
        found.append(f"“{media.filename}” is too large: at most {size // 1_000_000} MB.")
    return found
